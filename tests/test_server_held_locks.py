"""Every case of `no-lock-held-over-work` on a server: the lock is there when the long work begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from spec_execution import execute
from spec_runs import FAILS, Place, Run, prove, runs

from bylaw.project.migrations.locking.held import Held
from bylaw.project.migrations.step import Step
from bylaw.source import Location, SourceText

if TYPE_CHECKING:
    from postgres_server import Connection, Server

TABLES = """\
CREATE TABLE customers (id int PRIMARY KEY);
CREATE TABLE users (id int, name text, kind text, state text);
CREATE TABLE orders (id int, customer_id int, note text);
CREATE TABLE sessions (id int);
CREATE TABLE countries (name text);
"""
"""What the cases take for granted."""
RUNS = [run for run in runs("no-lock-held-over-work") if run.server == "postgres"]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.case.line}: {run.case.title[:50]}")
def test_the_lock_is_held_when_the_work_begins(
    run: Run, database: Connection, postgres: Server, tmp_path: Path
) -> None:
    prove(run, lambda run: problems(run, postgres, database, tmp_path))


def problems(run: Run, server: Server, database: Connection, folder: Path) -> list[str]:
    if not any("0001" in path or "a1_" in path for path in run.files):
        run.notes.setdefault("before.sql", TABLES)
    claims = [held for held in run.project().migrations.held() if held.kind != "code"]
    watch = Begun(run, claims)
    try:
        execute(run, server, database, folder, watch)
    except Exception as error:
        return [f"{FAILS}{type(error).__name__}: {error}"]
    finally:
        database.execute("ROLLBACK")
    return [*watch.wrong, *(f"never ran: {held.work.operation}" for held in watch.waiting)]


class Begun:
    """Begins a transaction where a claimed lock is taken, and looks for the lock where the claimed work begins."""

    def __init__(self, run: Run, claims: list[Held]) -> None:
        self.waiting = claims
        self.wrong: list[str] = []
        self._run = run
        self._open: list[Connection] = []

    def starts(self, steps: frozenset[Step]) -> None:
        pass

    def runs(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        here = [held for held in self.waiting if self._is_at(held.work.location, places)]
        for held in here:
            if not _is_held(connection, held.lock.table, held.lock.blocks):
                self.wrong.append(f"no lock of {held.lock.table} that blocks {held.lock.blocks} before {sql}")
        self.waiting = [held for held in self.waiting if held not in here]
        if any(self._is_at(held.by.location, places) for held in self.waiting):
            connection.execute("BEGIN")
            self._open.append(connection)
        words = sql.lower().split()
        return None if words[:1] in (["begin"], ["commit"]) else run()

    def _is_at(self, location: Location, places: tuple[Place, ...]) -> bool:
        text = SourceText(location.path, self._run.files[location.path].encode())
        line = text.position(location.span.start).line
        return any(place.holds(location.path, line) for place in places)

    def ends(self) -> None:
        for connection in self._open:
            if not connection.closed:
                connection.execute("COMMIT")
        self._open = []


def _is_held(connection: Connection, table: str, blocks: str) -> bool:
    """Whether another session that reads, or writes, would wait."""
    wanted = ("AccessExclusiveLock",) if blocks == "reads" else (
        "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
    )  # fmt: skip
    row = connection.execute(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = to_regclass(%s) AND granted"
        " AND mode = ANY (%s)",
        (table, list(wanted)),
    ).fetchone()
    return row is not None and row[0] > 0
