"""Changes of existing columns and tables after which a statement of the running release may fail or go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.compatibility.precedents import (
    adds_column,
    had_key,
    had_like_it,
    has_index,
    is_never_null,
    may_be_filled_by_trigger,
    newly_unique,
    passes_by_old_rows,
    repeats_nothing,
    stood_before,
    took_null,
    was_filled,
)
from bylaw.project.migrations.compatibility.relations import is_plain, table_of, type_of
from bylaw.project.migrations.compatibility.restriction import Kind, Restriction
from bylaw.project.migrations.compatibility.retyping import retyped, verdict_of
from bylaw.project.migrations.compatibility.unnoticed import is_unnoticed
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.servers import Servers
from bylaw.project.migrations.state.expressions import is_null
from bylaw.project.migrations.state.schema import ColumnState, TableState


def restrictions(changes: Iterable[Change], objects: Objects, servers: Servers) -> Iterator[Restriction]:
    """All of them, in order. New tables, columns of the same deployment, columns that a trigger fills, and what changes
    nothing in the end are left out.
    """
    return (found for found in _each(changes) if not is_unnoticed(found, objects, servers))


def _each(changes: Iterable[Change]) -> Iterator[Restriction]:
    for change in changes:
        match change.operation:
            case ops.AlterColumn():
                yield from _altered(change, change.operation)
            case ops.AddColumn(table=table, column=column):
                yield from _remade(change, table, column.name)
            case ops.RenameColumn(table=table, new_name=new_name):
                yield from _remade(change, table, new_name)
            case ops.CreateTable():
                yield from _rebuilt(change)
            case ops.AddConstraint():
                yield from _constrained(change, change.operation)
            case ops.CreateIndex(unique=True):
                yield from _unique_index(change, change.operation)
            case ops.AlterEnum():
                yield from _enum(change, change.operation)
            case _:
                pass


# --- columns --------------------------------------------------------------------------------------------


def _altered(change: Change, operation: ops.AlterColumn) -> Iterator[Restriction]:
    table, name = operation.table, operation.column
    if is_scratch(table) or change.is_new_column(table, name):
        return
    state = change.table(table)
    column = state.column(name) if state is not None else None
    final = _final(change, state, table, name)
    if final is None and state is not None:
        return
    yield from retyped(change, operation, column)
    yield from _nullability(change, operation, column, final)
    yield from _default(change, operation, column, final)
    yield from _made_unique(change, operation, column)


def _made_unique(change: Change, operation: ops.AlterColumn, column: ColumnState | None) -> Iterator[Restriction]:
    """A whole definition that says unique, or brings a foreign key or a CHECK, of a column that had none."""
    definition = operation.definition
    if definition is None or column is None:
        return
    one = (operation.column,)
    is_new = definition.unique and not column.unique and not column.primary_key
    if is_new and not repeats_nothing(change, operation.table, one):
        yield Restriction(change, "unique", operation.table, one)
    if change.tree.tool == "django" and column.created and (is_plain(column) or not column.type):
        if definition.references and not column.references:
            target = table_of(change, definition.references)
            yield Restriction(change, "foreign-key", operation.table, one, new=target, strict=True)
        if definition.check and not column.check and column.type:
            yield Restriction(change, "check", operation.table, one, new=definition.check, strict=True)


def _final(change: Change, state: TableState | None, table: str, name: str) -> ColumnState | None:
    after = change.deployment.final(state) if state is not None else change.deployment.after.table(table)
    return after.column(name) if after is not None else None


def _nullability(
    change: Change, operation: ops.AlterColumn, column: ColumnState | None, final: ColumnState | None
) -> Iterator[Restriction]:
    wanted = operation.nullable
    if wanted is None and operation.definition is not None and not operation.definition.primary_key:
        wanted = operation.definition.nullable
        if column is None or column.nullable is None:
            return
    known = column.nullable if column is not None and column.nullable is not None else operation.old_nullable
    if known is None and operation.type is not None:
        return  # MySQL wants all of a column said again when its type changes
    state = change.table(operation.table)
    if (final is not None and final.nullable is not wanted) or took_null(change, state, operation.column) is wanted:
        return  # otherwise only for the time of the migration
    if wanted is False and known is not False and not is_never_null(change, state, operation.column):
        strict = was_filled(change, state, operation.column)
        yield Restriction(change, "not-null", operation.table, (operation.column,), strict=strict)
    elif wanted is True and known is not True:
        yield Restriction(change, "drop-not-null", operation.table, (operation.column,))


def _default(
    change: Change, operation: ops.AlterColumn, column: ColumnState | None, final: ColumnState | None
) -> Iterator[Restriction]:
    set_to = operation.server_default
    dropped = operation.drop_default or (set_to is not None and is_null(set_to))
    definition = operation.definition
    if definition is not None and column is not None and column.default_known:
        known = column.declared_default if change.tree.tool == "django" else column.default
        dropped = known is not None and definition.server_default is None and not definition.generated
        set_to = definition.server_default if definition.server_default != known else None
    nullable = column.nullable if column is not None and column.nullable is not None else operation.old_nullable
    if operation.nullable is not None:
        nullable = operation.nullable
    never_had = any(_has_no_default(known) for known in (column, _earlier(change, operation.table, operation.column)))
    restored = final is not None and (final.default is not None or final.generated or final.nullable is True)
    if operation.generated == "drop-identity":
        if not restored and not may_be_filled_by_trigger(change, operation.table):
            yield Restriction(change, "drop-identity", operation.table, (operation.column,))
    elif operation.generated == "drop-expression":
        yield Restriction(change, "drop-expression", operation.table, (operation.column,))
    elif dropped and nullable is False and not never_had and not restored:
        if not may_be_filled_by_trigger(change, operation.table):
            old = (column.default or "") if column is not None else ""
            yield Restriction(change, "drop-default", operation.table, (operation.column,), old=old)
    elif set_to is not None and not dropped:
        yield Restriction(change, "set-default", operation.table, (operation.column,), new=set_to, strict=True)


def _has_no_default(column: ColumnState | None) -> bool:
    if column is None or not column.default_known:
        return False
    return column.default is None and column.generation != "serial"


def _earlier(change: Change, table: str, name: str) -> ColumnState | None:
    """The column as it was before the deployment: a default that the deployment itself set is nobody's."""
    state = change.table(table)
    before = change.deployment.known_before(state)
    return before.column(change.deployment.names_before(state, (name,))[0]) if before is not None else None


