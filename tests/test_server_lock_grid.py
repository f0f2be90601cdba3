"""For every form of ALTER TABLE and its relatives: the locks and the work that are claimed are what a server shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from spec_runs import Place

from bylaw.project import Project
from bylaw.project.migrations.locking.locks import lock_of, works
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, Settings

if TYPE_CHECKING:
    from postgres_server import Connection, Server

_, SCHEMA, _REST = (Path(__file__).parents[1] / "fixtures" / "server" / "locks.sql").read_text("utf-8").split("\n\n")


@dataclass(frozen=True)
class Line:
    sql: str
    reason: str
    """Why the server does not show what is claimed."""


STATEMENTS = [Line(line.partition(" -- ")[0], line.partition(" -- ")[2]) for line in _REST.splitlines()]


@pytest.mark.parametrize("line", STATEMENTS, ids=lambda line: line.sql[:80])
def test_the_server_locks_and_works_as_claimed(line: Line, postgres: Server, database: Connection) -> None:
    database.execute("SET TimeZone = 'America/New_York'")
    found = difference(line, postgres, database)
    if line.reason:
        assert found, f"the server shows it now, although: {line.reason}"
        pytest.skip(line.reason)
    assert found == ""


def difference(line: Line, server: Server, database: Connection) -> str:
    """Where a claim and the server differ; '' where they do not."""
    import psycopg
    from lock_watch import Locks

    database.execute(SCHEMA)
    watch = Locks(server, database)
    watch.starts(frozenset())
    try:
        watch.runs((Place("", 1, 1),), line.sql, database, lambda: database.execute(line.sql))
    except psycopg.Error as error:
        database.execute("ROLLBACK")
        return f"it does not run: {error}"
    locks, work = claimed(line.sql)
    shown = {
        one.table: one.blocks for one in watch.seen if one.blocks and one.table in locks.keys() | {_table(line.sql)}
    }
    done = {
        (one.table, kind)
        for one in watch.seen
        for kind, happened in (("rewrite", one.rewritten), ("scan", one.scanned), ("index", one.indexed))
        if happened and one.blocks and one.table in {*locks, _table(line.sql)}
    }
    wrong = [f"locks: claimed {locks}, seen {shown}"] if locks != shown else []
    wrong += [f"claimed a {kind} of {table}" for table, kind in sorted(work - done)]
    needed = {table for table, _ in done if not any(table == known for known, _ in work)}
    wrong += [f"unclaimed work {sorted(done)}"] if needed - {"customers"} else []
    return "; ".join(wrong)


def claimed(sql: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """What the statement is said to block on each table, and what it is said to do to it for long."""
    files = {"db/migrations/0001_all.sql": SCHEMA.encode(), "db/migrations/0002_change.sql": f"{sql};\n".encode()}
    facts = {path: read_file(path, content) for path, content in files.items()}
    settings = Settings(migrations=MigrationSettings(judge_all=True, dialect="postgres", postgres_version=18))
    migrations = Project(facts, settings, files.__getitem__).migrations
    changes = [change for change in migrations.changes() if change.step.path.endswith("change.sql")]
    locks: dict[str, str] = {}
    for lock in [found for change in changes if (found := lock_of(change)) is not None]:
        locks[lock.table] = max(locks.get(lock.table, ""), lock.blocks, key=("", "writes", "reads").index)
    long = [work for work in works(changes, 18) if work.does in {"rewrite", "scan", "index"}]
    for work in long:
        locks[work.table] = max(locks.get(work.table, ""), work.blocks, key=("", "writes", "reads").index)
    return locks, {(work.table, work.does) for work in long if work.cause != "drop-index"}


def _table(sql: str) -> str:
    words = sql.replace("(", " ").rstrip(";").split()
    named = [word for word in words if word in {"orders", "customers", "days", "heir", "child", "scrap", "typed"}]
    return named[0] if named else ""
