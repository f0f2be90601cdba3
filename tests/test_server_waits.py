# ruff: noqa: S608  # the names are those of the cases
"""Every case of the locking rules that are about more than one statement, on a server: rows and tables that are locked
at once, keys and columns that are left without an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import psycopg
import pytest
from spec_execution import execute
from spec_runs import FAILS, Place, Run, prove, runs

from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.step import Step
from bylaw.source import Location, SourceText

if TYPE_CHECKING:
    from postgres_server import Connection, Server

_STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")


class _Watch:
    """Follows a run; `wrong` says where the server and the rule differ."""

    rule: ClassVar[str]

    def __init__(self, run: Run, server: Server, database: Connection) -> None:
        self.wrong: list[str] = []
        self.last = ""
        self.run = run
        self.server = server
        self.database = database
        self.migrations = run.project().migrations

    def starts(self, steps: frozenset[Step]) -> None:
        pass

    def ends(self) -> None:
        pass

    def runs(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        self.last = sql
        return self.looks(places, sql, connection, run)

    def looks(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        """Runs a statement, and looks around before and after."""
        raise NotImplementedError

    def finishes(self) -> None:
        pass

    def is_at(self, location: Location, places: tuple[Place, ...]) -> bool:
        text = SourceText(location.path, self.run.files[location.path].encode())
        return any(place.holds(location.path, text.position(location.span.start).line) for place in places)


class _RowsLocked(_Watch):
    """A statement that is reported locks all rows at once, and others leave some."""

    rule = "batched-backfill"
    seen = 0

    def looks(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        claimed = [found for found in self.migrations.backfills() if self.is_at(found.change.location, places)]
        self.seen += len(claimed)
        for found in claimed:
            for _ in range(3):
                number = f"(SELECT coalesce(max(id), 0) + 1 FROM {found.table})"
                connection.execute(f"INSERT INTO {found.table} (id) VALUES ({number})")
        if not claimed:
            return run()
        connection.execute("BEGIN")
        value = run()
        with self.server.connect() as other:
            for found in claimed:
                left = other.execute(f"SELECT 1 FROM {found.table} FOR UPDATE SKIP LOCKED").fetchall()
                if left:
                    self.wrong.append(f"{len(left)} rows of {found.table} are not locked by {sql}")
        connection.execute("COMMIT")
        return value

    def finishes(self) -> None:
        elsewhere = self.run.notes.get("elsewhere", "").split()
        if self.seen != len([one for one in self.run.case.expected if one.path not in elsewhere]):
            self.wrong.append(f"{self.seen} statements lock all rows")


class _TablesLocked(_Watch):
    """Where a crowd is reported, its tables are locked at once."""

    rule = "few-tables-locked"

    def __init__(self, run: Run, server: Server, database: Connection) -> None:
        super().__init__(run, server, database)
        options = run.case.options
        most, small = options.get("most", 1), options.get("small-tables", ())
        assert isinstance(most, int)
        assert isinstance(small, list | tuple)
        self.waiting = list(self.migrations.crowds(most, tuple(small)))

    def looks(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        if any(self.is_at(found.first.location, places) for found in self.waiting):
            connection.execute("BEGIN")
        value = None if sql.lower().startswith(("begin", "commit")) else run()
        for found in [found for found in self.waiting if self.is_at(found.change.location, places)]:
            self.waiting.remove(found)
            locked = connection.execute(
                "SELECT DISTINCT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND granted"
                " AND mode = ANY (%s)",
                (list(_STRONG),),
            ).fetchall()
            missing = {table.removeprefix("public.") for table in found.tables} - {name for (name,) in locked}
            if missing:
                self.wrong.append(f"{missing} are not locked together with {locked} after {sql}")
            connection.execute("COMMIT")
        return value

    def finishes(self) -> None:
        self.wrong += [f"never ran: {found.change.operation}" for found in self.waiting]


class _Gaps(_Watch):
    """Between the drop and the new index a search reads the whole table; where nothing is reported, it never does."""

    rule = "replacement-index-first"

    def __init__(self, run: Run, server: Server, database: Connection) -> None:
        super().__init__(run, server, database)
        self.open: list[tuple[str, str, Change]] = []
        self.seen = 0

    def looks(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:  # noqa: ARG002
        gaps = list(self.migrations.gaps())
        dropped = [found for found in gaps if self.is_at(found.change.location, places)]
        for found in dropped:
            if self.reads_all(found.table, found.columns[0]):
                self.wrong.append(f"no index on {found.columns[0]} of {found.table} even before {sql}")
        value = run()
        self.open += [(found.table, found.columns[0], found.later) for found in dropped]
        self.seen += len(dropped)
        built = [one for one in self.open if self.is_at(one[2].location, places)]
        self.open = [one for one in self.open if one not in built]
        self.wrong += [f"{column} of {table} is searched as before" for table, column, _ in self.open
                       if not self.reads_all(table, column)]  # fmt: skip
        self.wrong += [f"{sql} makes no index" for table, column, _ in built if self.reads_all(table, column)]
        return value

    def finishes(self) -> None:
        if self.seen != len(self.run.case.expected):
            self.wrong.append(f"{self.seen} gaps seen")

    def reads_all(self, table: str, column: str) -> bool:
        return _reads_all(self.database, table, (column,))


class _Keys(_Watch):
    """The keys that are reported are those for which a DELETE of what they point to reads the whole table."""

    rule = "foreign-key-indexed"
    old: frozenset[tuple[str, tuple[str, ...]]] | None = None
    """Those that were there before the first migration that is judged."""

    def starts(self, steps: frozenset[Step]) -> None:
        if self.old is None and any(step.judged for step in steps):
            self.old = frozenset(self.slow())

    def looks(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:  # noqa: ARG002
        return run()

    def finishes(self) -> None:
        claimed = {(key.table.name, tuple(key.columns)) for key in self.migrations.unindexed_keys()}
        shown = self.slow() - (self.old or frozenset())
        self.wrong += [f"claimed, and not so: {one}" for one in claimed - shown]
        if self.run.case.good and not claimed:
            self.wrong += [f"so, and not claimed: {one}" for one in shown]

    def slow(self) -> set[tuple[str, tuple[str, ...]]]:
        """The tables and columns of all keys that no index serves."""
        keys = self.database.execute(
            """SELECT conrelid::regclass::text, ARRAY(SELECT attname::text FROM pg_attribute
                      JOIN unnest(conkey) WITH ORDINALITY AS one (num, at) ON attnum = num
                      WHERE attrelid = conrelid ORDER BY at)
               FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"""
        ).fetchall()
        return {(table, tuple(names)) for table, names in keys if _reads_all(self.database, table, tuple(names))}


def _reads_all(database: Connection, table: str, columns: tuple[str, ...]) -> bool:
    """Whether a search for values of these columns has no index to go by: none that begins with one of them."""
    wanted = " AND ".join(f'"{name}" = ${at}' for at, name in enumerate(columns, 1))
    with database.transaction(force_rollback=True):
        database.execute("SET LOCAL enable_seqscan = off")
        while True:
            plan = database.execute(f"EXPLAIN (GENERIC_PLAN) SELECT 1 FROM ONLY {table} WHERE {wanted}").fetchall()
            used = re.findall(r"Index (?:Only )?Scan (?:using|on) (\S+)", "\n".join(line for (line,) in plan))
            leading = database.execute(
                "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]"
                " WHERE indexrelid = ANY (%s::regclass[])",
                (used,),
            ).fetchall()
            if not used or {name for (name,) in leading} & set(columns):
                return not used
            # an index that is read from end to end may cost less on an empty table than one that begins with the column
            database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY (%s::regclass[])", (used,))


WATCHES: tuple[type[_Watch], ...] = (_RowsLocked, _TablesLocked, _Gaps, _Keys)
RUNS = [
    (watch, run)
    for watch in WATCHES
    for run in runs(watch.rule)
    if run.server == "postgres" and (watch is not _Keys or all(path.endswith(".sql") for path in run.files))
]
"""Keys alone are looked for in SQL only: `test_server_tools` shows that other tools' migrations come to the same."""
MODELS = """\
from django.db import migrations, models

KEY = ("id", models.BigAutoField(primary_key=True))
operations = [migrations.CreateModel(name, [KEY]) for name in ("Customer", "Order", "Tag", "Letter")]
"""


