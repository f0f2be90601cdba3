"""Of a merged migration that was edited, only what the edit put into it is judged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import environments
import pytest
from test_git import Repository

from bylaw import cli

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

USERS = "-- +goose Up\nCREATE TABLE users (user_id bigint PRIMARY KEY, nick text, age int);\n"
ADD = "ALTER TABLE users ADD COLUMN plan text;\n"
FILL = "UPDATE users SET plan = 'free';\n"
Lines = Callable[[str, str, str], list[int]]


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Lines:
    """The lines where a rule reports something, in a migration that was merged with one text and has another."""
    repository = Repository(tmp_path / "repo")
    repository.commit("db/migrations/001_users.sql", text=USERS)
    monkeypatch.chdir(repository.root)

    def run(rule: str, merged: str, edited: str) -> list[int]:
        repository.commit("db/migrations/002_plan.sql", text=f"-- +goose Up\n{merged}")
        repository.write("db/migrations/002_plan.sql", text=f"-- +goose Up\n{edited}")
        capfd.readouterr()
        cli.run(["check", "--no-cache", "--select", rule, "--output-format", "json"])
        found = json.loads(capfd.readouterr().out)["diagnostics"]
        return [one["line"] for one in found if one["rule"] == rule]

    return run


@pytest.mark.parametrize(
    ("merged", "edited", "expected"),
    [
        (ADD + FILL, ADD + FILL + "ALTER TABLE users ADD COLUMN size int;\n", []),
        (ADD, ADD + FILL, [3]),
        (FILL.replace("plan", "nick"), ADD + FILL.replace("plan", "nick"), [3]),
    ],
)
def test_work_behind_a_lock(lines: Lines, merged: str, edited: str, expected: list[int]) -> None:
    assert lines("no-lock-held-over-work", merged, edited) == expected


@pytest.mark.parametrize(
    ("merged", "edited", "expected"),
    [
        (ADD, ADD + FILL, []),
        (ADD, ADD + "ALTER TABLE users ADD COLUMN size int;\n", [3]),
        (ADD, ADD + "SET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN size int;\n", []),
    ],
)
def test_a_lock_without_a_limit(lines: Lines, merged: str, edited: str, expected: list[int]) -> None:
    assert lines("lock-timeout-set", merged, edited) == expected


@pytest.mark.parametrize("rule", ["migration-file-name", "data-migration-hygiene"])
def test_what_a_merged_file_is_called_stays(lines: Lines, rule: str) -> None:
    assert lines(rule, ADD, ADD + FILL) == []


REVISION = """\
from alembic import op

revision = "{}"
down_revision = {}


def upgrade() -> None:
    {}
"""
FOREIGN_KEY = 'op.create_foreign_key("k", "orders", "customers", ["a"], ["id"], postgresql_not_valid=True)'
VALIDATE = 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT k")'


def test_a_lock_of_another_revision_of_the_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(tmp_path / "repo")
    monkeypatch.chdir(repository.root)
    repository.commit("m/env.py", text=environments.ALEMBIC)
    repository.commit("m/versions/a1.py", text=REVISION.format("a1", None, "pass"))
    repository("checkout", "-q", "-b", "feature")
    repository.commit("m/versions/b2.py", text=REVISION.format("b2", "'a1'", FOREIGN_KEY))
    repository.commit("m/versions/c3.py", text=REVISION.format("c3", "'b2'", VALIDATE))
    arguments = ["check", "--no-cache", "--select", "no-lock-held-over-work"]

    cli.run([*arguments, "--output-format", "json"])
    [found] = json.loads(capfd.readouterr().out)["diagnostics"]
    assert (found["path"], found["related"][0]["path"]) == ("m/versions/c3.py", "m/versions/b2.py")
    assert "`transaction_per_migration=True` in the `context.configure()` of `m/env.py`" in found["help"]

    assert cli.run([*arguments, "--all-migrations"]) == 0
    assert cli.run([*arguments, "--fix", "--unsafe-fixes"]) == 0
    assert f"    with op.get_context().autocommit_block():\n        {VALIDATE}" in (
        repository.root / "m/versions/c3.py"
    ).read_text("utf-8")
