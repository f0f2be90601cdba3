"""What variables, calls and function results hold: the names inside their values, as far as the shapes tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from bylaw.facts.code import CallSite
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Choice, Constant, Entries, Index, Items, Local, Operator, Ref, Starred, Value
from bylaw.project.routing.code import Code
from bylaw.project.routing.vocabulary import PASS_THROUGH, REGISTER_CALLS

_LOOKUPS = frozenset({"include", "Include", "add_router", "register_blueprint"})
"""Calls that take the dotted name of a router as a string."""
_IN_PATTERNS = frozenset({"include", "path", "re_path", "url", "Mount", "Host"})


class Held(NamedTuple):
    """A name inside a value. `opaque`: it is handed to a call that may do anything with it."""

    ref: Ref | Constant
    opaque: bool
    looked_up: bool = False
    """It stands in an `include(…)`, where a module means its URL patterns, and a string what it names."""


class Holder(msgspec.Struct):
    """A variable, call or function result with names inside. `target` is the variable or function, '' for a call."""

    held: list[Held]
    target: str = ""
    site: CallSite | None = None


class FileHolders(msgspec.Struct):
    """One file's holders, by the node that they hold, and the spans of the mentions that they account for."""

    by_node: dict[str, list[tuple[Holder, Held]]] = msgspec.field(default_factory=dict)
    accounted: set[tuple[int, int]] = msgspec.field(default_factory=set)


class Holders:
    """The holders of every file, found when first asked for."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._files: dict[str, FileHolders] = {}

    def of(self, facts: FileFacts) -> FileHolders:
        found = self._files.get(facts.path)
        if found is None:
            found = self._files[facts.path] = FileHolders()
            for holder in self._holders(facts):
                for held in holder.held:
                    self._file(found, holder, held, facts.module)
        return found

    def _file(self, found: FileHolders, holder: Holder, held: Held, module: str) -> None:
        ref = held.ref
        place = self._code.place(ref.name if isinstance(ref, Ref) else str(ref.value).replace(":", "."), module)
        if place is None:
            return
        found.accounted.add((ref.span.start, ref.span.end))
        node = place.node
        if held.looked_up and node in self._code.names.modules:
            node = self._code.patterns_of(node)
        found.by_node.setdefault(node, []).append((holder, held))

    def _holders(self, facts: FileFacts) -> Iterator[Holder]:
        statements = []
        for variable in facts.variables:
            if variable.value is not None and not isinstance(variable.value, Constant):
                statements.append(variable.statement)
                yield Holder(list(self._held(variable.value, facts.module)), f"{facts.module}.{variable.name}")
        for function in facts.functions:
            if function.returns:
                held = [item for value in function.returns for item in self._held(value, facts.module)]
                yield Holder(held, function.qualified)
        for site in facts.calls:
            method = site.call.method
            if method in REGISTER_CALLS or (method == "register" and len(site.call.args) > 1):
                yield Holder(list(self._arguments(site, facts.module)), site=site)
            elif method in _IN_PATTERNS:
                inside = any(span.start <= site.call.span.start < span.end for span in statements)
                if not inside or site.function:
                    yield Holder(list(self._arguments(site, facts.module)), site=site)
            elif site.function and self._code.kinds.created_by(site.call, facts.module) is not None:
                yield Holder(list(self._arguments(site, facts.module)), site=site)

    def _arguments(self, site: CallSite, module: str) -> Iterator[Held]:
        looked_up = site.call.method in _LOOKUPS
        loops = {name: loop.values for loop in site.loops for name in loop.targets}
        for value in (*site.call.args, *(keyword.value for keyword in site.call.keywords)):
            yield from self._held(value, module, looked_up=looked_up)
            target = loop_target(value, module)
            if target in loops:
                yield from self._held(loops[target], module, looked_up=looked_up)

    def _held(self, value: Value, module: str, *, opaque: bool = False, looked_up: bool = False) -> Iterator[Held]:
        match value:
            case Ref():
                yield Held(value, opaque, looked_up)
            case Constant(str() as text) if looked_up and "." in text:
                yield Held(value, opaque, looked_up)
            case Call():
                yield from self._held_by_call(value, module, opaque=opaque)
            case Entries(entries):
                for entry in entries:
                    for part in entry:
                        if part is not None:
                            yield from self._held(part, module, opaque=opaque)
            case Items() | Starred() | Attr() | Index() | Operator() | Choice():
                for part in _parts(value):
                    yield from self._held(part, module, opaque=opaque, looked_up=looked_up)
            case _:
                return

    def _held_by_call(self, call: Call, module: str, *, opaque: bool) -> Iterator[Held]:
        yield from self._held(call.function, module, opaque=opaque)
        kind = self._code.kinds.created_by(call, module)
        known = call.method in PASS_THROUGH or call.method in REGISTER_CALLS or kind is not None
        looked_up = call.method in _LOOKUPS
        is_parent = kind is not None and kind.role in {"router", "api"}
        for index, arg in enumerate(call.args):
            if not (is_parent and index == 0 and isinstance(arg, Ref)):
                yield from self._held(arg, module, opaque=opaque or not known, looked_up=looked_up)
        for keyword in call.keywords:
            yield from self._held(keyword.value, module, opaque=opaque or not known, looked_up=looked_up)


def _parts(value: Items | Starred | Attr | Index | Operator | Choice) -> tuple[Value, ...]:
    """The values inside that go where the value goes: not a condition, not an index."""
    match value:
        case Items(_, items):
            return items
        case Operator(_, left, right):
            return (right,) if left is None else (left, right)
        case Choice(_, then, otherwise):
            return (then, otherwise)
        case _:
            return (value.value,)


def loop_target(value: Value, module: str) -> str:
    """The loop variable in `router`, `module.router` or `*routers`; '' for a value of another shape."""
    while isinstance(value, Attr | Starred | Index):
        value = value.value
    if isinstance(value, Local):
        return value.name
    # A loop at module level binds a name of the module.
    if isinstance(value, Ref) and value.name.startswith(f"{module}."):
        return value.name[len(module) + 1 :].partition(".")[0]
    return ""
