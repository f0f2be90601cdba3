"""Columns that Django's models have forgotten while the database still demands a value for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bylaw.facts.database import Table
from bylaw.facts.drift import Drift
from bylaw.facts.migrations import DropColumn
from bylaw.project.schema_drift.undeclared import demands_value, triggered
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.migrations.state.schema import ColumnState
    from bylaw.project.migrations.step import MigrationTree, Step
    from bylaw.project.schema_drift.model_state import ModelState


def demanded(project: Project, table: Table, state: ModelState, tree: MigrationTree) -> Iterator[Drift]:
    """What `SeparateDatabaseAndState` took out of a model, and left behind as NOT NULL without a default: no row of
    the model can be stored any more.
    """
    built = [project.migrations.schema_after(head).table(table.name) for head in tree.heads]
    known = [each for each in built if each is not None and not each.unmapped]
    if len(known) < len(built) or not known:
        return
    dialect = project.migrations.servers.dialect(tree)
    left = [
        column
        for column in known[0].columns.values()
        if column.unmapped is not None and all(_is_demanded(each.column(column.name), dialect) for each in known)
    ]
    if not left or table.name.lower() in triggered([tree]):
        return
    declared = {c.name.lower() for other in project.tables if other.name == table.name for c in other.columns}
    declared |= {field.spec.name.lower() for field in state.fields.values()}
    for column in left:
        by = column.unmapped
        if by is not None and column.name.lower() not in declared:
            yield Drift(
                "required", "django", _place(by, column), table.name, table.class_name, column.name, column.type,
                related=((table.location, "the model stores rows without it"),), app=table.app_label,
            )  # fmt: skip


def _is_demanded(column: ColumnState | None, dialect: str) -> bool:
    return column is not None and None not in (column.unmapped, column.created) and demands_value(column, dialect)


def _place(step: Step, column: ColumnState) -> Location:
    """Where the migration tells the models to forget the column."""
    names = {column.name, column.field, column.name.removesuffix("_id")}
    told = (*step.migration.state_only, *step.migration.told)
    found = next((one for one in told if isinstance(one, DropColumn) and one.column in names), None)
    return step.at(found.span) if found is not None else step.location
