"""What a field costs that Django states anew: which statements follow from it depends on the column before."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.precedents import is_unique
from bylaw.project.migrations.compatibility.relations import is_plain, table_of, type_pointed_at
from bylaw.project.migrations.locking.constraint_work import never_null
from bylaw.project.migrations.locking.key_fields import key_work
from bylaw.project.migrations.locking.rewrites import rewritten_type
from bylaw.project.migrations.locking.work import Work, in_use
from bylaw.project.migrations.state.schema import ColumnState


def redefined_work(change: Change, operation: ops.AlterColumn, version: int) -> Iterator[Work]:
    """All of it, where the column before is known. `version` is PostgreSQL's."""
    definition, state = operation.definition, change.column(operation.table, operation.column)
    if definition is None or state is None or not state.created:
        return
    told = list(_column_work(change, operation, definition, state, version))
    yield from told
    if change.tree.tool == "django":
        yield from key_work(change, operation, definition, state, alone=not told)


def _column_work(
    change: Change, operation: ops.AlterColumn, definition: ColumnSpec, state: ColumnState, version: int
) -> Iterator[Work]:
    table, name = operation.table, operation.column
    old = type_pointed_at(change, state) or state.type
    new = definition.type or type_pointed_at(change, definition)
    retyped = bool(old and new) and rewritten_type(old, new, "", name)
    if retyped:
        yield Work(change, "type", "rewrite", "reads", table, (name,), name=old, detail=new)
        if state.primary_key:
            yield from _with_the_key(change, table, old, new)
    becomes_required = definition.nullable is False and state.nullable is True and not definition.primary_key
    if becomes_required and not retyped and not never_null(change, table, name, version):
        yield Work(change, "not-null", "scan", "reads", table, (name,))
    if definition.unique and not state.unique and not state.primary_key and not is_unique(change, table, (name,)):
        yield Work(change, "unique", "index", "reads", table, (name,), inline=True)
    if definition.primary_key and not state.primary_key and change.tree.tool == "django":
        yield Work(change, "primary-key", "index", "reads", table, (name,), inline=True)
    if definition.check and not state.check and is_plain(state) and change.tree.tool == "django":
        yield Work(change, "check", "scan", "reads", table, (name,), detail=definition.check, inline=True)


def _with_the_key(change: Change, table: str, old: str, new: str) -> Iterator[Work]:
    """Columns of other tables that point at the key take its new type."""
    owner = change.table(table)
    for other in change.before.tables.values() if owner is not None else ():
        if other is owner or not in_use(change, other.name):
            continue
        for column in other.columns.values():
            if owner is not None and table_of(change, column.references) == owner.name:
                yield Work(change, "type", "rewrite", "reads", other.name, (column.name,), name=old, detail=new)
