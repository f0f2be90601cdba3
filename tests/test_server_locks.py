"""What the locking rules claim of a server, seen on one: rewrites by the table's file, locks by `pg_locks`."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import psycopg
import pytest

from bylaw.project.migrations.locking.rewrites import rewritten_default, rewritten_type

if TYPE_CHECKING:
    from postgres_server import Connection, Server

TYPES = (
    "varchar", "varchar(10)", "varchar(20)", "text", "char(5)", "char(10)", "integer", "bigint", "smallint", "real",
    "double precision", "numeric", "numeric(8, 2)", "numeric(12, 2)", "numeric(8, 4)", "timestamp", "timestamp(3)",
    "timestamp with time zone", "timestamp(3) with time zone", "date", "time", "time(3)", "interval", "boolean", "uuid",
    "json", "jsonb", "inet", "cidr", "xml", "integer[]", "bigint[]",
)  # fmt: skip
DEFAULTS = (
    "-1", "'x'", "now()", "CURRENT_TIMESTAMP", "lower('X')", "'random()'", "gen_random_uuid()::text", "random()::text",
    "clock_timestamp()::text", "md5(random()::text)", "nextval('numbers')::text",
)  # fmt: skip
LOCKS = {
    "CREATE INDEX ON orders (total)": {"ShareLock"},
    "REINDEX TABLE orders": {"ShareLock"},
    "ALTER TABLE orders ADD CHECK (total > 0)": {"AccessExclusiveLock"},
    "ALTER TABLE orders ADD UNIQUE (total)": {"AccessExclusiveLock"},
    "ALTER TABLE orders ALTER total SET NOT NULL": {"AccessExclusiveLock"},
    "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers": {"ShareRowExclusiveLock"},
    "ALTER TABLE orders ADD COLUMN note text": {"AccessExclusiveLock"},
    "ALTER TABLE orders VALIDATE CONSTRAINT total_positive": {"ShareUpdateExclusiveLock"},
}
BLOCKING = {"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock", "ShareUpdateExclusiveLock"}


def _file(database: Connection) -> object:
    row = database.execute("SELECT relfilenode FROM pg_class WHERE relname = 'things'").fetchone()
    assert row is not None
    return row[0]


def _made(database: Connection, column: str) -> object:
    database.execute("DROP TABLE IF EXISTS things")
    database.execute(f"CREATE TABLE things ({column})")
    return _file(database)


def _retypes(database: Connection, new: str) -> bool:
    for using in ("", f" USING c::{new}"):
        try:
            database.execute(f"ALTER TABLE things ALTER c TYPE {new}{using}")
        except psycopg.Error:
            continue
        return True
    return False


def test_a_change_of_type_rewrites_the_table_when_the_rule_says_so_and_only_then(database: Connection) -> None:
    database.execute("SET TimeZone = 'America/New_York'")  # in UTC timestamp and timestamptz are one
    compared, wrong = 0, []
    for old, new in permutations(TYPES, 2):
        before = _made(database, f"c {old}")
        if _retypes(database, new):
            compared += 1
            if (_file(database) != before) != rewritten_type(old, new, "", "c"):
                wrong.append((old, new))
    assert not wrong
    assert compared > 300


@pytest.mark.parametrize("default", DEFAULTS)
def test_a_default_rewrites_the_table_when_the_rule_says_so_and_only_then(default: str, database: Connection) -> None:
    database.execute("CREATE SEQUENCE numbers")
    before = _made(database, "c integer")
    database.execute(f"ALTER TABLE things ADD COLUMN d text DEFAULT {default}")
    assert (_file(database) != before) == bool(rewritten_default(default))


@pytest.mark.parametrize("statement", LOCKS)
def test_a_statement_takes_the_lock_that_is_claimed(statement: str, database: Connection) -> None:
    database.execute("CREATE TABLE customers (id integer PRIMARY KEY)")
    database.execute("CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, total integer)")
    database.execute("ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID")
    database.execute("BEGIN")
    database.execute(statement)
    held = database.execute(
        "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'orders'::regclass"
    ).fetchall()
    database.execute("ROLLBACK")
    taken = {str(mode) for (mode,) in held} & BLOCKING
    assert LOCKS[statement] <= taken
    assert "AccessExclusiveLock" in LOCKS[statement] or "AccessExclusiveLock" not in taken


CONCURRENT = (
    "CREATE INDEX CONCURRENTLY made ON orders (total)", "REINDEX TABLE CONCURRENTLY orders",
    "DROP INDEX CONCURRENTLY by_total",
)  # fmt: skip


@pytest.mark.parametrize("statement", [*CONCURRENT, "VACUUM FULL orders"])
def test_another_session_sees_which_lock_is_taken_outside_a_transaction(
    statement: str, postgres: Server, database: Connection
) -> None:
    from lock_watch import Locks
    from spec_runs import Place

    database.execute("CREATE TABLE orders (id integer PRIMARY KEY, total integer)")
    database.execute("CREATE INDEX by_total ON orders (total)")
    watch = Locks(postgres, database)
    watch.starts(frozenset())
    watch.runs((Place("", 1, 1),), statement, database, lambda: database.execute(statement))
    (seen,) = watch.seen
    assert seen.blocks == ("" if statement in CONCURRENT else "reads")
    assert ("ShareUpdateExclusiveLock" if statement in CONCURRENT else "AccessExclusiveLock") in seen.modes
