"""The schema replayed from MySQL's SQL, the tables that are copied, and what old releases survive: as MariaDB says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from plain_catalogue import of_mariadb, of_replay
from schema_comparison import differences
from spec_runs import Run, builtin_rules, runs
from test_sqlite import SERVER, cases, replayed, scripts, spec_cases, statements_of

from bylaw.engine.run import run as check
from bylaw.engine.sources import MemorySources
from bylaw.readers import read_file
from bylaw.spec import Case, check_case, settings_for

if TYPE_CHECKING:
    from mariadb_server import MariaConnection, MariaServer


@pytest.fixture
def connection(mariadb_server: MariaServer) -> Iterator[MariaConnection]:
    with mariadb_server.database() as found:
        yield found


@pytest.mark.parametrize("statements", scripts("mariadb.sql"), ids=lambda statements: statements[0][:40])
def test_the_replayed_schema_is_the_servers(statements: list[str], connection: MariaConnection) -> None:
    for statement, schema in zip(statements, replayed(statements, "mysql"), strict=True):
        connection.cursor().execute(statement)
        ours, theirs = of_replay(schema), of_mariadb(connection)
        assert differences(ours[0], theirs[0]) == [], statement
        assert ours[1] == theirs[1], statement


_, TABLES, _LINES = (SERVER / "mariadb_alters.sql").read_text("utf-8").split("\n\n")


@pytest.mark.parametrize("line", _LINES.splitlines())
def test_a_copy_is_claimed_where_the_server_refuses_to_go_on(line: str, connection: MariaConnection) -> None:
    statement, _, reason = line.partition(" -- ")
    wrong = copying(statement, connection)
    if reason:
        assert wrong, f"the server shows it now, although: {reason}"
        pytest.skip(reason)
    assert wrong == ""


def copying(statement: str, connection: MariaConnection) -> str:
    """Where our claim and the server differ; '' where they do not."""
    import pymysql

    cursor = connection.cursor()
    for table in TABLES.splitlines():
        cursor.execute(table.rstrip(";"))
    refused = ""
    try:
        cursor.execute(f"{statement.rstrip(';')}, ALGORITHM=INPLACE, LOCK=NONE")
    except pymysql.Error as error:
        refused = str(error.args[1])
        cursor.execute(statement.rstrip(";"))  # by itself it runs
    claimed = _claim(statement)
    if bool(claimed) == bool(refused):
        return ""
    return f"claimed {claimed or 'nothing'}, the server says {refused or 'nothing'}"


def _claim(statement: str) -> str:
    rule = builtin_rules()["no-table-copy"]
    sources = MemorySources({"db/mysql/0001_all.sql": TABLES.encode(), "db/mysql/0002_change.sql": statement.encode()})
    settings = settings_for(Case("", good=True, line=0, settings={"migrations": {"dialect": "mariadb"}}), rule, "")
    return "; ".join(diagnostic.message for diagnostic in check(sources, settings, {rule.name: rule}).diagnostics)


@pytest.mark.parametrize(("rule", "case"), cases("mariadb"), ids=lambda v: v.title[:50] if isinstance(v, Case) else v)
def test_mariadb_says_the_same(rule: str, case: Case, connection: MariaConnection) -> None:
    migrations = {path: text for path, text in case.files.items() if path.startswith("db/")}
    before, after = _deploy(connection, migrations, case.files["old-release.sql"])
    assert not [outcome for outcome in before if isinstance(outcome, str)], "failed all along"
    assert case.good == (before == after), (before, after)
    settings = {**case.settings, "migrations": {"dialect": "mysql"}}
    claim = Case(case.title, case.good, case.line, migrations, case.expected, case.options, settings)
    assert list(check_case(claim, builtin_rules()[rule], rule)) == []


@pytest.mark.parametrize("run", spec_cases("mysql"), ids=lambda run: f"{run.rule}:{run.case.title[:40]}")
def test_spec_cases_about_mysql(run: Run, connection: MariaConnection) -> None:
    """Each statement that is reported breaks one of the old release, and no other does."""
    *earlier, last = _migrations(run)
    cursor = connection.cursor()
    for line in run.notes.get("before.sql", "").splitlines():
        cursor.execute(line.rstrip(";"))
    for path in earlier:
        for statement in _in_mysql(run.case.files[path], path):
            cursor.execute(statement)
    old = run.notes["old-release.sql"].splitlines()
    now = [_outcome(connection, line) for line in old]
    assert not [outcome for outcome in now if isinstance(outcome, str)], "failed all along"
    reported = {expected.line for expected in run.case.expected}
    text = run.case.files[last]
    assert last.endswith(".sql") or not reported, "lines of Python are not looked at"
    placed = _placed(text, last) if last.endswith(".sql") else [(0, statement) for statement in _in_mysql(text, last)]
    for at, statement in placed:
        cursor.execute(statement)
        before, now = now, [_outcome(connection, line) for line in old]
        assert (before != now) == (at in reported), (statement, before, now)


def _placed(text: str, path: str) -> list[tuple[int, str]]:
    """The statements of a migration, each with the line on which it starts."""
    content = text.encode()
    spans = [span for migration in read_file(path, content).migrations for span in migration.statements]
    return [(content[: span.start].count(b"\n") + 1, content[span.start : span.end].decode()) for span in spans]


@pytest.mark.parametrize(
    "run", [run for run in runs("no-blocking-index") if run.server == "mysql"], ids=lambda run: run.case.title[:40]
)
def test_indexes_of_mysql_are_built_while_others_write(run: Run, connection: MariaConnection) -> None:
    *earlier, last = _migrations(run)
    cursor = connection.cursor()
    for path in earlier:
        for statement in _in_mysql(run.case.files[path], path):
            cursor.execute(statement)
    for line in run.notes.get("later.sql", "").splitlines():
        cursor.execute(line)
    made = 0
    for statement in _in_mysql(run.case.files[last], last):
        index = statement.startswith("CREATE INDEX")
        made += index
        cursor.execute(f"{statement} ALGORITHM=INPLACE LOCK=NONE" if index else statement)
    assert made


def _migrations(run: Run) -> list[str]:
    return sorted(path for path in run.case.files if path.endswith(".sql") or "/versions/" in path)


def _in_mysql(text: str, path: str) -> list[str]:
    """The statements of a migration; those that Alembic would run, where it is written for it."""
    if path.endswith(".sql"):
        return [statement for _, statement in _placed(text, path)]
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    written = io.StringIO()
    module = ModuleType(path)
    exec(compile(text, path, "exec"), module.__dict__)  # noqa: S102  # the case is ours
    context = MigrationContext.configure(dialect_name="mysql", opts={"as_sql": True, "output_buffer": written})
    context.impl.connection = SimpleNamespace(dialect=context.dialect)  # a revision may ask what the server is
    with Operations.context(context):
        module.upgrade()
    return [statement.strip() for statement in written.getvalue().split(";") if statement.strip()]


def _deploy(connection: MariaConnection, migrations: dict[str, str], old: str) -> tuple[list[object], list[object]]:
    """What the old release's statements come to before the last migration, and after it."""
    *earlier, last = statements_of(migrations)
    cursor = connection.cursor()
    for statement in [statement for migration in earlier for statement in migration]:
        cursor.execute(statement)
    before = [_outcome(connection, line) for line in old.splitlines()]
    for statement in last:
        cursor.execute(statement)
    return before, [_outcome(connection, line) for line in old.splitlines()]


def _outcome(connection: MariaConnection, line: str) -> object:
    import pymysql

    cursor = connection.cursor()
    cursor.execute("BEGIN")
    try:
        cursor.execute(line)
        return cursor.fetchall()
    except pymysql.Error as error:
        return str(error.args[1])
    finally:
        cursor.execute("ROLLBACK")
