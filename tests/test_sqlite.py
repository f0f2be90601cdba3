"""The schema that bylaw replays from SQLite's SQL is the one that SQLite has after it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from plain_catalogue import of_replay, of_sqlite
from schema_comparison import differences
from spec_runs import Run, builtin_rules, runs

from bylaw.project import Project
from bylaw.project.migrations.state.schema import Schema
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, Settings
from bylaw.spec import Case, check_case, parse_spec

SERVER = Path(__file__).parents[1] / "fixtures" / "server"
RULES = ("no-immediate-drop", "no-in-place-rename", "new-column-nullable-or-default", "no-incompatible-alter")


def scripts(name: str) -> list[list[str]]:
    _, *paragraphs = (SERVER / name).read_text("utf-8").split("\n\n")
    return [paragraph.strip().splitlines() for paragraph in paragraphs]


def replayed(statements: list[str], dialect: str) -> Iterator[Schema]:
    """The schema after each statement, where each is a migration of its own."""
    folder = f"db/migrations/{dialect}"
    files = {f"{folder}/{at:04}_x.sql": f"{statement};\n".encode() for at, statement in enumerate(statements, 1)}
    facts = {path: read_file(path, content) for path, content in files.items()}
    settings = Settings(migrations=MigrationSettings(dialect=dialect, judge_all=True))
    migrations = Project(facts, settings, files.__getitem__).migrations
    return (migrations.schema_after(step) for step in migrations.trees[0].steps)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database; a connection that nobody closes is a warning from Python 3.13 on."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


@pytest.mark.parametrize("statements", scripts("sqlite.sql"), ids=lambda statements: statements[0][:40])
def test_the_replayed_schema_is_the_databases(connection: sqlite3.Connection, statements: list[str]) -> None:
    for statement, schema in zip(statements, replayed(statements, "sqlite"), strict=True):
        connection.execute(statement)
        ours, theirs = of_replay(schema), of_sqlite(connection)
        assert differences(ours[0], theirs[0]) == [], statement
        assert ours[1] == theirs[1], statement


def cases(server: str) -> list[tuple[str, Case]]:
    """Those of `fixtures/server/<server>/<rule>.md`, written as `test_server_compatibility` says."""
    return [
        (path.stem, case)
        for path in sorted((SERVER / server).glob("*.md"))
        for case in parse_spec(path.read_text("utf-8"), path.name)
    ]


def spec_cases(server: str) -> list[Run]:
    """Cases of the rules' own specs that are about that server."""
    return [run for rule in RULES for run in runs(rule) if run.server == server]


def statements_of(files: dict[str, str]) -> list[list[str]]:
    """The statements of each migration, in the order of their names."""
    facts = [(text.encode(), read_file(path, text.encode())) for path, text in sorted(files.items())]
    return [
        [content[span.start : span.end].decode() for span in migration.statements]
        for content, fact in facts
        for migration in fact.migrations
    ]


@pytest.mark.parametrize(("rule", "case"), cases("sqlite"), ids=lambda v: v.title[:50] if isinstance(v, Case) else v)
def test_sqlite_says_the_same(connection: sqlite3.Connection, rule: str, case: Case) -> None:
    migrations = {path: text for path, text in case.files.items() if path.startswith("db/")}
    *earlier, last = statements_of(migrations)
    for statement in [statement for migration in earlier for statement in migration]:
        connection.execute(statement)
    lines = case.files["old-release.sql"].splitlines()
    before = [_outcome(connection, line) for line in lines]
    for statement in last:
        connection.execute(statement)
    after = [_outcome(connection, line) for line in lines]
    assert not [outcome for outcome in before if isinstance(outcome, str)], "failed all along"
    assert case.good == (before == after), (before, after)
    claim = Case(case.title, case.good, case.line, migrations, case.expected, case.options, case.settings)
    assert list(check_case(claim, builtin_rules()[rule], rule)) == []


