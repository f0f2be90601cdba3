"""Sets of literals: what `union`, `-` and the like make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bylaw.facts.values import Constant, Items, Value
from bylaw.source import Span

_METHODS: Final = {"union": "|", "difference": "-", "intersection": "&", "symmetric_difference": "^"}
_MOST: Final = 5_000


def set_method(items: tuple[Value, ...], method: str, args: Sequence[Value], where: Span) -> Value | None:
    """The result of a method of a set, or None where it is none that is known here."""
    operator = _METHODS.get(method)
    if operator is None:
        return None
    result: Value | None = Items("set", items, where)
    for argument in args:
        if not (isinstance(result, Items) and isinstance(argument, Items)):
            return None
        result = set_operator(operator, result.items, argument.items, where)
    return result


def set_operator(operator: str, left: tuple[Value, ...], right: tuple[Value, ...], where: Span) -> Value | None:
    """The set that an operator makes of two, in the order in which their items are written; None where one of these is
    not known.
    """
    first, second = _known(left), _known(right)
    if first is None or second is None or len(first) + len(second) > _MOST:
        return None
    match operator:
        case "|":
            kept = first | second
        case "-":
            kept = {key: item for key, item in first.items() if key not in second}
        case "&":
            kept = {key: item for key, item in first.items() if key in second}
        case "^":
            kept = {key: item for key, item in (first | second).items() if (key in first) != (key in second)}
        case _:
            return None
    return Items("set", tuple(kept.values()), where)


def _known(items: tuple[Value, ...]) -> dict[object, Value] | None:
    """The items by what they are, each once; None where one is not known."""
    found: dict[object, Value] = {item.value: item for item in items if isinstance(item, Constant)}
    return found if all(isinstance(item, Constant) for item in items) else None
