"""Type expressions: where they let Any in, quoted ones included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from bylaw.facts.values import Call, Constant, Entries, Index, Items, Operator, Ref, Starred, Value
from bylaw.readers.python.module import Module
from bylaw.readers.python.parse import parse_inside
from bylaw.readers.python.scope import Frame
from bylaw.source import Span

_QUOTED = re.compile(rb"[uU]?(\"\"\"|'''|\"|')")
_CONTAINERS = ("dict", "list", "set", "frozenset", "tuple")
_TYPING_CONTAINERS = ("Dict", "List", "Set", "FrozenSet", "Tuple")
_WITH_ITS_ARGUMENTS = ("Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")


def _typing(*names: str) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in names)


ANY = _typing("Any")
_BARE = frozenset(f"builtins.{name}" for name in _CONTAINERS) | _typing(*_TYPING_CONTAINERS)
HOLES = ANY | _BARE
"""The names that are a hole by themselves."""
_LITERAL, _ANNOTATED = _typing("Literal"), _typing("Annotated")
_TYPE_VAR, _NEW_TYPE, _WITH_FIELDS = _typing("TypeVar"), _typing("NewType"), _typing("TypedDict", "NamedTuple")
_TRANSPARENT = _typing(*_WITH_ITS_ARGUMENTS) | {"dataclasses.InitVar"}
_WORTH_PARSING = re.compile(
    rb"\b(?:Any|" + b"|".join(n.encode() for n in (*_CONTAINERS, *_TYPING_CONTAINERS)) + rb")\b"
)


class Hole(msgspec.Struct, frozen=True):
    """An Any, or a container without its arguments. `nested`: it is only a type argument."""

    kind: Literal["any", "bare-generic"]
    span: Span
    nested: bool


class Types:
    """Looks into the type expressions of one module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        aliases = {fact.local for fact in module.imports if fact.target in ANY and fact.local != "Any"}
        self._aliases = frozenset(name.encode() for name in aliases)

    def holes(self, value: Value, frames: Sequence[Frame] = (), *, nested: bool = False) -> Iterator[Hole]:
        """The holes of a type expression, in source order. `frames` are those around it, for names in quotes."""
        match value:
            case Ref(name, span):
                if name in HOLES:
                    yield Hole("any" if name in ANY else "bare-generic", span, nested)
            case Constant(str(), span):
                inner = self.unquoted(span, frames)
                if inner is not None:
                    yield from self.holes(inner, frames, nested=nested)
            case Operator("|", left, right) if left is not None:
                yield from self.holes(left, frames, nested=nested)
                yield from self.holes(right, frames, nested=nested)
            case Starred(inner):
                yield from self.holes(inner, frames, nested=nested)
            case Items(_, items):
                for item in items:
                    yield from self.holes(item, frames, nested=True)
            case Index(base, index):
                yield from self._generic(base, index, frames, nested=nested)
            case _:
                return

    def _generic(self, base: Value, index: Value, frames: Sequence[Frame], *, nested: bool) -> Iterator[Hole]:
        name = base.name if isinstance(base, Ref) else ""
        arguments = index.items if isinstance(index, Items) and index.kind == "tuple" else (index,)
        if name in _LITERAL:
            return
        if name in _ANNOTATED:
            arguments = arguments[:1]
        inside = nested if name in _ANNOTATED or name in _TRANSPARENT else True
        for argument in arguments:
            yield from self.holes(argument, frames, nested=inside)

    def means_any(self, value: Value, frames: Sequence[Frame] = ()) -> bool:
        """Whether a type expression is Any as a whole: alone, in quotes, annotated, or with others in a union."""
        return any(hole.kind == "any" and not hole.nested for hole in self.holes(value, frames))

    def unquoted(self, literal: Span, frames: Sequence[Frame]) -> Value | None:
        """The type expression inside a string literal, with offsets into the file; None where it cannot let Any in."""
        content = self.module.content
        match = _QUOTED.match(content, literal.start, literal.end)
        if match is None:
            return None
        start, end = match.end(), literal.end - len(match[1])
        text = content[start:end]
        if not self._worth_parsing(text) or b"\\" in text or match[1] in text:
            return None
        return self.parsed(start, end, frames)

    def parsed(self, start: int, end: int, frames: Sequence[Frame]) -> Value | None:
        """The expression that a range of the file is, when it is exactly one."""
        root = parse_inside(self.module.content, start, end)
        if root.has_error or root.child_count != 1 or root.children[0].type != "expression_statement":
            return None
        statement = root.children[0]
        return self.module.value_in(statement.children[0], frames) if statement.child_count == 1 else None

    def _worth_parsing(self, text: bytes) -> bool:
        return _WORTH_PARSING.search(text) is not None or any(alias in text for alias in self._aliases)


def declared_types(value: Call) -> Iterator[Value]:
    """The type expressions that a call hands to typing: bounds of a TypeVar, fields of a TypedDict, a NewType's own."""
    if value.name in _TYPE_VAR:
        yield from value.args[1:]
        yield from (keyword.value for keyword in value.keywords if keyword.name in {"bound", "default"})
    elif value.name in _NEW_TYPE:
        yield from value.args[1:2]
    elif value.name in _WITH_FIELDS:
        yield from _fields(value.argument(1, "fields"))


def _fields(value: Value | None) -> Iterator[Value]:
    if isinstance(value, Entries):
        yield from (entry for _, entry in value.entries)
    elif isinstance(value, Items):
        yield from (item.items[1] for item in value.items if isinstance(item, Items) and len(item.items) == 2)
