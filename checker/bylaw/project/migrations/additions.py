"""Columns that a deployment adds, and that the running release would have to fill without knowing them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.drops import is_scratch

_INTEGERS = frozenset({"integer", "bigint", "smallint", "serial", "bigserial", "smallserial", "int"})
_NULL = frozenset({"null", "null::text"})
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


def required_columns(changes: Iterable[Change]) -> Iterator[RequiredColumn]:
    """All of them, in order. `on_new_table` is set for a table that the same deployment creates: there nobody inserts
    yet.
    """
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
            and spec.name not in _keys(operation)
        ):
            yield RequiredColumn(change, change, "declared", after.name, spec, spec.client_default)


def _keys(operation: ops.CreateTable) -> frozenset[str]:
    """The key columns that the database fills by itself: a lone integer key."""
    lone = [spec for spec in operation.columns if spec.primary_key or spec.name in operation.primary_key]
    return frozenset(spec.name for spec in lone if len(lone) == 1 and spec.type in _INTEGERS)


def _required(change: Change, operation: ops.AddColumn) -> Iterator[RequiredColumn]:
    spec = operation.column
    new_table = change.is_new_table(operation.table)
    table = change.table(operation.table)
    if operation.if_not_exists and table is not None and table.column(spec.name) is not None:
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
    spec = operation.column
    nullable = spec.nullable is not False and not spec.primary_key
    filled = spec.generated or _has_default(spec.server_default) or (spec.primary_key and spec.type in _INTEGERS)
    state: tuple[Cause, Change | None] = ("declared", None if nullable or filled else change)
    name = spec.name
    table = operation.table
    following = change.deployment.changes[change.deployment.changes.index(change) + 1 :]
    for later in following:
        match later.operation:
            case ops.AlterColumn() as alter if _is(later, alter.table, alter.column, table, name):
                was_required = not nullable and not filled
                if alter.definition is not None:
                    nullable = alter.definition.nullable is not False
                    filled = alter.definition.generated or _has_default(alter.definition.server_default)
                nullable = nullable if alter.nullable is None else alter.nullable
                if alter.drop_default:
                    filled = spec.generated
                elif alter.server_default is not None:
                    filled = _has_default(alter.server_default) or filled
                if alter.generated in {"add-identity", "set-identity"}:
                    filled = True
                required = not nullable and not filled
                if required and not was_required:
                    state = ("default-dropped" if alter.drop_default else "set-not-null", later)
                elif not required:
                    state = ("declared", None)
            case ops.AddConstraint(kind="not-null", columns=(column,)) if _is(
                later, later.operation.table, column, table, name
            ):
                nullable = False
                if not filled and state[1] is None:
                    state = ("set-not-null", later)
            case ops.AddConstraint(kind="check") as check if not check.not_enforced and _demands(check, table, name):
                if not filled and state[1] is None:
                    state = ("check", later)
            case ops.DropColumn(table=other, column=column) if _is(later, other, column, table, name):
                return "declared", None, name
            case ops.DropTable(table=other) if other == table:
                return "declared", None, name
            case ops.RenameColumn(table=other, column=column, new_name=new_name) if _is(
                later, other, column, table, name
            ):
                name = new_name
            case ops.RenameTable(table=other, new_name=new_name) if other == table:
                table = new_name
            case _:
                pass
    return *state, name


def _is(change: Change, table: str, column: str, wanted_table: str, wanted: str) -> bool:
    if column.lower() != wanted.lower():
        return False
    one, other = change.table(table), change.table(wanted_table)
    return table == wanted_table or (one is not None and one is other)


def _has_default(default: str | None) -> bool:
    return default is not None and default.strip().lower() not in _NULL


def _demands(check: ops.AddConstraint, table: str, column: str) -> bool:
    """`CHECK (column IS NOT NULL)`, alone or as a part of an AND."""
    if check.table != table:
        return False
    pattern = rf"\b{re.escape(column)}\b\"?\s+is\s+not\s+null"
    return " or " not in check.expression.lower() and re.search(pattern, check.expression, re.IGNORECASE) is not None