def _id(value: object) -> str:
    return f"{value.rule}:{value.case.line}" if isinstance(value, Run) else ""


@pytest.mark.parametrize(("watch", "run"), RUNS, ids=_id)
def test_who_waits_is_as_claimed(
    watch: type[_Watch], run: Run, database: Connection, postgres: Server, tmp_path: Path
) -> None:
    if not any("0001" in path for path in run.files):
        run.notes.setdefault("before.py", MODELS)
    prove(run, lambda run: problems(watch, run, database, postgres, tmp_path))


def problems(watch: type[_Watch], run: Run, database: Connection, server: Server, folder: Path) -> list[str]:
    """Where the server and the rule differ. What a case takes for granted is put there: the server says what it is."""
    from migration_runs import Furniture
    from postgres_server import empty

    furniture = Furniture()
    for attempt in range(30):
        empty(database)
        furniture.put(database)
        seen = watch(run, server, database)
        try:
            execute(run, server, database, folder / str(attempt), seen)
        except Exception as error:
            database.execute("ROLLBACK")
            found = _of_the_server(error)
            if found is None or "refused" in run.notes or not furniture.answer(found, seen.last):
                return [f"{FAILS}{type(error).__name__}: {error}"]
            continue
        seen.finishes()
        return seen.wrong
    return [f"{FAILS}there is always something missing"]


def _of_the_server(error: BaseException | None) -> psycopg.Error | None:
    """The server's own error, however a tool wraps it."""
    while error is not None and not isinstance(error, psycopg.Error):
        error = getattr(error, "orig", None) or error.__cause__
    return error