@pytest.mark.parametrize("run", spec_cases("sqlite"), ids=lambda run: f"{run.rule}:{run.case.title[:40]}")
def test_spec_cases_about_sqlite_break_a_full_insert(connection: sqlite3.Connection, run: Run, tmp_path: Path) -> None:
    """What is inserted in full before is refused, or read otherwise, after it."""
    *earlier, last = _steps(connection, run, tmp_path)
    for apply in earlier:
        apply()
    lines = run.notes["old-release.sql"].splitlines()
    before = [_outcome(connection, line) for line in lines]
    last()
    after = [_outcome(connection, line) for line in lines]
    assert not [outcome for outcome in before if isinstance(outcome, str)]
    assert run.case.good == (before == after)


@pytest.mark.parametrize(
    "run", [run for run in runs("replacement-index-first") if run.server == "sqlite"], ids=lambda run: run.case.title
)
def test_nobody_sees_a_sqlite_table_between_two_indexes(run: Run, tmp_path: Path) -> None:
    """A migration is a transaction: until its end others search with the index that it has dropped."""
    assert run.case.good
    migrations = {path: text for path, text in run.case.files.items() if path.endswith(".sql")}
    waited = 0
    for number, folder in enumerate(sorted({str(Path(path).parent) for path in migrations})):
        steps = statements_of({path: text for path, text in migrations.items() if str(Path(path).parent) == folder})
        file = tmp_path / f"{number}.db"
        with closing(_plain(file)) as own, closing(_plain(file)) as others:
            for statements in steps:
                searched = _searched_by_index(others)
                own.execute("BEGIN")
                for statement in statements:
                    own.execute(statement)
                    assert searched <= _searched_by_index(others), statement
                    waited += not searched <= _searched_by_index(own)
                own.execute("COMMIT")
                assert searched <= _searched_by_index(others)
    assert waited, "no index was ever missing"


def _plain(file: Path) -> sqlite3.Connection:
    """A connection that remembers no plan: one that is only explained would not be made anew."""
    return sqlite3.connect(file, isolation_level=None, cached_statements=0)


def _searched_by_index(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """The tables and columns of which SQLite finds a value by an index."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    columns = [(name, row[1]) for name in tables for row in connection.execute(f"PRAGMA table_info({name})").fetchall()]
    plans = {
        (table, column): connection.execute(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?",  # noqa: S608  # names of the case
            (None,),
        ).fetchall()
        for table, column in columns
    }
    return {found for found, plan in plans.items() if any("SEARCH" in row[-1] for row in plan)}


def _steps(connection: sqlite3.Connection, run: Run, folder: Path) -> list[Callable[[], object]]:
    """One for each migration of a case, in SQL or Django's."""
    files = run.case.files
    if any(path.endswith(".sql") for path in files):
        return [partial(_execute, connection, statements) for statements in statements_of(files)]
    pytest.importorskip("django")
    for path in [*files, "shop/__init__.py", "shop/migrations/__init__.py"]:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files.get(path, ""), "utf-8")
    (folder / "migrate.py").write_text(_MIGRATE, "utf-8")
    return [partial(_migrate, connection, folder, Path(path).stem) for path in sorted(files)]


def _execute(connection: sqlite3.Connection, statements: list[str]) -> None:
    for statement in statements:
        connection.execute(statement)


_MIGRATE = """
import sys

import django
from django.conf import settings
from django.core.management import call_command

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}
settings.configure(INSTALLED_APPS=["shop"], DATABASES={"default": database}, USE_TZ=True)
django.setup()
call_command("migrate", "shop", sys.argv[1], verbosity=0)
"""


def _migrate(connection: sqlite3.Connection, folder: Path, name: str) -> None:
    """Django works on a file, from which the connection takes everything over."""
    subprocess.run([sys.executable, "migrate.py", name], cwd=folder, check=True)
    with closing(sqlite3.connect(folder / "shop.db")) as done:
        done.backup(connection)


def _outcome(connection: sqlite3.Connection, line: str) -> object:
    connection.execute("SAVEPOINT probe")
    try:
        return connection.execute(line).fetchall()
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.execute("ROLLBACK TO probe")
        connection.execute("RELEASE probe")
