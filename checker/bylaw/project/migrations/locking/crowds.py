"""Transactions that lock many tables, and those that change the schema and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.naming import is_of_runner, matches_any
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.locks import lock_of
from bylaw.project.migrations.locking.work import in_use
from bylaw.project.migrations.transactions import Place


class Crowd(msgspec.Struct, frozen=True, eq=False):
    """The change with which a transaction locks more tables than it may; `tables` are all so far, in order, this
    change's last.
    """

    change: Change
    tables: tuple[str, ...]
    first: Change


class Mixture(msgspec.Struct, frozen=True, eq=False):
    """A change of rows (of `table`, '' for Python that moves data) in the transaction that changes the schema of a
    table in use, by `schema`.
    """

    change: Change
    table: str
    schema: Change


def crowds(placed: Iterable[tuple[Change, Place]], most: int, small: Sequence[str] = ()) -> Iterator[Crowd]:
    """One for each transaction of a step that locks more than `most` tables in use that match no `small` pattern."""
    number: int | None = None
    tables: dict[str, Change] = {}
    told = False
    for change, place in placed:
        if place.kind != "inside":
            number = None
            continue
        if place.number != number:
            number, tables, told = place.number, {}, False
        for table in _locked(change):
            if not matches_any(small, table):
                tables.setdefault(table, change)
        if len(tables) > most and not told:
            told = True
            yield Crowd(change, tuple(tables), next(iter(tables.values())))


def _locked(change: Change) -> Iterator[str]:
    """The tables that a change locks: a foreign key locks both of its."""
    lock = lock_of(change)
    if lock is None:
        return
    yield change.table_name(lock.table)
    operation = change.operation
    if isinstance(operation, ops.AddConstraint) and operation.kind == "foreign-key":
        target = _target(change, operation.references)
        if target and in_use(change, target):
            yield change.table_name(target)


def _target(change: Change, references: str) -> str:
    """The table of `table.column`, which may also be `schema.table`."""
    if not references or references == "?":
        return ""
    if change.table(references) is not None:
        return references
    return references.rpartition(".")[0] or references


def mixtures(placed: Iterable[tuple[Change, Place]]) -> Iterator[Mixture]:
    """The first change of rows in each transaction of a step that changes the schema of a table in use as well."""
    groups: dict[int, list[Change]] = {}
    for change, place in placed:
        if place.kind == "inside":
            groups.setdefault(place.number, []).append(change)
    for members in groups.values():
        schema = next((change for change in members if lock_of(change) is not None), None)
        rows = next((change for change in members if _changes_rows(change)), None)
        if schema is not None and rows is not None:
            yield Mixture(rows, getattr(rows.operation, "table", ""), schema)


def _changes_rows(change: Change) -> bool:
    match change.operation:
        case ops.DataChange(kind="update" | "delete" | "insert" | "merge" | "copy", table=table):
            return bool(table) and in_use(change, table) and not is_of_runner(table)
        case ops.RunCode():
            return True
        case _:
            return False
