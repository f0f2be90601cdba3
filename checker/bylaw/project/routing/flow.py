"""Where the value of a router flows: into calls that register it, lists, function results, other routers, or out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from bylaw.facts.code import CallSite, Function, Reference
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Local, Ref, Value, walk
from bylaw.project.routing.code import Carried, Code, Holder
from bylaw.project.routing.objects import Object, local_object
from bylaw.project.routing.vocabulary import HARMLESS_ATTRIBUTES, HARMLESS_CALLS, OWN_METHODS, PASS_THROUGH
from bylaw.source import Span

_MUTATORS = frozenset({"append", "extend", "insert", "update", "add", "setdefault", "remove", "clear", "sort"})
_ENTRY_FUNCTIONS = frozenset(
    {"main", "run", "cli", "serve", "start", "app", "application", "wsgi", "asgi", "handler", "setup"}
)
_SERVED_VARIABLES = frozenset({"app", "application", "asgi", "asgi_app", "handler"})


Target = tuple[Literal["app", "node", "unknown"], str]


class Edge(NamedTuple):
    """One step of a flow. `app` and `unknown` end it, `node` goes on, `dead` leads into code that nothing calls."""

    kind: Literal["app", "node", "unknown", "dead"]
    target: str
    path: str
    why: str
    site: CallSite | None = None
    span: Span | None = None


class Flow:
    """Answers where a node's value goes next. Nodes are routers, variables, functions, classes and modules, by name."""

    def __init__(
        self, code: Code, objects: dict[str, Object], roots: dict[str, str], register_calls: frozenset[str]
    ) -> None:
        self.code = code
        self.objects = objects
        self.roots = roots
        self.register_calls = register_calls
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._alive: dict[str, bool] = {}
        self._apis = {item.call.method for item in objects.values() if item.is_api and item.call is not None}

    def edges(self, node: str) -> tuple[Edge, ...]:
        """All next steps of a node."""
        found = self._edges.get(node)
        if found is None:
            self._edges[node] = ()
            found = self._edges[node] = tuple(self._find(node))
        return found

    def _find(self, node: str) -> Iterator[Edge]:
        if node in self.roots:
            yield Edge("app", self.roots[node], self.roots[node], "is a root URL configuration")
        item = self.objects.get(node)
        if item is not None:
            yield from self._of_object(item)
            if item.inside:
                return
        function = self.code.functions.get(node)
        if function is not None and (function[1].owner or function[1].decorators):
            yield Edge("unknown", "", function[0].path, f"comes out of `{function[1].name}`")
            return
        served = node.rpartition(".")[2] in _SERVED_VARIABLES and node not in self.code.names.modules
        if served and item is None and function is None:
            yield Edge("unknown", "", "", f"is part of `{node}`")
        yield from self._of_mentions(node)

    # -- objects

    def _of_object(self, item: Object) -> Iterator[Edge]:
        if item.inside:
            yield from self._of_local(item)
            return
        module = item.facts.module
        if item.role == "urls":
            yield from self._of_urls(item)
        else:
            yield from self._of_modules(item, module)
        call = item.call
        if item.is_api and call is not None and isinstance(parent := call.argument(0, "app"), Ref):
            place = self.code.place(parent.name, module)
            if place is not None:
                yield Edge("node", place.node, item.facts.path, "serves it", None, item.span)
        made = self.code.names.definition(call.name, module) if call is not None and call.name else None
        if made is not None and isinstance(made.item, Function):
            for site in made.file.calls:
                inner = (
                    self.objects.get(f"{made.item.qualified}.{site.assigned_to}")
                    if site.function == made.item.qualified
                    else None
                )
                if inner is not None:
                    yield from (edge for edge in self.edges(inner.name) if edge.target != made.item.qualified)

    def _of_modules(self, item: Object, module: str) -> Iterator[Edge]:
        """A module that is handed on as a value takes its routers with it; so does a package around it, or one that imports it."""
        holders = {module, module.rpartition(".")[0]} & self.code.names.modules.keys()
        for facts, imported in self.code.imports.get(item.name.rpartition(".")[2], ()):
            place = self.code.place(imported.target, facts.module)
            if place is not None and place.node == item.name and not imported.function:
                holders.add(facts.module)
        for holder in sorted(holders):
            if self.edges(holder):
                yield Edge("node", holder, item.facts.path, "belongs to its module")

    def _of_urls(self, item: Object) -> Iterator[Edge]:
        module = item.facts.module
        if self.edges(module):
            yield Edge("node", module, item.facts.path, "belongs to its module")
        for facts in self.code.files:
            for imported in facts.imports:
                if imported.local == "*" and facts.module != module:
                    source = self.code.names.module(imported.target, facts.module)
                    if source is not None and source.module == module and f"{facts.module}.urlpatterns" in self.objects:
                        yield Edge(
                            "node", f"{facts.module}.urlpatterns", facts.path, "star import", None, imported.span
                        )

    def _of_local(self, item: Object) -> Iterator[Edge]:
        """A router that a function keeps in a variable: returned, registered there, or out of sight."""
        local = item.name.rpartition(".")[2]
        seen = False
        function = self.code.functions.get(item.inside)
        if function is not None and not local.startswith("<"):
            for value in function[1].returns:
                if local in _locals(value):
                    seen = True
                    yield Edge("node", item.inside, item.facts.path, "is returned", None, item.span)
        for site in item.facts.calls:
            if site.function.startswith(item.inside) and site.call.span != item.span and _hands_on(site, local):
                seen = True
                yield from self._into(site, item.facts)
        if function is not None and any(_covers(value, item.span) for value in function[1].returns):
            seen = True
            yield Edge("node", item.inside, item.facts.path, "is returned", None, item.span)
        if not seen:
            yield Edge("unknown", "", item.facts.path, "is created inside a function")

    # -- mentions

    def _of_mentions(self, node: str) -> Iterator[Edge]:
        files: dict[str, FileFacts] = {}
        rest: list[tuple[FileFacts, Reference, str]] = []
        for facts, reference, tail in self.code.mentions(node):
            files[facts.path] = facts
            rest.append((facts, reference, tail))
        item = self.objects.get(node)
        last = node.rpartition(".")[2] if item is None or item.role != "urls" else item.facts.module.rpartition(".")[2]
        for facts in self.code.spelled.get(last, ()):
            files[facts.path] = facts
        if item is not None and item.role == "urls":
            files.update((facts.path, facts) for facts, _, _ in self.code.mentions(item.facts.module))
        for path in sorted(files):
            facts = files[path]
            for holder, carried in self.code.code_of(facts).by_node.get(node, ()):
                yield from self._of_holder(node, holder, carried, facts)
        for facts, reference, tail in rest:
            if (reference.span.start, reference.span.end) not in self.code.code_of(facts).accounted:
                yield from self._of_mention(node, facts, reference, tail)

    def _of_holder(self, node: str, holder: Holder, carried: Carried, facts: FileFacts) -> Iterator[Edge]:
        ref, site = carried.ref, holder.site
        tail = self._tail(ref, facts)
        if tail.partition(".")[0] in HARMLESS_ATTRIBUTES:
            return
        if site is not None:
            if site.call.method not in PASS_THROUGH and self._is_receiver(site, ref):
                return
            yield from self._into(site, facts)
            return
        if holder.target == node:
            return
        function = self.code.functions.get(holder.target)
        if carried.opaque and isinstance(ref, Ref):
            yield from self._escape(
                facts, holder.target if function is not None else "", f"is handed to a call in {facts.path}", ref.span
            )
        yield Edge("node", holder.target, facts.path, f"stands in `{holder.target.rpartition('.')[2]}`", None, ref.span)

    def _tail(self, ref: Value, facts: FileFacts) -> str:
        place = self.code.place(ref.name, facts.module) if isinstance(ref, Ref) else None
        return place.tail if place is not None else ""

    def _is_receiver(self, site: CallSite, ref: Value) -> bool:
        return isinstance(site.call.function, Ref) and site.call.function.span == ref.span

    def _of_mention(self, node: str, facts: FileFacts, reference: Reference, tail: str) -> Iterator[Edge]:
        name, role = reference.name, reference.role
        if role in {"annotation", "decorator", "receiver"} and not (
            role == "decorator" and node in self.code.functions
        ):
            return
        if tail.partition(".")[0] in HARMLESS_ATTRIBUTES:
            return
        if role == "called" and tail:
            own = OWN_METHODS if node in self.objects and self.objects[node].role != "controller" else _MUTATORS
            if tail.rpartition(".")[2] in own:
                return
        if reference.call in self.register_calls:
            yield Edge("app", reference.call, facts.path, f"is handed to `{reference.call}`", None, reference.span)
            return
        if reference.call.startswith("@") or reference.call in HARMLESS_CALLS:
            return
        if reference.call in self._apis or (reference.call.startswith("Nested") and reference.call.endswith("Router")):
            return  # it is the parent of what is made there
        if reference.function and node in self.code.functions and reference.function.startswith(node):
            return
        yield from self._escape(
            facts, reference.function, f"`{name.rpartition('.')[2]}` is used in {facts.path}", reference.span
        )

    def _escape(self, facts: FileFacts, function: str, why: str, span: Span) -> Iterator[Edge]:
        if function and not self.alive(function, facts.module):
            yield Edge("dead", self.code.outermost(function, facts.module), facts.path, why, None, span)
        else:
            yield Edge("unknown", "", facts.path, why, None, span)

    # -- registering calls

    def _into(self, site: CallSite, facts: FileFacts) -> Iterator[Edge]:
        """What a registering call adds its arguments to."""
        span = site.call.span
        if site.function and not self.alive(site.function, facts.module):
            yield Edge("dead", self.code.outermost(site.function, facts.module), facts.path, "", site, span)
            return
        for kind, target in self._receivers(site, facts):
            why = f"{site.call.method} in {facts.path}"
            yield Edge(kind, target, facts.path, why, site, span)

    def _receivers(self, site: CallSite, facts: FileFacts) -> Iterator[Target]:
        function = site.call.function
        if self.code.kinds.created_by(site.call, facts.module) is not None:
            made = local_object(site.assigned_to, site.function, self.objects)
            yield self._as_target(made) if made is not None else ("unknown", "")
        elif isinstance(function, Ref):
            base = function.name.rpartition(".")[0]
            place = self.code.place(base, facts.module) if site.call.method not in PASS_THROUGH and base else None
            if place is not None and place.node in self.objects:
                yield self._as_target(self.objects[place.node])
            elif (
                site.call.method in PASS_THROUGH and not site.function and f"{facts.module}.urlpatterns" in self.objects
            ):
                yield "node", f"{facts.module}.urlpatterns"
            else:
                yield "unknown", base
        elif isinstance(function, Attr):
            yield from self._of_receiver(function.value, site, facts)
        else:
            yield "unknown", ""

    def _as_target(self, item: Object) -> tuple[Literal["app", "node"], str]:
        return ("app", item.name) if item.role == "app" else ("node", item.name)

    def _of_receiver(self, value: Value, site: CallSite, facts: FileFacts) -> Iterator[Target]:
        if isinstance(value, Attr) and value.name == "router":
            value = value.value
        if (
            isinstance(value, Call)
            and (kind := self.code.kinds.of_value(value, facts.module)) is not None
            and kind.role == "app"
        ):
            yield "app", value.name
        elif isinstance(value, Local):
            known = local_object(value.name, site.function, self.objects)
            if known is not None:
                yield self._as_target(known)
            elif (owner := self._parameter_of(value.name, site.function)) is not None:
                yield from self._passed(owner)
            else:
                yield "unknown", value.name
        else:
            yield "unknown", ""

    def _parameter_of(self, name: str, function: str) -> Function | None:
        while function:
            found = self.code.functions.get(function)
            if found is not None and any(parameter.name == name for parameter in found[1].parameters):
                return found[1]
            function = function.rpartition(".")[0]
        return None

    def _passed(self, function: Function, seen: frozenset[str] = frozenset()) -> Iterator[Target]:
        """The applications and routers that callers hand to a function, directly or from their own callers."""
        known = False
        for facts, reference in self.code.handed_to.get(function.name, ()):
            place = self.code.place(reference.name, facts.module)
            if place is not None and not place.tail and place.node in self.objects:
                known = True
                yield self._as_target(self.objects[place.node])
        for _, reference, _ in self.code.mentions(function.qualified):
            for item in self._apps_in.get(reference.function, ()):
                known = True
                yield "app", item.name
            caller = self.code.functions.get(reference.function)
            if caller is not None and caller[1].parameters and reference.function not in seen and not caller[1].owner:
                known = True
                yield from self._passed(caller[1], seen | {reference.function})
        if not known:
            yield "unknown", function.qualified

    @cached_property
    def _apps_in(self) -> dict[str, list[Object]]:
        """Functions → the applications that they create."""
        found: dict[str, list[Object]] = {}
        for item in self.objects.values():
            if item.role == "app" and item.inside:
                found.setdefault(item.inside, []).append(item)
        return found

    # -- life

    def alive(self, function: str, module: str) -> bool:
        """Whether anything may call a function: it is mentioned, decorated, a method, or named like an entry point."""
        outer = self.code.outermost(function, module)
        if outer not in self._alive:
            self._alive[outer] = True
            self._alive[outer] = self._is_alive(outer)
        return self._alive[outer]

    def _is_alive(self, outer: str) -> bool:
        found = self.code.functions.get(outer)
        if found is None:
            return True
        facts, function = found
        if function.decorators or function.name in _ENTRY_FUNCTIONS or self.code.has_word(function.name):
            return True
        if any(item.role == "app" and item.inside.startswith(outer) for item in self.objects.values()):
            return True
        kind = self.code.kinds.made_by_function(outer, facts.module)
        if kind is not None and kind.role == "app":
            return True
        return any(not reference.function.startswith(outer) for _, reference, _ in self.code.mentions(outer))


def _locals(value: Value) -> set[str]:
    return {inner.name for inner in walk(value) if isinstance(inner, Local)}


def _covers(value: Value, span: Span) -> bool:
    return value.span.start <= span.start and span.end <= value.span.end


def _hands_on(site: CallSite, local: str) -> bool:
    values = (*site.call.args, *(keyword.value for keyword in site.call.keywords))
    return any(local in _locals(value) for value in values)
