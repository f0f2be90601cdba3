"""Texts that are put together from constants: `f"{PROJECT}.urls"`, `"{}.urls".format(PROJECT)`, `PROJECT + ".urls"`."""

from __future__ import annotations

from typing import Final

from bylaw.facts.code import Variable
from bylaw.facts.values import Attr, Call, Constant, Items, Operator, Ref, Text, Value
from bylaw.project.names import Names

_MAX_DEPTH: Final = 8


def composed_text(value: Value | None, near: str, names: Names, depth: int = _MAX_DEPTH) -> str | None:
    """The text that a value comes to, as seen in the module `near`; None where a part of it is computed otherwise."""
    if depth == 0:
        return None

    def inner(part: Value | None) -> str | None:
        return composed_text(part, near, names, depth - 1)

    match value:
        case Constant(str(text)):
            return text
        case Ref(name):
            found = names.definition(name, near)
            if found is None or not isinstance(found.item, Variable):
                return None
            return composed_text(found.item.value, found.file.module, names, depth - 1)
        case Text(parts):
            return _joined([inner(part) for part in parts])
        case Operator("+", left, right):
            return _joined([inner(left), inner(right)])
        case Operator("%", Constant(str(pattern)), right):
            given = right.items if isinstance(right, Items) and right.kind == "tuple" else (right,)
            return _filled(pattern, "%s", [inner(part) for part in given])
        case Call(Attr(Constant(str(pattern)), "format"), args, ()):
            return _filled(pattern, "{}", [inner(part) for part in args])
        case _:
            return None


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _filled(pattern: str, gap: str, given: list[str | None]) -> str | None:
    """A pattern with its gaps filled; None where it has others, or not as many."""
    pieces = pattern.split(gap)
    if len(pieces) != len(given) + 1 or any(mark in piece for piece in pieces for mark in "%{}"):
        return None
    return _joined([pieces[0], *(part for pair in zip(given, pieces[1:], strict=True) for part in pair)])
