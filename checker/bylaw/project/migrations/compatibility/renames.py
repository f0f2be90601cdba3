"""Names that the running release uses and that a deployment changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import Drop, is_remade_and_dropped, is_scratch
from bylaw.project.migrations.state.schema import TableState

_NO_TABLE = ("_seq", "_pkey", "_idx")
_VALUE = r"(?s:(.{0,1000}?))(?:,\s*\W?\w{1,63}\W?\s*=|(?i:\bwhere\b|\bfrom\b)|\Z)"
"""What a column is set to, up to the next one."""
_PUT_ASIDE = regex(r"backup|bak\b|archive|snapshot|(?:^|_)(?:old|copy|temp|tmp)(?:_|$)", re.IGNORECASE)


class Rename(msgspec.Struct, frozen=True, eq=False):
    """A table (`column` is '') or a column that gets another name; `schema` is set where a table only moves to another
    schema.

    `own`: the same deployment created it, so that only a house rule can object.
    """

    change: Change
    table: str
    column: str
    new_name: str
    schema: str = ""
    own: bool = False


class Replacement(msgspec.Struct, frozen=True, eq=False):
    """A rename in all but name: one deployment adds a column or table, copies the old one's values, and drops that."""

    drop: Drop
    added: Change
    copied: Change
    column: str
    """The new one; '' where a new table takes in what the old table, or a column of it, held."""

    @property
    def name(self) -> str:
        """What the new one is called."""
        return self.column or getattr(self.added.operation, "table", "")


def renames(changes: Iterable[Change]) -> Iterator[Rename]:
    """All renames that the running release can notice.

    Scratch tables, tables and columns that end up under their old name again (a rebuilt table, a column added back, a
    view in the old place), and columns of tables that the deployment drops are left out.
    """
    for change in changes:
        match change.operation:
            case ops.RenameTable(table=table, new_name=new_name):
                yield from _table(change, table, new_name, _other_place(table, new_name))
            case ops.MoveTable(table=table, schema=schema):
                yield from _table(change, table, f"{schema}.{table.rpartition('.')[2]}", schema)
            case ops.RenameColumn(table=table, column=column, new_name=new_name):
                yield from _column(change, table, column, new_name)
            case _:
                pass


def _other_place(table: str, new_name: str) -> str:
    """The database or schema that MySQL's `RENAME TO other.orders` moves a table to; '' where it stays, or gets another
    name as well.
    """
    place, _, name = new_name.rpartition(".")
    return place if name == table and "." not in table else ""


def _table(change: Change, table: str, new_name: str, schema: str) -> Iterator[Rename]:
    state = change.table(table)
    after = change.deployment.after
    if is_scratch(table) or is_scratch(new_name) or (state is not None and state.temporary):
        return
    if state is None and table.endswith(_NO_TABLE):
        return  # PostgreSQL renames sequences and indexes by ALTER TABLE as well
    if state is None and change.before.has_view(table) and not change.deployment.before.has_view(table):
        return  # a view that the running release does not know
    own = change.is_new_table(table)
    name = change.deployment.known_as(state) if state is not None else table
    if state is not None and name != state.name:
        return  # this name is not the one that the running release knows
    if (
        state is not None
        and change.deployment.final(state) is None
        and (not own or is_remade_and_dropped(change, name))
    ):
        return  # it goes altogether, which is told of there
    again = after.table(name)
    if again is not None and (schema == "" or again.name == name):
        return
    if after.has_view(name) and not own:
        return
    yield Rename(change, name if own else table, "", new_name, schema, own)


def _column(change: Change, table: str, column: str, new_name: str) -> Iterator[Rename]:
    if is_scratch(table):
        return
    own = change.is_new_column(table, column)
    state = change.table(table)
    final = change.deployment.final(state) if state is not None else change.deployment.after.table(table)
    if (final is None and state is not None) or (final is not None and _has(final, column, change)):
        return
    if state is not None and state.complete and state.column(column) is None and state.column(new_name) is not None:
        return  # an earlier migration did so
    before = change.deployment.known_before(state)
    if state is not None and state.column(column) is None and before is not None and before.column(column) is not None:
        return  # it is renamed already: two ways to do one thing
    if change.deployment.names_before(state, (column,)) != (column,):
        return  # this name is not the one that the running release knows
    if change.deployment.hides(state, column) or (not own and _goes(change, state, column)):
        return
    yield Rename(change, table, column, new_name, own=own)


def _goes(change: Change, table: TableState | None, column: str) -> bool:
    """Whether the deployment drops the column later, under whatever name, which is told of there."""
    state = table.column(column) if table is not None else None
    if state is None or not state.identity:
        return False
    for other in change.later:
        if isinstance(other.operation, ops.DropColumn):
            gone = other.column(other.operation.table, other.operation.column)
            if gone is not None and gone.identity == state.identity:
                return True
    return False


def _has(table: TableState, column: str, change: Change) -> bool:
    """Whether the name is still there, for writers as well: nobody writes to a column that is computed. PostgreSQL
    tells letters of different case apart, other databases do not.
    """
    found = table.column(column)
    if found is None or found.generation in {"stored", "virtual", "computed"}:
        return False
    return found.name == column or change.step.migration.dialect != "postgres"


def replacement(drop: Drop, text: Callable[[Change], str]) -> Replacement | None:
    """What the same deployment adds in the place of a column or table that it drops, and fills from it. `text` is an
    operation as written.
    """
    added: dict[str, Change] = {}
    for change in drop.change.earlier if not drop.rebuilt else ():
        match change.operation:
            case ops.AddColumn(table=table, column=column) if drop.column and _same(change, table, drop):
                added[column.name] = change
            case ops.CreateTable(table=table, temporary=False, partial=partial) if not _is_aside(table):
                if partial and _names(text(change), drop.table, drop.column):  # as SELECT
                    return Replacement(drop, change, change, "")
                added[f".{table}"] = change
            case ops.DataChange(kind="update", table=table, columns=columns) if _same(change, table, drop):
                filled = _filled(text(change), [name for name in columns if name in added], drop.column)
                if filled:
                    return Replacement(drop, added[filled], change, filled)
            case ops.DataChange(kind="insert", table=table) if f".{table}" in added:
                if _names(text(change), drop.table, drop.column):
                    return Replacement(drop, added[f".{table}"], change, "")
            case _:
                pass
    return None


def _is_aside(table: str) -> bool:
    """Whether a table only keeps rows for some time, in case somebody wants them back."""
    return is_scratch(table) or _PUT_ASIDE.search(table) is not None


def _filled(text: str, columns: list[str], old: str) -> str:
    """Which of the columns that an UPDATE sets takes the values of an old one; '' for none, or where that is not
    clear.
    """
    if not columns or not _names(text, old):
        return ""
    for name in columns:
        if any(_names(value, old) for value in re.findall(rf"(?<!\w){re.escape(name)}\W?\s*={_VALUE}", text)):
            return name
    return columns[0] if len(columns) == 1 else ""


def _names(text: str, *names: str) -> bool:
    """Whether a statement says all of these names, schemas aside."""
    wanted = (name.rpartition(".")[2] for name in names if name)
    return all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in wanted)


def _same(change: Change, table: str, drop: Drop) -> bool:
    state = change.table(table)
    return table == drop.table or (
        state is not None and drop.table_state is not None and state.identity == drop.table_state.identity
    )
