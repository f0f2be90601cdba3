"""The columns of a view, as far as its statement names them."""

from __future__ import annotations

from typing import Final

from bylaw.readers.sql.generic.cursor import Cursor

_ENDS: Final = frozenset({"from", "where", "group", "having", "order", "limit", "union", "except", "intersect", "with"})

_OPERATORS: Final = frozenset(
    {"and", "or", "xor", "not", "is", "in", "like", "regexp", "rlike", "between", "div", "mod", "collate", "interval",
     "case", "when", "then", "else", "over", "binary"}
)  # fmt: skip


def view_columns(cursor: Cursor) -> tuple[str, ...]:
    """What stands behind a view's name: its own list of names, or those of its SELECT, '' for one that has none.

    None at all where a `*` hides them, or where it is no plain SELECT.
    """
    part = cursor.window(cursor.at, cursor.stop)
    if part.peek() == "(":
        return part.column_list()
    while not part.is_done() and part.peek() != "as":
        part.at += 1
    if not part.accept("as", "select"):
        return ()
    part.accept_any("distinct", "all")
    first, last = part.at, _end_of_list(part)
    names = [_name(part, *bounds) for bounds in part.elements(first, last)]
    found = tuple(name for name in names if name is not None)
    return found if len(found) == len(names) and any(found) else ()


def _end_of_list(part: Cursor) -> int:
    depth = 0
    for at in range(part.at, part.stop):
        mark = part.text_at(at)
        depth += (mark == "(") - (mark == ")")
        if depth == 0 and mark in _ENDS and part.tokens[at].kind == "word":
            return at
    return part.stop


def _name(part: Cursor, first: int, last: int) -> str | None:
    """The name of one column; None for a `*`."""
    if last <= first:
        return ""
    if part.text_at(last - 1) == "*" and (last - first == 1 or part.text_at(last - 2) == "."):
        return None
    end = part.window(last - 1, last)
    if not end.is_name() or end.peek() in {"end", "null"}:
        return ""
    before = part.text_at(last - 2) if last - first > 1 else "."
    is_value = last - first > 1 and part.tokens[last - 2].kind in {"word", "quoted", "number", "string"}
    return end.name() if before in {".", "as", ")"} or (is_value and before not in _OPERATORS) else ""
