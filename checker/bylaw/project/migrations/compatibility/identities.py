"""Columns that the server alone fills from now on (`GENERATED ALWAYS`), while the running release gives them values.

PostgreSQL refuses each INSERT and UPDATE that names a value for one. That the running release does so is known where it
had to, because nothing else filled the column, or where the code says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bylaw.diagnostics import Related
from bylaw.facts import migrations as ops
from bylaw.facts.naming import is_word_of_strings
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.compatibility.side_effects import is_filled_by_trigger
from bylaw.project.migrations.compatibility.sql_references import sql_writes
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.roles import files_saying
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project

_MOST = 3
"""So many places are named."""


def taken_over(project: Project, changes: Iterable[Change], objects: Objects) -> Iterator[Restriction]:
    """All of them, in order, with the places in the code that give such a column a value."""
    for change in changes:
        operation = change.operation
        if not isinstance(operation, ops.AlterColumn) or not operation.always or is_scratch(operation.table):
            continue
        if not change.is_new_column(operation.table, operation.column) and _stays(change, operation):
            had_to = _had_to_be_given(change, operation, objects)
            seen = tuple(_given(project, change, operation))[:_MOST]
            if had_to or seen:
                yield Restriction(change, "identity", operation.table, (operation.column,), seen=seen)


def _stays(change: Change, operation: ops.AlterColumn) -> bool:
    """Whether the column takes no value when the deployment is through, and took some before."""
    table = change.table(operation.table)
    if table is None:
        return True
    final = change.deployment.final(table)
    column = final.column(operation.column) if final is not None else None
    known = change.column(operation.table, operation.column)
    return column is not None and column.always and not (known is not None and known.always)


def _had_to_be_given(change: Change, operation: ops.AlterColumn, objects: Objects) -> bool:
    """Whether nothing but a statement could fill the column: it takes no NULL, and had no default."""
    table = change.table(operation.table)
    before = change.deployment.known_before(table)
    column = before.column(change.deployment.names_before(table, (operation.column,))[0]) if before else None
    required = column is not None and column.required is True
    return required and not is_filled_by_trigger(change, operation.table, operation.column, objects)


def _given(project: Project, change: Change, operation: ops.AlterColumn) -> Iterator[Related]:
    """Models whose own default is the value, and INSERTs and UPDATEs in strings."""
    name, column = operation.table.rpartition(".")[2], operation.column
    for table in project.tables:
        if table.context == "app" and table.orm in {"sqlalchemy", "sqlmodel"} and table.name.lower() == name.lower():
            for one in table.columns:
                if one.name == column and one.settled and one.has_default and not one.has_server_default:
                    yield Related(one.location, f"`{table.class_name or table.name}` gives `{column}` a value")
    said = [word for word in (name, column) if is_word_of_strings(word)]
    for file in files_saying(project, said, change.tree):
        for span in sql_writes(file, operation.table, column):
            yield Related(Location(file.path, span), f"this statement gives `{column}` a value")
