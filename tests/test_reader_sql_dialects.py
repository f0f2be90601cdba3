"""Which dialect an SQL file turns out to be written in, by what it says itself."""

from __future__ import annotations

import pytest

from bylaw.readers.sql import read

_TABLE = "CREATE TABLE bonds (id char(36) PRIMARY KEY, kind varchar(4) NOT NULL);\n"
_SAID = {
    "CREATE TABLE t (id bigserial PRIMARY KEY);": "postgres",
    "CREATE TABLE t (id serial, a text);": "postgres",
    'CREATE TABLE t ("id" SERIAL NOT NULL);': "postgres",
    "CREATE TABLE t (a text DEFAULT 'x'::text);": "postgres",
    "DO $$ BEGIN NULL; END $$;": "postgres",
    f"-- State serialization: requested, locked\n{_TABLE}": "",
    f"/* counts how many Action::AddInvoice were sent */ {_TABLE}": "",
    f"-- costs $$ and is jsonb elsewhere\n{_TABLE}": "",
    "CREATE TABLE t (id int, serial_number text);": "",
    "CREATE TABLE t (id int, serial text NOT NULL);": "",
    "CREATE UNIQUE INDEX i ON t (id, serial);": "",
    "INSERT INTO t (a) VALUES ('Kind::Serial'), ('not valid');": "",
    f"-- on SQLite an integer primary key counts by itself\n{_TABLE}": "",
    "CREATE TABLE t (a UNSIGNED LONG INT NOT NULL);": "sqlite",
    "SELECT CAST(a AS UNSIGNED INTEGER) FROM `t`;": "mysql",
    "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW BEGIN UPDATE t SET a = 1; END;": "",
    "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN OLD.a > 1 BEGIN UPDATE t SET a = 1; END;": "sqlite",
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no'); END;": "sqlite",
    "ALTER TABLE t ADD COLUMN 'a' text;": "sqlite",
    "CREATE TABLE t (id integer primary key, a text DEFAULT (datetime('now')));": "sqlite",
}


@pytest.mark.parametrize("text", _SAID)
def test_a_dialect_is_known_by_the_code_alone(text: str) -> None:
    (migration,) = read("migrations/0001_init.sql", text.encode()).migrations
    assert migration.dialect == _SAID[text]


_ELSEWHERE = {
    ("h2", "ALTER TABLE t ALTER COLUMN a RENAME TO b;"): "rename-column",
    ("h2", "ALTER TABLE t ALTER COLUMN a SET NULL;"): "alter-column",
    ("h2", "ALTER TABLE t ALTER COLUMN id RESTART WITH 5;"): "other",
    ("h2", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (id) NOCHECK;"): "add-constraint",
    ("hsqldb", "CREATE TABLE t (id Serial NOT NULL, key Text NOT NULL);"): "create-table",
    ("pgsql_cluster", "ALTER TABLE t ALTER COLUMN a SET NOT NULL;"): "alter-column",
}


@pytest.mark.parametrize(("folder", "text"), _ELSEWHERE)
def test_other_servers_are_read_in_their_words(folder: str, text: str) -> None:
    (migration,) = read(f"src/main/resources/db/migration/{folder}/V1__x.sql", text.encode()).migrations
    (operation,) = migration.operations
    assert type(operation).__struct_config__.tag == _ELSEWHERE[folder, text]
    assert migration.dialect == {"pgsql_cluster": "postgres"}.get(folder, folder)


def test_a_comment_of_flyways_marks_no_half_of_a_file() -> None:
    text = "-- Down migration: the old tables go\nDROP TABLE old_orders;\n"
    (migration,) = read("src/main/resources/db/migration/V7__drop.sql", text.encode()).migrations
    assert [type(operation).__struct_config__.tag for operation in migration.operations] == ["drop-table"]
    assert migration.layout == "flyway"
