"""Which mapped classes and `Table(...)` stand for a view: it has no key of its own, and nobody deletes its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import CreateObject, CreateTable, Operation
from bylaw.facts.naming import bare
from bylaw.facts.values import Call, Constant, Entries, Items, Value, text_of
from bylaw.project.tables.inheritance import Kin


class Views:
    """The views that the project's SQL and migrations create, by their names without a schema, in lower case."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self._files = files

    def has(self, table: Table) -> bool:
        """Whether it is what a model of SQLAlchemy stands for; one that Django makes says so itself."""
        return table.orm != "django" and table.name.lower() in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        created: set[str] = set()
        tables: set[str] = set()
        for facts in self._files:
            for operation in _operations(facts):
                if isinstance(operation, CreateObject) and operation.kind.endswith("view"):
                    created.add(bare(operation.name).lower())
                elif isinstance(operation, CreateTable):
                    tables.add(bare(operation.table).lower())
        return frozenset(created - tables)


def _operations(facts: FileFacts) -> Iterator[Operation]:
    for migration in (*facts.migrations, *facts.unplaced):
        yield from migration.operations
    for helper in facts.helpers:
        yield from helper.operations


def is_said_a_view(kin: Kin) -> bool:
    """Whether the class's own `__table_args__` say `info={"is_view": True}`, as Alembic's cookbook has it."""
    return any(
        says_view(part.get("info"))
        for variable in kin.fact.variables
        if variable.name == "__table_args__" and variable.value is not None
        for item in (variable.value.items if isinstance(variable.value, Items) else (variable.value,))
        if (part := _entries(item))
    )


def says_view(info: Value | None) -> bool:
    """Whether the value of a table's `info=` does."""
    said = _entries(info).get("is_view")
    return isinstance(said, Constant) and said.value is True


def _entries(value: Value | None) -> dict[str, Value]:
    """A literal dictionary, or a call of `dict` with keywords."""
    if isinstance(value, Entries):
        return {text: inner for key, inner in value.entries if (text := text_of(key)) is not None}
    if isinstance(value, Call) and value.method == "dict":
        return {keyword.name: keyword.value for keyword in value.keywords if keyword.name}
    return {}