def _rebuilt(change: Change) -> Iterator[Restriction]:
    """A table that takes the place of another one, column by column."""
    pair = change.rebuilt()
    if pair is None:
        return
    before, after = pair
    for old in before.columns.values():
        new = after.column(old.name)
        if new is None:
            continue
        if (verdict := verdict_of(change, old.type, new.type)) in {"narrower", "other"}:
            yield Restriction(change, "type", after.name, (old.name,), old.type, new.type, verdict=verdict)
        if old.nullable is True and new.nullable is False and not new.primary_key:
            yield Restriction(change, "not-null", after.name, (old.name,))
        filled = old.generated or (old.default_known and old.default is not None)
        unfilled = new.default_known and new.default is None and not new.generated
        rowid = new.primary_key and new.type == "integer" and change.step.migration.dialect != "postgres"  # SQLite's
        if filled and unfilled and (new.nullable is False or new.primary_key) and not rowid:
            kind: Kind = "drop-default" if old.default is not None else "drop-identity"
            yield Restriction(change, kind, after.name, (old.name,), old=old.default or "")
    if before.complete:
        for columns in newly_unique(before, after):
            yield Restriction(change, "unique", after.name, columns)


def _remade(change: Change, table: str, name: str) -> Iterator[Restriction]:
    """A column that takes the place of one that the deployment dropped, and is of another type."""
    state = change.table(table)
    before = change.deployment.known_before(state)
    old = before.column(name) if before is not None else None
    new = _final(change, state, table, name)
    if old is None or new is None or not old.identity or new.identity == old.identity or state is None:
        return
    was, now = (type_of(change, each) for each in (old, new))
    if state.column(name) is None and (verdict := verdict_of(change, was, now)) in {"narrower", "other"}:
        yield Restriction(change, "type", table, (name,), was, now, verdict=verdict)


