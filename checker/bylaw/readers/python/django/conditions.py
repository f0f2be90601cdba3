"""Conditions of Django's constraints: the fields that they name, and SQL for the plain ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts.values import Call, Constant, Items, Operator, Value, flag_of, text_of

UNREAD: Final = "?"
_COMPARED: Final = {"": "=", "exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_CONNECTED: Final = {"&": "AND", "|": "OR"}


def fields_of(condition: Value | None) -> tuple[str, ...]:
    """The fields that a condition names, each once; none where it is not only `Q` and `F`."""
    found: list[str] = []
    return tuple(dict.fromkeys(found)) if condition is not None and _collect(condition, found) else ()


def sql_of(condition: Value | None) -> str:
    """The condition in SQL, with fields in place of columns; '?' where it compares otherwise than with constants and
    fields.
    """
    return (_sql(condition) if condition is not None else None) or UNREAD


def _collect(value: Value, found: list[str]) -> bool:
    match value:
        case Operator(operator="&" | "|" | "^", left=left, right=right) if left is not None:
            return _collect(left, found) and _collect(right, found)
        case Operator(operator="~", right=right):
            return _collect(right, found)
        case Call() if value.method == "Q" and not value.spreads:
            inner = [argument for argument in value.args if not isinstance(argument, Items)]
            for name, wanted in _lookups(value):
                found.append(name.partition("__")[0])
                found.extend(_named(wanted))
            return "pk" not in found and all(_collect(argument, found) for argument in inner)
        case _:
            return False


def _named(value: Value) -> Iterator[str]:
    """The field of `F("field")`."""
    if isinstance(value, Call) and value.method == "F" and value.args and (name := text_of(value.args[0])):
        yield name.partition("__")[0]


def _lookups(q: Call) -> Iterator[tuple[str, Value]]:
    """`Q(a=1)`, and `Q(("a", 1))` as migrations write it."""
    for argument in q.args:
        if isinstance(argument, Items) and len(argument.items) == len(("name", "value")):
            yield text_of(argument.items[0]) or "pk", argument.items[1]
    yield from ((keyword.name, keyword.value) for keyword in q.keywords if not keyword.name.startswith("_"))


def _sql(value: Value) -> str | None:
    match value:
        case Operator(operator="&" | "|" as sign, left=left, right=right) if left is not None:
            return _joined([_sql(left), _sql(right)], _CONNECTED[sign])
        case Operator(operator="~", right=right):
            return _negated(_sql(right))
        case Call() if value.method == "Q" and not value.spreads:
            inner = [_sql(argument) for argument in value.args if not isinstance(argument, Items)]
            parts = [*inner, *(_compared(name, wanted) for name, wanted in _lookups(value))]
            joined = _joined(parts, text_of(value.keyword("_connector")) or "AND")
            return _negated(joined) if flag_of(value.keyword("_negated")) else joined
        case _:
            return None


def _joined(parts: list[str | None], word: str) -> str | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known or word not in _CONNECTED.values():
        return None
    return f" {word} ".join(f"({part})" for part in known) if len(known) > 1 else known[0]


def _negated(part: str | None) -> str | None:
    if part is not None and part.endswith(" IS NULL") and part.count('"') == len('""'):
        return f"{part.removesuffix(' IS NULL')} IS NOT NULL"
    return None if part is None else f"NOT ({part})"


def _compared(name: str, value: Value) -> str | None:
    field, _, lookup = name.partition("__")
    if lookup == "isnull":
        absent = flag_of(value)
        return None if absent is None else f'"{field}" IS {"NULL" if absent else "NOT NULL"}'
    if isinstance(value, Constant) and isinstance(value.value, bool) and lookup in {"", "exact"}:
        return f'"{field}"' if value.value else f'NOT "{field}"'
    other = next((f'"{own}"' for own in _named(value)), None) or _constant(value)
    return f'"{field}" {_COMPARED[lookup]} {other}' if other is not None and lookup in _COMPARED else None


def _constant(value: Value) -> str | None:
    if not isinstance(value, Constant) or value.value is None or isinstance(value.value, bool):
        return None
    return "'" + value.value.replace("'", "''") + "'" if isinstance(value.value, str) else str(value.value)
