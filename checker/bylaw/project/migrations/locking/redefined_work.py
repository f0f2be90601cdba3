"""What a field costs that Django states anew: which statements follow from it depends on the column before."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.precedents import is_unique
from bylaw.project.migrations.compatibility.relations import is_plain, key_type, table_of
from bylaw.project.migrations.locking.constraint_work import never_null
from bylaw.project.migrations.locking.rewrites import rewritten_type
from bylaw.project.migrations.locking.work import Work, in_use
from bylaw.project.migrations.state.schema import ColumnState


def redefined_work(change: Change, operation: ops.AlterColumn, version: int) -> Iterator[Work]:
    """All of it, where the column before is known. `version` is PostgreSQL's."""
    table, name, definition = operation.table, operation.column, operation.definition
    state = change.column(table, name)
    if definition is None or state is None or not state.created:
        return
    old = key_type(change, state.references) or state.type
    new = definition.type or key_type(change, definition.references)
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
    if change.tree.tool == "django":
        alone = not (retyped or becomes_required or (definition.unique and not state.unique))
        yield from _key(change, operation, definition, state, alone=alone)


def _key(
    change: Change, operation: ops.AlterColumn, definition: ColumnSpec, state: ColumnState, *, alone: bool
) -> Iterator[Work]:
    """A field that becomes a foreign key, and one that stays one: Django drops it before it alters the column, and adds
    it again. That is told where it is all that takes long (`alone`).
    """
    if not definition.references:
        return
    target = table_of(change, definition.references)
    again = bool(state.references) and not (target and table_of(change, state.references) not in {"", target})
    if again and not (alone and _loosens(definition, state)):
        return
    if again or is_plain(state) or not state.type or state.references:
        yield Work(
            change, "foreign-key", "scan", "writes", operation.table, (operation.column,), detail=target, inline=again,
        )  # fmt: skip


def renamed_key_work(change: Change, operation: ops.RenameColumn) -> Iterator[Work]:
    """A foreign key whose field Django renames is dropped and added again as well."""
    state = change.column(operation.table, operation.column)
    altered = any(
        isinstance(other.operation, ops.AlterColumn) and other.operation.span == operation.span
        for other in change.deployment.changes
        if other.step is change.step
    )
    if change.tree.tool == "django" and state is not None and state.references and not altered:
        yield Work(
            change, "foreign-key", "scan", "writes", operation.table, (operation.new_name,),
            detail=table_of(change, state.references), inline=True,
        )  # fmt: skip


def _loosens(definition: ColumnSpec, state: ColumnState) -> bool:
    """Whether the column takes NULL from now on; what only Python sees leaves the key alone."""
    return definition.nullable is True and state.nullable is False


def _with_the_key(change: Change, table: str, old: str, new: str) -> Iterator[Work]:
    """Columns of other tables that point at the key take its new type."""
    owner = change.table(table)
    for other in change.before.tables.values() if owner is not None else ():
        if other is owner or not in_use(change, other.name):
            continue
        for column in other.columns.values():
            if owner is not None and table_of(change, column.references) == owner.name:
                yield Work(change, "type", "rewrite", "reads", other.name, (column.name,), name=old, detail=new)
