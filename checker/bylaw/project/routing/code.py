"""The code that counts, indexed for questions about flows: who mentions a name, and what variables, calls and returns carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from bylaw.facts.code import CallSite, Class, Function, Import, Reference, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Choice, Constant, Entries, Index, Items, Local, Operator, Ref, Starred, Value
from bylaw.project.names import Names
from bylaw.project.routing.kinds import Kinds
from bylaw.project.routing.vocabulary import PASS_THROUGH, REGISTER_CALLS

_LOOKUPS = frozenset({"include", "Include", "add_router", "register_blueprint"})
"""Calls that take the dotted name of a router as a string."""
_IN_PATTERNS = frozenset({"include", "path", "re_path", "url", "Mount", "Host"})
CREATION_CARRIES = frozenset({"routes", "route_handlers", "routers", "controllers", "blueprints", "app"})


class Place(NamedTuple):
    """A definition at the top level of a module and what follows it: (`app.users.router`, `urls`). A module has no rest."""

    node: str
    tail: str


class Carried(NamedTuple):
    """A name inside a value. `opaque`: it is handed to a call that may do anything with it."""

    ref: Ref | Constant
    opaque: bool
    looked_up: bool = False
    """It stands in an `include(…)`, where a module means its URL patterns, and a string what it names."""


@dataclass
class Holder:
    """A variable, call or function result that carries names. `target` is the variable or function, '' for a call."""

    carried: list[Carried]
    target: str = ""
    site: CallSite | None = None


@dataclass
class FileCode:
    """One file's holders, by the node that they carry, and the spans of the mentions that they account for."""

    facts: FileFacts
    by_node: dict[str, list[tuple[Holder, Carried]]] = field(default_factory=dict)
    accounted: set[tuple[int, int]] = field(default_factory=set)


