"""How a migration runs: what its server or runner refuses, what is left when it stops half-way, how long it waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.locks import lock_of
from bylaw.project.migrations.step import Step
from bylaw.project.migrations.transactions import WRAPPING, Place, needs_no_transaction, runner_of

Placed = Iterable[tuple[Change, Place]]
_ADDS_LABELS: Final = 12


class Refused(msgspec.Struct, frozen=True, eq=False):
    """A statement (`words`) that fails because it runs in a transaction; `runner` is who runs the migration, `old` says
    that newer versions of PostgreSQL take it.
    """

    change: Change
    words: str
    place: Place
    runner: str
    old: bool = False

    @property
    def target(self) -> str:
        """What the statement is about: "`ix_day` of `orders`", "`mood`", '' where it does not say."""
        operation = self.change.operation
        table = self.change.table_name(getattr(operation, "table", ""))
        named = getattr(operation, "name", "") or getattr(operation, "type", "")
        return " of ".join(f"`{name}`" for name in (named, table) if name)


class Unguarded(msgspec.Struct, frozen=True, eq=False):
    """A statement that fails when it is run again, in a migration that may stop behind it. `guard` would prevent it."""

    change: Change
    guard: Literal["IF NOT EXISTS", "IF EXISTS"]
    name: str

    @property
    def keyword(self) -> str:
        """The guard as Alembic takes it: `if_not_exists`."""
        return self.guard.lower().replace(" ", "_")


class Unpaired(msgspec.Struct, frozen=True, eq=False):
    """A BEGIN that is never closed or stands inside another transaction, or a COMMIT that closes none.

    `other` is the transaction's beginning, where the file has one.
    """

    change: Change
    kind: Literal["unclosed", "nested", "unopened"]
    runner: str
    other: Change | None = None


class Untimed(msgspec.Struct, frozen=True, eq=False):
    """The first lock on a table in use that a migration asks for without having set `setting`."""

    change: Change
    table: str
    setting: str = "lock_timeout"


def refused(placed: Placed, version: int = 14) -> Iterator[Refused]:
    """`version` is PostgreSQL's: before 12 a new label of an enum type needs to stand alone as well."""
    for change, place in placed:
        words, old = needs_no_transaction(change.operation), False
        if version < _ADDS_LABELS and isinstance(change.operation, ops.AlterEnum) and change.operation.change == "add":
            words, old = "" if _is_left_alone(change.step, place) else "ALTER TYPE … ADD VALUE", True
        if words and place.kind == "inside" and not change.step.may_skip(change.operation.span):
            yield Refused(change, words, place, runner_of(change.step), old)


def _is_left_alone(step: Step, place: Place) -> bool:
    """Whether Flyway opens no transaction, because every statement of the file has to run outside of one: it asks the
    server for its version before it counts a new label among them.
    """
    return (
        step.migration.layout == "flyway"
        and place.opened == "runner"
        and all(
            needs_no_transaction(operation) or (isinstance(operation, ops.AlterEnum) and operation.change == "add")
            for operation in step.migration.operations
        )
    )


def unguarded(placed: Placed, *, everywhere: bool = False) -> Iterator[Unguarded]:
    """Statements outside a transaction with others behind them, that have a rerunnable form and do not use it; with
    `everywhere` all that do not use it.
    """
    entries = [entry for entry in placed if not isinstance(entry[0].operation, ops.Transaction | ops.Setting)]
    for at, (change, place) in enumerate(entries):
        if change.by_django:
            continue
        if (
            everywhere or (place.kind == "outside" and _goes_on(change, entries[at + 1 :]))
        ) and not _follows_its_own_drop(change, entries[:at]):
            yield from _unguarded(change)


def _goes_on(change: Change, later: list[tuple[Change, Place]]) -> bool:
    """Whether another statement follows; actions of one ALTER TABLE are done, or not, together."""
    span = change.operation.span
    own = next((one for one in change.step.migration.all_statements if one.contains(span)), span)
    return any(not own.contains(other.operation.span) for other, _ in later)


