"""SQLAlchemy's and SQLModel's tables against what Alembic revisions and SQL files build."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.database import Column, Table
from bylaw.facts.drift import Drift
from bylaw.facts.migrations import CreateTable
from bylaw.facts.naming import bare, is_of_runner
from bylaw.patterns import regex
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.schema_drift.details import Details
from bylaw.project.schema_drift.environments import hides
from bylaw.project.schema_drift.histories import Built, Histories
from bylaw.project.schema_drift.outlook import Outlook
from bylaw.project.schema_drift.undeclared import Undeclared
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.tables.inheritance import Kinship

_CONDITION = regex(r"^[^\S\n]*(?:if|elif|match|try|for|while)\b", re.MULTILINE)
_NOT_MIGRATED = regex(r"is_view|autoload|skip_autogenerate|DeferredReflection|AbstractConcreteBase|\bconcrete\b")
_OF_ANOTHER_DATABASE = regex(r"^[^\S\n]*__bind_key__\b", re.MULTILINE)
"""Flask-SQLAlchemy keeps such a table in a metadata of its own, which migrations of the main database do not see."""
_FEW = 2


def relational_drifts(project: Project, kinship: Kinship) -> Iterator[Drift]:
    """What models declare and no migration creates, the other way round, and what the two tell differently."""
    tables = [
        table
        for table in project.tables
        if table.context == "app" and table.orm in {"sqlalchemy", "sqlmodel"} and table.name
        if not is_of_runner(table.name)
    ]
    if not tables:
        return
    histories = Histories(project)
    if not histories.trees:
        return
    tables = _without_copies(project, tables)
    comparison = Comparison(project, histories, tables, Undeclared(project, histories, kinship))
    yield from comparison.columns()
    yield from comparison.tables()
    yield from comparison.details()


def _without_copies(project: Project, tables: list[Table]) -> list[Table]:
    """The tables without those that another one of that name stands before: Alembic is handed the metadata of that one,
    and not theirs.
    """
    by_name = Counter(table.name.lower() for table in tables)
    if by_name.most_common(1)[0][1] == 1:
        return tables
    governed = {entry.table.location for entry in project.table_registrations() if entry.governed}
    known = {table.name.lower() for table in tables if table.location in governed}
    return [
        table
        for table in tables
        if by_name[table.name.lower()] == 1 or table.location in governed or table.name.lower() not in known
    ]


class Comparison:
    """Models on one side, histories on the other."""

    def __init__(self, project: Project, histories: Histories, tables: list[Table], undeclared: Undeclared) -> None:
        self._project = project
        self._histories = histories
        self._tables = tables
        self._undeclared = undeclared
        self._outlooks: dict[frozenset[MigrationTree], Outlook] = {}

    # -- columns

    def columns(self) -> Iterator[Drift]:
        """Columns, each once, at the line that declares it."""
        found: dict[Location, list[tuple[Table, Column, Built]]] = {}
        for table in self._tables:
            built = self._built(table)
            if not built or not self._is_plain(table):
                continue
            missing = [column for column in table.columns if not any(each.has(column.name) for each in built)]
            if len(missing) * 2 > len(table.columns) and len(missing) > _FEW:
                continue  # another table of that name
            for column in missing:
                if self._is_certain(column) and not self._may_exist(built, column.name):
                    found.setdefault(column.location, []).append((table, column, built[0]))
        for location, cases in found.items():
            table, column, one = cases[0]
            yield Drift(
                "column", one.tree.tool, location, table.name, table.class_name, column.name, column.type,
                others=tuple(dict.fromkeys(other.name for other, _, _ in cases[1:] if other.name != table.name)),
                related=tuple(_created(one)),
            )  # fmt: skip

    def _built(self, table: Table) -> list[Built]:
        """The table in every tree that has one of its name, if all of them are known in full; else nothing."""
        built = self._histories.of(table.name)
        if table.schema:
            built = [each for each in built if _schema(each) in {table.schema.lower(), ""}] or built
        whole = all(each.state.complete and each.state.created is not None for each in built)
        overtaken = any(self._histories.is_overtaken(each.tree) for each in built)
        return built if whole and not overtaken else []

    def _is_plain(self, table: Table) -> bool:
        """Whether the class has the table to itself, and migrations look after it."""
        if table.parents and not table.primary_key:
            return False  # Flask-SQLAlchemy: rows of the parent's table, whatever the class is named
        text = self._text_of_class(table)
        return table.managed and not _NOT_MIGRATED.search(text)

    def _text_of_class(self, table: Table) -> str:
        file = self._project.files[table.location.path]
        fact = next((fact for fact in file.facts.classes if fact.span == table.location.span), None)
        return file.text(fact.statement) if fact is not None else ""

    def _is_certain(self, column: Column) -> bool:
        if column.from_library or column.implicit or column.conditional:
            return False
        file = self._project.files[column.location.path]
        if self._project.context_of(file.facts) != "app":
            return False
        method = next((f for f in file.facts.functions if f.span == column.location.span), None)
        return method is None or not _CONDITION.search(file.text(method.statement))

    def _may_exist(self, built: list[Built], name: str) -> bool:
        return any(self._histories.doubts[each.tree].about(name) for each in built)

    # -- what columns are like, keys and indexes

    def details(self) -> Iterator[Drift]:
        """How columns differ, and the keys and indexes that no migration creates, each once."""
        found: dict[tuple[str, Location, tuple[str, ...]], Drift] = {}
        for table in self._tables:
            built = self._built(table)
            if built and table.name and self._is_plain(table) and not self._is_strange(table, built):
                for drift in self._of_table(table, built):
                    found.setdefault((drift.kind, drift.location, drift.columns or (drift.column,)), drift)
        yield from found.values()

    def _of_table(self, table: Table, built: list[Built]) -> Iterator[Drift]:
        outlook = self._outlook(built)
        details = Details(table, built, outlook)
        for column in table.columns:
            if self._is_certain(column):
                yield from details.of(column)
        if table.complete and outlook.compares_keys:
            yield from details.indexes()
            yield from details.composite_keys(self._is_certain)
        yield from self._undeclared.of(table, built, outlook)

    def _outlook(self, built: list[Built]) -> Outlook:
        trees = Outlook.trees_of(built)
        if trees not in self._outlooks:
            self._outlooks[trees] = Outlook(self._project, self._histories, trees)
        return self._outlooks[trees]

    def _is_strange(self, table: Table, built: list[Built]) -> bool:
        """Whether migrations lack so many of the columns that it may be another table of that name."""
        missing = sum(not any(each.has(column.name) for each in built) for column in table.columns)
        return missing * 2 > len(table.columns)

    # -- tables

    def tables(self) -> Iterator[Drift]:
        """Tables whose neighbours, under the same metadata, are all created by migrations that are known in full."""
        groups: dict[str, list[Table]] = {}
        for table in self._tables:
            groups.setdefault(self._registry(table), []).append(table)
        for members in groups.values():
            missing = [table for table in members if not self._exists(table)]
            known = len(members) - len(missing)
            if not missing or not known or (len(missing) > _FEW and len(missing) > known):
                continue
            homes = {built.tree for table in members for built in self._histories.of(table.name)}
            if not homes or not all(self._histories.is_whole(home) for home in homes):
                continue
            for table in missing:
                yield from self._missing(table, homes)

    def _missing(self, table: Table, homes: set[MigrationTree]) -> Iterator[Drift]:
        tools = {home.tool for home in homes}
        if not self._is_plain(table) or not table.complete or "view" in table.name.lower():
            return
        if _OF_ANOTHER_DATABASE.search(self._text_of_class(table)):
            return
        if "alembic" in tools and table.location not in self._registered:
            return
        if any(self._histories.doubts[home].about(table.name) for home in homes):
            return
        if any(hides(self._project, home, table) for home in homes):
            return
        newest = max(homes, key=lambda home: len(home.steps))
        related = ((newest.heads[0].location, "the newest migration"),)
        yield Drift("table", newest.tool, table.location, table.name, table.class_name, related=related)

    def _registry(self, table: Table) -> str:
        """What the metadata of a table is known by; '' for a library's, which any model may use."""
        own = self._project.names.definition(table.registry) if "." in table.registry else None
        return table.registry if own is not None else ""

    def _exists(self, table: Table) -> bool:
        return bool(self._histories.of(table.name)) or self._histories.is_view(table.name)

    @cached_property
    def _registered(self) -> set[Location]:
        """Places of the tables that Alembic knows; those that it may know count where other code loads their module."""
        found = self._project.table_registrations()
        return {
            entry.table.location
            for entry in found
            if entry.status == "registered" or (entry.status == "undecided" and self._is_imported(entry.table))
        }

    def _is_imported(self, table: Table) -> bool:
        return self._project.files[table.location.path].facts.module in self._imported

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The modules that application code imports from another module."""
        own = [file.module for file in self._project.names.files if self._project.context_of(file) == "app"]
        return frozenset(target for module in own for target in self._project.imports.direct(module) - {module})


def _schema(built: Built) -> str:
    return built.state.name.rpartition(".")[0].lower()


def _created(built: Built) -> Iterator[tuple[Location, str]]:
    step = built.state.created
    if step is None:
        return
    for operation in step.migration.operations:
        if isinstance(operation, CreateTable) and bare(operation.table) == bare(built.state.name):
            yield step.at(operation.span), "the table is created here, without it"
            return
    yield step.location, "the table is created here, without it"
