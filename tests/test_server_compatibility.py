"""What the compatibility rules claim happens on a server: the statements of the old release say so themselves.

A case of `fixtures/server/compatibility/<rule>.md` is one of a rule's spec, with SQL migrations, and with
`old-release.sql`: one statement a line, that worked before the last migration. After it, in a bad case, some statement
fails or gives another result; in a good case all still do what they did. `new-release.sql` is what the new release
does in the meantime. Where a fix is given, the fixed migration is put to the same test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bylaw.packs import load_builtin
from bylaw.spec import Case, check_case, parse_spec

if TYPE_CHECKING:
    from postgres_server import Connection

FOLDER = Path(__file__).parents[1] / "fixtures" / "server" / "compatibility"
OLD, NEW = "old-release.sql", "new-release.sql"
RULES = load_builtin()


def _cases() -> list[tuple[str, Case]]:
    return [
        (path.stem, case)
        for path in sorted(FOLDER.glob("*.md"))
        for case in parse_spec(path.read_text("utf-8"), path.name)
    ]


def _id(value: object) -> str:
    return f"{value.line}" if isinstance(value, Case) else str(value)


@pytest.mark.parametrize(("rule", "case"), _cases(), ids=_id)
def test_the_server_says_the_same(rule: str, case: Case, database: Connection) -> None:
    migrations = {path: text for path, text in case.files.items() if path.startswith("db/")}
    before, after = _deploy(database, case, migrations)
    broken = [f"{line}: {was} → {now}" for (line, was), (_, now) in zip(before, after, strict=True) if was != now]
    assert not [f"{line}: {outcome}" for line, outcome in before if isinstance(outcome, str)], "failed all along"
    assert case.good == (not broken), broken or "nothing broke"
    claim = Case(case.title, case.good, case.line, migrations, case.expected, case.options, case.settings, case.fixed)
    assert list(check_case(claim, RULES[rule], rule)) == []


@pytest.mark.parametrize(("rule", "case"), [pair for pair in _cases() if pair[1].fixed], ids=_id)
def test_a_fixed_migration_breaks_nothing(rule: str, case: Case, database: Connection) -> None:
    migrations = {path: text for path, text in case.files.items() if path.startswith("db/")}
    before, after = _deploy(database, case, {**migrations, **case.fixed})
    assert before == after


Outcome = str | list[tuple[object, ...]]


def _deploy(database: Connection, case: Case, migrations: dict[str, str]) -> tuple[list[tuple[str, Outcome]], ...]:
    """Run the migrations; what the old release's statements come to before the last one, and after it."""
    *earlier, last = sorted(migrations)
    for path in earlier:
        _run(database, migrations[path])
    before = _try(database, case)
    _run(database, migrations[last])
    for line in case.files.get(NEW, "").splitlines():
        _run(database, line)
    return before, _try(database, case)


def _run(database: Connection, sql: str) -> None:
    database.execute(sql)  # type: ignore[arg-type]


def _try(database: Connection, case: Case) -> list[tuple[str, Outcome]]:
    """Each statement in a transaction that is rolled back: its rows, or the error."""
    import psycopg

    found: list[tuple[str, Outcome]] = []
    for line in case.files[OLD].splitlines():
        outcome: Outcome = []
        with database.transaction(force_rollback=True):
            try:
                with database.transaction():
                    cursor = database.execute(line)  # type: ignore[arg-type]
                    outcome = cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                outcome = str(error).partition("\n")[0]
        found.append((line, outcome))
    return found
