"""In which transaction each operation of a migration runs: its runner, its file's marks and its own BEGIN decide."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.statement_blocks import statement_blocks
from bylaw.project.migrations.step import Step

Kind = Literal["inside", "outside", "unknown"]
Opened = Literal["runner", "file", "query"]
"""Who opens a transaction: the runner around the whole migration, the file with its own BEGIN, or the server around
several statements that are sent as one query."""

WRAPPING: Final = frozenset({
    "goose", "dbmate", "sql-migrate", "drizzle", "supabase", "aerich", "rambler", "tern", "diesel", "sqlx",
    "node-pg-migrate", "yoyo", "atlas", "morph", "pop", "postgres-migrations", "refinery",
})  # fmt: skip
ONE_QUERY: Final = frozenset({"golang-migrate", "prisma", "hasura"})
SENT_WHOLE: Final = frozenset({"dbmate", "diesel", "sqlx", "morph", "postgres-migrations"})
"""Runners that send a file as one query where its mark leaves their transaction out."""
_WHOLE: Final = (ops.CreateIndex, ops.DropIndex, ops.DataChange, ops.CreateTable, ops.DropTable)
"""What is a statement by itself."""
_BARE: Final = frozenset({"psql", "sqitch"})
_BARE_CHANGESET: Final = regex(r"\brunintransaction:[ \t]*[\"']?false")
_RUNNERS: Final = {
    "goose": "goose", "dbmate": "dbmate", "sql-migrate": "sql-migrate", "drizzle": "Drizzle", "supabase": "Supabase",
    "aerich": "Aerich", "golang-migrate": "golang-migrate", "prisma": "Prisma", "hasura": "Hasura", "flyway": "Flyway",
    "rambler": "rambler", "tern": "tern", "diesel": "Diesel", "sqlx": "sqlx", "node-pg-migrate": "node-pg-migrate",
    "yoyo": "yoyo", "atlas": "Atlas", "liquibase": "Liquibase", "morph": "morph",
    "pop": "pop", "postgres-migrations": "postgres-migrations", "refinery": "refinery",
}  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """Where an operation runs. Those of one deployment that are `inside` and have the same number share a
    transaction.
    """

    kind: Kind
    number: int = 0
    opened: Opened = "runner"


def runner_of(step: Step) -> str:
    """The name of what runs the migration, for messages; '' where that is not known."""
    tool = step.migration.tool
    return {"alembic": "Alembic", "django": "Django"}.get(tool) or _RUNNERS.get(step.migration.layout, "")


class Placer:
    """Walks the migrations of one deployment, in the order in which they run, and gives no number to two
    transactions.
    """

    def __init__(self) -> None:
        self._number = -1
        self._current = Place("outside")

    def placed(
        self, changes: Iterable[Change], *, settled: bool = True, shared: bool = False
    ) -> tuple[tuple[Change, Place], ...]:
        """All operations of one migration, in order, each with its place. `settled`: nothing beside the migrations
        (Alembic's `env.py`) changes what the runner usually does. `shared`: the runner keeps its transaction open from
        one migration to the next.
        """
        members = list(changes)
        if not members:
            return ()
        if (members[0].step.migration.layout or members[0].tree.layout) == "liquibase":
            return tuple(self._by_changeset(members))
        outer = _outer(members, settled=settled)
        if not (shared and _is_runners(outer) and _is_runners(self._current)):
            self._number += 1
        self._current = msgspec.structs.replace(outer, number=self._number)
        return tuple(self._followed(members, outer))

    def _followed(self, members: list[Change], outer: Place) -> Iterator[tuple[Change, Place]]:
        blocks = {**_do_blocks(members), **_sent_together(members)} if outer.kind != "inside" else {}
        last = -1
        for change in members:
            block = blocks.get(change, -1)
            if block >= 0 and self._current.kind != "inside":
                self._number += block != last
                yield change, Place("inside", self._number, "query")
            else:
                yield change, self._current
            last = block
            if isinstance(change.operation, ops.Transaction):
                moved = _moved(change.operation, self._current, outer, self._number + 1)
                self._number += moved != self._current
                self._current = moved

    def _by_changeset(self, members: list[Change]) -> Iterator[tuple[Change, Place]]:
        """Liquibase gives each changeset of a file a transaction, unless it says `runInTransaction:false`."""
        first = self._number + 1
        comments = members[0].step.migration.comments
        heads = [(span.start, text.lower()) for span, text in comments if text.lower().startswith("changeset ")]
        self._number += len(heads) + 1
        self._current = Place("outside")
        for change in members:
            number = bisect_right(heads, (change.operation.span.start, ""))
            bare = number > 0 and _BARE_CHANGESET.search(heads[number - 1][1]) is not None
            yield change, Place("outside") if bare else Place("inside", first + number)


def _sent_together(members: list[Change]) -> dict[Change, int]:
    """What stands between marks that make one query of several statements, with a number for each such query."""
    migration = members[0].step.migration
    blocks = [block for block in statement_blocks(migration) if sum(map(block.contains, migration.statements)) > 1]
    first = len(migration.statements)
    return {
        change: number
        for number, block in enumerate(blocks, first)
        for change in members
        if block.contains(change.operation.span)
    }


def _do_blocks(members: list[Change]) -> dict[Change, int]:
    """What stands in one statement with something of another kind, and could stand alone (no action of an ALTER TABLE
    does, nor a name of DROP TABLE), with the place of that statement: a DO block is a transaction, whoever runs it.
    """
    starts = [span.start for span in members[0].step.migration.statements]
    if len(members) <= len(starts):
        return {}
    shared: defaultdict[int, list[Change]] = defaultdict(list)
    for change in members:
        shared[bisect_right(starts, change.operation.span.start) - 1].append(change)
    return {
        change: at
        for at, group in shared.items()
        if at >= 0 and any(isinstance(other.operation, _WHOLE) for other in group)
        for change in group
        if len({type(other.operation) for other in group}) > 1
    }


def _is_runners(place: Place) -> bool:
    return place.kind == "inside" and place.opened == "runner"


def _moved(operation: ops.Transaction, current: Place, outer: Place, number: int) -> Place:
    match operation.kind:
        case "begin":
            return Place("inside", number, "file") if current.kind != "inside" or current.opened == "query" else current
        case "commit" | "rollback":
            if outer.kind == "inside" and outer.opened == "query":
                return Place("inside", number, "query")
            return Place("unknown") if outer.kind == "unknown" else Place("outside")
        case "autocommit-begin":
            return Place("outside")
        case "autocommit-end":
            return Place(outer.kind, number, outer.opened)
        case _:
            return current


def _outer(members: list[Change], *, settled: bool) -> Place:
    """Where the first operation runs."""
    migration = members[0].step.migration
    layout = migration.layout or members[0].tree.layout
    as_one = Place("inside", opened="query") if len(migration.statements) > 1 else Place("outside")
    if migration.transactional is False:
        return as_one if layout in SENT_WHOLE else Place("outside")
    if migration.tool != "sql":
        return Place("inside" if settled or migration.tool == "django" else "unknown")
    if migration.transactional or layout in WRAPPING:
        return Place("inside")
    if layout in ONE_QUERY:
        return as_one
    if layout == "flyway":
        alone = all(needs_no_transaction(change.operation) for change in members)
        return Place("outside" if alone else "inside")
    return Place("outside" if layout in _BARE else "unknown")


def needs_no_transaction(operation: ops.Operation) -> str:
    """The words of a statement that the server refuses inside a transaction; '' for any other."""
    match operation:
        case ops.CreateIndex(concurrently=True):
            return "CREATE INDEX CONCURRENTLY"
        case ops.DropIndex(concurrently=True):
            return "DROP INDEX CONCURRENTLY"
        case ops.OtherStatement(kind="reindex", concurrently=True):
            return "REINDEX CONCURRENTLY"
        case ops.OtherStatement(kind="detach-partition", concurrently=True):
            return "DETACH PARTITION CONCURRENTLY"
        case ops.OtherStatement(kind="vacuum" | "vacuum-full" | "alter-system" as kind):
            return kind.replace("-", " ").upper()
        case ops.CreateObject(kind="database") | ops.DropObject(kind="database"):
            return "CREATE DATABASE" if isinstance(operation, ops.CreateObject) else "DROP DATABASE"
        case _:
            return ""
