"""What a deployment does to the schema, operation by operation, with the schema around it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from bylaw.facts.migrations import CreateTable, DropColumn, DropTable, Operation, RenameTable, UnreadOperation
from bylaw.project.migrations.order.planting import Line
from bylaw.project.migrations.state import django, django_models
from bylaw.project.migrations.state.replay import Replay
from bylaw.project.migrations.state.schema import ColumnState, Schema, TableState
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.source import Location, Span


class Deployment(msgspec.Struct, eq=False, dict=True):
    """Steps that reach the server together. `before` is what the running release knows, `after` what it meets."""

    steps: frozenset[Step]
    before: Schema = msgspec.field(default_factory=Schema)
    after: Schema = msgspec.field(default_factory=Schema)
    changes: tuple[Change, ...] = ()
    """All of them, in order, those of exempt steps included."""

    def final(self, table: TableState) -> TableState | None:
        """What became of a table, whatever its name is then; None when it is gone."""
        found = self.after.tables.get(table.name)
        if found is not None and found.identity == table.identity:
            return found
        return self._by_identity.get(table.identity)

    @cached_property
    def _by_identity(self) -> dict[int, TableState]:
        return {table.identity: table for table in self.after.tables.values()}

    def known_before(self, table: TableState | None) -> TableState | None:
        """The same table before the deployment, whatever its name was then; None for a new one."""
        if table is None:
            return None
        found = self.before.tables.get(table.name)
        if found is not None and found.identity == table.identity:
            return found
        return next((known for known in self.before.tables.values() if known.identity == table.identity), None)

    def known_as(self, table: TableState) -> str:
        """The name under which the running release knows a table that may have been renamed since."""
        found = self.known_before(table)
        return found.name if found is not None else table.name

    def successor(self, table: TableState | None) -> TableState | None:
        """The other table that has, in the end, the name by which the running release knows this one, which is still
        there under another name.
        """
        known = self.known_before(table)
        if table is None or known is None or self.final(table) is None:
            return None
        found = self.after.table(known.name)
        return found if found is not None and found.identity != known.identity else None

    def hides(self, table: TableState | None, column: str) -> bool:
        """Whether the running release, which knows the column by this name, meets another table's or a view's."""
        found = self.successor(table)
        if found is not None:
            return not found.complete or found.column(column) is not None
        known, final = self.known_before(table), self.final(table) if table is not None else None
        if known is None or final is None or final.name == known.name:
            return False
        return self.after.table(known.name) is None and self.after.has_view(known.name)

    def names_before(self, table: TableState | None, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The names that columns of a table had before the deployment renamed them."""
        before = self.known_before(table)
        if table is None or before is None:
            return columns
        known = {column.identity: name for name, column in before.columns.items() if column.identity}
        states = [table.column(column) for column in columns]
        return tuple(
            known.get(state.identity, column) if state is not None else column
            for state, column in zip(states, columns, strict=True)
        )

    def __contains__(self, step: Step | None) -> bool:
        return step in self.steps


class Change(msgspec.Struct, frozen=True, eq=False):
    """One operation of a judged step. Tables and columns are named physically, also where Django named models and
    fields.
    """

    step: Step
    tree: MigrationTree
    operation: Operation
    before: Schema
    """The schema just before this operation: what the deployment did until here is in it."""
    deployment: Deployment
    blurred: bool = False
    """The deployment did something before that could not be understood: a table that is not known may come from
    there.
    """

    @property
    def location(self) -> Location:
        return Location(self.step.path, self.operation.span)

    @property
    def is_new(self) -> bool:
        """Whether the default branch does not have it: in a merged migration that was edited, only some are new."""
        return self.step.edits is None or self.operation.span in self.step.edits

    @property
    def is_judged(self) -> bool:
        """Whether it may break the running release."""
        return not self.step.exempt and self.is_new

    @property
    def by_django(self) -> bool:
        """Whether Django itself puts it into SQL; what a migration hands to the database as it stands does not count
        (`RunSQL`, a schema editor).
        """
        return self.tree.tool == "django" and self.operation.span not in self.step.migration.database_only

    @property
    def takes_along(self) -> bool:
        """Whether a drop of a table or column says CASCADE, as Django's own do."""
        return self.by_django or (isinstance(self.operation, DropTable | DropColumn) and self.operation.cascade)

    @property
    def earlier(self) -> tuple[Change, ...]:
        """What the deployment does before, in order."""
        return self.deployment.changes[: self.deployment.changes.index(self)]

    @property
    def later(self) -> tuple[Change, ...]:
        """What the deployment does afterwards, in order."""
        return self.deployment.changes[self.deployment.changes.index(self) + 1 :]

    def at(self, span: Span | None) -> Location:
        """A place in the same file; the operation itself for None."""
        return Location(self.step.path, span or self.operation.span)

    def rebuilt(self) -> tuple[TableState, TableState] | None:
        """For the creation of a table that takes the place of a dropped one: that one, and the new one at the end."""
        if not isinstance(self.operation, CreateTable):
            return None
        made = self.operation.table
        for other in self.later:
            if isinstance(other.operation, RenameTable) and other.operation.table == made:
                made = other.operation.new_name
        after = self.deployment.after.table(made)
        before = self.deployment.before.table(made)
        if after is None or before is None or after.identity == before.identity or after.created is not self.step:
            return None
        return (before, after) if self.deployment.final(before) is None else None

    def table(self, name: str) -> TableState | None:
        return self.before.table(name)

    def table_name(self, key: str) -> str:
        """What the database calls the table of an operation; `key` where that is not known."""
        state = self.table(key) if key else None
        return state.name if state is not None else key

    def column(self, table: str, column: str) -> ColumnState | None:
        return self.before.column(table, column)

    def is_new_table(self, name: str) -> bool:
        """Whether nobody can know the table yet: this deployment creates it, or it is temporary, or that cannot be
        excluded.
        """
        state = self.before.table(name)
        if state is None or (self.blurred and state.created is None and self.deployment.known_before(state) is None):
            return self.blurred
        return state.temporary or state.created in self.deployment

    def is_new_column(self, table: str, column: str) -> bool:
        """The same for a column, on a table of whatever age."""
        if self.is_new_table(table):
            return True
        state = self.before.column(table, column)
        return self.blurred if state is None else state.created in self.deployment


