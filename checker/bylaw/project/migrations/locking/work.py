"""Work on a table that others are using: what an operation does to it while it keeps them waiting."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import msgspec

from bylaw.facts.migrations import AddColumn, DataChange, RunCode, UnreadOperation
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.step import Step
from bylaw.source import Span

Blocks = Literal["reads", "writes"]
"""`reads`: everybody waits (ACCESS EXCLUSIVE); `writes`: who only reads does not."""
Does = Literal["index", "scan", "rewrite", "waits"]
"""`waits`: nothing that takes long, once the lock is there."""
Cause = Literal[
    "index", "drop-index", "reindex",
    "unique", "primary-key", "exclude", "foreign-key", "check", "not-null", "attach", "recheck", "domain-check",
    "detach",
    "type", "default", "generated", "serial", "identity", "domain", "storage", "vacuum-full", "cluster",
    "refresh",
]  # fmt: skip


class Work(msgspec.Struct, frozen=True, eq=False):
    """Work on a table in use, for whose time others wait.

    `columns` are those it is about, `detail` what is needed to name it: the default, the types, the storage. `name` is
    the index's or constraint's, `inline` says that it comes with a new column.
    """

    change: Change
    cause: Cause
    does: Does
    blocks: Blocks
    table: str
    columns: tuple[str, ...] = ()
    name: str = ""
    detail: str = ""
    inline: bool = False

    @property
    def brings_column(self) -> bool:
        """Whether the very statement adds the column that the work is about, where that is a single one."""
        state = self.change.table(self.table)
        column = state.column(self.columns[0]) if state is not None and len(self.columns) == 1 else None
        if column is None or column.created is not self.change.step:
            return False
        whole = statement_of(self.change)
        return any(
            isinstance(other.operation, AddColumn) and whole.contains(other.operation.span)
            for other in self.change.deployment.changes
            if other.step is self.change.step
        )


class Lock(msgspec.Struct, frozen=True):
    """A lock on a table in use that an operation takes and its transaction keeps."""

    table: str
    blocks: Blocks


def in_use(change: Change, table: str) -> bool:
    """Whether others may be reading and writing the table while the change runs."""
    if is_scratch(table) or change.is_new_table(table) or change.before.has_view(table):
        return False
    state = change.table(table)
    return (state is None or change.deployment.final(state) is not None) and not _is_emptied(change, table)


def _is_emptied(change: Change, table: str) -> bool:
    """Whether the same migration truncated the table before, and nothing filled it since: work on no rows is done at
    once.
    """
    if table not in _truncated(change.step):
        return False
    empty = False
    for operation in change.step.migration.operations:
        if operation is change.operation:
            return empty
        if isinstance(operation, DataChange) and operation.table in {table, ""}:
            empty = operation.kind == "truncate" and operation.table == table
        elif isinstance(operation, RunCode | UnreadOperation):
            empty = False
    return False


@lru_cache(maxsize=64)
def _truncated(step: Step) -> frozenset[str]:
    """The tables that a migration truncates somewhere: most truncate none, and some have thousands of operations."""
    data = (operation for operation in step.migration.operations if isinstance(operation, DataChange))
    return frozenset(change.table for change in data if change.kind == "truncate")


def statement_of(change: Change) -> Span:
    """The whole statement that an operation is an action of."""
    span = change.operation.span
    statements, ends = _statements(change.step)
    if ends is not None:  # one behind the other: only the first that ends behind the operation may contain it
        at = bisect_left(ends, span.end)
        statements = statements[at : at + 1]
    return next((whole for whole in statements if whole.contains(span)), span)


@lru_cache(maxsize=64)
def _statements(step: Step) -> tuple[tuple[Span, ...], list[int] | None]:
    """The statements of a migration, and their ends; None for those where they lie in each other."""
    found = tuple(step.migration.all_statements)
    apart = all(one.end <= next_.start for one, next_ in pairwise(found))
    return found, [whole.end for whole in found] if apart else None
