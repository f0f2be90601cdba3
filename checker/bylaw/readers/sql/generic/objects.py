"""Every statement by its first word, but queries and changes of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

from bylaw.facts.migrations import (
    CreateIndex,
    CreateObject,
    CreateTable,
    DataChange,
    DropIndex,
    DropObject,
    DropTable,
    Operation,
    OtherStatement,
    RenameColumn,
    RenameObject,
    RenameTable,
    SetComment,
    Setting,
    Transaction,
    UnreadOperation,
)
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.definitions import string_value
from bylaw.readers.sql.generic.tables import alter_table, create_table
from bylaw.source import Span

Reader = Callable[[Cursor, Span], Iterable[Operation]]

_NEXT_STATEMENT: Final = frozenset({"create", "alter", "drop", "insert"})
_TWO_WORD_KINDS: Final = {
    "materialized": ("view",), "event": ("trigger",), "text": ("search",), "foreign": ("table", "data"),
    "user": ("type",), "external": ("table",), "row": ("access", "policy"), "dynamic": ("table",), "package": ("body",),
    "fulltext": ("catalog",),
}  # fmt: skip
_BEHIND_CREATE: Final = frozenset({
    "global", "local", "temporary", "temp", "unlogged", "unique", "fulltext", "spatial", "clustered", "nonclustered",
    "bitmap", "virtual", "transient", "secure", "force", "noforce", "editionable", "recursive", "aggregate", "external",
    "column",
})  # fmt: skip


def _create(cursor: Cursor, span: Span) -> Iterator[Operation]:
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
        yield CreateObject(kind, name, span, replace, table=_table_of(cursor, kind), if_not_exists=if_not_exists)


def _skip_user(cursor: Cursor) -> None:
    cursor.at += 1
    if cursor.accept("(", ")"):
        return
    if cursor.peek() == "@":
        cursor.at += 2


def _kind(cursor: Cursor) -> str:
    word = cursor.peek()
    if not cursor.is_name():
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
    columns = cursor.column_list()
    where = ""
    for at in range(cursor.at, cursor.stop):
        if cursor.text_at(at) == "where":
            where = cursor.source(at + 1, cursor.stop)
            break
    special = words & {"fulltext", "spatial", "bitmap"}
    return CreateIndex(
        table, name, columns, span, unique="unique" in words, concurrently=concurrently, if_not_exists=if_not_exists,
        where=where, only=only, method=method or "".join(special),
    )  # fmt: skip


def _drop(cursor: Cursor, span: Span) -> Iterator[Operation]:
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


def _alter(cursor: Cursor, span: Span) -> Iterable[Operation]:
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


def _rename(cursor: Cursor, span: Span) -> Iterator[Operation]:
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


def _truncate(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.accept("table")
    cursor.accept("if", "exists")
    while True:
        yield DataChange("truncate", cursor.dotted(), span)
        if not cursor.accept(","):
            return


def _transaction(kind: Literal["begin", "commit", "rollback", "savepoint"]) -> Reader:
    return lambda _cursor, span: [Transaction(kind, span)]


def _begin(cursor: Cursor, span: Span) -> Iterable[Operation]:
    allowed = {"transaction", "tran", "work", "deferred", "immediate", "exclusive", "isolation", "read"}
    if not cursor.is_done() and cursor.peek() not in allowed:
        return [UnreadOperation(span, "a block of statements")]
    return [Transaction("begin", span)]


def _rollback(cursor: Cursor, span: Span) -> Iterable[Operation]:
    if cursor.accept("to") or cursor.accept("work", "to"):
        return [OtherStatement("rollback-to", span)]
    return [Transaction("rollback", span)]


def _start(cursor: Cursor, span: Span) -> Iterable[Operation]:
    return [
        Transaction("begin", span) if cursor.peek() == "transaction" else OtherStatement(f"start-{cursor.peek()}", span)
    ]


def _set(cursor: Cursor, span: Span) -> Iterator[Operation]:
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


def _pragma(cursor: Cursor, span: Span) -> Iterator[Operation]:
    name = cursor.dotted().lower()
    value = cursor.source(cursor.at, cursor.stop).strip("=() ")
    yield Setting(name, value, span)


def _comment(cursor: Cursor, span: Span) -> Iterator[Operation]:
    cursor.expect("on")
    kind = _kind(cursor)
    name = cursor.dotted()
    cursor.expect("is")
    text = "" if cursor.accept("null") else string_value(cursor)
    table, _, column = name.rpartition(".")
    yield SetComment(kind, table, column, text, span) if kind == "column" else SetComment(kind, name, "", text, span)


def _execute(cursor: Cursor, span: Span) -> Iterator[Operation]:
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
        values.append(string_value(part))
    if len(values) == 2:
        yield RenameTable(values[0], values[1], span)
    elif len(values) == 3:
        table, _, part_name = values[0].rpartition(".")
        if values[2].lower() == "column":
            yield RenameColumn(table, part_name.strip("[]"), values[1], span)
        else:
            yield RenameObject(values[2].lower(), part_name.strip("[]"), values[1], span, table)
    else:
        raise cursor.fail()


def _load(cursor: Cursor, span: Span) -> Iterator[Operation]:
    while not cursor.is_done():
        if cursor.accept("into", "table"):
            yield DataChange("copy", cursor.dotted(), span)
            return
        cursor.at += 1
    raise cursor.fail()


def _if(cursor: Cursor, span: Span) -> Iterable[Operation]:
    """SQL Server's `IF condition statement`: the statement may run, so it is read."""
    while not cursor.is_done():
        word = cursor.peek()
        if word == "(":
            cursor.group()
        elif word in {"alter", "create", "drop", "exec"}:
            cursor.at += 1
            return STATEMENTS[word](cursor, span)
        elif word in {"begin", "else", ";"}:
            break
        else:
            cursor.at += 1
    return [UnreadOperation(span, "it runs on a condition")]


def _prepare(_: Cursor, span: Span) -> Iterable[Operation]:
    return [UnreadOperation(span, "it prepares a statement that is computed")]


def _other(kind: str) -> Reader:
    return lambda _cursor, span: [OtherStatement(kind, span)]


_PLAIN: Final = (
    "grant", "revoke", "analyze", "optimize", "flush", "call", "use", "lock", "unlock", "vacuum", "reindex", "attach",
    "detach", "release", "deallocate", "print", "declare", "kill", "show", "describe", "explain", "check", "repair",
    "refresh", "notify", "handler", "install", "reset", "raiserror", "checkpoint", "discard", "execute", "do", "deny",
)  # fmt: skip

STATEMENTS: Final[dict[str, Reader]] = {
    **{word: _other(word) for word in _PLAIN},
    "create": _create,
    "drop": _drop,
    "alter": _alter,
    "rename": _rename,
    "truncate": _truncate,
    "begin": _begin,
    "start": _start,
    "commit": _transaction("commit"),
    "end": _transaction("commit"),
    "rollback": _rollback,
    "savepoint": _transaction("savepoint"),
    "set": _set,
    "pragma": _pragma,
    "comment": _comment,
    "exec": _execute,
    "prepare": _prepare,
    "load": _load,
    "if": _if,
}
