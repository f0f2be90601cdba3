"""SQL statements and the operations they are, in every dialect that is read."""

from __future__ import annotations

import pytest
from sql_cases import Case, cases, shown

from bylaw.facts.migrations import (
    AddColumn,
    CreateTable,
    DropColumn,
    DropObject,
    DropTable,
    Marker,
    UnreadOperation,
)
from bylaw.readers.sql import read
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

_DIALECTS = {
    "postgres.sql": "postgres",
    "plpgsql.sql": "postgres",
    "mysql.sql": "mysql",
    "sqlite.sql": "sqlite",
    "tsql.sql": "tsql",
    "unknown.sql": "",
}


@pytest.mark.parametrize(
    "case",
    [case for name in _DIALECTS for case in cases(name)],
    ids=lambda case: f"{case.file}:{case.line}",
)
def test_statement(case: Case) -> None:
    assert shown(case.sql, _DIALECTS[case.file]) == case.expected


def test_places_count_characters_of_the_string() -> None:
    sql = 'COMMENT ON TABLE "größe" IS \'ü\';\nALTER TABLE "größe" ADD a int, DROP COLUMN b'
    found = operations(sql, "postgres", Span)
    assert [sql[one.span.start : one.span.end] for one in found[1:]] == ["ADD a int", "DROP COLUMN b"]


@pytest.mark.parametrize("sql", ["", "   \n", ";;;", "-- nothing\n", "/* nothing", "\ufeff"])
def test_nothing_is_no_operation(sql: str) -> None:
    assert all(isinstance(one, UnreadOperation) for one in operations(sql, "", Span))


