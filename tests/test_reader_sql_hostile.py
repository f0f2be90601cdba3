"""No bytes in an SQL file crash the reader, hang it, or make it point outside the file."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sql_mutations import MUTATED, broken_off

from bylaw.facts.migrations import ColumnSpec, CreateTable, Migration, Operation, UnreadOperation
from bylaw.readers.sql import read
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

_PATH = "migrations/0001_x.sql"
_MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_WORDS = st.sampled_from([
    "ALTER TABLE ", "CREATE TABLE ", "DROP ", "TABLE ", "ADD COLUMN ", "DROP COLUMN ", "CONSTRAINT ", "PRIMARY KEY ",
    "DEFAULT ", "NOT NULL ", "DO ", "$$", "$a$", "BEGIN ", "END ", "END IF ", "IF ", "THEN ", "LOOP ", "EXCEPTION ",
    "WHEN ", "EXECUTE ", "DECLARE ", "format(", "CASE ", "INTO ", "SELECT ", "INSERT INTO ", "UPDATE ", "SET ",
    "WHERE ", "COPY t FROM stdin;\n", "\\.\n", "\\i x\n", "CREATE FUNCTION f() RETURNS int ", "LANGUAGE plpgsql ",
    "AS ", "BEGIN ATOMIC ", "CREATE TRIGGER t ", "CREATE RULE r ", "RENAME ", "TO ", "MODIFY ", "CHANGE ",
    "CREATE INDEX ", "ON ", "USING ", "CHECK ", "REFERENCES ", "GENERATED ALWAYS AS ", "ENUM", "DELIMITER //\n",
    "/*!40101 ", "*/", "/*", "-- x\n", "--", "#", "'", "''", '"', "`", "[", "]", "(", ")", ",", ";", ".", ":", "::",
    ":a", "%s", "%(a)s", "%%", "\n", "\r\n", "GO\n", "a", "b ", "é", "🦆", "1", "\\", "E'\\'", "{{", "}}", "${x}",
    "-- +goose Up\n", "-- +goose Down\n", "-- bylaw: ignore[x]: y\n", "\x00", "int ", "varchar(10) ", "= ", "<", ">",
])  # fmt: skip
_SQL = st.lists(_WORDS, max_size=40).map("".join)
_DIALECTS = ["", "postgres", "mysql", "sqlite", "tsql", "oracle", "clickhouse", "nonsense"]


def _check_span(span: Span, content: bytes) -> None:
    assert 0 <= span.start <= span.end <= len(content)
    content[: span.start].decode("utf-8")
    content[span.start : span.end].decode("utf-8")


def _columns(operation: Operation) -> list[ColumnSpec]:
    found = list(operation.columns) if isinstance(operation, CreateTable) else []
    for name in ("column", "definition"):
        value = getattr(operation, name, None)
        if isinstance(value, ColumnSpec):
            found.append(value)
    return found


def _check(migration: Migration, content: bytes) -> None:
    for operation in migration.operations:
        _check_span(operation.span, content)
        for column in _columns(operation):
            assert column.span is not None
            _check_span(column.span, content)
    for span, _ in migration.comments:
        _check_span(span, content)
    for span in (*migration.statements, *(block.span for block in migration.blocks)):
        _check_span(span, content)


@_MANY
@given(st.binary(max_size=300))
@example(b"\xff\xfeS\x00E\x00")
@example(b"\xef\xbb\xbfDROP TABLE a")
@example(b"\xe9\xe9 DROP TABLE \xe9;")
def test_any_bytes(content: bytes) -> None:
    facts = read(_PATH, content)
    assert facts.migrations or facts.syntax_problem is not None


@_MANY
@given(_SQL, st.sampled_from(_DIALECTS))
def test_any_pile_of_sql(sql: str, dialect: str) -> None:
    content = sql.encode()
    path = f"migrations/{dialect}/0001_x.sql" if dialect else _PATH
    for migration in read(path, content).migrations:
        _check(migration, content)


@_MANY
@given(st.text(alphabet=st.characters(), max_size=60) | _SQL, st.sampled_from(_DIALECTS))
@example("\ud800 DROP TABLE a", "")
@example("ALTER TABLE é ADD ü int; \udfff", "postgres")
def test_any_string(sql: str, dialect: str) -> None:
    for operation in operations(sql, dialect, Span):
        assert 0 <= operation.span.start <= operation.span.end <= len(sql)


_COMMENT = re.compile(rb"\s*(?:/\*|--)")


@settings(_MANY, max_examples=800)
@given(MUTATED, st.sampled_from([*_DIALECTS, "mariadb", "snowflake"]))
def test_real_sql_with_something_done_to_it(sql: str, dialect: str) -> None:
    """Each statement ends in operations, and soon: none is passed over in silence."""
    content = sql.encode()
    started = time.process_time()
    facts = read(f"migrations/{dialect}/0001_x.sql" if dialect else _PATH, content)
    assert time.process_time() - started < 2
    for migration in facts.migrations:
        _check(migration, content)
        for statement in migration.statements:
            text = content[statement.start : statement.end]
            answered = any(
                one.span.start < statement.end and one.span.end > statement.start for one in migration.operations
            )
            assert answered or _COMMENT.match(text) or text.strip(b";")[:2].upper() in {b"", b"DO"}, text


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "tsql"])
def test_real_sql_that_breaks_off(dialect: str) -> None:
    for sql in broken_off():
        operations(sql, dialect, Span)


_N = 10_000
_DEEP = {
    "brackets": "ALTER TABLE a ADD CHECK " + "(" * _N + "1" + ")" * _N,
    "open brackets": "CREATE TABLE a " + "(" * _N,
    "sums": "SELECT 1" + "+1" * 300_000,
    "unions": "SELECT 1" + " UNION SELECT 1" * 100_000,
    "casts": "SELECT 1" + "::int" * 200_000,
    "cases": "SELECT " + "CASE WHEN true THEN " * _N + "1" + " END" * _N,
    "subqueries": "SELECT " + "(SELECT " * _N,
    "blocks": "DO $$ " + "BEGIN " * _N + "END; " * _N + "$$",
    "conditions": "DO $$ BEGIN " + "IF a THEN " * _N + "END IF; " * _N + "END $$",
    "comments": "/*" * _N + "SELECT 1",
    "columns": "CREATE TABLE a (" + ",".join(f"c{n} int DEFAULT ({n})" for n in range(_N)) + ")",
    "actions": "ALTER TABLE a " + ",".join(f"ADD COLUMN c{n} int DEFAULT ({n})" for n in range(_N)),
    "enum": "CREATE TYPE a AS ENUM (" + ",".join(f"'{n}'" for n in range(_N)) + ")",
    "semicolons": ";" * 500_000,
    "dollars": "$a$ $b$ $c$ " * 100_000,
    "quotes": "'" * 500_001,
    "double quotes": '"' * 500_001,
    "lines": "\n" * 500_000 + "x",
    "spaces": "update x " + " " * 500_000 + "join",
    "openings": "/* " * 200_000,
    "statements": "ALTER TABLE a ADD COLUMN b int;\n" * _N + "ALTER TABL",
    "bad statements": "ALTER TABL a;\n" * _N,
    "binds": "UPDATE a SET b = :b WHERE;\n" * _N,
    "minus": "-a;" * 50_000,
    "rules": "CREATE RULE a (" * 5_000,
    "triggers": "CREATE TRIGGER a BEGIN " * 5_000,
    "marks": "-- +goose Up\n" * 20_000,
    "templates": "{{ a " * 50_000,
    "go": "GO\n" * 50_000,
    "suppressions": "-- bylaw: ignore[a]: b\n" * 5_000 + "SELECT 1",
    "copies without rows": "COPY a FROM stdin;\n" * 20_000,
    "square brackets": "[" * 200_000,
    "arrays": "CREATE TABLE a (b int" + "[]" * 100_000 + ")",
    "columns of one table": "CREATE TABLE a (" + ",".join(f"c{n} int" for n in range(50_000)) + ")",
    "checks of one column": "CREATE TABLE a (b int " + "CHECK (b > 0) " * 10_000 + ")",
    "a comment of spaces": "DROP TABLE a; -- b" + " " * 300_000 + "c\n/* d" + "*" * 300_000 + " */",
    "names of one name": "ALTER TABLE " + "a." * 100_000 + "b ADD c int",
}


@pytest.mark.parametrize("dialect", ["", "mysql", "sqlite", "tsql"])
@pytest.mark.parametrize("name", _DEEP)
def test_deep_and_long(name: str, dialect: str) -> None:
    content = _DEEP[name].encode()
    started = time.process_time()
    for migration in read(f"migrations/{dialect}/0001_x.sql" if dialect else _PATH, content).migrations:
        _check(migration, content)
    assert time.process_time() - started < 20


def test_a_dump_of_twenty_megabytes() -> None:
    rows = b", ".join(b"(%d, 'it''s; -- one', NULL)" % number for number in range(3_000))
    row = b"".join((b"INSERT INTO users (id, name, note) VALUES ", rows, b";\n"))
    copied = b"COPY users (id, name) FROM stdin;\n" + b"1\tO'Brien; DROP TABLE x\n" * 200_000 + b"\\.\n\n"
    content = b"CREATE TABLE users (id int);\n" + row * 150 + copied + b"ALTER TABLE users ADD COLUMN last int;\n"
    assert len(content) > 18_000_000
    started = time.process_time()
    (migration,) = read(_PATH, content).migrations
    assert time.process_time() - started < 20
    assert not any(isinstance(one, UnreadOperation) for one in migration.operations)
    assert len(migration.operations) == 153
    assert content[migration.operations[-1].span.start :].startswith(b"ALTER TABLE users ADD COLUMN last")


def test_other_encodings() -> None:
    (latin,) = read(_PATH, "-- gelöscht\nDROP TABLE a;".encode("latin-1")).migrations
    assert [type(one).__name__ for one in latin.operations] == ["DropTable"]
    (marked,) = read(_PATH, b"\xef\xbb\xbfDROP TABLE a;\r\nDROP TABLE b;\r\n").migrations
    assert [one.span for one in marked.operations] == [Span(3, 15), Span(18, 30)]
    assert read(_PATH, "DROP TABLE a;".encode("utf-16")).syntax_problem is not None
    assert read(_PATH, b"\x7fELF\x00\x00").syntax_problem is not None


@pytest.mark.parametrize("dialect", ["", "mysql"])
@pytest.mark.parametrize("before", ["DROP TABLE a;\n", "DROP TABLE a;\nDROP TABLE "])
def test_what_an_open_comment_swallows_is_not_passed_over(dialect: str, before: str) -> None:
    head = "-- mysql\nCREATE TABLE `b` (x int) ENGINE=InnoDB;\n" if dialect else ""
    (migration,) = read(_PATH, f"{head}{before}/* never closed\nDROP TABLE users;\n".encode()).migrations
    *_, dropped, unread = migration.operations
    assert type(dropped).__name__ == "DropTable"
    assert isinstance(unread, UnreadOperation)
    assert unread.reason == "a comment never ends"


def test_a_comment_that_ends_at_the_end_of_the_file_is_closed() -> None:
    for end in ("-- end", "/* end */", "/* end */;"):
        (migration,) = read(_PATH, f"DROP TABLE a; {end}".encode()).migrations
        assert [type(one).__name__ for one in migration.operations] == ["DropTable"]
