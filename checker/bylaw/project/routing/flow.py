"""Where the value of a router flows: into calls that register it, lists, results, other routers, or out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from bylaw.facts.code import CallSite, Class, Function
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Local, Ref, Value, walk
from bylaw.project.routing.code import Code, Mention
from bylaw.project.routing.holders import Held, Holder, Holders
from bylaw.project.routing.injection import injecting
from bylaw.project.routing.life import Life
from bylaw.project.routing.objects import Object, made_locally
from bylaw.project.routing.receivers import Receivers
from bylaw.project.routing.vocabulary import (
    HARMLESS_ATTRIBUTES,
    HARMLESS_CALL_NAME,
    HARMLESS_CALLS,
    OWN_METHODS,
    OWN_METHODS_OF,
    PASS_THROUGH,
)

_MUTATORS = frozenset({"append", "extend", "insert", "update", "add", "setdefault", "remove", "clear", "sort"})
_HOSTS = frozenset(
    {"app", "application", "api", "parent", "server", "root", "router", "flask_app", "blueprint", "site"}
)
_SERVED_VARIABLES = frozenset({"app", "application", "asgi", "asgi_app", "handler"})


class Edge(NamedTuple):
    """One step of a flow. `app` and `unknown` end it, `node` goes on, `dead` leads into code that nothing calls."""

    kind: Literal["app", "node", "unknown", "dead"]
    target: str
    path: str
    why: str
    site: CallSite | None = None


class Flow:
    """Answers where a node's value goes next. Nodes are routers, variables, functions, classes and modules, by name."""

    def __init__(
        self, code: Code, objects: dict[str, Object], roots: dict[str, str], register_calls: frozenset[str]
    ) -> None:
        self.code = code
        self.objects = objects
        self.holders = Holders(code)
        self._roots = roots
        self._register_calls = register_calls
        self._life = Life(code, objects)
        self._receivers = Receivers(code, objects)
        self._apis = {item.call.method for item in objects.values() if item.is_api and item.call is not None}
        self._harmless = HARMLESS_CALLS | injecting(code)
        self._made_locally = made_locally(objects)
        self._edges: dict[str, tuple[Edge, ...]] = {}

    def edges(self, node: str) -> tuple[Edge, ...]:
        """All next steps of a node."""
        found = self._edges.get(node)
        if found is None:
            self._edges[node] = ()
            found = self._edges[node] = tuple(self._find(node))
        return found

    def _find(self, node: str) -> Iterator[Edge]:
        if node in self._roots:
            yield Edge("app", self._roots[node], self._roots[node], "is a root URL configuration")
        item = self.objects.get(node)
        if item is not None:
            yield from self._of_object(item)
            return
        function = self.code.functions.get(node)
        if function is not None and self._is_static(function):
            yield from self._of_mentions(function.owner)
            return
        if function is not None and (function.owner or function.decorators):
            yield Edge("unknown", "", "", f"comes out of `{function.name}`")
            return
        if function is not None and self._life.makes_app(node):
            yield Edge("app", node, "", f"is part of what `{function.name}` makes")
        elif function is not None and _is_factory(function.name) and not any(self.code.mentions(node)):
            yield Edge("unknown", "", "", f"comes out of `{function.name}`")
        if node.rpartition(".")[2] in _SERVED_VARIABLES and node not in self.code.names.modules and function is None:
            yield Edge("unknown", "", "", f"is part of `{node}`")
        if node in self.code.classes and node.rpartition(".")[2] in self._asked_for:
            yield Edge("unknown", "", "", "is handed in by its class")
        yield from self._of_mentions(node)
        if function is not None and (made_in := self.code.names.modules.get(node.rpartition(".")[0])) is not None:
            yield from self._of_modules(node, made_in)

    @cached_property
    def _asked_for(self) -> set[str]:
        """Names of classes that parameters are annotated with: who calls such a function may make objects of them."""
        annotations = (
            parameter.annotation for function in self.code.functions.values() for parameter in function.parameters
        )
        return {
            inner.name.rpartition(".")[2]
            for annotation in annotations if annotation is not None
            for inner in walk(annotation) if isinstance(inner, Ref)
        }  # fmt: skip

    def _is_static(self, function: Function) -> bool:
        """Whether it is a static or class method of a plain class, so that whoever calls it names the class."""
        owner = self.code.classes.get(function.owner)
        if owner is None or owner.bases or owner.decorators or owner.keywords or owner.owner:
            return False
        names = {decorator.name.rpartition(".")[2] for decorator in function.decorators if isinstance(decorator, Ref)}
        return len(names) == len(function.decorators) == 1 and names <= {"staticmethod", "classmethod"}

    # -- objects

    def _of_object(self, item: Object) -> Iterator[Edge]:
        if item.inside:
            yield from self._of_local(item)
            return
        if item.held_by:
            yield Edge("node", item.held_by, item.facts.path, "belongs to its class")
        yield from self._of_modules(item.name, item.facts)
        if item.role == "urls":
            yield from self._of_star_imports(item)
        module, call = item.facts.module, item.call
        if item.is_api and call is not None and isinstance(parent := call.argument(0, "app"), Ref):
            place = self.code.place(parent.name, module)
            if place is not None:
                yield Edge("node", place.node, item.facts.path, "serves it")
        made = self.code.names.definition(call.name, module) if call is not None and call.name else None
        if made is not None and isinstance(made.item, Function):
            yield from self._of_factory(made.item, made.file)
        for name in (item.name, *item.other_names):
            yield from self._of_mentions(name)

    def _of_factory(self, function: Function, file: FileFacts) -> Iterator[Edge]:
        """What a function does with the router before it returns it."""
        for site in file.calls:
            if site.function == function.qualified:
                inner = self.objects.get(f"{function.qualified}.{site.assigned_to}")
                if inner is not None:
                    yield from (edge for edge in self.edges(inner.name) if edge.target != function.qualified)

    def _of_modules(self, name: str, own: FileFacts) -> Iterator[Edge]:
        """A module that is used as a value takes its routers, and functions that make some, along; so do its package,
        and modules that import them.
        """
        holders = {own.module, own.module.rpartition(".")[0]} & self.code.names.modules.keys()
        for facts, imported in self.code.imports.get(name.rpartition(".")[2], ()):
            place = self.code.place(imported.target, facts.module)
            if place is not None and place.node == name and not imported.function:
                holders.add(facts.module)
        for holder in sorted(holders):
            if self.edges(holder):
                yield Edge("node", holder, own.path, "belongs to its module")

    def _of_star_imports(self, item: Object) -> Iterator[Edge]:
        """`from config.urls import *` brings the URL patterns into another URL module."""
        for facts in self.code.star_imports.get(item.facts.module, ()):
            target = f"{facts.module}.urlpatterns"
            if target in self.objects:
                yield Edge("node", target, facts.path, "star import")

    def _of_local(self, item: Object) -> Iterator[Edge]:
        """A router that a function keeps in a variable: returned, registered there, or out of sight."""
        local, path = item.name.rpartition(".")[2], item.facts.path
        seen = False
        function = self.code.functions.get(item.inside)
        for value in function.returns if function is not None else ():
            if local in _locals(value) or (value.span.start <= item.span.start and item.span.end <= value.span.end):
                seen = True
                yield Edge("node", item.inside, path, "is returned")
        for site in item.facts.calls:
            if site.function.startswith(item.inside) and site.call.span != item.span and _hands_on(site, local):
                seen = True
                yield from self._into(site, item.facts)
        if not seen and item.held_by:
            yield Edge("node", item.held_by, path, "belongs to its class")
        elif not seen:
            yield Edge("unknown", "", path, "is created inside a function")

    # -- mentions

    def _of_mentions(self, node: str) -> Iterator[Edge]:
        mentions = list(self.code.mentions(node))
        files = {mention.facts.path: mention.facts for mention in mentions}
        item = self.objects.get(node)
        is_urls = item is not None and item.role == "urls"
        for spelled in self.code.modules_with(node) if is_urls else [node]:
            files.update((facts.path, facts) for facts in self.code.spelled.get(spelled.rpartition(".")[2], ()))
            if is_urls:
                files.update((mention.facts.path, mention.facts) for mention in self.code.mentions(spelled))
        for path in sorted(files):
            facts = files[path]
            for holder, held in self.holders.of(facts).by_node.get(node, ()):
                if item is not None and item.role == "controller" and self.code.is_inside(node, facts, held.ref.span):
                    continue
                yield from self._of_holder(node, holder, held, facts)
        for mention in mentions:
            span = mention.reference.span
            if item is not None and item.role == "controller" and self.code.is_inside(node, mention.facts, span):
                continue
            if (span.start, span.end) not in self.holders.of(mention.facts).accounted:
                yield from self._of_mention(node, mention)

    def _of_holder(self, node: str, holder: Holder, held: Held, facts: FileFacts) -> Iterator[Edge]:
        ref, site = held.ref, holder.site
        place = self.code.place(ref.name, facts.module) if isinstance(ref, Ref) else None
        if place is not None and place.tail.partition(".")[0] in HARMLESS_ATTRIBUTES:
            return
        if site is not None:
            is_receiver = isinstance(site.call.function, Ref) and site.call.function.span == ref.span
            if site.call.method in PASS_THROUGH or not is_receiver:
                yield from self._into(site, facts)
            return
        if holder.target == node:
            return
        if held.opaque and isinstance(ref, Ref):
            around = holder.target if holder.target in self.code.functions else ""
            yield self._escape(facts, around, f"is handed to a call in {facts.path}")
        yield Edge("node", holder.target, facts.path, f"stands in `{holder.target.rpartition('.')[2]}`")

    def _of_mention(self, node: str, mention: Mention) -> Iterator[Edge]:
        facts, reference, tail = mention
        role, call = reference.role, reference.call
        is_function = node in self.code.functions
        if role in {"annotation", "receiver"} or (role == "decorator" and not is_function):
            return
        if tail.partition(".")[0] in HARMLESS_ATTRIBUTES:
            return
        if role == "called" and tail and tail.rpartition(".")[2] in self._own_methods(node):
            return
        if call in self._register_calls:
            yield Edge("app", call, facts.path, f"is handed to `{call}`")
            return
        is_base = call == "type" and node in self.code.classes  # `type("Own", (Base,), {})`
        if call.startswith("@") or (call in self._harmless and not is_base) or HARMLESS_CALL_NAME.search(call):
            return
        if call in self._apis or (call.startswith("Nested") and call.endswith("Router")):
            return  # it is the parent of what is made there
        if is_function and reference.function.startswith(node):
            return
        if is_function and role == "called" and (made := self._made_locally.get((facts.path, reference.span))):
            yield Edge("node", made.name, facts.path, f"stands in `{made.name.rpartition('.')[2]}`")
            return
        last = reference.name.rpartition(".")[2]
        yield self._escape(facts, reference.function, f"`{last}` is used in {facts.path}")

    def _own_methods(self, node: str) -> frozenset[str]:
        """Methods of a node that do not hand it on."""
        item = self.objects.get(node)
        if item is None or item.role == "controller":
            return _MUTATORS
        return OWN_METHODS | OWN_METHODS_OF.get(item.framework, frozenset()) | self._methods_of_its_class(item)

    def _methods_of_its_class(self, item: Object) -> frozenset[str]:
        """What the project's own router class adds to the library's; methods that are handed an application may put
        the router there.
        """
        made = self.code.names.definition(item.call.name, item.facts.module) if item.call is not None else None
        if made is None or not isinstance(made.item, Class):
            return frozenset()
        own = ((name, self.code.functions.get(f"{made.item.qualified}.{name}")) for name in made.item.methods)
        return frozenset(
            name for name, method in own
            if method is not None and _HOSTS.isdisjoint(parameter.name for parameter in method.parameters)
        )  # fmt: skip

    def _escape(self, facts: FileFacts, function: str, why: str) -> Edge:
        if function and not self._life.is_alive(function):
            return Edge("dead", self.code.outermost(function), facts.path, why)
        return Edge("unknown", "", facts.path, why)

    def _into(self, site: CallSite, facts: FileFacts) -> Iterator[Edge]:
        """What a registering call adds its arguments to."""
        if site.function and not self._life.is_alive(site.function):
            yield Edge("dead", self.code.outermost(site.function), facts.path, "", site)
            return
        for kind, target in self._receivers.of(site, facts):
            yield Edge(kind, target, facts.path, f"{site.call.method} in {facts.path}", site)


def _is_factory(name: str) -> bool:
    """Named like something that a server calls: `create_app`, `get_asgi_application`."""
    return not _SERVED_VARIABLES.isdisjoint(name.split("_"))


def _locals(value: Value) -> set[str]:
    return {inner.name for inner in walk(value) if isinstance(inner, Local)}


def _hands_on(site: CallSite, local: str) -> bool:
    values = (*site.call.args, *(keyword.value for keyword in site.call.keywords))
    return any(local in _locals(value) for value in values)
