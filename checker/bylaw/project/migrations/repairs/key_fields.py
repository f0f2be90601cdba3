"""What is left of a changed field of Django where its foreign key can stay."""

from __future__ import annotations

from bylaw.facts import migrations as ops
from bylaw.project.migrations.locking.key_fields import differences, renaming
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.repairs.words import quoted, said


def field_steps(work: Work) -> tuple[str, ...]:
    """The statements that do the rest, in backticks; none where only the models change."""
    operation, table, column = work.change.operation, quoted(work.table), quoted(work.columns[0])
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    steps = []
    renamed = operation if isinstance(operation, ops.RenameColumn) else renaming(work.change)
    if renamed is not None:
        steps.append(f"ALTER TABLE {table} RENAME COLUMN {quoted(renamed.column)} TO {quoted(renamed.new_name)}")
    state = work.change.column(work.table, work.columns[0])
    definition = operation.definition if isinstance(operation, ops.AlterColumn) else None
    if definition is not None and state is not None:
        differing = differences(work.change, definition, state)
        if "null" in differing:
            steps.append(f"{alter} {'DROP' if definition.nullable else 'SET'} NOT NULL")
        if "db_default" in differing:
            default = definition.server_default
            steps.append(f"{alter} DROP DEFAULT" if default is None else f"{alter} SET DEFAULT {default or '…'}")
        if state.unique and not definition.unique:
            steps.append(f"ALTER TABLE {table} DROP CONSTRAINT …")
        if definition.indexed and ("db_index" in differing or state.unique):
            steps.append(f"CREATE INDEX CONCURRENTLY ON {table} ({column})")
        elif "db_index" in differing:
            steps.append("DROP INDEX CONCURRENTLY …")
    return tuple(said(work.change, step) for step in steps)