# --- constraints and indexes ----------------------------------------------------------------------------


def _constrained(change: Change, operation: ops.AddConstraint) -> Iterator[Restriction]:
    table, columns = operation.table, operation.columns
    if operation.not_enforced or is_scratch(table) or change.is_new_table(table):
        return
    if any(change.is_new_column(table, column) for column in columns if column):
        return
    if operation.name and _is_dropped_again(change, operation.name):
        return
    state = change.table(table)
    match operation.kind:
        case "not-null" if columns:
            known = state.column(columns[0]) if state is not None else None
            if (known is None or known.nullable is not False) and not is_never_null(change, state, columns[0]):
                strict = operation.not_valid or was_filled(change, state, columns[0])  # as such a CHECK is
                yield Restriction(change, "not-null", table, columns, strict=strict)
        case "unique" if not operation.using_index and not repeats_nothing(change, table, columns):
            yield Restriction(change, "unique", table, columns, new=operation.name)
        case "primary-key" if not operation.using_index and _may_be_restricted(change, state, table, columns):
            yield Restriction(change, "primary-key", table, columns, new=operation.name)
        case "check" | "foreign-key" | "exclude" if not stood_before(change, operation):
            new = operation.references if operation.kind == "foreign-key" else operation.expression
            yield Restriction(change, operation.kind, table, columns, new=new, strict=True)
        case _:
            pass


def _is_dropped_again(change: Change, name: str) -> bool:
    """Whether the same deployment drops the constraint or index that it makes here."""
    bare = name.rpartition(".")[2]
    return any(
        isinstance(later.operation, ops.DropConstraint | ops.DropIndex)
        and later.operation.name.rpartition(".")[2] == bare
        for later in change.later
    )


def _may_be_restricted(change: Change, state: TableState | None, table: str, columns: tuple[str, ...]) -> bool:
    """A primary key on columns of a table that is fully known, and that were not unique, or could be NULL."""
    if state is None or not state.complete or not columns or had_key(change, state, columns):
        return False
    if not repeats_nothing(change, table, columns):
        return True
    return any((known := state.column(column)) is None or known.nullable is not False for column in columns)


def _unique_index(change: Change, operation: ops.CreateIndex) -> Iterator[Restriction]:
    table, columns = operation.table, operation.columns
    if not table or is_scratch(table) or change.is_new_table(table) or change.before.has_view(table):
        return  # nobody writes to a materialized view
    named = tuple(column for column in columns if column)
    if any(change.is_new_column(table, column) for column in (*named, *operation.reads)):
        return
    if not named and not operation.reads and adds_column(change, table):
        return
    if operation.if_not_exists and has_index(change, table, operation.name):
        return
    if operation.name and _is_dropped_again(change, operation.name):
        return
    if named == columns and repeats_nothing(change, table, columns):
        return
    if had_like_it(change, operation) or passes_by_old_rows(change, operation):
        return
    yield Restriction(change, "unique", table, columns, new=operation.name, strict=operation.concurrently)


def _enum(change: Change, operation: ops.AlterEnum) -> Iterator[Restriction]:
    if change.before.objects.get(("type", operation.type)) in change.deployment:
        return
    table, _, column = operation.type.rpartition(".") if operation.type.count(".") else (operation.type, "", "")
    columns = (column,) if column else ()
    yield Restriction(
        change, "enum-value", table, columns, operation.value, operation.new_value, strict=operation.change == "add",
        verdict="grown" if operation.change == "add" else "narrower",
    )  # fmt: skip
