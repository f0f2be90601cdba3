"""What a new constraint costs: which rows are read, and which index is built, under its lock."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.precedents import is_unique
from bylaw.project.migrations.locking.work import Work


def constraint_work(change: Change, operation: ops.AddConstraint, version: int) -> Iterator[Work]:
    """The work that adding a constraint makes, on PostgreSQL of that major version."""
    if operation.not_valid or operation.not_enforced:
        return
    table, columns, name = operation.table, operation.columns, operation.name
    match operation.kind:
        case "unique" | "primary-key" | "exclude" if not operation.using_index:
            repeated = change.tree.tool == "django" and not name and is_unique(change, table, columns)
            if not repeated:
                yield Work(change, operation.kind, "index", "reads", table, columns, name)
        case "primary-key":
            loose = _indexed_columns(change, table, operation.using_index)
            if any(_is_nullable(change, table, column) for column in loose):
                yield Work(change, "primary-key", "scan", "reads", table, loose, name, detail="using-index")
        case "foreign-key":
            yield Work(change, "foreign-key", "scan", "writes", table, columns, name, operation.references)
        case "check":
            yield Work(change, "check", "scan", "reads", table, columns, name, operation.expression)
        case "not-null" if columns and not never_null(change, table, columns[0], version):
            yield Work(change, "not-null", "scan", "reads", table, columns, name)
        case _:
            pass


def _indexed_columns(change: Change, table: str, index: str) -> tuple[str, ...]:
    state = change.table(table)
    bare = index.rpartition(".")[2]
    return next((entry.columns for entry in state.indexes if entry.name == bare), ()) if state is not None else ()


def _is_nullable(change: Change, table: str, column: str) -> bool:
    state = change.column(table, column)
    return state is not None and state.nullable is True and not never_null(change, table, column, 12)


def never_null(change: Change, table: str, column: str, version: int) -> bool:
    """Whether the server knows already that the column holds no NULL."""
    state = change.table(table)
    if state is None:
        return False
    known = state.column(column)
    if known is not None and (known.nullable is False or known.primary_key):
        return True
    pattern = re.compile(rf"(?:^|\band\b)[\s(\"]*{re.escape(column)}[\s\")]+is\s+not\s+null\b", re.IGNORECASE)
    for constraint in state.constraints:
        if not constraint.validated:
            continue
        if constraint.kind in {"primary-key", "not-null"} and column in constraint.columns:
            return True
        if constraint.kind == "check" and version >= 12:
            text = constraint.expression
            if pattern.search(text) and not re.search(r"\bor\b", text, re.IGNORECASE):
                return True
            if text in {"", "?"} and re.search(rf"{re.escape(column)}|null", constraint.name, re.IGNORECASE):
                return True  # it cannot be read, and may say just this
    return False
