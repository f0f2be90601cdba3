"""What was demanded before: a constraint or index that asks for nothing new restricts nobody."""

from __future__ import annotations

import re

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change


def stood_before(change: Change, operation: ops.AddConstraint) -> bool:
    """Dropped and made again by the same deployment, the same in what it demands."""
    now = change.table(operation.table)
    before = change.deployment.known_before(now)
    if before is None:
        return False
    columns = change.deployment.names_before(now, operation.columns)
    expression = re.sub(r"\s+", "", operation.expression.lower())
    for constraint in before.constraints:
        if constraint.kind != operation.kind:
            continue
        if operation.kind == "foreign-key" and constraint.columns == columns:
            return True
        if expression and re.sub(r"\s+", "", constraint.expression.lower()) == expression:
            return True
    column = before.column(columns[0]) if len(columns) == 1 else None
    return operation.kind == "foreign-key" and column is not None and bool(column.references)


def is_unique(change: Change, table: str, columns: tuple[str, ...]) -> bool:
    """Whether the columns, or some of them, are unique already: now, or before the deployment began."""
    now = change.table(table)
    before = change.deployment.known_before(now)
    if now is not None and any(known <= frozenset(columns) for known in now.unique_columns()):
        return True
    wanted = frozenset(change.deployment.names_before(now, columns))
    return before is not None and any(known <= wanted for known in before.unique_columns())


def has_index(change: Change, table: str, name: str) -> bool:
    state = change.table(table)
    return state is not None and any(index.name == name for index in state.indexes)


def had_like_it(change: Change, operation: ops.CreateIndex) -> bool:
    """A unique index of the same columns (and condition) stood there before the deployment: it is being rebuilt."""
    now = change.table(operation.table)
    before = change.deployment.known_before(now)
    if before is None:
        return False
    columns = change.deployment.names_before(now, operation.columns)
    return any(
        index.unique and index.columns == columns and (not index.where or index.where == operation.where)
        and (any(index.columns) or index.name == operation.name)
        for index in before.indexes
    )  # fmt: skip


def adds_column(change: Change, table: str) -> bool:
    return any(
        isinstance(other.operation, ops.AddColumn) and other.operation.table == table
        for other in change.deployment.changes
    )
