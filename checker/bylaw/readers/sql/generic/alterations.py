"""ALTER TABLE of any dialect, action by action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    MoveTable,
    Operation,
    OtherStatement,
    RenameColumn,
    RenameObject,
    RenameTable,
    ValidateConstraint,
)
from bylaw.readers.sql.generic.columns import column_definition
from bylaw.readers.sql.generic.constraints import is_constraint, table_constraint
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.types import type_text
from bylaw.source import Span

_TABLE_OPTIONS: Final = frozenset({
    "engine", "auto_increment", "avg_row_length", "default", "character", "charset", "checksum", "collate", "comment",
    "compression", "connection", "data", "delay_key_write", "encryption", "insert_method", "key_block_size", "max_rows",
    "min_rows", "pack_keys", "password", "row_format", "stats_auto_recalc", "stats_persistent", "stats_sample_pages",
    "tablespace", "union", "type", "algorithm", "lock", "transactional", "page_checksum",
})  # fmt: skip
_OTHER_ACTIONS: Final = frozenset({
    "order", "force", "enable", "disable", "discard", "import", "partition", "truncate", "reorganize", "rebuild",
    "remove", "coalesce", "exchange", "optimize", "analyze", "repair", "upgrade", "attach", "detach", "owner",
    "cluster", "switch", "check", "nocheck", "replica", "inherit", "set", "reset", "materialize", "clear", "freeze",
    "comment", "settings",
})  # fmt: skip


def alter_table(cursor: Cursor, span: Span) -> Iterator[Operation]:
    """Behind `ALTER [ONLINE] [IGNORE] TABLE`."""
    cursor.accept("if", "exists")
    cursor.accept("only")
    table = cursor.dotted()
    cursor.accept("*")
    cursor.accept("with", "check")
    cursor.accept("with", "nocheck")
    bounds = cursor.elements(cursor.at, cursor.stop)
    if not bounds:
        raise cursor.fail()
    # SQL Server says its verb once for several columns: `ADD a int, b int`.
    verb = cursor.peek() if cursor.dialect in {"tsql", "oracle"} else ""
    for index, (first, last) in enumerate(bounds):
        part = cursor.window(first, last)
        where = span if len(bounds) == 1 else cursor.span(first, last)
        continued = index > 0 and part.peek() not in {"add", "drop", "alter", "modify", "rename"}
        if continued and verb == "add":
            yield from _added(part, table, where)
        elif continued and verb == "drop":
            yield _dropped(part, table, where)
        else:
            yield from _action(part, table, where)
        if not part.is_done():
            raise part.fail()


def _action(part: Cursor, table: str, span: Span) -> Iterator[Operation]:
    word = part.accept_any("add", "drop", "modify", "change", "alter", "rename")
    match word:
        case "add":
            yield from _added(part, table, span)
        case "drop":
            yield _dropped(part, table, span)
        case "modify":
            part.accept("column")
            part.accept("if", "exists")
            definition = column_definition(part)
            yield _redefined(table, definition.name, definition, span)
        case "change":
            part.accept("column")
            part.accept("if", "exists")
            old = part.name()
            definition = column_definition(part)
            if old != definition.name:
                yield RenameColumn(table, old, definition.name, span)
            yield _redefined(table, definition.name, definition, span)
        case "alter":
            yield _altered(part, table, span)
        case "rename":
            yield _renamed(part, table, span)
        case _:
            yield _option(part, table, span)


def _redefined(table: str, column: str, definition: ColumnSpec, span: Span) -> AlterColumn:
    return AlterColumn(table, column, span, definition=definition)


def _added(part: Cursor, table: str, span: Span) -> Iterator[Operation]:
    if _adds_no_column(part):
        yield OtherStatement(f"add-{part.peek()}", span, table)
        part.at = part.stop
        return
    if (default := _default_for(part, table, span)) is not None:
        yield default
        return
    if is_constraint(part):
        found = table_constraint(part, table)
        if isinstance(found, AddConstraint | CreateIndex):
            found = msgspec.structs.replace(found, span=span)
        yield found
        return
    part.accept("column")
    if_not_exists = part.accept("if", "not", "exists")
    if part.peek() == "(":
        first, last = part.group()
        for bounds in part.elements(first, last):
            inner = part.window(*bounds)
            where = part.span(*bounds)
            if is_constraint(inner):
                yield table_constraint(inner, table)
            else:
                yield AddColumn(table, column_definition(inner), where, if_not_exists)
        return
    yield AddColumn(table, column_definition(part), span, if_not_exists)


def _default_for(part: Cursor, table: str, span: Span) -> AlterColumn | None:
    """SQL Server's `[CONSTRAINT name] DEFAULT value FOR column`; None where something else comes next."""
    behind = 2 if part.peek() == "constraint" else 0
    if part.dialect != "tsql" or part.peek(behind) != "default":
        return None
    part.at += behind + 1
    first = part.at
    while part.peek() != "for":
        if part.is_done():
            raise part.fail()
        if part.peek() == "(":
            part.group()
        else:
            part.at += 1
    value = part.source(first, part.at)
    part.expect("for")
    column = part.name()
    part.accept("with", "values")
    return AlterColumn(table, column, span, server_default=value)


def _adds_no_column(part: Cursor) -> bool:
    """`ADD PARTITION`, `ADD SYSTEM VERSIONING` and the like, which look like a column and its type."""
    pair = (part.peek(), part.peek(1))
    if pair[0] in {"partition", "projection"} or pair in {("period", "for"), ("system", "versioning")}:
        return True
    return part.dialect == "clickhouse" and pair[0] in {"index", "statistics"} and part.is_name(1)


