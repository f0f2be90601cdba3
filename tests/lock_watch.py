"""What a statement does on a server to the tables that were there before: the locks it takes, and what it does under
them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import psycopg
from spec_runs import Place

from bylaw.project.migrations.step import Step

if TYPE_CHECKING:
    from postgres_server import Connection, Server

_STRONG = {
    "AccessExclusiveLock": "reads", "ExclusiveLock": "writes", "ShareRowExclusiveLock": "writes", "ShareLock": "writes",
}  # fmt: skip
_OUTSIDE = ("concurrently", "vacuum", "cluster")


_PARTITIONS = "SELECT inhrelid::int8, inhparent::int8 FROM pg_inherits"


@dataclass(frozen=True)
class Seen:
    """One statement and one table. `modes` are all locks on it; `blocks` is what the strongest keeps waiting."""

    places: tuple[Place, ...]
    sql: str
    table: str
    modes: frozenset[str]
    rewritten: bool
    scanned: bool
    indexed: bool

    @property
    def blocks(self) -> Literal["", "writes", "reads"]:
        kinds = {_STRONG.get(mode) for mode in self.modes}
        return "reads" if "reads" in kinds else "writes" if "writes" in kinds else ""

    @property
    def works(self) -> bool:
        """Whether others wait for as long as the table is big."""
        return bool(self.blocks) and (self.rewritten or self.scanned or self.indexed)


class Locks:
    """Watches a run; `seen` is what it found."""

    def __init__(self, server: Server, database: Connection) -> None:
        self.seen: list[Seen] = []
        self._server = server
        self._database = database
        self._tables: dict[int, str] = {}
        self._views: dict[int, str] = {}

    def starts(self, steps: frozenset[Step]) -> None:  # noqa: ARG002
        self._tables = tables(self._database)
        self._views = tables(self._database, "m")

    def ends(self) -> None:
        pass

    def runs(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        files = {table: _files(self._database, table) for table in self._tables}
        words = sql.lower().split(None, 3)
        if words and (words[0] in _OUTSIDE or "concurrently" in sql.lower()):
            value, modes = self._beside(connection, run)
            scanned: set[int] = set()
        else:
            value, modes, scanned = _inside(connection, run, self._tables)
        for table, name in self._tables.items():
            before, after = files[table], _files(self._database, table)
            held = frozenset(modes.get(table, ()))
            if table in self._views:  # nobody writes there
                held = frozenset(mode for mode in held if _STRONG.get(mode) == "reads")
            if held:
                self.seen.append(
                    Seen(
                        places, sql, name, held, bool(after) and before[0] != after[0],
                        table in scanned, bool(after) and not after[1] <= before[1],
                    )
                )  # fmt: skip
        return value

    def _beside(self, connection: Connection, run: Callable[[], object]) -> tuple[object, dict[int, set[str]]]:
        """For what runs in no transaction. Somebody else writes to the tables meanwhile, so that it must wait."""
        modes: dict[int, set[str]] = {}
        found: list[object] = []
        thread = threading.Thread(target=lambda: found.append(run()))
        pid = connection.info.backend_pid
        with self._server.connect() as writer, self._server.connect() as other:
            writer.execute("BEGIN")
            for name in tables(other, "rp").values():
                writer.execute(f"LOCK TABLE {name} IN ROW EXCLUSIVE MODE")
            thread.start()
            for _ in range(500):
                _add(modes, locks(other, pid))
                if not thread.is_alive() or _waits(other, pid):
                    break
                time.sleep(0.005)
            _add(modes, locks(other, pid))
            writer.execute("COMMIT")
        thread.join(30)
        assert found, "it failed, or waits for ever"
        return found[0], {table: held for table, held in modes.items() if table in self._tables}


def _add(modes: dict[int, set[str]], more: dict[int, set[str]]) -> None:
    for table, held in more.items():
        modes.setdefault(table, set()).update(held)


def _waits(database: Connection, pid: int) -> bool:
    row = database.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    return row is not None and row[0] == "Lock"


def _inside(
    connection: Connection, run: Callable[[], object], known: dict[int, str]
) -> tuple[object, dict[int, set[str]], set[int]]:
    """Runs it in a transaction of its own, unless there is one."""
    own = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    if own:
        connection.execute("BEGIN")
    before = _scans(connection)
    value = run()
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
        return value, {}, set()
    after = _scans(connection)
    modes = locks(connection, connection.info.backend_pid)
    if own:
        connection.execute("COMMIT")
    scanned = {table for table, count in after.items() if count > before.get(table, 0)}
    scanned |= {parent for child, parent in connection.execute(_PARTITIONS).fetchall() if child in scanned}
    return value, {table: held for table, held in modes.items() if table in known}, scanned


def tables(database: Connection, kinds: str = "rpm") -> dict[int, str]:
    """What others may read: tables, and materialized views (`m`)."""
    return dict(
        database.execute(
            """SELECT c.oid::int8, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind = ANY(%s) AND n.nspname !~ '^pg_|^information_schema$'
               AND c.relname NOT IN ('alembic_version', 'django_migrations')""",
            (list(kinds),),
        ).fetchall()
    )


def locks(database: Connection, pid: int) -> dict[int, set[str]]:
    """The locks on tables that a process holds or waits for."""
    found: dict[int, set[str]] = {}
    for table, mode in database.execute(
        "SELECT relation::int8, mode FROM pg_locks WHERE pid = %s AND locktype = 'relation'", (pid,)
    ).fetchall():
        found.setdefault(table, set()).add(mode)
    return found


def _scans(database: Connection) -> dict[int, int]:
    """How often the transaction has read each table from its beginning."""
    return dict(database.execute("SELECT relid::int8, coalesce(seq_scan, 0) FROM pg_stat_xact_user_tables").fetchall())


def _files(database: Connection, table: int) -> tuple[object, frozenset[object]]:
    """The file of a table, and those of its indexes and of its partitions' indexes."""
    row = database.execute("SELECT relfilenode::int8 FROM pg_class WHERE oid = %s", (table,)).fetchone()
    indexes = database.execute(
        """SELECT relfilenode::int8 FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relfilenode <> 0
           AND (indrelid = %(table)s OR indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s))""",
        {"table": table},
    ).fetchall()
    return (row[0], frozenset(index for (index,) in indexes)) if row is not None else ()  # type: ignore[return-value]