@pytest.mark.parametrize(
    "bad",
    [
        "FROM SELECT", "ALTER TABLE (", "CREATE TABLE (a int,", "DROP", ") (",
        "CREATE TABEL c (d int)", "DROP TABEL c", "ALTER TABEL c ADD d int",
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_a_bad_statement_stays_alone(bad: str, dialect: str) -> None:
    first, middle, last = operations(f"DROP TABLE a; {bad}; DROP TABLE b;", dialect, Span)
    assert isinstance(first, DropTable)
    assert isinstance(middle, UnreadOperation)
    assert isinstance(last, DropTable)


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_a_table_is_new_though_its_columns_are_not_understood(dialect: str) -> None:
    made, unread = operations("CREATE TABLE IF NOT EXISTS shop.visits (id $%KEY%$, at int);", dialect, Span)
    assert isinstance(made, CreateTable)
    assert (made.table, made.columns, made.partial, made.if_not_exists) == ("shop.visits", (), True, True)
    assert isinstance(unread, UnreadOperation)


@pytest.mark.parametrize(
    "bad", ["CREATE TABLE $NAME (a $%x%$)", "CREATE TABLE a AS $%x%$", "ALTER TABLE a ADD (b $%x%$)"]
)
def test_no_table_is_made_up(bad: str) -> None:
    assert [type(one) for one in operations(bad, "postgres", Span)] == [UnreadOperation]


@pytest.mark.parametrize(
    "block",
    [
        "DO LANGUAGE 'plpgsql' $$ BEGIN DROP TABLE a; END $$",
        "DO LANGUAGE /* which */ plpgsql 'BEGIN DROP TABLE a; END'",
        "DO $$ BEGIN DROP TABLE a; END $$ LANGUAGE 'plpgsql'",
    ],
)
def test_the_name_of_the_language_is_not_the_block(block: str) -> None:
    assert [type(one) for one in operations(block, "postgres", Span)] == [DropTable]


def test_variables_of_psql_stand_for_names() -> None:
    sql = "GRANT USAGE ON SCHEMA a TO :visitor; ALTER TABLE t OWNER TO :\"owner\"; UPDATE t SET a = ':b' WHERE c = :d;"
    assert not any(isinstance(one, UnreadOperation) for one in operations(sql, "postgres", Span))


def test_binds_do_not_hide_a_statement() -> None:
    sql = "ALTER TABLE a DROP COLUMN b; UPDATE a SET c = :c, d = %s, e = %(e)s WHERE f LIKE 'x%%' AND g IN :g"
    kinds = [type(one).__name__ for one in operations(sql, "postgres", Span)]
    assert kinds == ["DropColumn", "DataChange"]


def test_data_behind_copy_is_no_sql() -> None:
    content = b"COPY t (a, b) FROM stdin;\n1\tDROP TABLE x;\n2\t'\n\\.\n\nALTER TABLE t ADD c int;\n"
    (migration,) = read("migrations/1_load.sql", content).migrations
    _, added = migration.operations
    assert isinstance(added, AddColumn)
    assert content[added.span.start : added.span.end] == b"ALTER TABLE t ADD c int"


def test_client_commands() -> None:
    content = b"\\set ON_ERROR_STOP on\n\\echo don't stop\nDROP TABLE a;\n\\i other.sql\n"
    (migration,) = read("migrations/1_x.sql", content).migrations
    assert [type(one).__name__ for one in migration.operations] == [
        "OtherStatement", "OtherStatement", "DropTable", "UnreadOperation",
    ]  # fmt: skip


def test_blocks_say_what_may_not_run() -> None:
    sql = b"""DO $$ BEGIN
        CREATE TYPE a AS ENUM ('x');
        IF true THEN ALTER TABLE t DROP COLUMN c; END IF;
    EXCEPTION WHEN duplicate_object THEN null;
    END $$;"""
    (migration,) = read("migrations/1_x.sql", sql).migrations
    dropped = next(one for one in migration.operations if isinstance(one, DropColumn))
    around = {block.kind for block in migration.blocks if block.span.contains(dropped.span)}
    assert around == {"conditional", "handled"}
    assert all(isinstance(block, Marker) for block in migration.blocks)


def test_statements_stand_around_their_operations() -> None:
    content = "ALTER TABLE é ADD a int, ADD b int;\n\nDROP TABLE x, y\n".encode()
    (migration,) = read("migrations/1_x.sql", content).migrations
    texts = [content[span.start : span.end].decode() for span in migration.statements]
    assert texts == ["ALTER TABLE é ADD a int, ADD b int", "DROP TABLE x, y"]
    inside = [sum(span.contains(one.span) for span in migration.statements) for one in migration.operations]
    assert inside == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("statement", "read_by_mysql"),
    [
        ("SET x = '--'; DROP TABLE a", 2),
        ("SET x = 'a\\'; DROP TABLE a; -- '", 1),
        ("SET x = 1; # DROP TABLE a", 1),
        ("SET x = 5--2; DROP TABLE a", 2),
        ("/*!40101 DROP TABLE a */; /* DROP TABLE b */", 1),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN DROP TABLE a; END//\nDELIMITER ;\nDROP TABLE b;", 2),
    ],
)
def test_mysql_strings_and_comments(statement: str, read_by_mysql: int) -> None:
    assert len(operations(statement, "mysql", Span)) == read_by_mysql


def test_a_word_that_only_postgres_reserves_is_a_name_elsewhere() -> None:
    sql = "CREATE TABLE a (b int REFERENCES user(id)); DROP TABLE user; FROM user; CREATE INDEX c ON user (d)"
    assert [type(one).__name__ for one in operations(sql, "", Span)] == [
        "CreateTable", "DropTable", "UnreadOperation", "CreateIndex",
    ]  # fmt: skip
    assert all(isinstance(one, UnreadOperation) for one in operations("DROP TABLE user", "postgres", Span))


def test_a_trigger_is_dropped_without_its_table_elsewhere() -> None:
    for sql in ("DROP TRIGGER IF EXISTS a", "DROP TABLE b; DROP TRIGGER a"):
        dropped = operations(sql, "", Span)[-1]
        assert isinstance(dropped, DropObject) and dropped.name == "a"
        assert isinstance(operations(sql, "postgres", Span)[-1], UnreadOperation)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("CREATE TABLE a (b text COLLATE NOCASE);", "sqlite"),
        ("UPDATE a SET b = datetime('now');", "sqlite"),
        ("UPDATE a SET b = datetime(c);", ""),
        ("CREATE TABLE a (b datetime(6));", "mysql"),
    ],
)
def test_a_text_that_postgres_understands_may_be_anothers(sql: str, dialect: str) -> None:
    (migration,) = read("migrations/1_x.sql", sql.encode()).migrations
    assert migration.dialect == dialect


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD COLUMN b int NOT NULL COMMENT 'how many';",
        "ALTER TABLE a ADD COLUMN b int COMMENT 'how many', ADD COLUMN c int;",
        "ALTER TABLE a COMMENT = 'all of them';",
        "ALTER TABLE a ADD COLUMN b int, LOCK=EXCLUSIVE;",
        "ALTER TABLE a ADD UNIQUE by_b (b);",
        "ALTER TABLE a DROP KEY by_b;",
        "ALTER TABLE a RENAME INDEX by_b TO by_c;",
        "ALTER TABLE a DROP CHECK positive;",
        "ALTER TABLE a PARTITION BY HASH(b) PARTITIONS 4;",
        "CREATE FULLTEXT INDEX by_b ON a (b);",
        "CREATE INDEX by_b ON a (b) USING BTREE;",
        "UPDATE a SET b = 1 WHERE c = 2 LIMIT 1000;",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1;",
        "ALTER TABLE a ADD COLUMN b INT(11);",
        "ALTER TABLE a ADD FOREIGN KEY by_b (b) REFERENCES c (id) ON DELETE SET NULL;",
    ],
)
def test_mysql_is_known_by_what_only_it_understands(sql: str) -> None:
    (migration,) = read("migrations/1_x.sql", sql.encode()).migrations
    assert migration.dialect == "mysql"
    assert not any(isinstance(one, UnreadOperation) for one in migration.operations)


def test_a_column_that_is_called_comment_tells_nothing() -> None:
    sql = "INSERT INTO a (id, comment) VALUES (1, 'x'); UPDATE a SET comment = 'y'; FROM a;"
    assert read("migrations/1_x.sql", sql.encode()).migrations[0].dialect == ""


def test_a_binary_dump_is_no_broken_migration() -> None:
    assert read("fixtures/cities.sql", b"PGDMP\x01\x0e\x00\x04").syntax_problem is None
    broken = read("migrations/1_x.sql", b"PGDMP\x01\x0e\x00\x04")
    assert broken.syntax_problem is not None
    assert isinstance(broken.migrations[0].operations[0], UnreadOperation)
