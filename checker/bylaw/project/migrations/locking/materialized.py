"""REFRESH MATERIALIZED VIEW: who reads the view waits while its query runs, unless it is refreshed CONCURRENTLY."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.work import Work

_KIND = "materialized view"


def refreshed(change: Change, operation: ops.OtherStatement) -> Iterator[Work]:
    """The work, where an earlier deployment is known to have made the view, and filled it."""
    name = operation.table
    if not operation.concurrently and name and _is_read(change, name):
        yield Work(change, "refresh", "rewrite", "reads", name)


def _is_read(change: Change, name: str) -> bool:
    made = change.before.objects.get((_KIND, name))
    if made is None or made in change.deployment:
        return False
    for step in change.tree.steps[change.tree.steps.index(made) if made in change.tree.steps else 0 :]:
        if step is change.step or step in change.deployment:
            return False
        if any(_fills(operation, name) for operation in step.migration.operations):
            return True
    return False


def _fills(operation: ops.Operation, name: str) -> bool:
    match operation:
        case ops.CreateObject(kind=kind, name=made, empty=empty):
            return kind == _KIND and made == name and not empty
        case ops.OtherStatement(kind="refresh", table=table):
            return bare(table) == bare(name)
        case _:
            return False
