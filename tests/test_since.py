"""What is new, from outside: `--since`, the default branch, edits of merged migrations, and what cannot be told."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_git import Repository
from test_replay import check as timed
from test_replay import replayed

from bylaw import cli
from bylaw.errors import UsageError
from bylaw.mcp.answers import Answers

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

USERS = "CREATE TABLE users (user_id bigint PRIMARY KEY, nick text, age int);\n"
Check = Callable[..., tuple[int, list[tuple[str, str]], str]]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    found = Repository(tmp_path / "repo")
    found.write("bylaw.toml", text='[migrations]\nrunner = "goose"\n')
    found.commit("db/migrations/001_users.sql", text=USERS)
    monkeypatch.chdir(found.root)
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path / "cache"))
    return found


@pytest.fixture
def check(capfd: pytest.CaptureFixture[str]) -> Check:
    def run(*arguments: str) -> tuple[int, list[tuple[str, str]], str]:
        """The exit code, rule and path of each diagnostic, and standard error."""
        capfd.readouterr()
        code = cli.run(["check", "--output-format", "json", *arguments])
        out, err = capfd.readouterr()
        found = json.loads(out)["diagnostics"] if out else []
        return code, [(one["rule"], one["path"].rpartition("/")[2]) for one in found], err

    return run


def drop(column: str) -> str:
    return f"ALTER TABLE users DROP COLUMN {column};\n"


def test_only_what_came_since_is_judged(repository: Repository, check: Check) -> None:
    first = repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository.commit("db/migrations/003_age.sql", text=drop("age"))
    assert check() == (0, [], "")
    assert check("--since", first)[:2] == (1, [("no-immediate-drop", "003_age.sql")])
    assert check("--since=HEAD~2")[1] == [
        ("no-immediate-drop", "002_nick.sql"), ("no-immediate-drop", "003_age.sql"),
    ]  # fmt: skip
    assert check("--since", "HEAD")[:2] == (0, [])


def test_since_a_branch_means_since_it_was_left(repository: Repository, check: Check) -> None:
    repository("checkout", "-q", "-b", "feature")
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository("checkout", "-q", "main")
    repository.commit("db/migrations/001_users.sql", text=USERS.replace("int", "bigint"))
    repository("checkout", "-q", "feature")
    assert check("--since", "main")[1] == check()[1] == [("no-immediate-drop", "002_nick.sql")]


def test_an_agent_can_name_the_commit_too(repository: Repository) -> None:
    first = repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository.commit("db/migrations/003_age.sql", text=drop("age"))
    answers = Answers(repository.root)
    assert answers.check([], {}).startswith("No findings")
    assert "users.age" in answers.check([], {}, first)
    edited = answers.check([], {"db/migrations/001_users.sql": USERS.replace("text", "jsonb")})
    assert "merged-migration-unchanged" in edited
    with pytest.raises(UsageError, match="nothing can be compared with `nope`"):
        answers.check([], {}, "nope")
    shutil.rmtree(repository.root / ".git")
    assert "Note: which migrations are new is not known" in answers.check([], {})


def test_what_was_accepted_stays_accepted(repository: Repository, check: Check) -> None:
    first = repository("rev-parse", "HEAD")
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository.commit("db/migrations/003_age.sql", text=drop("age"))
    repository.write("bylaw.toml", text='[migrations]\nrunner = "goose"\naccepted-through = "002_nick"\n')
    assert check("--since", first)[1] == [("no-immediate-drop", "003_age.sql")]
    assert check("--since", "HEAD")[1] == []
    assert check()[1] == [("no-immediate-drop", "003_age.sql")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "nonsense"], "nothing can be compared with `nonsense`: git knows no commit"),
        (["--since=--all"], "nothing can be compared with `--all`"),
        (["--since", ""], "--since names no commit"),
        (["--since", "HEAD", "--all-migrations"], "contradict each other"),
        (["--since", "HEAD:bylaw.toml"], "git knows no commit"),
    ],
)
def test_a_commit_that_is_not_there_is_an_error(
    repository: Repository, check: Check, arguments: list[str], said: str
) -> None:
    code, found, err = check(*arguments)
    assert (code, found) == (2, [])
    assert said in err


def test_since_needs_git(repository: Repository, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(repository.root / ".git")
    assert "not a git repository" in check("--since", "HEAD")[2]
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = check("--since", "HEAD")
    assert (code, "git is not installed" in err) == (2, True)


# Edits of merged migrations


def test_a_merged_migration_that_was_edited(repository: Repository, check: Check) -> None:
    repository.commit("db/migrations/002_nick.sql", text="ALTER TABLE users ADD size int;\n")
    repository.write("db/migrations/002_nick.sql", text="-- why\nalter table users add size   int;\n")
    assert check()[1] == []
    repository.write("db/migrations/002_nick.sql", text="ALTER TABLE users ADD size int;\n" + drop("nick"))
    code, found, _ = check()
    assert code == 1
    assert found == [("merged-migration-unchanged", "002_nick.sql"), ("no-immediate-drop", "002_nick.sql")]


def test_what_stood_there_before_is_not_judged_again(repository: Repository, check: Check) -> None:
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository.commit("db/migrations/003_more.sql", text="ALTER TABLE users ADD more int;\n")
    repository.write("db/migrations/002_nick.sql", text=drop("nick") + "ALTER TABLE users ADD size int;\n")
    assert check()[1] == [("merged-migration-unchanged", "002_nick.sql")]


def test_an_unsaved_edit_counts_and_an_undone_one_does_not(
    repository: Repository, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "db/migrations/001_users.sql"
    repository.write(path, text=USERS.replace("text", "jsonb"))
    assert check()[1] == [("merged-migration-unchanged", "001_users.sql")]
    os.utime(repository.root / path)
    repository.write(path, text=USERS)
    assert check()[1] == []


def test_a_merged_migration_that_is_gone(repository: Repository, check: Check) -> None:
    path = repository.root / "db/migrations/002_nick.sql"
    repository.commit("db/migrations/002_nick.sql", text="ALTER TABLE users ADD size int;\n")
    path.unlink()
    assert check() == (0, [("merged-migration-unchanged", "001_users.sql")], "")
    repository.write("bylaw.toml", text="exclude = ['002*']\n")
    repository("checkout", "-q", "--", "db")
    assert check() == (0, [], ""), "what is only left out is not gone"


def test_a_file_for_another_server_is_none_in_its_place(repository: Repository, check: Check) -> None:
    names = [f"migrations/{server}/{name}.sql" for server in ("postgres", "sqlite") for name in ("001_a", "002_b")]
    for name in names:
        repository.commit(name, text=f"CREATE TABLE {name[-5]} (id int);\n")
    (repository.root / "migrations/postgres/002_b.sql").unlink()
    assert check() == (0, [("merged-migration-unchanged", "001_a.sql")], "")


def test_a_folder_that_is_gone_is_no_edit(repository: Repository, check: Check) -> None:
    repository.commit("other/migrations/001_a.sql", "other/migrations/002_b.sql", text="CREATE TABLE a (b int);\n")
    shutil.rmtree(repository.root / "other")
    assert check() == (0, [], "")


def test_a_moved_folder_is_no_edit(repository: Repository, check: Check) -> None:
    (repository.root / "server").mkdir()
    repository("mv", "db", "server/db")
    assert check() == (0, [], "")


# What cannot be told


def shallow_clone(repository: Repository, folder: Path, *arguments: str) -> Repository:
    repository("clone", "-q", "--depth", "1", *arguments, f"file://{repository.root}", str(folder))
    clone = Repository.__new__(Repository)
    clone.root = folder
    return clone


def test_no_git_judges_all_and_says_so(repository: Repository, check: Check) -> None:
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    shutil.rmtree(repository.root / ".git")
    code, found, err = check()
    assert (code, found) == (1, [("no-immediate-drop", "002_nick.sql")])
    assert "which migrations are new is not known, so all are judged: not a git repository" in err
    assert check("--quiet")[2] == check("--all-migrations")[2] == ""


def test_a_shallow_clone_is_compared_with_the_branch_itself(
    repository: Repository, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository("checkout", "-q", "-b", "feature", "HEAD~1")
    repository.commit("db/migrations/003_age.sql", text=drop("age"))
    repository("checkout", "-q", "main")
    clone = shallow_clone(repository, tmp_path / "clone", "--no-single-branch", "-b", "feature")
    monkeypatch.chdir(clone.root)
    _, found, err = check()
    assert found == [("no-immediate-drop", "003_age.sql")]
    assert "merged and then edited are not told apart: the clone is shallow" in err
    assert check("--since", "origin/main") == (1, found, "")


def test_a_checkout_of_a_pull_request_alone_is_not_compared_with_itself(
    repository: Repository, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    folder = tmp_path / "runner"
    clone = Repository(folder)
    clone("remote", "add", "origin", f"file://{repository.root}")
    clone("fetch", "-q", "--depth=1", "origin", f"+{head}:refs/remotes/pull/7/merge")
    clone("checkout", "-q", "--force", "refs/remotes/pull/7/merge")
    monkeypatch.chdir(folder)
    _, found, err = check()
    assert found == [("no-immediate-drop", "002_nick.sql")]
    assert "no default branch found" in err
    assert "in this clone, which is shallow" in check("--since", "origin/main")[2]


def test_a_detached_head_of_the_default_branch_has_nothing_new(repository: Repository, check: Check) -> None:
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository("checkout", "-q", "--detach")
    assert check() == (0, [], "")


def test_who_runs_the_files_is_asked_for(repository: Repository, check: Check) -> None:
    repository.write("bylaw.toml", text="\n")
    repository.write("db/migrations/002_size.sql", text="ALTER TABLE users ADD size int;\n")
    assert "who runs the SQL files of db/migrations is not known" in check()[2]
    repository.write("bylaw.toml", text='[migrations]\nrunner = "psql"\n')
    assert check()[2] == ""


def test_a_migration_that_is_too_large_is_not_passed_over(repository: Repository, check: Check) -> None:
    repository.write("bylaw.toml", text='max-file-size = 100\n[migrations]\nrunner = "goose"\n')
    repository.write("db/migrations/002_rows.sql", text="INSERT INTO users VALUES (1, 'a', 1);\n" * 9)
    assert "the migration db/migrations/002_rows.sql is not read: it is larger than 100 bytes" in check()[2]


# Replay


def test_a_replay_depends_on_the_commit_that_a_name_stands_for(repository: Repository) -> None:
    first = repository("rev-parse", "HEAD")
    repository.commit("db/migrations/002_nick.sql", text=drop("nick"))
    repository("tag", "base", first)
    time.sleep(0.15)
    before, _ = timed(repository.root, "--since", "base")
    again, modules = timed(repository.root, "--since", "base")
    assert replayed(modules)
    assert again.stdout == before.stdout
    assert "no-immediate-drop" in again.stdout
    repository("tag", "-f", "base", "HEAD")
    after, modules = timed(repository.root, "--since", "base")
    assert not replayed(modules)
    assert "no-immediate-drop" not in after.stdout


def test_a_replay_depends_on_git_being_there(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name, text in {"001_a": USERS, "002_b": drop("nick")}.items():
        file = root / "db" / "migrations" / f"{name}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    time.sleep(0.15)
    first, _ = timed(root)
    again, modules = timed(root)
    assert replayed(modules)
    notes = [line for line in again.stderr.splitlines() if line.startswith("bylaw:")]
    assert notes
    assert notes == [line for line in first.stderr.splitlines() if line.startswith("bylaw:")]
    repository = Repository(root)
    repository.commit()
    time.sleep(0.15)
    assert not replayed(timed(root)[1])
