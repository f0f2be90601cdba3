"""What was demanded before: a constraint or index that asks for nothing new restricts nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.state.expressions import conjuncts, forbids_null, is_null
from bylaw.project.migrations.state.schema import ColumnState, IndexState, TableState
from bylaw.project.migrations.step import Step

_STRICT = regex(r"(?!.*\bor\b)\"?(\w+)\"?\s*(?:is\s+not\s+null|(?:=|<|>|!=)[^()]*|)", re.IGNORECASE | re.DOTALL)
"""A condition that no row without the column fulfils."""
_TRUE = regex(r"\(?\"?(\w+)\"?\s*(?:is\s+true|=\s*(?:true|'t'|'true'|1)|)\)?", re.IGNORECASE)
"""A condition that no row fulfils in which the column is FALSE."""
_FALSE = frozenset({"false", "'f'", "'false'", "0", "'0'"})


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
        if expression not in {"", "?"} and re.sub(r"\s+", "", constraint.expression.lower()) == expression:
            return True
    column = before.column(columns[0]) if len(columns) == 1 else None
    return operation.kind == "foreign-key" and column is not None and bool(column.references)


def is_unique(change: Change, table: str, columns: tuple[str, ...]) -> bool:
    """Whether the columns, or some of them, are unique already: now, or before the deployment began."""
    now = change.table(table)
    before = change.deployment.known_before(now)
    if now is not None and any(known <= frozenset(columns) for known in now.unique_columns()):
        return True
    if now is None or before is None:
        return False
    renamed = (_before_renames(change, now, column) for column in columns)
    wanted = frozenset(change.deployment.names_before(now, tuple(renamed)))
    return any(known <= wanted for known in before.unique_columns())


def _before_renames(change: Change, table: TableState, column: str) -> str:
    """The name that a column had before the deployment renamed it, if no migration was seen to add it."""
    known = table.column(column)
    if known is not None and known.identity:
        return column
    for other in reversed(change.earlier):
        operation = other.operation
        if not isinstance(operation, ops.RenameColumn) or operation.new_name != column:
            continue
        state = other.table(operation.table)
        if state is not None and state.identity == table.identity:
            column = operation.column
    return column


def repeats_nothing(change: Change, table: str, columns: tuple[str, ...]) -> bool:
    """Whether the running release cannot repeat values: they are unique already, or the database counts one of them."""
    now = change.table(table)
    states = [now.column(column) for column in columns] if now is not None else []
    counted = any(state is not None and state.generation in {"serial", "identity"} for state in states)
    return counted or is_unique(change, table, columns)


def newly_unique(before: TableState, after: TableState) -> Iterator[tuple[str, ...]]:
    """The columns that a table demands to be unique which takes the place of another one, where the other had them all
    and let their values repeat. Its primary key is not among them.
    """
    key = {column.name for column in after.columns.values() if column.primary_key}
    known = before.unique_columns()
    for columns in sorted(after.unique_columns(), key=sorted):
        had = all(column in before.columns and column in after.columns for column in columns)
        if had and columns != key and not any(asked <= columns for asked in known):
            yield tuple(column for column in after.columns if column in columns)


def had_key(change: Change, state: TableState, columns: tuple[str, ...]) -> bool:
    """Whether columns of these names were the primary key before the deployment, be they made anew since."""
    before = change.deployment.known_before(state)
    return before is not None and {c.name for c in before.columns.values() if c.primary_key} == set(columns)


def took_null(change: Change, state: TableState | None, column: str) -> bool | None:
    """Whether the column took NULL before the deployment; None where that is unknown."""
    before = change.deployment.known_before(state)
    known = before.column(change.deployment.names_before(state, (column,))[0]) if before is not None else None
    return known.nullable if known is not None else None


def is_never_null(change: Change, state: TableState | None, column: str) -> bool:
    """Whether an earlier deployment already forbade NULL, by a primary key or a CHECK."""
    if state is None:
        return False
    known = state.column(column)
    if known is not None and known.primary_key:
        return True
    for constraint in state.constraints:
        if constraint.created in change.deployment or not constraint.enforced:
            continue
        if constraint.kind == "primary-key" and column in constraint.columns:
            return True
        if constraint.kind == "not-null" and constraint.columns == (column,):
            return True
        if constraint.kind == "check" and forbids_null(constraint.expression, column):
            return True
    return False


def was_filled(change: Change, state: TableState | None, column: str) -> bool:
    """Whether an earlier deployment, after the one that made the column, filled its old rows: who does so has made sure
    that the release that runs now writes it.
    """
    before = change.deployment.known_before(state)
    if state is None or before is None:
        return False
    known = before.column(change.deployment.names_before(state, (column,))[0])
    if known is None:
        return False
    for step in change.tree.steps:
        if step is change.step:
            return False
        earlier = step is not known.created and step not in change.deployment
        if earlier and _fills(step, {before.name, state.name}, known):
            return True
    return False


def _fills(step: Step, tables: set[str], column: ColumnState) -> bool:
    bare = {name.rpartition(".")[2] for name in tables}
    return any(
        isinstance(operation, ops.DataChange)
        and operation.kind == "update"
        and column.name in operation.columns
        and operation.table.rpartition(".")[2] in bare
        for operation in step.migration.operations
    )


def has_index(change: Change, table: str, name: str) -> bool:
    """Whether a table has an index of this name before the change."""
    state = change.table(table)
    return state is not None and any(index.name == name for index in state.indexes)


def had_like_it(change: Change, operation: ops.CreateIndex) -> bool:
    """A unique index of the same columns, or of some of them, stood there before with the same condition: it is being
    rebuilt, or asks for less now.
    """
    now = change.table(operation.table)
    before = change.deployment.known_before(now)
    if before is None:
        return False
    columns = change.deployment.names_before(now, operation.columns)
    return any(
        index.unique and _holds_for_more(index, operation.where)
        and (
            _asks_for_more(index.columns, columns)
            or (index.columns == columns and (any(index.columns) or index.name == operation.name))
        )
        for index in before.indexes
    )  # fmt: skip


def _holds_for_more(index: IndexState, now: str) -> bool:
    """Whether the condition of an index left out no row that the new one looks at: the same one, or a part of it. Rows
    without a value in one of its columns are equal to no other.
    """
    if not index.where or index.where == now:
        return True
    certain = {f"{name.lower()} is not null" for name in index.columns}
    parts, wanted = _demands(index.where), _demands(now)
    return bool(parts) and parts - certain <= wanted


def passes_by_old_rows(change: Change, operation: ops.CreateIndex) -> bool:
    """Whether the condition of an index asks for a value of a column that is new, and that nothing fills: it covers no
    row which the running release writes.
    """
    table = change.table(operation.table)
    if table is None or may_be_filled_by_trigger(change, operation.table):
        return False
    parts = list(conjuncts(operation.where))
    strict = (_STRICT.fullmatch(part) for part in parts)
    true = (_TRUE.fullmatch(part) for part in parts)
    return any(_stays_empty(change, table, found[1]) for found in strict if found is not None) or any(
        _stays_false(change, table, found[1]) for found in true if found is not None
    )


def _stays_empty(change: Change, table: TableState, name: str) -> bool:
    """Whether the column is new and has no value in any row until the new release writes one."""
    if not change.is_new_column(table.name, name):
        return False
    final = change.deployment.final(table)
    known = [state.column(name) for state in (table, final) if state is not None]
    empty = all(
        column is not None and column.nullable is not False and is_null(column.default) and not column.generation
        for column in known
    )
    return empty and not _is_filled(change, table)


def _stays_false(change: Change, table: TableState, name: str) -> bool:
    """Whether the column is new and FALSE in every row until the new release writes something else."""
    column = table.column(name)
    if column is None or column.type not in {"boolean", "bool"} or not change.is_new_column(table.name, name):
        return False
    starts_false = any(
        isinstance(other.operation, ops.AddColumn)
        and other.operation.table == table.name
        and other.operation.column.name == column.name
        and other.operation.column.starts_false
        for other in change.deployment.changes
    )
    is_false = starts_false if column.default is None else column.default.lower() in _FALSE
    return is_false and not _is_filled(change, table)


def _is_filled(change: Change, table: TableState) -> bool:
    """Whether the deployment may write to rows of the table itself."""
    return any(
        isinstance(other.operation, ops.RunCode | ops.UnreadOperation)
        or (isinstance(other.operation, ops.DataChange) and other.operation.table in {"", table.name})
        for other in change.deployment.changes
    )


def _demands(condition: str) -> frozenset[str]:
    """The parts that AND joins; none where an OR stands among them."""
    lowered = re.sub(r"\s+", " ", condition.lower()).strip()
    if re.search(r"\bor\b", lowered):
        return frozenset()
    return frozenset(part.strip("() ").replace('"', "") for part in re.split(r"\s*\band\b\s*", lowered))


def _asks_for_more(before: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether what was unique before, all of it plain columns, is a part of what is to be unique now."""
    return all(before) and bool(before) and set(before) <= set(now)


def may_be_filled_by_trigger(change: Change, table: str) -> bool:
    """Whether the same deployment makes a trigger on the table, which may fill what a statement leaves out."""
    bare = table.rpartition(".")[2]
    return any(
        isinstance(other.operation, ops.CreateObject)
        and other.operation.kind == "trigger"
        and other.operation.table.rpartition(".")[2] == bare
        for other in change.deployment.changes
    )


def adds_column(change: Change, table: str) -> bool:
    """Whether the deployment adds a column to the table."""
    return any(
        isinstance(other.operation, ops.AddColumn) and other.operation.table == table
        for other in change.deployment.changes
    )
