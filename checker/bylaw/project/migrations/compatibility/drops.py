"""What a deployment takes away from the running release, once all its operations have run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.state.schema import ColumnState, TableState

_SCRATCH = ("_alembic_tmp_", "new__")


class Drop(msgspec.Struct, frozen=True, eq=False):
    """A table, or a column of one, that is gone afterwards. `column` is '' for a table.

    `rebuilt`: the table was dropped and made again without the column.
    """

    change: Change
    table: str
    column: str
    table_state: TableState | None
    column_state: ColumnState | None
    rebuilt: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


def drops(changes: Iterable[Change]) -> Iterator[Drop]:
    """All drops that the running release can notice, in order.

    What the same deployment created, temporary and scratch tables, what is there again afterwards (as a table, a
    column or a view of that name), and partitions are none. The columns of a dropped table are not counted one by one.
    """
    for change in changes:
        match change.operation:
            case ops.DropTable():
                yield from _table(change, change.operation)
            case ops.DropColumn() as drop:
                yield from _column(change, drop)
                state = change.table(drop.table) if drop.cascade else None
                for column in state.computed_from(drop.column) if state is not None else ():
                    yield from _column(change, msgspec.structs.replace(drop, column=column))
            case _:
                pass


def is_scratch(table: str) -> bool:
    """A table that a tool makes for the time of a migration."""
    return table.rpartition(".")[2].lower().startswith(_SCRATCH)


def _table(change: Change, operation: ops.DropTable) -> Iterator[Drop]:
    if is_scratch(operation.table):
        return
    if change.is_new_table(operation.table):
        yield from _successor(change, operation)
        return
    state = change.table(operation.table)
    if state is None and operation.if_exists and not change.tree.truncated and _has_beginning(change):
        return
    if state is not None and state.partition_of:
        return
    name = change.deployment.known_as(state) if state is not None else operation.table
    again = change.deployment.after.table(name)
    if again is not None:
        if state is not None and again.complete:
            known = change.deployment.known_before(state) or state  # by the names that the running release knows
            for column in known.columns.values():
                if again.column(column.name) is None and column.created not in change.deployment:
                    yield Drop(change, name, column.name, state, column, rebuilt=True)
        return
    told_later = state is not None and state.name != name and is_remade_and_dropped(change, name)
    if not change.deployment.after.has_view(name) and not told_later:
        yield Drop(change, name, "", state, None)


def _successor(change: Change, operation: ops.DropTable) -> Iterator[Drop]:
    """A new table that goes again, and had taken the place of one that the running release knows."""
    deployment, state = change.deployment, change.table(operation.table)
    known = deployment.before.table(operation.table)
    if known is None or state is None or state.temporary or state.created not in deployment:
        return
    gone = deployment.final(known) is None and deployment.after.table(known.name) is None
    if gone and not deployment.after.has_view(known.name) and not _is_told_before(change, known):
        yield Drop(change, known.name, "", known, None)


def _is_told_before(change: Change, known: TableState) -> bool:
    """Whether the table itself goes earlier, under the name that the running release knows."""
    dropped = (one.table(one.operation.table) for one in change.earlier if isinstance(one.operation, ops.DropTable))
    return any(one is not None and (one.identity, one.name) == (known.identity, known.name) for one in dropped)


def is_remade_and_dropped(change: Change, name: str) -> bool:
    """Whether another table takes the name in the deployment and goes as well: the drop is told of there."""
    made = (one.operation for one in change.deployment.changes if isinstance(one.operation, ops.CreateTable))
    gone = (one.operation for one in change.later if isinstance(one.operation, ops.DropTable))
    return any(one.table == name and not one.temporary for one in made) and any(one.table == name for one in gone)


def _column(change: Change, operation: ops.DropColumn) -> Iterator[Drop]:
    if is_scratch(operation.table) or change.is_new_column(operation.table, operation.column):
        return
    state = change.table(operation.table)
    column = state.column(operation.column) if state is not None else None
    missing = column is None and state is not None and state.complete
    if missing and (operation.if_exists or change.tree.tool == "django"):
        return  # Django removes fields without a column (generic relations, managers of tags) as it does others
    if state is not None:
        final = change.deployment.final(state)
        if final is None or final.column(operation.column) is not None:
            return
        if column is None and _column_before(change, state, operation.column) is not None:
            return  # it is gone already: two ways to do one thing
        (known,) = change.deployment.names_before(state, (operation.column,))
        if change.deployment.hides(state, known) or (known != operation.column and final.column(known) is not None):
            return
    elif change.deployment.after.column(operation.table, operation.column) is not None or _is_dropped(change):
        return
    if state is None or column is None:
        yield Drop(change, state.name if state is not None else operation.table, operation.column, state, column)
        return
    (known,) = change.deployment.names_before(state, (column.name,))
    yield Drop(change, change.deployment.known_as(state), known, state, column)


def _column_before(change: Change, state: TableState, column: str) -> ColumnState | None:
    before = change.deployment.known_before(state)
    return before.column(column) if before is not None else None


def _is_dropped(change: Change) -> bool:
    """Whether the deployment drops the whole table, of which nothing else is known."""
    return any(
        isinstance(other.operation, ops.DropTable) and other.operation.table == getattr(change.operation, "table", "")
        for other in change.deployment.changes
    )


def _has_beginning(change: Change) -> bool:
    return any(step.exempt for step in change.tree.steps)
