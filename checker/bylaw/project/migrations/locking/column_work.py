"""What a new or changed column costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import SERIAL_TYPES, ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.relations import is_untold, type_of
from bylaw.project.migrations.compatibility.types import parse_type
from bylaw.project.migrations.domains import domain_of
from bylaw.project.migrations.locking.constraint_work import never_null
from bylaw.project.migrations.locking.redefined_work import redefined_work
from bylaw.project.migrations.locking.rewrites import rewritten_default, rewritten_type
from bylaw.project.migrations.locking.work import Blocks, Cause, Does, Work
from bylaw.project.migrations.state.expressions import words
from bylaw.project.migrations.state.schema import ColumnState

_STORED: Final = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
"""What a column is that was made by one of PostgreSQL's words for a numbered one."""
_MOMENTS: Final = frozenset({"timestamp", "timestamp with time zone"})
_UTC: Final = frozenset({"utc", "gmt", "etc/utc", "etc/gmt", "zulu", "universal", "uct", "0", "+00", "+00:00"})
_FREE_MOMENTS: Final = 12
"""From this version on a time zone is added to moments, or taken from them, without a rewrite where it is UTC."""
_FINEST: Final = 6
"""Digits of a second that a moment has without being rounded."""
_VIRTUAL_FIRST: Final = 18
"""Before this version a generated column was always stored."""


def added_column_work(change: Change, operation: ops.AddColumn, version: int) -> Iterator[Work]:
    """The work that adding a column makes, on PostgreSQL of that major version."""
    spec, table = operation.column, operation.table
    state = change.table(table)
    if operation.if_not_exists and state is not None and state.column(spec.name) is not None:
        return

    def work(cause: Cause, does: Does, blocks: Blocks = "reads", detail: str = "") -> Work:
        return Work(change, cause, does, blocks, table, (spec.name,), detail=detail, inline=True)

    default = spec.server_default
    if spec.generation == "stored" or (spec.generation == "computed" and version < _VIRTUAL_FIRST):
        yield work("generated", "rewrite")
    elif spec.generation == "serial" or spec.type in SERIAL_TYPES:  # a type that a helper's caller gives comes late
        yield work("serial", "rewrite")
    elif spec.generation == "identity":
        yield work("identity", "rewrite")
    elif default and (function := rewritten_default(default)):
        yield work("default", "rewrite", detail=f"{function}()")
    elif default is not None and version < 11:
        yield work("default", "rewrite")  # whatever it is: `now()` is one value for all rows
    elif (domain := domain_of(change, spec.type)) is not None and domain.constrained:
        yield work("domain", "rewrite", detail=spec.type)
    elif spec.check:
        yield work("check", "scan", detail=spec.check)
    elif spec.generation == "virtual" and spec.nullable is False:
        yield work("not-null", "scan")
    if spec.unique or spec.primary_key:
        if not _has_own_index(change, spec):
            yield work("primary-key" if spec.primary_key else "unique", "index")
    elif spec.references and _validates(change, spec):
        blocks: Blocks = "writes" if change.tree.tool == "alembic" and _is_call(change, spec) else "reads"
        yield work("foreign-key", "scan", blocks, spec.references if spec.references != "?" else "")


def _has_own_index(change: Change, spec: ColumnSpec) -> bool:
    """Alembic makes `unique=True, index=True` a unique index, which is an operation of its own."""
    return any(
        isinstance(other.operation, ops.CreateIndex)
        and other.operation.unique
        and other.operation.columns == (spec.name,)
        and change.tree.tool == "alembic"
        for other in change.deployment.changes
        if other.step is change.step
    )


def _validates(change: Change, spec: ColumnSpec) -> bool:
    """A key that comes with a new column looks at the rows where these have a value; Alembic adds it afterwards."""
    if change.tree.tool == "alembic" and _is_call(change, spec):
        return True
    filled = spec.server_default is not None and spec.server_default.strip()
    return bool(filled) or (change.tree.tool == "django" and spec.client_default)


def _is_call(change: Change, spec: ColumnSpec) -> bool:
    """Whether a call adds the column: its end comes after; the column of an SQL text ends with the action."""
    return spec.span is not None and spec.span.end < change.operation.span.end


def altered_column_work(change: Change, operation: ops.AlterColumn, version: int) -> Iterator[Work]:
    """The work that changing a column makes, on PostgreSQL of that major version."""
    table, name = operation.table, operation.column
    state = change.column(table, name)
    if operation.definition is not None:
        yield from redefined_work(change, operation, version)
        return
    retyped = operation.type is not None and _retyped(change, operation, operation.type, state)
    if retyped and version >= _FREE_MOMENTS and _is_utc_alone(change, operation, state):
        retyped = False
    if retyped:
        old = type_of(change, state) or operation.old_type
        yield Work(
            change, "type", "rewrite", "reads", table, (name,), name=_STORED.get(old, old), detail=operation.type or "",
        )  # fmt: skip
    if operation.type is not None and not retyped:
        yield from _rechecked(change, table, name, operation.type, state)
    if operation.generated == "set-expression":
        yield Work(change, "generated", "rewrite", "reads", table, (name,))
    if operation.nullable is False and not retyped and not _stays_required(change, operation, state, version):
        yield Work(change, "not-null", "scan", "reads", table, (name,))


def _is_utc_alone(change: Change, operation: ops.AlterColumn, state: ColumnState | None) -> bool:
    """Whether moments get or lose their time zone, and the migration has set that of its session to UTC before."""
    before = parse_type(state.type if state is not None and state.type else operation.old_type)
    after = parse_type(operation.type or "")
    if before is None or after is None or {before.base, after.base} != _MOMENTS:
        return False
    if after.numbers not in {(), (_FINEST,)}:
        return False  # every moment is rounded
    if "at time zone" in operation.using.lower():
        return False
    zone = ""
    for other in change.earlier:
        setting = other.operation
        if other.step is change.step and isinstance(setting, ops.Setting) and setting.name == "timezone":
            zone = setting.value.strip("'").lower()
    return zone in _UTC


def _rechecked(change: Change, table: str, name: str, new: str, state: ColumnState | None) -> Iterator[Work]:
    """The checks of a column whose type is said are made again, with all rows, also where nothing is rewritten, and
    even where the type stays.
    """
    owner = change.table(table)
    before, after = parse_type(state.type) if state is not None and state.type else None, parse_type(new)
    if owner is None or before is None or after is None or not (before.is_known and after.is_known):
        return
    for constraint in owner.constraints:
        checked = constraint.kind == "check" and constraint.validated and constraint.enforced
        if checked and (
            name in words(constraint.expression) or (constraint.expression == "?" and name in constraint.columns)
        ):
            yield Work(change, "recheck", "scan", "reads", table, (name,), constraint.name, constraint.expression)
            return


def _stays_required(change: Change, operation: ops.AlterColumn, state: ColumnState | None, version: int) -> bool:
    known = state.nullable if state is not None and state.nullable is not None else operation.old_nullable
    if known is None and operation.type is not None:
        return True  # the whole column is said again, as some do
    return known is False or never_null(change, operation.table, operation.column, version)


def _retyped(change: Change, operation: ops.AlterColumn, new: str, state: ColumnState | None) -> bool:
    if is_untold(change, state):
        return False
    old = type_of(change, state) or operation.old_type
    return rewritten_type(old, new, operation.using, operation.column, change.before.enums)