class Code:
    """All files that are no tests."""

    def __init__(self, names: Names, files: Iterable[FileFacts], kinds: Kinds) -> None:
        self.names = names
        self.files = list(files)
        self.kinds = kinds
        self._places: dict[tuple[str, str], Place | None] = {}
        self._codes: dict[str, FileCode] = {}
        self._placed_by_last: dict[str, dict[str, list[tuple[FileFacts, Reference, str]]]] = {}

    def place(self, name: str, near: str) -> Place | None:
        """Where a qualified name leads inside this project; None for a library's."""
        key = (name, near)
        if key not in self._places:
            parts = self.names.resolve(name, near).split(".")
            found = None
            for end in range(len(parts), 0, -1):
                module = ".".join(parts[:end])
                if module in self.names.modules:
                    found = Place(".".join(parts[: end + 1]), ".".join(parts[end + 1 :]))
                    break
            self._places[key] = found
        return self._places[key]

    @cached_property
    def _mentions(self) -> dict[str, list[tuple[FileFacts, Reference]]]:
        """Each of the last parts of a mentioned name → the mentions."""
        index: dict[str, list[tuple[FileFacts, Reference]]] = {}
        for facts in self.files:
            for reference in facts.references:
                entry = (facts, reference)
                for part in reference.name.rsplit(".", 3)[-3:]:
                    index.setdefault(part, []).append(entry)
        return index

    @cached_property
    def _module_mentions(self) -> dict[str, list[tuple[FileFacts, Reference]]]:
        """A module → where the module itself is used as a value."""
        lasts = {module.rpartition(".")[2] for module in self.names.modules}
        index: dict[str, list[tuple[FileFacts, Reference]]] = {}
        for facts in self.files:
            for reference in facts.references:
                if (
                    reference.role not in {"called", "receiver", "decorator", "annotation"}
                    and reference.name.rpartition(".")[2] in lasts
                ):
                    place = self.place(reference.name, facts.module)
                    if place is not None and place.node in self.names.modules:
                        index.setdefault(place.node, []).append((facts, reference))
        return index

    @cached_property
    def imports(self) -> dict[str, list[tuple[FileFacts, Import]]]:
        """Last part of an import's target → the imports."""
        index: dict[str, list[tuple[FileFacts, Import]]] = {}
        for facts in self.files:
            for item in facts.imports:
                index.setdefault(item.target.rpartition(".")[2], []).append((facts, item))
        return index

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        """A node's last part → other last parts under which variables or imports know it."""
        index: dict[str, set[str]] = {}
        for facts in self.files:
            for item in facts.imports:
                last = item.target.rpartition(".")[2]
                if item.local not in {last, "*"} and not item.is_module:
                    index.setdefault(last, set()).add(item.local)
            for variable in facts.variables:
                if isinstance(variable.value, Ref):
                    last = variable.value.name.rpartition(".")[2]
                    if last != variable.name:
                        index.setdefault(last, set()).add(variable.name)
        return index

    def _known_as(self, last: str) -> set[str]:
        found, waiting = {last}, [last]
        while waiting:
            for alias in self._aliases.get(waiting.pop(), ()):
                if alias not in found:
                    found.add(alias)
                    waiting.append(alias)
        return found

    def mentions(self, node: str) -> Iterator[tuple[FileFacts, Reference, str]]:
        """Every mention of a node, with what follows it (`urls` in `router.urls`)."""
        if node in self.names.modules:
            yield from ((facts, reference, "") for facts, reference in self._module_mentions.get(node, ()))
            return
        seen: set[tuple[str, int, str, str]] = set()
        for last in sorted(self._known_as(node.rpartition(".")[2])):
            for facts, reference, tail in self._placed(last).get(node, ()):
                key = (facts.path, reference.span.start, reference.role, reference.function)
                if key not in seen:
                    seen.add(key)
                    yield facts, reference, tail

    def _placed(self, last: str) -> dict[str, list[tuple[FileFacts, Reference, str]]]:
        """The mentions with `last` as a part, by the node that they mean."""
        placed = self._placed_by_last.get(last)
        if placed is None:
            placed = self._placed_by_last[last] = {}
            for facts, reference in self._mentions.get(last, ()):
                place = self.place(reference.name, facts.module)
                if place is not None:
                    placed.setdefault(place.node, []).append((facts, reference, place.tail))
        return placed

    @cached_property
    def handed_to(self) -> dict[str, list[tuple[FileFacts, Reference]]]:
        """Last name of a called function → what it is handed."""
        index: dict[str, list[tuple[FileFacts, Reference]]] = {}
        for facts in self.files:
            for reference in facts.references:
                if reference.call:
                    index.setdefault(reference.call, []).append((facts, reference))
        return index

    @cached_property
    def spelled(self) -> dict[str, list[FileFacts]]:
        """Last part of a dotted name in a string → the files where it stands."""
        index: dict[str, list[FileFacts]] = {}
        for facts in self.files:
            for last in {text.replace(":", ".").rpartition(".")[2] for text in facts.dotted}:
                index.setdefault(last, []).append(facts)
        return index

    @cached_property
    def functions(self) -> dict[str, tuple[FileFacts, Function]]:
        return {item.qualified: (facts, item) for facts in self.files for item in facts.functions}

    @cached_property
    def classes(self) -> dict[str, tuple[FileFacts, Class]]:
        return {item.qualified: (facts, item) for facts in self.files for item in facts.classes}

    def has_word(self, word: str) -> bool:
        """Whether any file uses a word as an attribute, keyword or in a string, other than to export it."""
        return any(word in facts.words and word not in (facts.exports or ()) for facts in self.files)

    def outermost(self, function: str, module: str) -> str:
        """The top-level function or class around a function."""
        rest = function[len(module) + 1 :] if function.startswith(module + ".") else function
        return f"{module}.{rest.partition('.')[0]}"

    # -- holders

    def code_of(self, facts: FileFacts) -> FileCode:
        code = self._codes.get(facts.path)
        if code is None:
            code = self._codes[facts.path] = FileCode(facts)
            for holder in self._holders(facts):
                for carried in holder.carried:
                    self._file(code, holder, carried)
        return code

    def _file(self, code: FileCode, holder: Holder, carried: Carried) -> None:
        ref = carried.ref
        place = self.place(ref.name if isinstance(ref, Ref) else str(ref.value).replace(":", "."), code.facts.module)
        if place is None:
            return
        code.accounted.add((ref.span.start, ref.span.end))
        node = place.node
        if carried.looked_up and node in self.names.modules:
            node = f"{node}.urlpatterns"
        code.by_node.setdefault(node, []).append((holder, carried))

    def _holders(self, facts: FileFacts) -> Iterator[Holder]:
        statements = []
        for variable in facts.variables:
            if variable.value is not None and not isinstance(variable.value, Constant):
                statements.append(variable.statement)
                yield Holder(list(self.carried(variable.value, facts.module)), f"{facts.module}.{variable.name}")
        for function in facts.functions:
            if function.returns:
                carried = [item for value in function.returns for item in self.carried(value, facts.module)]
                yield Holder(carried, function.qualified)
        for site in facts.calls:
            method = site.call.method
            if method in REGISTER_CALLS or (method == "register" and len(site.call.args) > 1):
                yield Holder(list(self._arguments(site, facts.module)), site=site)
            elif method in _IN_PATTERNS:
                inside = any(span.start <= site.call.span.start < span.end for span in statements)
                if not inside or site.function:
                    yield Holder(list(self._arguments(site, facts.module)), site=site)
            elif site.function and self.kinds.created_by(site.call, facts.module) is not None:
                yield Holder(list(self._arguments(site, facts.module)), site=site)

    def _arguments(self, site: CallSite, module: str) -> Iterator[Carried]:
        looked_up = site.call.method in _LOOKUPS
        loops = {name: loop.values for loop in site.loops for name in loop.targets}
        for value in (*site.call.args, *(keyword.value for keyword in site.call.keywords)):
            yield from self.carried(value, module, looked_up=looked_up)
            target = loop_target(value, module)
            if target in loops:
                yield from self.carried(loops[target], module, looked_up=looked_up)

    def carried(self, value: Value, module: str, *, opaque: bool = False, looked_up: bool = False) -> Iterator[Carried]:
        """The names that a value holds, as far as its shape tells."""
        match value:
            case Ref():
                yield Carried(value, opaque, looked_up)
            case Constant(str() as text) if looked_up and "." in text:
                yield Carried(value, opaque, looked_up)
            case Items(_, items):
                for item in items:
                    yield from self.carried(item, module, opaque=opaque, looked_up=looked_up)
            case Entries(entries):
                for key, entry in entries:
                    if key is not None:
                        yield from self.carried(key, module, opaque=opaque)
                    yield from self.carried(entry, module, opaque=opaque, looked_up=looked_up)
            case Starred(inner) | Attr(inner, _) | Index(inner, _):
                yield from self.carried(inner, module, opaque=opaque, looked_up=looked_up)
            case Operator(_, left, right):
                for side in (left, right):
                    if side is not None:
                        yield from self.carried(side, module, opaque=opaque)
            case Choice(_, then, otherwise):
                for side in (then, otherwise):
                    yield from self.carried(side, module, opaque=opaque, looked_up=looked_up)
            case Call():
                yield from self._carried_by_call(value, module, opaque=opaque)
            case _:
                return

    def _carried_by_call(self, call: Call, module: str, *, opaque: bool) -> Iterator[Carried]:
        yield from self.carried(call.function, module, opaque=opaque)
        kind = self.kinds.created_by(call, module)
        known = call.method in PASS_THROUGH or call.method in REGISTER_CALLS or kind is not None
        looked_up = call.method in _LOOKUPS
        for index, arg in enumerate(call.args):
            if kind is not None and kind.role in {"router", "api"} and isinstance(arg, Ref) and index == 0:
                continue  # the parent, not a child
            yield from self.carried(arg, module, opaque=opaque or not known, looked_up=looked_up)
        for keyword in call.keywords:
            yield from self.carried(keyword.value, module, opaque=opaque or not known, looked_up=looked_up)


def loop_target(value: Value, module: str) -> str:
    """The variable of a loop that a value is, or is an attribute of: `router`, `module.router`, `*routers`; '' for another value."""
    while isinstance(value, Attr | Starred | Index):
        value = value.value
    if isinstance(value, Local):
        return value.name
    # A loop at module level binds a name of the module.
    if isinstance(value, Ref) and value.name.startswith(f"{module}."):
        return value.name[len(module) + 1 :].partition(".")[0]
    return ""
