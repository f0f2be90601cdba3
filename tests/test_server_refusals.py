"""What `no-refused-statement` claims of PostgreSQL, seen on one: what is reported fails, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, Settings

psycopg = pytest.importorskip("psycopg")

if TYPE_CHECKING:
    from postgres_server import Connection

BEFORE = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE orders (id int, state state, note text, tags text[]);
CREATE TABLE letters (id int, state text);
INSERT INTO orders VALUES (1, 'new', 'x', '{}');
"""
NEW_LABEL = "ALTER TYPE state ADD VALUE 'sent';"
USES = (
    "UPDATE orders SET state = 'sent';",
    "UPDATE orders SET note = 'x' WHERE state = 'sent';",
    "DELETE FROM orders WHERE state IN ('new', 'sent');",
    "ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'sent';",
    "ALTER TABLE orders ADD COLUMN before state DEFAULT 'sent';",
    "CREATE TABLE archive (state state DEFAULT 'sent');",
    "UPDATE letters SET state = 'sent';",
    "INSERT INTO orders (id, state) VALUES (2, 'new'), (3, 'sent');",
    "INSERT INTO orders (note, state) VALUES ('sent', 'new');",
    "INSERT INTO letters (id, state) VALUES (3, 'sent');",
    "UPDATE orders SET note = 'sent' WHERE state = 'paid';",
    "UPDATE orders SET note = 'x' WHERE state::text = 'sent';",
    "ALTER TABLE letters ALTER COLUMN state SET DEFAULT 'sent';",
)
STATEMENTS = (
    *(NEW_LABEL + use for use in USES),
    "ALTER TYPE state ADD VALUE IF NOT EXISTS 'paid'; UPDATE orders SET state = 'paid';",
    "CREATE TYPE other AS ENUM ('a'); ALTER TYPE other ADD VALUE 'b'; CREATE TABLE t (c other DEFAULT 'b');",
    "UPDATE orders SET note = 'a', id = 2, note = 'b';",
    "UPDATE orders SET tags[1] = 'a', tags[2] = 'b';",
    "INSERT INTO letters (id, state, id) VALUES (1, 'a', 2);",
    "ALTER TABLE letters ADD COLUMN size int DEFAULT 0, ALTER COLUMN size DROP DEFAULT;",
    "ALTER TABLE letters ADD COLUMN size int DEFAULT 0, ALTER COLUMN size SET NOT NULL;",
    "ALTER TABLE letters ADD COLUMN size int, ALTER COLUMN size SET DEFAULT 0;",
)


def claims(migration: str) -> bool:
    files = {"supabase/migrations/20240101000000_a.sql": BEFORE, "supabase/migrations/20240102000000_b.sql": migration}
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    project = Project(facts, Settings(migrations=MigrationSettings(judge_all=True)), lambda path: files[path].encode())
    return any(project.migrations.refusals())


def fails(database: Connection, migration: str) -> bool:
    database.execute(BEFORE)
    try:
        with database.transaction():
            for statement in migration.split(";"):
                database.execute(statement)  # type: ignore[arg-type]
    except psycopg.Error:
        return True
    return False


@pytest.mark.parametrize("migration", STATEMENTS)
def test_what_is_reported_is_refused_and_nothing_else_is(migration: str, database: Connection) -> None:
    assert claims(migration) == fails(database, migration)
