"""Calls and operators over literals that have one known result: `"a".format(...)`, `x % y`, `list(...)`,
`dict.items()`.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Final

from bylaw.facts.late import is_late
from bylaw.facts.values import (
    Attr,
    Call,
    Constant,
    Entries,
    Index,
    Items,
    Local,
    Opaque,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
    text_of,
)
from bylaw.readers.python.interpret.sets import set_method, set_operator
from bylaw.source import Span

MAX_TEXT: Final = 200_000
MAX_RANGE: Final = 1_000
MAX_ITEMS: Final = 5_000
_TEXT_METHODS: Final[dict[str, Callable[[str], str]]] = {
    "lower": str.lower, "upper": str.upper, "strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip,
    "title": str.title, "capitalize": str.capitalize,
}  # fmt: skip
_TEXT_FUNCTIONS: Final[dict[str, Callable[[str], str]]] = {
    "textwrap.dedent": textwrap.dedent, "inspect.cleandoc": inspect.cleandoc, "builtins.str": str,
    "sqlalchemy.util.quoted_name": str, "sqlalchemy.sql.quoted_name": str, "sqlalchemy.sql.elements.quoted_name": str,
}  # fmt: skip


def pure_call(call: Call) -> Value | None:
    """The result of a call over literals, or None where it has no result that can be known here. `call` is folded."""
    if isinstance(call.function, Ref):
        return _function(call, call.function.name)
    if not isinstance(call.function, Attr):
        return None
    base, method = call.function.value, call.function.name
    match base:
        case Constant(str(text)):
            return _text_method(call, text, method)
        case Entries(entries):
            return _entries_method(call, entries, method)
        case Items("set", items):
            return set_method(items, method, call.args, call.span)
        case _:
            return None


def _function(call: Call, name: str) -> Value | None:
    if name in _TEXT_FUNCTIONS and len(call.args) >= 1:
        text = text_of(call.args[0])
        return None if text is None else Constant(_TEXT_FUNCTIONS[name](text), call.args[0].span)
    if not name.startswith("builtins."):
        return None
    match name[len("builtins.") :], call.args:
        case ("list" | "tuple" | "set" | "sorted" | "reversed" | "frozenset" | "iter") as kind, (
            Items(_, items, where),
        ):
            if kind == "sorted" and not all(isinstance(item, Constant) for item in items):
                return Items("list", items, where)
            ordered = {"reversed": lambda: items[::-1], "sorted": lambda: _sorted(items)}.get(kind, lambda: items)()
            return Items("set" if kind.endswith("set") else "list", ordered, where)
        case (("list" | "tuple" | "sorted"), (Entries(entries, where),)):
            return _keys(entries, where)
        case "enumerate", (Items(_, items, where),):
            pairs = tuple(Items("tuple", (Constant(at, item.span), item), item.span) for at, item in enumerate(items))
            return Items("list", pairs, where)
        case "zip", (Items(_, first, where), Items(_, second)):
            rows = tuple(Items("tuple", pair, pair[0].span) for pair in zip(first, second, strict=False))
            return Items("list", rows, where)
        case "range", bounds:
            return _range(bounds, call.span)
        case "len", (Items(_, items),) if not any(isinstance(item, Starred) for item in items):
            return Constant(len(items), call.span)
        case "dict", ():
            if all(keyword.name for keyword in call.keywords):
                named = tuple((Constant(keyword.name, keyword.span), keyword.value) for keyword in call.keywords)
                return Entries(named, call.span)
        case _:
            pass
    return None


def _range(bounds: Sequence[Value], where: Span) -> Value | None:
    numbers = [bound.value for bound in bounds if isinstance(bound, Constant) and isinstance(bound.value, int)]
    if len(numbers) != len(bounds) or not 1 <= len(numbers) <= 3 or (len(numbers) == 3 and not numbers[2]):
        return None
    counted = range(*numbers)
    return None if counted[MAX_RANGE:] else Items("list", tuple(Constant(at, where) for at in counted), where)


def _sorted(items: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(sorted(items, key=lambda item: str(item.value) if isinstance(item, Constant) else ""))


def _text_method(call: Call, text: str, method: str) -> Value | None:
    where = call.span
    if method in _TEXT_METHODS and not call.args:
        return Constant(_TEXT_METHODS[method](text), call.function.span if method.endswith("strip") else where)
    match method, call.args:
        case "format", _:
            return _format(call, text)
        case "join", (Items(_, items),):
            texts = [text_of(item) for item in items]
            if all(part is not None for part in texts):
                return _short(text.join(part for part in texts if part is not None), where)
        case "replace", (Constant(str(old)), Constant(str(new))) if old:
            return _short(text.replace(old, new), where)
        case "split", (Constant(str(separator)),) if separator:
            return Items("list", tuple(Constant(part, where) for part in text.split(separator)[:MAX_RANGE]), where)
        case "split" | "splitlines", ():
            parts = text.split() if method == "split" else text.splitlines()
            return Items("list", tuple(Constant(part, where) for part in parts[:MAX_RANGE]), where)
        case "startswith", (Constant(str(prefix)),):
            return Constant(text.startswith(prefix), where)
        case "endswith", (Constant(str(suffix)),):
            return Constant(text.endswith(suffix), where)
        case _:
            pass
    return None


def _short(text: str, where: Span) -> Value | None:
    return Constant(text, where) if len(text) <= MAX_TEXT else None


def _format(call: Call, text: str) -> Value | None:
    """`"{} {name}".format(...)` as a formatted string; fields with conversions or format specs are left alone."""
    import string  # noqa: PLC0415

    parts: list[Value] = []
    automatic = 0
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return None
    for literal, field, spec, conversion in pieces:
        if literal:
            parts.append(Constant(literal, call.span))
        if field is None:
            continue
        if spec or (conversion and conversion != "s"):
            return None
        if not field:
            field, automatic = str(automatic), automatic + 1  # noqa: PLW2901
        found = call.argument(int(field)) if field.isdecimal() and len(field) < 4 else call.keyword(field)
        if found is None:
            return None
        parts.extend(found.parts if isinstance(found, Text) else (found,))
    return _text(parts, call.span)


def _text(parts: list[Value], where: Span) -> Value | None:
    if all(isinstance(part, Constant) for part in parts):
        return _short("".join(str(part.value) for part in parts if isinstance(part, Constant)), where)
    return Text(tuple(parts), where) if len(parts) <= MAX_RANGE else None


def _entries_method(call: Call, entries: tuple[tuple[Value | None, Value], ...], method: str) -> Value | None:
    if any(key is None for key, _ in entries):
        return None
    where = call.function.span
    match method, call.args:
        case "items", ():
            pairs = tuple(Items("tuple", (key, value), key.span) for key, value in entries if key is not None)
            return Items("list", pairs, where)
        case "keys", ():
            return _keys(entries, where)
        case "values", ():
            return Items("list", tuple(value for _, value in entries), where)
        case "get", (Constant(wanted), *rest):
            for key, value in entries:
                if isinstance(key, Constant) and key.value == wanted:
                    return value
            if all(isinstance(key, Constant) for key, _ in entries):
                return rest[0] if rest else Constant(None, call.span)
        case _:
            pass
    return None


def _keys(entries: tuple[tuple[Value | None, Value], ...], where: Span) -> Value:
    return Items("list", tuple(key for key, _ in entries if key is not None), where)


def compare(operator: str, left: Value, right: Value, where: Span) -> Value | None:
    """The result of a binary operator over literals: `+`, `%` on text, comparisons; None where it is not known."""
    if operator not in {"+", "%", "*"} and (_late(left) or _late(right)):
        return None
    match operator, left, right:
        case "+", Items(kind, first), Items(_, second) if len(first) + len(second) <= MAX_ITEMS:
            return Items(kind, first + second, where)
        case _, Items("set", first), Items("set", second):
            return set_operator(operator, first, second, where)
        case "|", Entries(first_entries), Entries(second_entries) if len(first_entries) < MAX_ITEMS:
            return Entries(first_entries + second_entries, where)
        case "+", (Constant(str()) | Text()), (Constant(str()) | Text()):
            pieces = [
                *(left.parts if isinstance(left, Text) else (left,)),
                *(right.parts if isinstance(right, Text) else (right,)),
            ]
            return _text(pieces, where)
        case "+", (Constant(str()) | Text()), _ if _may_be_text(right):
            return _text([*(left.parts if isinstance(left, Text) else (left,)), right], where)
        case "+", _, (Constant(str()) | Text()) if _may_be_text(left):
            return _text([left, *(right.parts if isinstance(right, Text) else (right,))], where)
        case "%", Constant(str(text)), _:
            return _percent(text, right, where)
        case "*", Constant(str(text)), Constant(int(times)) if 0 <= times * len(text) <= MAX_TEXT:
            return Constant(text * times, where)
        case "==" | "is", Constant(first), Constant(second):
            return Constant(first == second, where)
        case "!=" | "is not", Constant(first), Constant(second):
            return Constant(first != second, where)
        case (("in" | "not in"), Constant(wanted), Items(_, items)) if all(
            isinstance(item, Constant) for item in items
        ):
            inside = any(item.value == wanted for item in items if isinstance(item, Constant))
            return Constant(inside is (operator == "in"), where)
        case (("in" | "not in"), Constant(str(part)), Constant(str(whole))):
            return Constant((part in whole) is (operator == "in"), where)
        case _:
            return None


def _may_be_text(value: Value) -> bool:
    """Whether a value that is not known can be a text: what is added to one is."""
    return isinstance(value, Attr | Call | Index | Local | Opaque | Ref)


def _late(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, str) and is_late(value.value)


def _percent(text: str, right: Value, where: Span) -> Value | None:
    """`"... %s ..." % values` as a formatted string."""
    import re  # noqa: PLC0415

    values = list(right.items) if isinstance(right, Items) else [right]
    parts: list[Value] = []
    end = 0
    for match in re.finditer(r"%(?:\((\w+)\))?([sdr%])", text):
        if match.start() > end:
            parts.append(Constant(text[end : match.start()], where))
        end = match.end()
        if match[2] == "%":
            parts.append(Constant("%", where))
        elif match[1]:
            found = _named(right, match[1])
            if found is None:
                return None
            parts.append(found)
        elif not values:
            return None
        else:
            parts.append(values.pop(0))
    parts.append(Constant(text[end:], where))
    flat = [piece for part in parts for piece in (part.parts if isinstance(part, Text) else (part,))]
    return _text(flat, where)


def _named(mapping: Value, name: str) -> Value | None:
    if not isinstance(mapping, Entries):
        return None
    return next((value for key, value in mapping.entries if text_of(key) == name), None)


__all__ = ["Operator", "compare", "pure_call"]
