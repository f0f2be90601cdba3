"""CREATE, DROP, ALTER, RENAME and COMMENT ON, of everything but the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bylaw.facts.migrations import (
    CreateIndex,
    CreateObject,
    CreateTable,
    DropIndex,
    DropObject,
    DropTable,
    Operation,
    OtherStatement,
    RenameObject,
    RenameTable,
    SetComment,
)
from bylaw.readers.sql.generic.alterations import alter_table
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.tables import create_table
from bylaw.readers.sql.generic.terms import string_value
from bylaw.readers.sql.generic.views import view_columns
from bylaw.source import Span

_NEXT_STATEMENT: Final = frozenset({"create", "alter", "drop", "insert"})
_TWO_WORD_KINDS: Final = {
    "materialized": ("view",), "event": ("trigger",), "text": ("search",), "foreign": ("table", "data"),
    "user": ("type",), "external": ("table",), "row": ("access", "policy"), "dynamic": ("table",), "package": ("body",),
    "fulltext": ("catalog",),
}  # fmt: skip
_KINDS: Final = frozenset({
    *_TWO_WORD_KINDS, "table", "tables", "index", "view", "trigger", "function", "procedure", "proc", "sequence",
    "type", "schema", "database", "role", "group", "login", "domain", "extension", "server", "publication",
    "subscription", "policy", "rule", "cast", "collation", "conversion", "operator", "language", "aggregate", "access",
    "transform", "statistics", "tablespace", "constraint", "default", "column", "system", "session", "instance",
    "logfile", "undo", "resource", "spatial", "macro", "binding", "placement", "changefeed", "schedule", "backup",
    "pipeline", "milestone", "reference", "rowstore", "columnstore", "inverted", "vector", "search", "alias",
    "constant", "linked",
    # Oracle
    "synonym", "public", "library", "directory", "profile", "context", "dimension", "cluster", "link", "java",
    "outline",
    # SQL Server
    "partition", "assembly", "certificate", "symmetric", "asymmetric", "master", "credential", "endpoint", "message",
    "queue", "service", "remote", "route", "contract", "broker", "xml", "application", "availability", "security",
    "columns", "workload",
    # warehouses
    "stage", "pipe", "stream", "task", "warehouse", "file", "masking", "network", "integration", "notification",
    "storage", "api", "share", "tag", "alert", "secret", "dictionary", "quota", "named", "window", "live", "settings",
    "catalog", "volume", "connection", "recipient", "provider", "model", "capacity", "reservation", "assignment",
    "snapshot", "repository", "encryptkey", "routine", "job", "rollup", "sample", "sink", "source",
})  # fmt: skip
"""First words of what servers call their objects; any other word is a slip (`CREATE TABEL`) or unknown to us."""
_BEHIND_CREATE: Final = frozenset({
    "global", "local", "temporary", "temp", "unlogged", "unique", "fulltext", "spatial", "clustered", "nonclustered",
    "bitmap", "virtual", "transient", "secure", "force", "noforce", "editionable", "recursive", "aggregate", "external",
    "column",
})  # fmt: skip


def create(cursor: Cursor, span: Span) -> Iterator[Operation]:
    replace = cursor.accept("or", "replace") or cursor.accept("or", "alter")
    if cursor.accept("definer"):
        cursor.expect("=")
        _skip_user(cursor)
    if cursor.accept("algorithm"):
        cursor.expect("=")
        cursor.name()
        if cursor.accept("definer"):
            cursor.expect("=")
            _skip_user(cursor)
    if cursor.accept("sql", "security"):
        cursor.name()
    words: set[str] = set()
    while cursor.peek() in _BEHIND_CREATE and cursor.is_name(1):
        words.add(cursor.peek())
        cursor.at += 1
    if cursor.accept("table"):
        if "virtual" in words:
            if_not_exists = cursor.accept("if", "not", "exists")
            yield CreateTable(cursor.dotted(), (), (), span, if_not_exists=if_not_exists, partial=True)
            return
        yield from create_table(cursor, span, temporary=bool(words & {"temporary", "temp"}))
        _check_end(cursor)
    elif cursor.accept("index"):
        index = _create_index(cursor, span, words)
        yield index
        while not cursor.is_done() and cursor.peek() not in {"algorithm", "lock"}:
            _check_word(cursor)
            cursor.at += 1
        yield from _online_options(cursor, span, index.table)
    else:
        kind = _kind(cursor)
        if_not_exists = cursor.accept("if", "not", "exists")
        name = cursor.dotted() if cursor.is_name() else ""
        columns = view_columns(cursor) if kind.endswith("view") else ()
        yield CreateObject(
            kind, name, span, replace, table=_table_of(cursor, kind), if_not_exists=if_not_exists, columns=columns
        )


def _skip_user(cursor: Cursor) -> None:
    cursor.at += 1
    if cursor.accept("(", ")"):
        return
    if cursor.peek() == "@":
        cursor.at += 2


def _kind(cursor: Cursor) -> str:
    word = cursor.peek()
    if word not in _KINDS:
        raise cursor.fail()
    cursor.at += 1
    second = cursor.accept_any(*_TWO_WORD_KINDS.get(word, ()))
    return f"{word} {second}" if second else word


def _table_of(cursor: Cursor, kind: str) -> str:
    """The table that a trigger or policy stands ON."""
    if kind not in {"trigger", "policy", "rule"}:
        return ""
    while not cursor.is_done():
        if cursor.accept("on") and cursor.is_name():
            return cursor.dotted()
        cursor.at += 1
    return ""


def _check_end(cursor: Cursor) -> None:
    """Refuse a statement that swallowed the next one because a semicolon is missing."""
    while not cursor.is_done():
        _check_word(cursor)
        cursor.at += 1


def _check_word(cursor: Cursor) -> None:
    if cursor.tokens[cursor.at].kind == "word" and cursor.peek() in _NEXT_STATEMENT and cursor.peek(-1) != "=":
        raise cursor.fail()


def _create_index(cursor: Cursor, span: Span, words: set[str]) -> CreateIndex:
    concurrently = cursor.accept("concurrently")
    if_not_exists = cursor.accept("if", "not", "exists")
    name = "" if cursor.peek() == "on" else cursor.dotted()
    method = ""
    if cursor.accept("using"):
        method = cursor.name().lower()
    cursor.expect("on")
    only = cursor.accept("only")
    table = cursor.dotted()
    if cursor.accept("using"):
        method = cursor.name().lower()
    first = cursor.at
    columns = cursor.column_list()
    reads = () if all(columns) or "unique" not in words else cursor.window(first, cursor.at).read_by_expressions()
    where = ""
    for at in range(cursor.at, cursor.stop):
        if cursor.text_at(at) == "where":
            where = cursor.source(at + 1, cursor.stop)
            break
    special = words & {"fulltext", "spatial", "bitmap"}
    return CreateIndex(
        table, name, columns, span, unique="unique" in words, concurrently=concurrently, if_not_exists=if_not_exists,
        where=where, only=only, method=method or "".join(special), reads=reads,
    )  # fmt: skip


def drop(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.accept_any("temporary", "temp")
    kind = _kind(cursor)
    concurrently = cursor.accept("concurrently")
    if_exists = cursor.accept("if", "exists")
    named: list[tuple[str, int, int]] = []
    while True:
        first = cursor.at
        name = cursor.dotted()
        if cursor.peek() == "(":
            cursor.group()
        named.append((name, first, cursor.at))
        if not cursor.accept(","):
            break
    table = cursor.dotted() if cursor.accept("on") else ""
    cascade = cursor.accept_any("cascade", "restrict") == "cascade"
    cursor.accept_any("constraints", "purge")
    options = list(_online_options(cursor, span, table))
    if not cursor.is_done():
        raise cursor.fail()
    for name, first, last in named:
        where = span if len(named) == 1 else cursor.span(first, last)
        if kind in {"table", "foreign table", "external table"}:
            yield DropTable(name, where, if_exists, cascade)
        elif kind == "index":
            on = table or (name.rpartition(".")[0] if cursor.dialect == "tsql" else "")
            yield DropIndex(
                name.rpartition(".")[2] if cursor.dialect == "tsql" else name, where, on, concurrently, if_exists
            )
        else:
            yield DropObject(kind, name, where, if_exists, cascade, table)
    yield from options


def _online_options(cursor: Cursor, span: Span, table: str) -> Iterator[Operation]:
    """MySQL's `ALGORITHM = … LOCK = …` behind an index."""
    while word := cursor.accept_any("algorithm", "lock"):
        cursor.accept("=")
        yield OtherStatement(f"{word}-{cursor.name().lower()}", span, table)


