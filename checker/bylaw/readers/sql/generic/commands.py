"""Statements that open transactions, set parameters, move rows or call something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from bylaw.facts.migrations import (
    DataChange,
    Operation,
    OtherStatement,
    RenameColumn,
    RenameObject,
    RenameTable,
    Setting,
    Transaction,
    UnreadOperation,
)
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.terms import string_value
from bylaw.source import Span

Reader = Callable[[Cursor, Span], Iterable[Operation]]


def transaction(kind: Literal["begin", "commit", "rollback", "savepoint"]) -> Reader:
    return lambda _cursor, span: [Transaction(kind, span)]


def begin(cursor: Cursor, span: Span) -> Iterable[Operation]:
    allowed = {"transaction", "tran", "work", "deferred", "immediate", "exclusive", "isolation", "read"}
    if not cursor.is_done() and cursor.peek() not in allowed:
        return [UnreadOperation(span, "a block of statements")]
    return [Transaction("begin", span)]


def rollback(cursor: Cursor, span: Span) -> Iterable[Operation]:
    if cursor.accept("to") or cursor.accept("work", "to"):
        return [OtherStatement("rollback-to", span)]
    return [Transaction("rollback", span)]


def start(cursor: Cursor, span: Span) -> Iterable[Operation]:
    return [
        Transaction("begin", span) if cursor.peek() == "transaction" else OtherStatement(f"start-{cursor.peek()}", span)
    ]


def set_parameter(cursor: Cursor, span: Span) -> Iterator[Operation]:
    if cursor.peek() in {"transaction", "names", "character", "constraints", "role", "password"}:
        yield OtherStatement(f"set-{cursor.peek()}", span)
        return
    for first, last in cursor.elements(cursor.at, cursor.stop):
        part = cursor.window(first, last)
        local = part.accept_any("global", "session", "local", "persist") == "local"
        while part.peek() == "@":
            part.at += 1
        if not part.is_name():
            yield OtherStatement("set", span)
            return
        name = part.dotted().lower()
        part.accept(":")
        if part.peek() in {"=", "to"}:
            part.at += 1
        yield Setting(name, part.source(part.at, last).strip("'\""), span, local)


def pragma(cursor: Cursor, span: Span) -> Iterator[Operation]:
    name = cursor.dotted().lower()
    value = cursor.source(cursor.at, cursor.stop).strip("=() ")
    yield Setting(name, value, span)


def truncate(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.accept("table")
    cursor.accept("if", "exists")
    while True:
        yield DataChange("truncate", cursor.dotted(), span)
        if not cursor.accept(","):
            return


def load(cursor: Cursor, span: Span) -> Iterator[Operation]:
    while not cursor.is_done():
        if cursor.accept("into", "table"):
            yield DataChange("copy", cursor.dotted(), span)
            return
        cursor.at += 1
    raise cursor.fail()


def execute(cursor: Cursor, span: Span) -> Iterator[Operation]:
    """SQL Server's EXEC: renames, and statements that are computed."""
    if cursor.peek() == "(" or cursor.peek() == "sp_executesql":
        yield UnreadOperation(span, "it runs a statement that is computed")
    elif cursor.accept("sp_rename"):
        yield from _sp_rename(cursor, span)
    else:
        yield OtherStatement("call", span, name=cursor.dotted() if cursor.is_name() else "")


def _sp_rename(cursor: Cursor, span: Span) -> Iterator[Operation]:
    values: list[str] = []
    for first, last in cursor.elements(cursor.at, cursor.stop):
        part = cursor.window(first, last)
        if part.accept("@"):
            part.at += 2
        if part.peek() == "n":
            part.at += 1
        values.append(string_value(part).strip())  # blanks stand where a template fills in a schema
    if len(values) == 2:
        schema, dot, _ = values[0].rpartition(".")
        yield RenameTable(values[0], f"{schema}{dot}{values[1]}", span)
    elif len(values) == 3:
        table, _, part_name = values[0].rpartition(".")
        if values[2].lower() == "column":
            yield RenameColumn(table, part_name.strip("[]"), values[1], span)
        else:
            yield RenameObject(values[2].lower(), part_name.strip("[]"), values[1], span, table)
    else:
        raise cursor.fail()


def prepare(_: Cursor, span: Span) -> Iterable[Operation]:
    return [UnreadOperation(span, "it prepares a statement that is computed")]


def other(kind: str) -> Reader:
    return lambda _cursor, span: [OtherStatement(kind, span)]
