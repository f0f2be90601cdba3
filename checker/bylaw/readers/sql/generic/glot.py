"""Queries and changes of rows, read by sqlglot."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Literal

from bylaw.facts.migrations import CreateTable, DataChange, Operation, OtherStatement, UnreadOperation
from bylaw.source import Span

_LARGEST = 60_000
"""Characters: sqlglot takes half a second for as many."""


@cache
def _sqlglot() -> ModuleType:
    import sqlglot  # noqa: PLC0415

    # It warns on standard error about every statement that it leaves opaque; we say so ourselves.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    return sqlglot


def query_operations(sql: str, dialect: str, span: Span) -> tuple[Operation, ...]:
    """What a SELECT, UPDATE, DELETE, MERGE or the like does, as bytewise text without its semicolon."""
    from sqlglot import ErrorLevel, exp  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    if len(sql) > _LARGEST:
        return (UnreadOperation(span, f"longer than {_LARGEST:,} characters"),)
    try:
        trees = _sqlglot().parse(sql, dialect=_known(dialect), error_level=ErrorLevel.RAISE)
    except (
        SqlglotError,
        RecursionError,
        ValueError,
        AttributeError,
        TypeError,
        IndexError,
        KeyError,
        AssertionError,
    ) as problem:
        return (UnreadOperation(span, f"as {dialect or 'SQL'} it is not understood: {_first_line(problem)}"),)
    found: list[Operation] = []
    for tree in trees:
        if isinstance(tree, exp.Expression):
            found.extend(_of(tree, span))
    return tuple(found) or (UnreadOperation(span, "it holds no statement that is known"),)


def _known(dialect: str) -> str:
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415

    return dialect if dialect and Dialect.get(dialect) is not None else ""


def _first_line(problem: Exception) -> str:
    return str(problem).split("\n", 1)[0].split(". Line", 1)[0][:120] or type(problem).__name__


def _of(tree: object, span: Span) -> Iterator[Operation]:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(tree, exp.Expression):
        for inner in tree.find_all(exp.Update, exp.Delete, exp.Insert, exp.Merge):
            if inner is not tree:
                yield _change(inner, span)
    match tree:
        case exp.Update() | exp.Delete() | exp.Insert() | exp.Merge():
            yield _change(tree, span)
        case exp.Select() if tree.args.get("into") is not None:
            yield CreateTable(_table(tree.args["into"].this), (), (), span, partial=True)
        case exp.Query():
            source = tree.args.get("from_") or tree.args.get("from")
            table = _table(source.this) if source is not None else ""
            yield DataChange("select", table, span, filtered=tree.args.get("where") is not None)
        case exp.Values():
            yield DataChange("select", "", span)
        case exp.Command():
            yield UnreadOperation(span, f"{str(tree.this).upper()} is not known here")
        case _:
            yield UnreadOperation(span, "it is no statement that is known")


def _change(tree: object, span: Span) -> Operation:
    from sqlglot import exp  # noqa: PLC0415

    kinds: tuple[tuple[type, Literal["insert", "update", "delete", "merge"]], ...] = (
        (exp.Insert, "insert"), (exp.Update, "update"), (exp.Delete, "delete"), (exp.Merge, "merge"),
    )  # fmt: skip
    for kind, word in kinds:
        if isinstance(tree, kind) and isinstance(tree, exp.Expression):
            target = tree.this
            columns: tuple[str, ...] = ()
            if word == "update":
                columns = tuple(item.this.name for item in tree.expressions if isinstance(item, exp.EQ))
            filtered = word == "merge" or tree.args.get("where") is not None
            if isinstance(target, exp.Schema):
                columns, target = tuple(item.name for item in target.expressions), target.this
            return DataChange(word, _table(target), span, filtered, columns)
    return OtherStatement("query", span)


def _table(node: object) -> str:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(node, exp.Table):
        return ".".join(part.name for part in node.parts)
    return ""
