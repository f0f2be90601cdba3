"""The schema that bylaw replays from SQL is the schema that a server has after the same SQL, statement by statement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from bylaw.facts.migrations import AddColumn, ColumnSpec, CreateTable, Operation
from bylaw.project import Project
from bylaw.project.migrations.state.schema import Schema
from bylaw.readers import read_file
from bylaw.readers.sql.statements import operations
from bylaw.settings import Settings
from bylaw.source import Span

if TYPE_CHECKING:
    from postgres_server import Connection

SCRIPTS = Path(__file__).parents[1] / "fixtures" / "server" / "operations.sql"


def _scripts() -> list[list[str]]:
    _, *paragraphs = SCRIPTS.read_text("utf-8").split("\n\n")
    return [paragraph.strip().splitlines() for paragraph in paragraphs]


def replayed(statements: list[str]) -> list[Schema]:
    """The schema after each statement, where each is a migration of its own."""
    files = {f"db/migrations/{at:04}_x.sql": f"{statement};\n".encode() for at, statement in enumerate(statements, 1)}
    facts = {path: read_file(path, content) for path, content in files.items()}
    migrations = Project(facts, Settings(), files.__getitem__).migrations
    return [migrations.schema_after(step) for step in migrations.trees[0].steps]


@pytest.mark.parametrize("statements", _scripts(), ids=lambda statements: statements[0][:40])
def test_the_replayed_schema_is_the_servers(statements: list[str], database: Connection) -> None:
    from schema_comparison import differences, of_replay, of_server

    for statement, schema in zip(statements, replayed(statements), strict=True):
        database.execute(statement)  # type: ignore[call-overload]
        assert differences(of_replay(schema, database), of_server(database)) == [], statement


ELSEWHERE = frozenset({
    # Alembic, Django and MySQL alone say this:
    "CreateTable.comment", "CreateTable.model", "RenameTable.model", "AlterColumn.comment", "AlterColumn.old_type",
    "AlterColumn.old_nullable", "AlterColumn.definition", "DropConstraint.kind", "DropIndex.table",
    "ColumnSpec.client_default", "ColumnSpec.comment", "ColumnSpec.compared", "ColumnSpec.field", "ColumnSpec.indexed",
    "ColumnSpec.labels", "ColumnSpec.starts_false",
    "RunCode.call", "UnreadOperation.call",
    # The replay does not say what the columns are:
    "CreateTable.partial", "CreateTable.partition_of",
    # No change of the schema:
    "Transaction.kind", "UnreadOperation.reason",
})  # fmt: skip


def test_every_field_of_every_operation_is_met() -> None:
    met = {
        f"{type(struct).__name__}.{field.name}"
        for statements in _scripts()
        for statement in statements
        for operation in operations(statement, "postgres", Span)
        for struct in (operation, *_columns(operation))
        for field in msgspec.structs.fields(struct)
        if getattr(struct, field.name) not in (field.default, (), "")
    }
    known = {
        f"{struct.__name__}.{field.name}"
        for struct in (*get_args(Operation), ColumnSpec)
        for field in msgspec.structs.fields(struct)
        if field.name != "span"
    }
    assert known - met == ELSEWHERE


def _columns(operation: Operation) -> tuple[ColumnSpec, ...]:
    match operation:
        case CreateTable(columns=columns):
            return columns
        case AddColumn(column=column):
            return (column,)
        case _:
            return ()
