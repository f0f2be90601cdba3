"""Constraints and inline indexes of tables, of any dialect, understood in full or not at all."""

from __future__ import annotations

from typing import Final

from bylaw.facts.migrations import AddConstraint, ConstraintKind, CreateIndex, Operation
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.terms import enforcement, reference

_CONSTRAINTS: Final = frozenset({"constraint", "primary", "unique", "foreign", "check", "exclude"})
_INDEXES: Final = frozenset({"key", "index", "fulltext", "spatial"})
_WITHOUT_INDEXES: Final = frozenset({"sqlite", "postgres", "clickhouse", "hsqldb", "derby", "db2", "firebird"})
"""Dialects in which a table lists no indexes: `key` is a column there."""
_KINDS: Final[dict[str, ConstraintKind]] = {
    "primary": "primary-key", "unique": "unique", "foreign": "foreign-key", "check": "check",
}  # fmt: skip


def is_constraint(cursor: Cursor) -> bool:
    """Whether a table constraint or an inline index comes next, not a column."""
    word = cursor.peek()
    if cursor.is_done() or cursor.tokens[cursor.at].kind != "word":
        return False
    if word in _CONSTRAINTS:
        return True
    if cursor.dialect in _WITHOUT_INDEXES:
        return False
    return word in _INDEXES and (word != "index" or cursor.peek(1) == "(" or cursor.is_name(1))


def table_constraint(cursor: Cursor, table: str) -> Operation:
    """A constraint or index of a table, up to the cursor's end, or the next one: SQLite wants no comma between them."""
    first = cursor.at
    name = ""
    if cursor.accept("constraint") and cursor.peek() not in _CONSTRAINTS - {"constraint"}:
        cursor.accept("if", "not", "exists")
        name = cursor.name()
    kind = cursor.accept_any(
        "primary", "unique", "foreign", "check", "fulltext", "spatial", "key", "index", "exclude", "not"
    )
    columns: tuple[str, ...] = ()
    references = expression_text = ""
    targets: tuple[str, ...] = ()
    match kind:
        case "check":
            bounds = cursor.group()
            expression_text = cursor.source(*bounds)
        case "foreign":
            cursor.expect("key")
            if cursor.peek() != "(":
                name = cursor.name() or name
            columns = cursor.column_list()
            references, targets = reference(cursor)
        case "primary" | "unique" | "key" | "index" | "fulltext" | "spatial":
            own_name, columns = _indexed(cursor, kind)
            name = own_name or name
        case _:
            raise cursor.fail()
    not_enforced = enforcement(cursor)
    not_valid = cursor.accept("not", "valid") or (cursor.dialect == "h2" and cursor.accept("nocheck"))
    _index_options(cursor)
    if not cursor.is_done() and not (cursor.dialect == "sqlite" and is_constraint(cursor)):
        raise cursor.fail()
    span = cursor.span(first, cursor.at)
    if kind in _INDEXES:
        return CreateIndex(table, name, columns, span, method=kind if kind in {"fulltext", "spatial"} else "")
    return AddConstraint(
        table, _KINDS[kind], columns, span, name, references=references, expression=expression_text,
        not_valid=not_valid, not_enforced=not_enforced, referenced_columns=targets,
    )  # fmt: skip


def _indexed(cursor: Cursor, kind: str) -> tuple[str, tuple[str, ...]]:
    """The name that stands behind the kind of a key or index, '' where there is none, and its columns."""
    if kind == "primary":
        cursor.expect("key")
    elif kind in {"unique", "fulltext", "spatial"}:
        cursor.accept_any("key", "index")
    cursor.accept_any("clustered", "nonclustered")
    cursor.accept("if", "not", "exists")
    name = cursor.name() if cursor.peek() not in {"(", "using", "nulls"} else ""
    _index_options(cursor)
    return name, cursor.column_list()


def _index_options(cursor: Cursor) -> None:
    while not cursor.is_done():
        if cursor.accept_any("using", "comment"):
            cursor.at += 1
        elif cursor.accept("key_block_size") or cursor.accept("with", "parser"):
            cursor.accept("=")
            cursor.at += 1
        elif cursor.accept("on", "conflict"):
            cursor.name()
        elif cursor.accept("nulls", "not", "distinct") or cursor.accept_any("visible", "invisible", "deferrable"):
            continue
        elif cursor.accept("initially"):
            cursor.name()
        elif cursor.accept("with") or cursor.accept("include"):
            cursor.group()
        elif cursor.accept("on"):
            cursor.dotted()
        else:
            return
