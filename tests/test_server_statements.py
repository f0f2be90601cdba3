"""For every kind of statement: what the reader says of it is what changes on a server, and nothing else does.

A catalogue knows all but rows, transactions and settings; those are looked for where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from bylaw.facts import migrations as ops
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

if TYPE_CHECKING:
    from postgres_server import Connection, Server
    from server_catalogue import Catalogue, Change

SERVER = Path(__file__).parents[1] / "fixtures" / "server"
_, *SCRIPTS = (SERVER / "statements.sql").read_text("utf-8").strip().split("\n\n")
Rows = dict[str, tuple[int, str]]
"""Of each table, how many there are, and a sum over them."""


class Observed(msgspec.Struct):
    """What a statement did."""

    sql: str
    before: Catalogue
    after: Catalogue
    changes: list[Change]
    rows: tuple[Rows, Rows]
    in_transaction: bool
    settings: dict[str, str]


def observe(script: str, database: Connection) -> Iterator[Observed]:
    from server_catalogue import catalogue, changes

    before, rows = catalogue(database), _rows(database)
    for sql in script.splitlines():
        database.execute(sql)
        after, now = catalogue(database), _rows(database)
        names = [one.name for one in operations(sql, "postgres", Span) if isinstance(one, ops.Setting)]
        settings = {name: _setting(database, name) for name in names if name != "all"}
        inside = database.info.transaction_status.name == "INTRANS"
        yield Observed(sql, before, after, changes(before, after), (rows, now), inside, settings)
        before, rows = after, now


def _setting(database: Connection, name: str) -> str:
    row = database.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""


def _rows(database: Connection) -> Rows:
    tables = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
    found: Rows = {}
    for (name,) in database.execute(tables).fetchall():
        all_of_them = f"SELECT count(*), coalesce(string_agg(t::text, ',' ORDER BY t::text), '') FROM {name} t"  # noqa: S608
        ((number, text),) = database.execute(all_of_them).fetchall()
        found[name] = (number, text)
    return found


def type_text(database: Connection) -> Callable[[str], str]:
    """How the server spells a type."""

    @cache
    def spelled(kind: str) -> str:
        query = "SELECT format_type(to_regtype(%(kind)s), to_regtypemod(%(kind)s))"
        row = database.execute(query, {"kind": kind}).fetchone() if kind else None
        return str(row[0]) if row and row[0] else kind

    return spelled


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script[:30])
def test_what_is_claimed_is_what_changes_and_nothing_else_can_be_claimed(script: str, database: Connection) -> None:
    from claims_kept import differences

    spelled = type_text(database)
    for seen in observe(script, database):
        found = list(operations(seen.sql, "postgres", Span))
        assert not any(isinstance(one, ops.UnreadOperation) for one in found), seen.sql
        assert differences(found, seen.changes, seen.before, seen.after, spelled) == [], seen.sql
        assert list(_unnoticed(found, seen, spelled)) == []
        assert [wrong for one in found for wrong in _elsewhere(one, seen)] == [], seen.sql
        if not any(isinstance(one, ops.DataChange) for one in found):
            shared = seen.rows[0].keys() & seen.rows[1].keys()
            assert seen.sql.startswith("ROLL") or all(seen.rows[0][name] == seen.rows[1][name] for name in shared)


def _elsewhere(operation: ops.Operation, seen: Observed) -> Iterator[str]:
    """What does not hold of an operation that no catalogue shows."""
    before, after = seen.rows
    match operation:
        case ops.DataChange(kind=kind, table=table) if table in before:
            old, new = before[table], after[table]
            right = {
                "insert": new[0] > old[0], "copy": new[0] > old[0], "delete": new[0] < old[0], "truncate": new[0] == 0,
                "update": new != old and new[0] == old[0], "merge": new != old, "select": new == old,
            }  # fmt: skip
            if not right[kind]:
                yield f"{kind} of {table}: {old} → {new}"
        case ops.Transaction(kind=kind):
            chained = seen.sql.endswith("AND CHAIN")
            if seen.in_transaction != (kind in {"begin", "savepoint"} or chained):
                yield f"{kind}: in a transaction afterwards: {seen.in_transaction}"
        case ops.Setting(name=name, value=value) if value != "default" and name != "all":
            if seen.settings[name] != value:
                yield f"{name} is {seen.settings[name]}, not {value}"


_NO_TEXT = "the server makes it itself, out of other actions"
_PART = "it is a part of other statements"
UNPROVEN = {
    **{f"AlterTableCmd AT_{name}": _NO_TEXT for name in (
        "AddColumnToView", "AddIndex", "AddIndexConstraint", "CookedColumnDefault", "ReAddComment", "ReAddConstraint",
        "ReAddDomainConstraint", "ReAddIndex", "ReAddStatistics", "ReplaceRelOptions",
    )},
    "RawStmt": _PART, "SetOperationStmt": "the parser makes none: a UNION is a SelectStmt",
    "PLAssignStmt": "PL/pgSQL's own, inside of a body that the server alone parses",
    "ImportForeignSchemaStmt": "it needs a foreign server with a handler, whose library this server has not",
    "SecLabelStmt": "it needs a label provider, which would be a library of the server's",
}  # fmt: skip
"""Kinds of statements that no script has, and why."""


def test_every_kind_of_statement_is_in_a_script() -> None:
    pytest.importorskip("postgast.pg_query_pb2")
    from statement_kinds import kinds, known_kinds

    scripts = {kind for script in SCRIPTS for sql in script.splitlines() for kind in kinds(sql)}
    scripts |= {kind for sql in (FINALIZE, REINDEX_SYSTEM) for kind in kinds(sql)}
    assert sorted(known_kinds() - scripts) == sorted(UNPROVEN)


FINALIZE = "ALTER TABLE events DETACH PARTITION events_2020 FINALIZE"


def test_a_detach_that_was_cut_off_is_finished(database: Connection, postgres: Server) -> None:
    """Halfway stands who waits for others that look at the table, and is sent away."""
    import psycopg
    from claims_kept import differences

    database.execute("CREATE TABLE events (at date) PARTITION BY RANGE (at)")
    database.execute("CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')")
    with postgres.connect() as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM events")
        database.execute("SET statement_timeout = '500ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            database.execute("ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY")
        database.execute("RESET statement_timeout")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            database.execute("ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY")
        other.execute("ROLLBACK")
    (seen,) = observe(FINALIZE, database)
    found = list(operations(FINALIZE, "postgres", Span))
    assert seen.changes
    assert differences(found, seen.changes, seen.before, seen.after, type_text(database)) == []
    assert list(_unnoticed(found, seen, type_text(database))) == []


REINDEX_SYSTEM = "REINDEX SYSTEM postgres"


def test_a_rebuild_of_the_servers_own_indexes_touches_nothing_else(database: Connection) -> None:
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    own = "SELECT relfilenode FROM pg_class WHERE relname = 'pg_am_name_index'"
    before = database.execute(own).fetchone()
    (seen,) = observe(REINDEX_SYSTEM, database)
    assert before != database.execute(own).fetchone()
    assert not seen.changes
    assert seen.rows[0] == seen.rows[1]
    (found,) = operations(REINDEX_SYSTEM, "postgres", Span)
    assert isinstance(found, ops.OtherStatement)
    assert (found.kind, found.table) == ("reindex", "")


_NAMING = ("table", "name", "column", "new_name", "value", "new_value", "schema", "type", "comment")


def _unnoticed(found: list[ops.Operation], seen: Observed, spelled: Callable[[str], str]) -> Iterator[str]:
    """What a reader could say instead, and nobody would see it: a name that is another, an operation too few."""
    from claims_kept import differences
    from claims_of_operations import claims

    for at, one in enumerate(found):
        if not claims(one, seen.before, spelled):
            continue
        for lie in (None, *_lies(one)):
            told = [*found[:at], *([lie] if lie is not None else []), *found[at + 1 :]]
            if not differences(told, seen.changes, seen.before, seen.after, spelled):
                yield f"{seen.sql}: {lie}"


def _lies(operation: ops.Operation) -> Iterator[ops.Operation]:
    about = isinstance(operation, ops.CreateObject | ops.DropObject | ops.RenameObject | ops.SetComment)
    for name in (*_NAMING, "kind") if about else _NAMING:
        value = getattr(operation, name, None)
        if isinstance(value, str) and value:
            lie = "date[]" if isinstance(operation, ops.AlterColumn) and name == "type" else f"{value}_x"
            yield msgspec.structs.replace(operation, **{name: lie})
