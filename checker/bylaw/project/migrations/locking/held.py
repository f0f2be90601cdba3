"""A lock that blocks others, kept by its transaction while long work is done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.locks import lock_of
from bylaw.project.migrations.locking.work import Lock, in_use, statement_of
from bylaw.project.migrations.transactions import Place
from bylaw.source import Span

_SOME_ROWS: Final = regex(
    r"(?:[^<>!:]=|\bin\b)\s*\(?\s*(?:[:%{$?'\d]|true\b|false\b|\"{1,3}\s*\+)"
    r"|<=?\s*\d|[^<]>=?\s*\d\d|\bbetween\s+[:%{$?'\d]"
    r"|(?<!\bnot\s)\b(?:i?like|similar\s+to)\s*'(?!%?')|(?<!!)~\*?\s*'",
    re.IGNORECASE,
)
"""A comparison with a constant, a pattern, a parameter, or what a sum of strings puts behind it; `id > 0` is every
row.
"""
_EMPTY: Final = regex(r"(?<!\w)(\w++)[\"`]?\s+is\s+null\b", re.IGNORECASE)
_BATCH: Final = regex(r"\b(?:limit|fetch\s+(?:first|next))\s+(?!1\b)", re.IGNORECASE)
"""Some thousand rows at a time; LIMIT 1 finds a value for each."""


class Held(msgspec.Struct, frozen=True, eq=False):
    """`work` goes on while the `lock` that the operation `by` took is kept. `kind` is what the work does to `table`."""

    by: Change
    lock: Lock
    work: Change
    kind: Literal["update", "delete", "validate", "code"]
    table: str
    place: Place

    @property
    def is_apart(self) -> bool:
        """Whether the lock is taken by an earlier migration that runs in the same transaction."""
        return self.by.step is not self.work.step

    @property
    def is_needed(self) -> bool:
        """Whether the same migration goes on with what needs the work to be done: it refuses NULL in the table, or
        drops or renames a column of it.
        """
        start = self.work.operation.span.start
        return any(
            change.step is self.work.step and change.operation.span.start > start and _builds_on(change, self.table)
            for change in self.work.deployment.changes
        )


def _builds_on(change: Change, table: str) -> bool:
    match change.operation:
        case ops.AlterColumn(table=name, nullable=nullable):
            return name == table and nullable is False
        case ops.DropColumn(table=name) | ops.RenameColumn(table=name):
            return name == table
        case _:
            return False


def held(placed: Iterable[tuple[Change, Place]], text: Callable[[Change], str]) -> Iterator[Held]:
    """All of them, in one deployment; `text` is an operation as written.

    Each work is named once, with the strongest lock that is kept over it, those of its own migration first; one that a
    loop does to several tables as well.
    """
    current = -1
    told: set[tuple[str, Span]] = set()
    locks: list[tuple[Change, Lock]] = []
    for change, place in placed:
        if place.kind != "inside":
            locks = [entry for entry in locks if current == -1 and _share_a_statement(entry[0], change)]
            current = -1
        elif place.number != current:
            locks, current = [], place.number
        kind = long_work(change, text) if locks else None
        work = (change.step.path, change.operation.span)
        if kind is not None and work not in told:
            told.add(work)
            by, lock = max(locks, key=lambda entry: (entry[0].step is change.step, entry[1].blocks == "reads"))
            yield Held(by, lock, change, kind, getattr(change.operation, "table", ""), place)
        lock_taken = lock_of(change)
        if lock_taken is not None:
            locks.append((change, lock_taken))


def _share_a_statement(one: Change, other: Change) -> bool:
    """Whether both are actions of one ALTER TABLE, which keeps its locks to its end, whoever runs it."""
    return one.step is other.step and statement_of(one) == statement_of(other)


def long_work(change: Change, text: Callable[[Change], str]) -> Literal["update", "delete", "validate", "code"] | None:
    """Work that takes the longer the more rows a table in use has."""
    match change.operation:
        case ops.DataChange(kind="update") as update if update.table and in_use(change, update.table):
            words = text(change)
            if _BATCH.search(words):
                return None
            return "update" if not update.filtered or _fills_new_column(change, update, words) else None
        case ops.DataChange(kind="delete", filtered=False) as delete if delete.table and in_use(change, delete.table):
            return "delete"
        case ops.ValidateConstraint(table=table) if in_use(change, table):
            return "validate"
        case ops.RunCode() if not _is_told_of(change):
            return "code"
        case _:
            return None


def _is_told_of(change: Change) -> bool:
    """Whether the migration's code is known to change all rows of a table, which is named by itself."""
    return change.tree.tool == "django" and any(
        other.step is change.step
        and isinstance(other.operation, ops.DataChange)
        and not other.operation.filtered
        and in_use(other, other.operation.table)
        for other in change.deployment.changes
    )


def _fills_new_column(change: Change, update: ops.DataChange, text: str) -> bool:
    """A backfill says `WHERE new_column IS NULL`, which every row is; one that asks for a value may change a few."""
    if not any(change.is_new_column(update.table, column) for column in update.columns):
        return False
    condition = re.split(r"\bwhere\b", text, maxsplit=1, flags=re.IGNORECASE)
    if len(condition) != 2 or _SOME_ROWS.search(condition[1]):
        return False
    return all(
        name in update.columns or change.is_new_column(update.table, name) for name in _EMPTY.findall(condition[1])
    )
