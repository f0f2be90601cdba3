"""What columns are like, and what keys and indexes there are: models against what migrations leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bylaw.facts.database import Column, Table
from bylaw.facts.drift import Drift, DriftKind, nullability
from bylaw.project.schema_drift.families import differ
from bylaw.project.schema_drift.histories import Built
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project.migrations.state.schema import ColumnState, TableState
    from bylaw.project.schema_drift.outlook import Outlook


class Details:
    """One table of a model, and the table that each line of migrations leaves behind under its name."""

    def __init__(self, table: Table, built: list[Built], outlook: Outlook) -> None:
        self._table = table
        self._states = [each.state for each in built]
        self._tool = built[0].tree.tool
        self._outlook = outlook

    def of(self, column: Column) -> Iterator[Drift]:
        """How a column differs that both sides have."""
        states = [state.column(column.name) for state in self._states]
        known = [state for state in states if state is not None and state.created is not None]
        if len(known) < len(states) or not column.settled or self._outlook.doubts(self._table.name, column.name):
            return
        yield from self._nullability(column, known)
        if self._outlook.compares_types and not (column.primary_key or column.foreign_key):
            yield from self._type(column, known)
        if column.foreign_key is not None and not column.foreign_key.constraint:
            yield from self._foreign_key(column)
        yield from self._own_index(column)

    def _nullability(self, column: Column, known: list[ColumnState]) -> Iterator[Drift]:
        if column.nullable is None or column.primary_key or any(state.primary_key for state in known):
            return
        if all(state.nullable is (not column.nullable) and not state.generated for state in known):
            yield self._drift(
                "nullability", column.location, (column.name,), wanted=nullability(column.nullable),
                built=nullability(not column.nullable), related=_made(known[0]), column=column.name,
            )  # fmt: skip

    def _type(self, column: Column, known: list[ColumnState]) -> Iterator[Drift]:
        if column.sql_type and all(differ(column.sql_type, state.type) for state in known):
            yield self._drift(
                "type", column.location, (column.name,), wanted=column.sql_type, built=known[0].type,
                related=_made(known[0]), column=column.name,
            )  # fmt: skip

    def _foreign_key(self, column: Column) -> Iterator[Drift]:
        key = column.foreign_key
        if key is None or not key.table or any(_points(state, column.name) for state in self._states):
            return
        yield self._drift("foreign-key", column.location, (column.name,), wanted=key.table, column=column.name)

    def _own_index(self, column: Column) -> Iterator[Drift]:
        if column.primary_key or not (column.unique or column.indexed):
            return
        kind: DriftKind = "unique" if column.unique else "index"
        if not any(_has_index(state, (column.name,), unique=column.unique) for state in self._states):
            yield self._drift(kind, column.location, (column.name,), column=column.name)

    def composite_keys(self, certain: Callable[[Column], bool]) -> Iterator[Drift]:
        """The foreign keys over several columns in which a column takes no part in the database. `certain`: whether a
        column is declared beyond doubt.
        """
        members: dict[str, list[Column]] = {}
        for column in self._table.columns:
            key = column.foreign_key
            if key is not None and key.constraint and key.table:
                members.setdefault(key.table, []).append(column)
        for target, columns in members.items():
            names = [column.name for column in columns]
            if not all(certain(column) for column in columns) or not all(self._is_known(name) for name in names):
                continue
            left = tuple(name for name in names if not any(_points(state, name) for state in self._states))
            if left:
                yield self._drift("foreign-key", columns[names.index(left[0])].location, left, wanted=target)

    def _is_known(self, column: str) -> bool:
        both = all(state.column(column) is not None for state in self._states)
        return both and not self._outlook.doubts(self._table.name, column)

    def indexes(self) -> Iterator[Drift]:
        """The unique constraints and indexes beside the columns that no migration creates."""
        for index in self._table.indexes:
            if not all(state.column(name) is not None for state in self._states for name in index.columns):
                continue
            if any(self._outlook.doubts(self._table.name, word) for word in (*index.columns, index.name) if word):
                continue
            if any(_has_index(s, index.columns, unique=index.unique, name=index.name) for s in self._states):
                continue
            yield self._drift("unique" if index.unique else "index", index.location, index.columns)

    def _drift(
        self, kind: DriftKind, location: Location, columns: tuple[str, ...], *, wanted: str = "", built: str = "",
        related: tuple[tuple[Location, str], ...] = (), column: str = "",
    ) -> Drift:  # fmt: skip
        return Drift(
            kind, self._tool, location, self._table.name, self._table.class_name, column,
            columns=columns, wanted=wanted, built=built, related=related,
        )  # fmt: skip


def _made(state: ColumnState) -> tuple[tuple[Location, str], ...]:
    return ((state.created.location, "the column is created here"),) if state.created is not None else ()


def _points(state: TableState, column: str) -> bool:
    """Whether the column takes part in a foreign key, or in one whose columns are not known."""
    keys = [each.columns for each in state.constraints if each.kind == "foreign-key"]
    own = state.column(column)
    return bool(own is not None and own.references) or any(not names or column in names for names in keys)


def _has_index(state: TableState, columns: tuple[str, ...], *, unique: bool, name: str = "") -> bool:
    """Whether something stands for the index: the same columns in any order, its name, or one over what is not known.

    What is unique stands for an index as well.
    """
    wanted = frozenset(column.lower() for column in columns)
    if wanted in {frozenset(map(str.lower, names)) for names in state.unique_columns()}:
        return True
    for constraint in state.constraints:
        if constraint.kind in {"unique", "primary-key", "exclude"} and _may_be(constraint.columns, wanted):
            return True
    return any(
        (name and index.name.lower() == name.lower()) or _may_be(index.columns, wanted)
        for index in state.indexes
        if index.unique or not unique or not all(index.columns)
    )


def _may_be(columns: tuple[str, ...], wanted: frozenset[str]) -> bool:
    """Whether these columns are the wanted ones, as far as they are known."""
    names = {column.lower() for column in columns if column}
    return names == wanted or (not all(columns) and names <= wanted) or not columns