def alter(cursor: Cursor, span: Span) -> Iterable[Operation]:
    cursor.accept_any("online", "offline")
    cursor.accept("ignore")
    if cursor.accept("table"):
        return alter_table(cursor, span)
    kind = _kind(cursor)
    cursor.accept("if", "exists")
    name = cursor.dotted() if cursor.is_name() else ""
    if cursor.accept("rename", "to"):
        return [RenameObject(kind, name, cursor.dotted(), span)]
    return [OtherStatement(f"alter-{kind.replace(' ', '-')}", span, name=name)]


def rename(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.expect("table")
    cursor.accept("if", "exists")
    bounds = cursor.elements(cursor.at, cursor.stop)
    for first, last in bounds:
        part = cursor.window(first, last)
        old = part.dotted()
        part.expect("to")
        yield RenameTable(old, part.dotted(), span if len(bounds) == 1 else cursor.span(first, last))
        if not part.is_done():
            raise part.fail()


def comment(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.expect("on")
    kind = _kind(cursor)
    name = cursor.dotted()
    cursor.expect("is")
    text = "" if cursor.accept("null") else string_value(cursor)
    table, _, column = name.rpartition(".")
    yield SetComment(kind, table, column, text, span) if kind == "column" else SetComment(kind, name, "", text, span)
