"""CREATE TABLE of any dialect."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.migrations import AddConstraint, ColumnSpec, CreateTable, Operation
from bylaw.readers.sql.generic.columns import column_definition
from bylaw.readers.sql.generic.constraints import is_constraint, table_constraint
from bylaw.readers.sql.generic.cursor import Cursor, NotUnderstood
from bylaw.readers.sql.generic.terms import string_value
from bylaw.source import Span


def create_table(cursor: Cursor, span: Span, *, temporary: bool) -> Iterator[Operation]:
    """Behind `CREATE [TEMPORARY] TABLE`."""
    if_not_exists = cursor.accept("if", "not", "exists")
    table = cursor.dotted()
    if cursor.accept("like") or (cursor.peek() == "(" and cursor.peek(1) == "like"):
        if cursor.peek() == "(":
            cursor.at += 2
        cursor.dotted()
        yield CreateTable(table, (), (), span, temporary, if_not_exists, partial=True)
        return
    if cursor.peek() != "(" or cursor.peek(1) in {"select", "with"}:
        if not _is_query(cursor):
            raise cursor.fail()
        yield CreateTable(table, (), (), span, temporary, if_not_exists, partial=True)
        return
    columns: list[ColumnSpec] = []
    others: list[Operation] = []
    partial = False
    first, last = cursor.group()
    for bounds in cursor.elements(first, last):
        part = cursor.window(*bounds)
        if is_constraint(part):
            while not part.is_done():
                others.append(table_constraint(part, table))
        elif part.peek() == "like" and part.is_name(1):
            partial = True
        elif part.accept("period", "for") or (
            cursor.dialect == "clickhouse" and part.peek() in {"index", "projection"}
        ):
            continue
        else:
            columns.append(column_definition(part))
    comment = _table_comment(cursor)
    primary = next((one for one in others if isinstance(one, AddConstraint) and one.kind == "primary-key"), None)
    key = primary.columns if primary is not None else tuple(column.name for column in columns if column.primary_key)
    yield CreateTable(
        table, tuple(columns), key, span, temporary, if_not_exists, comment, partial=partial or _is_query(cursor),
        primary_key_name=primary.name if primary is not None else "",
    )  # fmt: skip
    yield from (one for one in others if one is not primary)


def _is_query(cursor: Cursor) -> bool:
    return any(cursor.text_at(at) in {"select", "table", "values", "with"} for at in range(cursor.at, cursor.stop))


def _table_comment(cursor: Cursor) -> str:
    for at in range(cursor.at, cursor.stop):
        if cursor.text_at(at) == "comment":
            value = cursor.window(at + 1, cursor.stop)
            value.accept("=")
            try:
                return string_value(value)
            except NotUnderstood:
                return ""
    return ""