def replay(line: Line) -> tuple[list[Deployment], dict[Step, Schema]]:
    """All deployments of a line, and the schema after its last step, its heads, and every step that is judged.

    The pending steps that are judged are one deployment; every other judged step is one of its own.
    """
    builder = Replay()
    trees = {step: tree for tree in line.trees for step in tree.steps}
    kept = {*line.steps[-1:], *(head for tree in line.trees for head in tree.heads)}
    after: dict[Step, Schema] = {}
    deployments: list[Deployment] = []
    pending: Deployment | None = None
    for step in line.steps:
        if not step.judged:
            for _ in _operations(step, builder, line, keep=False):
                pass
        else:
            current = pending if step.pending else None
            if current is None:
                members = (other for other in line.steps if other.judged and other.pending) if step.pending else (step,)
                current = Deployment(frozenset(members), before=builder.schema())
                deployments.append(current)
            pending = current if step.pending else pending
            _run(step, trees[step], builder, current, line)
        if step.judged or step in kept:
            after[step] = builder.schema()
    return deployments, after


def _run(step: Step, tree: MigrationTree, builder: Replay, deployment: Deployment, line: Line) -> None:
    """One judged step: its operations become changes of the deployment."""
    changes = list(deployment.changes)
    blurred = bool(changes) and (changes[-1].blurred or isinstance(changes[-1].operation, UnreadOperation))
    for operation, schema in _operations(step, builder, line, keep=True):
        changes.append(Change(step, tree, operation, schema, deployment, blurred))
        blurred = blurred or isinstance(operation, UnreadOperation)
    deployment.changes = tuple(changes)
    deployment.after = builder.schema()


def schema_after(line: Line, wanted: Step) -> Schema:
    """The schema after any step of a line, replayed once more."""
    builder = Replay()
    for step in line.steps:
        for _ in _operations(step, builder, line, keep=False):
            pass
        if step is wanted:
            break
    return builder.schema()


def _operations(step: Step, builder: Replay, line: Line, *, keep: bool) -> Iterator[tuple[Operation, Schema]]:
    """Apply the operations: yields each, as the database sees it, with the schema before (empty unless `keep`)."""
    idle = step in line.idle
    migration = step.migration
    is_django = migration.tool == "django"
    operations = migration.operations if not idle else ()
    if not is_django:
        idle_part: Span | None = None
        for operation in operations:
            if idle_part is not None and idle_part.contains(operation.span) and operation.span != idle_part:
                continue
            idle_part = operation.span if _changes_nothing(operation, builder) else None
            before = builder.schema() if keep else _NOTHING
            builder.apply(operation, step)
            yield operation, before
        return
    aside = {id(operation): django_models.follow_state_only for operation in migration.state_only}
    aside |= {id(operation): django_models.follow_told for operation in migration.told}
    by_sql = frozenset(migration.database_only)
    for operation in _merged(operations, (*migration.state_only, *migration.told) if not idle else ()):
        before = builder.schema()
        if id(operation) in aside:
            aside[id(operation)](operation, before, builder, step)
            continue
        if before.untouched and _is_left_alone(operation, before) and operation.span not in by_sql:
            django_models.follow_untouched(operation, before, builder)
            continue
        for part in django.physical(operation, before):
            at = builder.schema()
            builder.apply(part, step)
            yield part, at
        django_models.follow(operation, before, builder, step)


def _is_left_alone(operation: Operation, schema: Schema) -> bool:
    """Whether Django changes nothing, because the model has no table of its own that migrations look after."""
    return not isinstance(operation, CreateTable) and getattr(operation, "table", "") in schema.untouched


def _changes_nothing(operation: Operation, builder: Replay) -> bool:
    """`CREATE TABLE IF NOT EXISTS` of a table that is there: then the constraints inside are not added either."""
    return isinstance(operation, CreateTable) and operation.if_not_exists and builder.has_table(operation.table)


def _merged(operations: tuple[Operation, ...], state_only: tuple[Operation, ...]) -> list[Operation]:
    """Changes of the models alone take their place among the others by where they stand in the file."""
    merged = list(operations)
    for extra in state_only:
        at = next((at for at, other in enumerate(merged) if other.span.start > extra.span.start), len(merged))
        merged.insert(at, extra)
    return merged


_NOTHING = Schema()
