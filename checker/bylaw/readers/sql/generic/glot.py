"""Queries and changes of rows, read by sqlglot."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Final, Literal

from bylaw.facts.migrations import CreateTable, DataChange, Operation, OtherStatement, UnreadOperation
from bylaw.readers.sql.text import readable
from bylaw.source import Span

_BIND: Final = re.compile(r"%\(\w+\)s|%s\b")
_LARGEST = 60_000
"""Characters: sqlglot takes half a second for as many."""


@cache
def _sqlglot() -> ModuleType:
    import sqlglot  # noqa: PLC0415

    # It warns on standard error about every statement that it leaves opaque; we say so ourselves.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    return sqlglot


_FIRST: Final = re.compile(r"\(|(?:select|with|update|delete|merge|values|insert|replace)\b", re.IGNORECASE)
"""First words that are passed on: sqlglot takes more than databases do (`FROM t`, a lone expression)."""


def query_operations(sql: str, dialect: str, span: Span) -> tuple[Operation, ...]:
    """What a SELECT, UPDATE, DELETE, MERGE or the like does, as bytewise text without its semicolon."""
    from sqlglot import exp  # noqa: PLC0415

    if not _FIRST.match(sql):
        return (UnreadOperation(span, f"{sql.partition(' ')[0][:40]!r} begins no statement that is known"),)
    if len(sql) > _LARGEST:
        return (UnreadOperation(span, f"longer than {_LARGEST:,} characters"),)
    trees = _parsed(sql, dialect)
    if isinstance(trees, str) and (bound := _BIND.sub(lambda match: "?".ljust(len(match[0])), sql)) != sql:
        trees = _parsed(bound, dialect)
    if isinstance(trees, str):
        return (UnreadOperation(span, f"as {dialect or 'SQL'} it is not understood: {trees}"),)
    found: list[Operation] = []
    for tree in trees:
        if isinstance(tree, exp.Expression):
            found.extend(_of(tree, span))
    return tuple(found) or (UnreadOperation(span, "it holds no statement that is known"),)


def _parsed(sql: str, dialect: str) -> list[object] | str:
    """The trees of a text, or what is wrong with it."""
    from sqlglot import ErrorLevel  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        return list(_sqlglot().parse(sql, dialect=_known(dialect), error_level=ErrorLevel.RAISE))
    except SqlglotError as problem:
        return str(problem).split("\n", 1)[0].split(". Line", 1)[0][:120]
    except RecursionError:
        return "nested too deeply"
    except (ValueError, AttributeError, TypeError, LookupError, AssertionError) as problem:
        # Its parser is not proof against every input.
        return f"sqlglot failed with {type(problem).__name__}"


def _known(dialect: str) -> str:
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415

    return dialect if dialect and Dialect.get(dialect) is not None else ""


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
                columns = tuple(readable(item.this.name) for item in tree.expressions if isinstance(item, exp.EQ))
            filtered = word == "merge" or _leaves_rows_out(tree.args.get("where"))
            if isinstance(target, exp.Schema):
                columns, target = tuple(readable(item.name) for item in target.expressions), target.this
            return DataChange(word, _table(target), span, filtered, columns)
    return OtherStatement("query", span)


def _leaves_rows_out(where: object) -> bool:
    """Whether there is a condition, and not one that always holds: `WHERE true`, `WHERE 1 = 1`, `WHERE 1`."""
    from sqlglot import exp  # noqa: PLC0415

    if not isinstance(where, exp.Where):
        return where is not None
    condition = where.this.unnest()
    if isinstance(condition, exp.EQ) and isinstance(condition.this, exp.Literal):
        return bool(condition.this != condition.expression)
    if isinstance(condition, exp.Literal):
        return bool(condition.is_string or not str(condition.this).strip("0."))
    return not (isinstance(condition, exp.Boolean) and condition.this)


def _table(node: object) -> str:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(node, exp.Table):
        return ".".join(readable(part.name) for part in node.parts)
    return ""
