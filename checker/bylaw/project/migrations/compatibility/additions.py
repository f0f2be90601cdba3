"""Columns that a deployment adds, and that the running release would have to fill without knowing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import SERIAL_TYPES, ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.compatibility.implicit_defaults import takes_first_label
from bylaw.project.migrations.compatibility.side_effects import is_filled_by_trigger
from bylaw.project.migrations.domains import domain_of
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.servers import Servers
from bylaw.project.migrations.state.expressions import forbids_null, is_null

_INTEGERS = SERIAL_TYPES | {"integer", "bigint", "smallint"}
Cause = Literal["declared", "default-dropped", "set-not-null", "check"]


class RequiredColumn(msgspec.Struct, frozen=True, eq=False):
    """A new column that an INSERT must name once the deployment is through.

    `by` is the operation that makes it so, as `cause` says: the addition itself (`change`), or a later one.
    `client_default`: the ORM of the new release has a default for it.
    """

    change: Change
    by: Change
    cause: Cause
    table: str
    column: ColumnSpec
    client_default: bool
    on_new_table: bool = False


def required_columns(changes: Iterable[Change], objects: Objects, servers: Servers) -> Iterator[RequiredColumn]:
    """All of them, in order, but those that a trigger or the server fills. `on_new_table` is set for a table that
    the same deployment creates: there nobody inserts yet.
    """
    for found in _each(changes):
        if takes_first_label(found.change, found.column.type, servers) and found.cause != "check":
            continue
        if not is_filled_by_trigger(found.change, found.table, found.column.name, objects):
            yield found


def _each(changes: Iterable[Change]) -> Iterator[RequiredColumn]:
    for change in changes:
        if isinstance(change.operation, ops.AddColumn) and not is_scratch(change.operation.table):
            yield from _required(change, change.operation)
        elif isinstance(change.operation, ops.CreateTable):
            yield from _required_by_rebuild(change, change.operation)


def _required_by_rebuild(change: Change, operation: ops.CreateTable) -> Iterator[RequiredColumn]:
    """Columns that a table has more than the one whose place it takes."""
    pair = change.rebuilt()
    if pair is None:
        return
    before, after = pair
    if not before.complete:
        return
    for spec in operation.columns:
        state = after.column(spec.name)
        if (
            state is not None
            and state.required
            and before.column(spec.name) is None
            and spec.name not in _keys(change, operation)
        ):
            yield RequiredColumn(change, change, "declared", after.name, spec, spec.client_default)


def _keys(change: Change, operation: ops.CreateTable) -> frozenset[str]:
    """The key columns that the database may fill by itself: a lone integer key, as SQLite does, and SQLAlchemy asks."""
    if change.step.migration.dialect in {"postgres", "mysql"}:
        return frozenset()
    lone = [spec for spec in operation.columns if spec.primary_key or spec.name in operation.primary_key]
    return frozenset(spec.name for spec in lone if len(lone) == 1 and spec.type in _INTEGERS)


def _required(change: Change, operation: ops.AddColumn) -> Iterator[RequiredColumn]:
    spec = operation.column
    new_table = change.is_new_table(operation.table)
    table = change.table(operation.table)
    if operation.if_not_exists and table is not None and table.column(spec.name) is not None:
        return
    if change.deployment.successor(table) is not None:
        return
    cause, by, name = _cause(change, operation)
    before = change.deployment.known_before(table) if table is not None else None
    known = before.column(name) if before is not None else None
    if by is not None and not (known is not None and known.required):
        yield RequiredColumn(change, by, cause, operation.table, spec, spec.client_default, new_table)


def _cause(change: Change, operation: ops.AddColumn) -> tuple[Cause, Change | None, str]:
    """What leaves the column required at the end of the deployment, if it is: the last operation that does so.

    Also the name that the column has then.
    """
    following = _Following(change, operation)
    for later in change.later:
        if isinstance(later.operation, _TELLING) and not following.take(later):
            return "declared", None, following.name
    cause, by = following.cause
    return cause, by if following.is_required else None, following.name


_TELLING = (
    ops.AlterColumn, ops.AddConstraint, ops.DropConstraint, ops.DropColumn, ops.DropTable, ops.RenameColumn,
    ops.RenameTable,
)  # fmt: skip
"""Operations that may do something to a column that is there."""


class _Following:
    """A new column on its way through the rest of its deployment."""

    def __init__(self, change: Change, operation: ops.AddColumn) -> None:
        spec = operation.column
        self.table = operation.table
        self.name = spec.name
        self.cause: tuple[Cause, Change] = ("declared", change)
        never_null = spec.primary_key or spec.generation in {"identity", "serial"}
        domain = domain_of(change, spec.type)
        self._nullable = spec.nullable is not False and not never_null and not (domain is not None and domain.required)
        self._generation = spec.generation
        counts = spec.primary_key and spec.type in _INTEGERS and change.tree.tool != "sql"
        self._filled = spec.generated or not is_null(spec.server_default) or counts
        self._demands: dict[str, Change] = {}
        """Constraints that forbid NULL, by name."""
        if forbids_null(spec.check, spec.name):
            names = dict(spec.constraint_names)
            self._demands[names.get("check", f"{self.table.rpartition('.')[2]}_{spec.name}_check")] = change
            self.cause = ("check", change)

    @property
    def is_required(self) -> bool:
        return not self._filled and (not self._nullable or bool(self._demands))

    def take(self, later: Change) -> bool:
        """What a later operation does to the column; False when that is gone."""
        was_required = self.is_required
        cause: Cause = "set-not-null"
        match later.operation:
            case ops.AlterColumn() as alter if self._is(later, alter.table, alter.column):
                cause = self._altered(alter)
            case ops.AddConstraint(kind="not-null", columns=(column,)) as added if self._is(later, added.table, column):
                self._nullable = False
            case ops.AddConstraint(kind="check") as check if not check.not_enforced and self._forbids(later, check):
                cause = "check"
                self._demands[check.name] = later
            case ops.DropConstraint(table=table, name=name) if name in self._demands and self._is_table(later, table):
                del self._demands[name]
            case ops.DropColumn(table=table, column=column) if self._is(later, table, column):
                return False
            case ops.DropTable(table=table) if table == self.table:
                return False
            case ops.RenameColumn(table=table, column=column, new_name=new_name) if self._is(later, table, column):
                self.name = new_name
            case ops.RenameTable(table=table, new_name=new_name) if table == self.table:
                self.table = new_name
            case _:
                pass
        if self.is_required and not was_required:
            self.cause = (cause, later)
        return True

    def _altered(self, alter: ops.AlterColumn) -> Cause:
        """Take in the change of the column itself; what to call it if that makes the column required."""
        definition = alter.definition
        if definition is not None:
            self._nullable = definition.nullable is not False
            self._filled = definition.generated or not is_null(definition.server_default)
        if alter.nullable is not None:
            self._nullable = alter.nullable
        set_to = alter.server_default
        if alter.drop_default or (set_to is not None and is_null(set_to)):
            self._filled = self._filled and self._generation in {"identity", "stored", "virtual", "computed"}
        elif set_to is not None:
            self._filled = True
        match alter.generated:
            case "add-identity" | "set-identity":
                self._filled, self._generation = True, "identity"
            case "drop-identity" | "drop-expression":
                self._filled, self._generation = False, ""
            case _:
                pass
        return "default-dropped" if alter.drop_default or alter.generated.startswith("drop") else "set-not-null"

    def _is(self, later: Change, table: str, column: str) -> bool:
        return column.lower() == self.name.lower() and self._is_table(later, table)

    def _is_table(self, later: Change, table: str) -> bool:
        one, other = later.table(table), later.table(self.table)
        return table == self.table or (one is not None and one is other)

    def _forbids(self, later: Change, check: ops.AddConstraint) -> bool:
        return self._is_table(later, check.table) and forbids_null(check.expression, self.name)
