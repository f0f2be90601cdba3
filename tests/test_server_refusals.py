"""What `no-refused-statement` claims of PostgreSQL, seen on one: what is reported fails, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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


NEEDED: Final = """
CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, name varchar(10), a int, b int, kind text);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int REFERENCES customers, mail text REFERENCES customers(email), total int,
    twice int GENERATED ALWAYS AS (total * 2) STORED
);
CREATE VIEW v AS SELECT c.id, name FROM customers c WHERE kind = 'x' ORDER BY c.b;
CREATE VIEW of_v AS SELECT id FROM v;
CREATE VIEW starred AS SELECT * FROM orders;
CREATE MATERIALIZED VIEW kept AS SELECT o.total FROM orders o;
CREATE TABLE parts (a int, b int, c int, d int, e int, own int, at date);
CREATE FUNCTION wake() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER woken BEFORE UPDATE OF a ON parts FOR EACH ROW WHEN (OLD.b <> NEW.b) EXECUTE FUNCTION wake();
CREATE POLICY seen ON parts USING (c = 1) WITH CHECK (d = 1);
CREATE TABLE others (x int);
CREATE POLICY seen ON others USING (EXISTS (SELECT 1 FROM parts p WHERE p.e = x));
CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (a + 1) STORED, c int GENERATED ALWAYS AS (a + 2) STORED);
CREATE TABLE targets (id int PRIMARY KEY); CREATE TABLE sources (x int REFERENCES targets);
CREATE TABLE late (id int, a int); CREATE VIEW of_late AS SELECT * FROM late; ALTER TABLE late ADD COLUMN b int;
CREATE VIEW grouped AS WITH one AS (SELECT own AS renamed FROM parts) SELECT count(*) FROM one GROUP BY renamed;
CREATE VIEW odd AS SELECT 1 AS at FROM parts;
"""
DROPS: Final = """
DROP TABLE customers
DROP TABLE orders
DROP TABLE IF EXISTS orders
DROP TABLE parts
DROP TABLE others
DROP TABLE computed
DROP TABLE targets, sources
DROP TABLE sources, targets
DROP TABLE targets
DROP TABLE sources; DROP TABLE targets
DROP VIEW v
DROP VIEW v, of_v
DROP VIEW of_v; DROP VIEW v
DROP VIEW of_v; DROP VIEW v; ALTER TABLE customers DROP COLUMN kind
DROP VIEW of_v; ALTER TABLE customers DROP COLUMN kind
DROP MATERIALIZED VIEW kept
ALTER TABLE customers DROP COLUMN id
ALTER TABLE customers DROP COLUMN email
ALTER TABLE customers DROP COLUMN name
ALTER TABLE customers DROP COLUMN IF EXISTS name
ALTER TABLE customers DROP COLUMN a
ALTER TABLE customers DROP COLUMN b
ALTER TABLE customers DROP COLUMN kind
ALTER TABLE customers DROP COLUMN kind CASCADE
ALTER TABLE customers ALTER COLUMN name TYPE varchar(20)
ALTER TABLE customers ALTER COLUMN name TYPE varchar(10)
ALTER TABLE customers ALTER COLUMN a TYPE bigint
ALTER TABLE customers ALTER COLUMN email TYPE varchar(200)
ALTER TABLE customers ALTER COLUMN name SET NOT NULL
ALTER TABLE customers RENAME COLUMN name TO title
ALTER TABLE orders DROP COLUMN total
ALTER TABLE orders DROP COLUMN twice
ALTER TABLE computed DROP COLUMN a
ALTER TABLE computed DROP COLUMN a, DROP COLUMN b, DROP COLUMN c
ALTER TABLE computed DROP COLUMN b, DROP COLUMN c, DROP COLUMN a
ALTER TABLE computed ALTER COLUMN a TYPE bigint
ALTER TABLE computed ALTER COLUMN b DROP EXPRESSION, ALTER COLUMN c DROP EXPRESSION; ALTER TABLE computed DROP COLUMN a
ALTER TABLE computed RENAME COLUMN a TO z; ALTER TABLE computed DROP COLUMN z
ALTER TABLE parts DROP COLUMN a
ALTER TABLE parts DROP COLUMN b
ALTER TABLE parts DROP COLUMN c
ALTER TABLE parts DROP COLUMN d
ALTER TABLE parts DROP COLUMN e
ALTER TABLE parts DROP COLUMN own
ALTER TABLE parts DROP COLUMN at
ALTER TABLE parts ALTER COLUMN a TYPE bigint
ALTER TABLE parts ALTER COLUMN b TYPE bigint
ALTER TABLE parts ALTER COLUMN c TYPE bigint
ALTER TABLE parts ALTER COLUMN at TYPE text
DROP TRIGGER woken ON parts; ALTER TABLE parts DROP COLUMN a
DROP POLICY seen ON parts; ALTER TABLE parts DROP COLUMN c
DROP POLICY seen ON others; ALTER TABLE parts DROP COLUMN c
ALTER TABLE late DROP COLUMN a
ALTER TABLE late DROP COLUMN b
ALTER TABLE orders DROP CONSTRAINT orders_mail_fkey; ALTER TABLE customers DROP COLUMN email
ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey; ALTER TABLE customers DROP COLUMN email
DROP VIEW starred; DROP MATERIALIZED VIEW kept; DROP TABLE orders
DROP VIEW odd; CREATE VIEW odd AS SELECT parts.at FROM others, parts; ALTER TABLE parts DROP COLUMN at
"""


def claims(migration: str, before: str = BEFORE) -> bool:
    files = {"supabase/migrations/20240101000000_a.sql": before, "supabase/migrations/20240102000000_b.sql": migration}
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    project = Project(facts, Settings(migrations=MigrationSettings(judge_all=True)), lambda path: files[path].encode())
    return any(project.migrations.refusals())


def fails(database: Connection, migration: str, before: str = BEFORE) -> bool:
    database.execute(before)  # type: ignore[arg-type]
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


SILENT: Final = {
    # A drop of another constraint of the table, in the same file: it might have been this one under another name.
    "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey; ALTER TABLE customers DROP COLUMN email",
}
"""What the server refuses and nobody says."""


@pytest.mark.parametrize("migration", DROPS.strip().splitlines())
def test_what_something_needs_is_dropped_by_nobody(migration: str, database: Connection) -> None:
    expected = fails(database, migration, NEEDED) and migration not in SILENT
    assert claims(migration, NEEDED) == expected