def _dropped(part: Cursor, table: str, span: Span) -> Operation:
    kind = ""
    if part.accept("primary", "key"):
        return DropConstraint(table, "", span, "primary-key")
    if part.accept("foreign", "key"):
        kind = "foreign-key"
    elif part.peek() in {"constraint", "check"} and part.is_name(1):
        kind = "check" if part.peek() == "check" else "constraint"
        part.at += 1
    elif part.peek() in {"index", "key"} and part.is_name(1) and part.peek(1) not in {"cascade", "restrict"}:
        kind = "index"
        part.at += 1
    elif part.peek() in {"partition", "projection", "statistics"} and part.is_name(1):
        word = part.peek()
        part.at = part.stop
        return OtherStatement(f"drop-{word}", span, table)
    else:
        part.accept("column")
    if_exists = part.accept("if", "exists")
    name = part.name()
    cascade = part.accept_any("cascade", "restrict") == "cascade"
    part.accept("constraints")
    match kind:
        case "":
            return DropColumn(table, name, span, if_exists, cascade)
        case "index":
            return DropIndex(name, span, table, if_exists=if_exists)
        case _:
            return DropConstraint(table, name, span, "" if kind == "constraint" else kind, if_exists, cascade)


def _altered(part: Cursor, table: str, span: Span) -> Operation:
    if part.peek() in {"index", "constraint", "check"} and part.is_name(1):
        kind = part.peek()
        part.at += 1
        name = part.name()
        part.at = part.stop
        return OtherStatement(f"alter-{kind}", span, table, name)
    part.accept("column")
    column = part.name()
    if part.accept("to"):  # libSQL restates the column: `ALTER COLUMN a TO a text NOT NULL`
        definition = column_definition(part)
        return _redefined(table, definition.name, definition, span)
    if part.accept("set", "default"):
        first = part.at
        part.at = part.stop
        return AlterColumn(table, column, span, server_default=part.source(first, part.stop))
    if part.accept("drop", "default"):
        return AlterColumn(table, column, span, drop_default=True)
    if part.accept("rename", "to"):  # H2, HSQLDB
        return RenameColumn(table, column, part.name(), span)
    if part.accept("set", "not", "null"):
        return AlterColumn(table, column, span, nullable=False)
    if part.accept("drop", "not", "null") or part.accept("set", "null"):
        return AlterColumn(table, column, span, nullable=True)
    if part.accept("set", "data", "type") or part.accept("type"):
        new_type = type_text(part)
        using = ""
        if part.accept("collate"):
            part.dotted()
        if part.accept("using"):
            first, part.at = part.at, part.stop
            using = part.source(first, part.stop)
        return AlterColumn(table, column, span, type=new_type, using=using)
    if part.accept("restart"):
        part.at = part.stop
        return OtherStatement("restart", span, table, column)
    if part.accept("set"):
        word = part.name()
        return OtherStatement(f"set-{word}", span, table, column)
    # SQL Server restates the column: `ALTER COLUMN a varchar(20) NOT NULL`.
    new_type = type_text(part)
    if not new_type:
        raise part.fail()
    if part.accept("collate"):
        part.name()
    nullable = False if part.accept("not", "null") else True if part.accept("null") else None
    return AlterColumn(table, column, span, type=new_type, nullable=nullable)


def _renamed(part: Cursor, table: str, span: Span) -> Operation:
    if part.peek() in {"index", "key", "constraint"} and part.peek(2) == "to":
        kind = part.accept_any("index", "key", "constraint")
        old = part.name()
        part.expect("to")
        return RenameObject("constraint" if kind == "constraint" else "index", old, part.name(), span, table)
    if part.peek() == "column" and part.is_name(1):
        part.at += 1
        part.accept("if", "exists")
        old = part.name()
        part.expect("to")
        return RenameColumn(table, old, part.name(), span)
    if part.accept_any("to", "as", "=") or part.stop - part.at == 1:
        return RenameTable(table, renamed_table(table, part.dotted(), part.dialect), span)
    old = part.name()
    part.expect("to")
    return RenameColumn(table, old, part.name(), span)


_MOVING: Final = frozenset({"mysql", "mariadb", "snowflake", "clickhouse"})
"""Dialects in which a new name without a schema is one of the current schema's."""


def renamed_table(table: str, new_name: str, dialect: str) -> str:
    """The new name with the schema in which the table stays."""
    schema, dot, _ = table.rpartition(".")
    return new_name if dialect in _MOVING or "." in new_name else f"{schema}{dot}{new_name}"


def _option(part: Cursor, table: str, span: Span) -> Operation:
    word = part.peek()
    if word in {"algorithm", "lock"}:
        part.at += 1
        part.accept("=")
        return OtherStatement(f"{word}-{part.name().lower()}", span, table)
    if part.accept("validate", "constraint"):
        return ValidateConstraint(table, part.name(), span)
    if part.accept("set", "schema"):
        return MoveTable(table, part.name(), span)
    if part.accept("convert", "to"):
        part.at = part.stop
        return OtherStatement("convert-character-set", span, table)
    if word in _OTHER_ACTIONS:
        second = part.peek(1)
        name = ""
        if word in {"attach", "detach"}:
            part.at += 2
            name = part.dotted()
        part.at = part.stop
        kind = f"{word}-{second}" if word in {"attach", "detach", "enable", "disable", "truncate", "exchange"} else word
        concurrently = part.text_at(part.stop - 1) == "concurrently"
        return OtherStatement(kind, span, table, name, concurrently)
    if word in _TABLE_OPTIONS:
        part.at = part.stop
        return OtherStatement("table-option", span, table, word)
    raise part.fail()
