"""What migrations do on one kind of database and not on another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bylaw.facts.migrations import AddColumn, AlterColumn, ColumnSpec, CreateTable, Operation, RenameColumn, RenameTable
from bylaw.facts.naming import bare
from bylaw.project.migrations.step import MigrationTree
from bylaw.source import Span

Place = tuple[str, str]
"""A table and a column, key or index of it, in lower case; '' for a table that is not named, or for all of a table."""
_NOWHERE = Span(0, 0)


def on_one_kind(tree: MigrationTree) -> frozenset[Place]:
    """Everything to which different things are done on different databases."""
    found: set[Place] = set()
    for step in tree.steps:
        variants = step.migration.variants
        here = _pieces(step.migration.operations) if variants else frozenset()
        for variant in variants:
            for place, _ in here.symmetric_difference(_pieces(variant.operations)):
                found.add(place)
    return frozenset(found)


def restated(tree: MigrationTree) -> frozenset[Place]:
    """Columns that Alembic changes without a word on NULL: MySQL is told the whole column anew, and that it takes NULL
    where nothing says `existing_nullable`.
    """
    found: set[Place] = set()
    for operation in (operation for step in tree.steps for operation in step.migration.operations):
        match operation:
            case AlterColumn(nullable=None, old_nullable=None, definition=None, column=name):
                found.add((bare(operation.table), name.lower()))
            case RenameColumn(new_name=name):
                found.add((bare(operation.table), name.lower()))
            case _:
                pass
    return frozenset(found)


def _pieces(operations: Iterable[Operation]) -> frozenset[tuple[Place, object]]:
    return frozenset(piece for operation in operations for piece in _pieces_of(operation))


def _pieces_of(operation: Operation) -> Iterator[tuple[Place, object]]:
    """What an operation does to each place, wherever it is written."""
    match operation:
        case CreateTable(table=table, columns=columns):
            yield from (_column(table, spec) for spec in columns)
        case AddColumn(table=table, column=spec):
            yield _column(table, spec)
        case RenameTable(table=table, new_name=new_name):
            yield (bare(table), ""), new_name
            yield (bare(new_name), ""), table
        case _:
            whole = msgspec.structs.replace(operation, span=_NOWHERE)
            table = bare(str(getattr(operation, "table", "")))
            for name in _names(operation) or {""}:
                yield (table, name), whole


def _column(table: str, spec: ColumnSpec) -> tuple[Place, object]:
    return (bare(table), spec.name.lower()), msgspec.structs.replace(spec, span=None)


def _names(operation: Operation) -> set[str]:
    found = {str(getattr(operation, attribute, "")) for attribute in ("name", "new_name")}
    column = getattr(operation, "column", "")
    found.add(column if isinstance(column, str) else "")
    found.update(str(part) for part in getattr(operation, "columns", ()))
    return {name.lower() for name in found if name}
