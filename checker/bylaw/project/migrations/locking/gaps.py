"""Indexes that are gone before what replaces them is there, and those that are built while others write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change, Deployment
from bylaw.project.migrations.locking.locks import owner_of
from bylaw.project.migrations.locking.work import in_use
from bylaw.project.migrations.state.schema import IndexState, TableState
from bylaw.project.migrations.transactions import Place


class Gap(msgspec.Struct, frozen=True, eq=False):
    """`change` drops the index `name` of a table in use, and `later` builds another one for the same column.

    `together`: both in one transaction, so that the lock of the first is kept over the second.
    """

    change: Change
    later: Change
    table: str
    name: str
    columns: tuple[str, ...]
    together: bool

    @property
    def new_columns(self) -> tuple[str, ...]:
        """Those of the index that replaces it, '' for an expression."""
        return tuple(getattr(self.later.operation, "columns", self.columns))

    @property
    def new_name(self) -> str:
        """That of the index or constraint which replaces it, without a schema; '' where the source gives none."""
        return str(getattr(self.later.operation, "name", "")).rpartition(".")[2]

    @property
    def constraint(self) -> str:
        """What replaces it: `unique` or `primary-key`, '' for a plain index."""
        operation = self.later.operation
        return operation.kind if isinstance(operation, ops.AddConstraint) else ""


def gaps(deployment: Deployment, place_of: Callable[[Change], Place]) -> Iterator[Gap]:
    """All of them in a deployment."""
    changes = deployment.changes
    for at, change in enumerate(changes):
        operation = change.operation
        if not isinstance(operation, ops.DropIndex) or not change.step.judged or change.step.exempt:
            continue
        table = owner_of(change, operation)
        index = _known(table, operation)
        if table is None or index is None or not in_use(change, table.name) or index.created in deployment:
            continue
        if _has_another(table, index):
            continue
        later = _replacement(changes[at + 1 :], table, index)
        if later is not None:
            here, there = place_of(change), place_of(later)
            together = here.kind == there.kind == "inside" and here.number == there.number
            yield Gap(change, later, table.name, index.name, index.columns, together)


def _known(table: TableState | None, operation: ops.DropIndex) -> IndexState | None:
    bare = operation.name.rpartition(".")[2]
    found = next((index for index in table.indexes if index.name == bare), None) if table is not None else None
    return found if found is not None and found.columns and all(found.columns) else None


def _has_another(table: TableState, gone: IndexState) -> bool:
    """Another index (or key) that begins with the same column serves until the new one is there."""
    first = gone.columns[0]
    if any(other is not gone and not other.where and other.columns[:1] == (first,) for other in table.indexes):
        return True
    column = table.column(first)
    if column is not None and column.unique:
        return True
    key = next((other.columns for other in table.constraints if other.kind == "primary-key"), ())
    if column is not None and column.primary_key and key[:1] in {(), (first,)}:
        return True
    kinds = {"unique", "primary-key"}
    return any(other.kind in kinds and other.columns[:1] == (first,) for other in table.constraints)


def _replacement(later: tuple[Change, ...], table: TableState, gone: IndexState) -> Change | None:
    """What serves in its stead: the one that shares the most columns with it, of several the first."""
    found = list(_successors(later, table, gone))
    return max(found, key=lambda change: _shared(getattr(change.operation, "columns", ()), gone.columns), default=None)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many columns two indexes begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _successors(later: tuple[Change, ...], table: TableState, gone: IndexState) -> Iterator[Change]:
    for change in later:
        operation = change.operation
        if getattr(operation, "table", "") and change.table(operation.table) is not None:  # type: ignore[union-attr]
            state = change.table(operation.table)  # type: ignore[union-attr]
            if state is None or state.identity != table.identity:
                continue
        if isinstance(operation, ops.AlterColumn) and operation.column in gone.columns:
            return  # the index would be built anew for the new type
        if isinstance(operation, ops.DropColumn | ops.RenameColumn) and operation.column in gone.columns:
            return
        if _serves_instead(operation, gone):
            yield change


def _serves_instead(operation: ops.Operation, gone: IndexState) -> bool:
    """An index, or a constraint that builds one, that begins with the same column."""
    match operation:
        case ops.CreateIndex(columns=columns, where=where, only=False):
            return columns[:1] == gone.columns[:1] and where in {"", gone.where}
        case ops.AddConstraint(kind="unique" | "primary-key", columns=columns, using_index="", expression=""):
            return columns[:1] == gone.columns[:1]
        case _:
            return False


def concurrent_builds(changes: Iterable[Change]) -> Iterator[tuple[Change, str, str]]:
    """Indexes that are built or rebuilt CONCURRENTLY on tables in use, by name ('' for one without) and table ('' for
    one that is not known).
    """
    for change in changes:
        match change.operation:
            case ops.CreateIndex(concurrently=True, table=table, name=name) if in_use(change, table):
                yield change, name, change.table_name(table)
            case ops.OtherStatement(kind="reindex", concurrently=True, name=name, table=table):
                yield change, name, table
            case _:
                pass
