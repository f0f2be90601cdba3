"""SQL in the code's strings that still names a dropped column or table."""

from __future__ import annotations

import time

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

RULES = load_builtin()
SETTINGS = Settings(
    rules={"no-immediate-drop": RuleSetting("error")}, migrations=MigrationSettings(judge_all=True, runner="goose")
)
FIRST = "CREATE TABLE users (id bigint PRIMARY KEY, age int, name text);\nCREATE TABLE logs (id bigint, age int);\n"


def named(code: str, drop: str, comment: str) -> list[str]:
    """What the places say that are told of, for a drop that was announced."""
    files = {
        "db/migrations/001_users.sql": FIRST,
        "db/migrations/002_mark.sql": f"COMMENT ON {comment} IS 'deprecated';\n",
        "db/migrations/003_drop.sql": f"{drop};\n",
        "app/store.py": code,
    }
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    found = run(sources, SETTINGS, RULES).diagnostics
    places = [related.location for one in found for related in one.related]
    assert all(place.path == "app/store.py" for place in places)
    return [code.encode()[place.span.start : place.span.end].decode() for place in places]


def column(code: str) -> list[str]:
    return named(code, "ALTER TABLE users DROP COLUMN age", "COLUMN users.age")


def table(code: str) -> list[str]:
    return named(code, "DROP TABLE users", "TABLE users")


def in_code(statement: str) -> str:
    return f'def store(cursor, x):\n    cursor.execute("""{statement}""", x)\n'


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT age FROM users",
        "select id, age from public.users where id = %s",
        "SELECT u.age FROM users u JOIN logs l ON l.id = u.id",
        "SELECT 'é', users.age FROM users, logs",
        'SELECT "age" FROM "users" ORDER BY 1',
        "SELECT id FROM users WHERE age > 3",
        "SELECT max(age) FROM users AS people",
        "DELETE FROM users WHERE age > 3",
        "INSERT INTO users (id, age) VALUES (1, 2)",
        "INSERT INTO public.users(age)\n VALUES (%(age)s)",
        "UPDATE users SET age = age + 1 WHERE id = 1",
        "UPDATE users AS u\n   SET name = 'x', age = 3",
    ],
)
def test_a_column_is_found(statement: str) -> None:
    assert [found.lower() for found in column(in_code(statement))] == ["age"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT age FROM logs",
        "SELECT name FROM users WHERE name = 'age'",
        "SELECT age(now(), now()), name FROM users",
        "SELECT 1 AS age FROM users",
        "SELECT l.age, u.name FROM users u JOIN logs l ON l.id = u.id",
        "SELECT age FROM users JOIN logs USING (id)",
        "SELECT name FROM users WHERE name = :age",
        "SELECT name FROM users WHERE name = %(age)s",
        "SELECT name FROM users, logs WHERE age > 3",
        "INSERT INTO logs (age) SELECT id FROM users",
        "INSERT INTO users (id, name) VALUES (1, 'age')",
        "UPDATE users SET name = 'age'",
        "UPDATE logs SET age = 3",
        "age of users",
        "update users, set age",
    ],
)
def test_another_thing_of_that_name_is_not(statement: str) -> None:
    assert column(in_code(statement)) == []


def test_a_table_is_found_whatever_it_is_called() -> None:
    for statement in ("SELECT 1 FROM users", "INSERT INTO users (id) VALUES (1)", "UPDATE users SET id = 2"):
        assert table(in_code(statement)) == ["users"]
    for statement in (
        "read from users, update users",
        "SELECT users FROM logs",
        "INSERT INTO users_old (id) VALUES (1)",
    ):
        assert table(in_code(statement)) == []


def test_a_rename_points_at_models_and_statements() -> None:
    files = {
        "db/migrations/001_users.sql": FIRST,
        "db/migrations/002_age.sql": "ALTER TABLE users RENAME COLUMN age TO years;\n",
        "db/migrations/003_logs.sql": "ALTER TABLE logs RENAME TO entries;\n",
        "app/store.py": in_code("SELECT age FROM users") + in_code("DELETE FROM logs"),
        "app/models.py": "from sqlmodel import Field, SQLModel\n\n\nclass User(SQLModel, table=True):\n"
        '    __tablename__ = "users"\n    id: int = Field(primary_key=True)\n    age: int\n',
    }
    settings = Settings(rules={"no-in-place-rename": RuleSetting("error")}, migrations=SETTINGS.migrations)
    found = run(MemorySources({path: text.encode() for path, text in files.items()}), settings, RULES).diagnostics
    assert [[(place.location.path, place.message) for place in one.related] for one in found] == [
        [
            ("app/models.py", "`User.age` still maps the column"),
            ("app/store.py", "this statement still says `age`"),
        ],
        [("app/store.py", "this statement still says `logs`")],
    ]


def test_tests_and_other_migrations_are_no_users() -> None:
    code = in_code("SELECT age FROM users")
    assert column(code) == ["age"]
    sources = {
        "db/migrations/001_users.sql": FIRST,
        "db/migrations/002_mark.sql": "COMMENT ON COLUMN users.age IS 'deprecated';\n",
        "db/migrations/003_drop.sql": "ALTER TABLE users DROP COLUMN age;\n",
        "tests/test_store.py": code,
    }
    report = run(MemorySources({path: text.encode() for path, text in sources.items()}), SETTINGS, RULES)
    assert not report.diagnostics


@pytest.mark.parametrize(
    "text",
    [
        "update users set " * 3000, "insert into users (" * 3000, "update users set " + "a=1, " * 5000,
        "SELECT " + "age, " * 5000 + " FROM users", "update users " + " " * 50_000,
        "SELECT '" * 5000 + " FROM users age",
    ],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    column(f'x = """{text}"""\nage = "users age"\n')
    assert time.process_time() - started < 3
