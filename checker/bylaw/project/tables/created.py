"""Tables that no model declares and migrations create: they are judged where SQL or a revision creates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    ColumnSpec,
    CreateTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from bylaw.facts.naming import bare, is_of_runner
from bylaw.project.roles import is_own
from bylaw.project.tables.fates import Fates
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.migrations.state.schema import ColumnState, TableState
    from bylaw.project.migrations.step import MigrationTree, Step


def created_tables(project: Project, declared: Mapping[str, Table]) -> Iterator[Table]:
    """The tables that stand at the end of each line of SQL files or Alembic revisions and have no model.

    Beside models, revisions are history: only those that are judged count. SQL files, and revisions without models,
    are the one place where the schema is written down.

    `declared`: the tables of models. Where one of them has a name that is not known, any table may be its.
    """
    names = {table.name.lower() for table in declared.values()}
    if "" in names or not _creates_others(project, names):
        return
    seen: set[str] = set()
    for tree in project.migrations.trees:
        if tree.tool == "django" or not is_own(project, tree.folder + "/"):
            continue
        places = _Places(tree)
        fates = Fates(project, tree)
        for head in tree.heads:
            for state in project.migrations.schema_after(head).tables.values():
                last = bare(state.name)
                if last in names or last in seen or state.created is None or state.temporary or state.partition_of:
                    continue
                if tree.tool == "alembic" and names and (state.created.exempt or not state.created.judged):
                    continue
                if is_of_runner(last) or fates.is_unknown(places.names(state), state.created):
                    continue
                seen.add(last)
                yield _table(tree, state, state.created, places)


def _creates_others(project: Project, names: set[str]) -> bool:
    """Whether some migration creates a table without a model: a look at the facts, before anything is replayed."""
    return any(
        isinstance(operation, CreateTable) and bare(operation.table) not in names
        for file in project.files.values()
        for migration in file.facts.migrations
        if migration.tool != "django"
        for operation in migration.operations
    )


class _Places:
    """Where the operations of a tree name columns, and add foreign keys to tables."""

    def __init__(self, tree: MigrationTree) -> None:
        self._named: dict[str, list[tuple[Step, str, Span]]] = {}
        """A column's name → the step, the table and the place of each operation that gives a column that name."""
        self._last: dict[tuple[str, str], tuple[int, Step, Span]] = {}
        """A column's and a table's name → the last of those, with its number."""
        self._made: dict[int, dict[str, CreateTable]] = {}
        """A migration's identity → the first creation of each table in it."""
        self._keys: dict[str, list[AddConstraint]] = {}
        self._renamed: list[tuple[str, str]] = []
        """Tables' names before and after, the last renaming first."""
        for step in tree.steps:
            for operation in step.migration.operations:
                if isinstance(operation, RenameTable):
                    self._renamed.insert(0, (bare(operation.table), bare(operation.new_name)))
                for name, span in _named_in(operation):
                    table = _table_of(operation)
                    self._named.setdefault(name, []).append((step, table, span))
                    self._last[name, table] = (len(self._named[name]), step, span)
                if isinstance(operation, AddConstraint) and operation.kind == "foreign-key":
                    self._keys.setdefault(_table_of(operation), []).append(operation)

    def names(self, state: TableState) -> tuple[str, ...]:
        """Every name that the table had, the last first."""
        found = [bare(state.name)]
        for old, new in self._renamed:
            if new == found[-1]:
                found.append(old)
        return tuple(found)

    def of_table(self, state: TableState, created: Step) -> Location:
        """Where the table is created, under whatever name."""
        operations = created.migration.operations
        if id(created.migration) not in self._made:
            creations = [o for o in reversed(operations) if isinstance(o, CreateTable)]
            self._made[id(created.migration)] = {bare(o.table): o for o in creations}
        others = (o for o in operations if isinstance(o, CreateTable | RenameTable))
        found = self._made[id(created.migration)].get(self.names(state)[-1]) or next(others, None)
        return created.at(found.span if found is not None else created.migration.span)

    def targets(self, state: TableState) -> dict[str, str]:
        """Columns under a foreign key of one column that stands apart from them, with `table.column` or `table`."""
        alive = {c.columns for c in state.constraints if c.kind == "foreign-key"}
        added = self._keys.get(bare(state.name), ())
        return {key.columns[0]: key.references for key in added if key.columns in alive and len(key.columns) == 1}

    def of_column(self, state: TableState, column: ColumnState) -> Location | None:
        """Where the column got its name: in its table's creation, an addition, or the last renaming."""
        own = [self._last[column.name, name] for name in self.names(state) if (column.name, name) in self._last]
        if own:
            _, step, span = max(own, key=lambda place: place[0])
            return step.at(span)
        elsewhere = reversed(self._named.get(column.name, ()))
        return next((step.at(span) for step, _, span in elsewhere if step is column.created), None)


def _table(tree: MigrationTree, state: TableState, created: Step, places: _Places) -> Table:
    place = places.of_table(state, created)
    targets = places.targets(state)
    columns = tuple(
        _column(column, places.of_column(state, column) or place, targets.get(column.name, ""))
        for column in state.columns.values()
    )
    keys = {name for c in state.constraints if c.kind == "primary-key" for name in c.columns}
    columns = tuple(column.as_key() if column.name in keys else column for column in columns)
    if _is_join_of_prisma(state):
        columns = tuple(msgspec.structs.replace(column, from_library=True) for column in columns)
    schema, _, name = state.name.rpartition(".")
    return Table(
        name=name, model="", class_name="", orm="sql", location=place, columns=columns, complete=state.complete,
        schema=schema,
        registry=tree.folder,
    )  # fmt: skip


def _is_join_of_prisma(state: TableState) -> bool:
    """Whether Prisma made the table for an implicit many-to-many relation, and named all of it."""
    return bare(state.name).startswith("_") and set(state.columns) == {"A", "B"}


def _column(column: ColumnState, place: Location, target: str) -> Column:
    return Column(
        attribute=column.name, name=column.name, location=place,
        type=column.type, nullable=False if column.primary_key else column.nullable, primary_key=column.primary_key,
        foreign_key=_foreign_key(column.references or target),
        has_server_default=column.default is not None or column.generated,
        unique=column.unique,
    )  # fmt: skip


def _named_in(operation: Operation) -> Iterator[tuple[str, Span]]:
    """The names that an operation gives to columns, each where it stands; of two alike the first."""
    match operation:
        case CreateTable(columns=columns):
            yield from {spec.name: _span(spec, operation.span) for spec in reversed(columns)}.items()
        case AddColumn(column=spec):
            yield spec.name, _span(spec, operation.span)
        case RenameColumn(new_name=new_name):
            yield new_name, operation.span
        case _:
            pass


def _span(spec: ColumnSpec, whole: Span) -> Span:
    return spec.span if spec.span is not None else whole


def _table_of(operation: Operation) -> str:
    return bare(str(getattr(operation, "table", "")))


def _foreign_key(references: str) -> ForeignKey | None:
    if not references:
        return None
    parts = references.split(".")
    table, column = (parts[0], "") if len(parts) == 1 else (parts[-2], parts[-1])
    return ForeignKey(table, column, schema=".".join(parts[:-2]))
