"""Parsers that know nothing of each other must find the same operations in what all of them understand.

libpg_query reads PostgreSQL, our own token grammar reads the other dialects, and sqlglot reads both, for nobody but
these tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from common_sql import QUOTES, in_dialect, statements, without_comments
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_cases import cases
from sqlglot_view import OpaqueError, of_operations, of_sqlglot

from bylaw.facts import migrations as ops
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

COMMON = (Path(__file__).parents[1] / "fixtures" / "readers" / "sql" / "common.txt").read_text("utf-8").splitlines()
DIALECTS = sorted(QUOTES.keys() - {"postgres"})
MADE_UP = settings(
    max_examples=300, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def read(sql: str, dialect: str) -> list[ops.Operation]:
    """In the order in which they stand: PostgreSQL's reader has them in that in which the server runs them.

    What views and columns are made from only PostgreSQL's reader says.
    """
    return sorted(map(_without_reads, operations(sql, dialect, Span)), key=lambda one: one.span.start)


def _without_reads(one: ops.Operation) -> ops.Operation:
    match one:
        case ops.CreateObject():
            return msgspec.structs.replace(one, reads=())
        case ops.CreateTable(columns=columns):
            return msgspec.structs.replace(one, columns=tuple(map(_alone, columns)))
        case ops.AddColumn(column=column):
            return msgspec.structs.replace(one, column=_alone(column))
        case _:
            return one


def _alone(column: ops.ColumnSpec) -> ops.ColumnSpec:
    return msgspec.structs.replace(column, computed_from=())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", COMMON)
def test_dialects_agree(sql: str, dialect: str) -> None:
    assert read(sql, dialect) == read(sql, "postgres")


@MADE_UP
@given(statements(), st.sampled_from(DIALECTS))
def test_dialects_agree_on_whatever_is_made_up(text: str, dialect: str) -> None:
    theirs = read(in_dialect(text, dialect), dialect)
    ours = read(in_dialect(text, "postgres"), "postgres")
    if isinstance(ours[0], ops.RenameTable):
        # Where a table goes whose new name has no schema is the dialects' own business.
        ours, theirs = ([msgspec.structs.replace(one, new_name="") for one in side] for side in (ours, theirs))
    assert theirs == ours


def transparent(sql: str) -> bool:
    try:
        return bool(of_sqlglot(sql))
    except OpaqueError:
        return False


SEEN_BY_BOTH = [sql for sql in (*COMMON, *(case.sql for case in cases("postgres.sql"))) if transparent(sql)]


@pytest.mark.parametrize("sql", SEEN_BY_BOTH)
def test_sqlglot_sees_the_same(sql: str) -> None:
    assert of_operations(operations(sql, "postgres", Span)) == of_sqlglot(sql)


def test_sqlglot_understands_enough_to_have_an_opinion() -> None:
    assert len(SEEN_BY_BOTH) > 90


@MADE_UP
@given(statements().map(without_comments))
def test_sqlglot_sees_the_same_in_whatever_is_made_up(text: str) -> None:
    sql = in_dialect(text, "postgres")
    ours = of_operations(operations(sql, "postgres", Span))
    assert sorted(ours, key=str) == sorted(of_sqlglot(sql), key=str)


@pytest.mark.parametrize("sql", [sql for sql in COMMON if transparent(sql)])
def test_whatever_a_reader_says_otherwise_is_seen(sql: str) -> None:
    """Were one field of one operation another, sqlglot would no more agree."""
    found = operations(sql, "postgres", Span)
    theirs = of_sqlglot(sql)
    blind = [
        f"{type(one).__name__}.{field}"
        for at, one in enumerate(found)
        for field, lie in _lies(one)
        if of_operations((*found[:at], lie, *found[at + 1 :])) == theirs
    ]
    assert blind == []


def _lies(one: ops.Operation) -> Iterator[tuple[str, ops.Operation]]:
    for field in msgspec.structs.fields(one):
        value = getattr(one, field.name)
        if field.name == "empty":
            continue  # of materialized views alone, of which sqlglot's view says nothing
        if isinstance(value, bool):
            yield field.name, msgspec.structs.replace(one, **{field.name: not value})
        elif isinstance(value, str) and value and field.name != "method":
            yield (
                field.name,
                msgspec.structs.replace(one, **{field.name: "date" if field.name == "type" else f"{value}9"}),
            )
        elif isinstance(value, tuple) and value and field.name != "reads":
            yield field.name, msgspec.structs.replace(one, **{field.name: value[1:]})