def _unguarded(change: Change) -> Iterator[Unguarded]:
    match change.operation:
        case ops.CreateTable(if_not_exists=False, temporary=False, table=name):
            yield Unguarded(change, "IF NOT EXISTS", name)
        case ops.CreateIndex(if_not_exists=False, name=name) if name:
            yield Unguarded(change, "IF NOT EXISTS", name)
        case ops.AddColumn(if_not_exists=False, table=table, column=column):
            yield Unguarded(change, "IF NOT EXISTS", f"{table}.{column.name}")
        case ops.AlterEnum(change="add", if_not_exists=False, value=value):
            yield Unguarded(change, "IF NOT EXISTS", value)
        case ops.DropTable(if_exists=False, table=name) | ops.DropIndex(if_exists=False, name=name) if name:
            yield Unguarded(change, "IF EXISTS", name)
        case ops.DropColumn(if_exists=False, table=table, column=name):
            yield Unguarded(change, "IF EXISTS", f"{table}.{name}")
        case ops.DropConstraint(if_exists=False, name=name) if name:
            yield Unguarded(change, "IF EXISTS", name)
        case _:
            pass


def _follows_its_own_drop(change: Change, earlier: list[tuple[Change, Place]]) -> bool:
    """`DROP INDEX IF EXISTS i; CREATE INDEX i` can be run again."""
    name = getattr(change.operation, "name", "")
    return bool(name) and any(
        isinstance(other.operation, ops.DropIndex | ops.DropConstraint)
        and other.operation.if_exists
        and other.operation.name == name
        for other, _ in earlier
    )


def unpaired(placed: Placed) -> Iterator[Unpaired]:
    """In an SQL file, read from its beginning to its end."""
    entries = [change for change, _ in placed]
    if not entries or entries[0].tree.tool != "sql":
        return
    step = entries[0].step
    if step.migration.template or any(isinstance(change.operation, ops.UnreadOperation) for change in entries):
        return
    layout = step.migration.layout or entries[0].tree.layout
    wrapped = layout in WRAPPING and step.migration.transactional is not False
    runner = runner_of(step)
    opened: Change | None = None
    inside, left = wrapped, False
    for change in entries:
        if not isinstance(change.operation, ops.Transaction) or step.may_skip(change.operation.span):
            continue
        match change.operation.kind:
            case "begin":
                if inside:
                    yield Unpaired(change, "nested", runner if opened is None else "", opened)
                inside, opened = True, change
            case "commit" | "rollback":
                if not inside and not left and step.migration.transactional is not True:
                    yield Unpaired(change, "unopened", runner)
                left = left or (wrapped and opened is None)
                inside, opened = False, None
            case _:
                pass
    if inside and opened is not None and not left:
        yield Unpaired(opened, "unclosed", runner)


def untimed(placed: Placed, settings: Iterable[str] = ("lock_timeout",)) -> Iterator[Untimed]:
    """At most one for a step: the first of the `settings` that is missing at the first lock."""
    wanted = tuple(settings)
    holds: dict[str, Place | None] = {}
    for change, place in placed:
        operation = change.operation
        if isinstance(operation, ops.Setting) and (operation.name in wanted or operation.name == "all"):
            _set(holds, operation, place)
        lock = lock_of(change) if change.is_new else None
        if lock is None:
            continue
        missing = [name for name in wanted if not _holds(holds, name, place)]
        if missing:
            yield Untimed(change, lock.table, missing[0])
            return


def _set(holds: dict[str, Place | None], operation: ops.Setting, place: Place) -> None:
    if operation.name == "all":
        holds.clear()
    elif re.fullmatch(r"0\s*[a-z]*|default", operation.value.strip("'\" ").lower()):
        holds.pop(operation.name, None)
    elif not operation.local:
        holds[operation.name] = None
    elif place.kind != "outside":
        holds[operation.name] = place


def _holds(holds: dict[str, Place | None], name: str, place: Place) -> bool:
    """What SET LOCAL says holds until its transaction ends."""
    if name not in holds:
        return False
    where = holds[name]
    return where is None or (where.kind, where.number) == (place.kind, place.number)
