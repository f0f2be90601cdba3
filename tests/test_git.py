"""What git is asked, on throw-away repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bylaw.engine.git import GitHistory, read_history

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repository:
    """A git repository in a folder, with an identity of its own and no configuration of the machine's."""

    def __init__(self, root: Path, branch: str = "main") -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self("init", "-q", "-b", branch)

    def __call__(self, *arguments: str, cwd: Path | None = None) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, "-c", "protocol.file.allow=always", *arguments],
            cwd=cwd or self.root, env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, *paths: str, text: str = "") -> None:
        for path in paths:
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text or path, "utf-8")

    def commit(self, *paths: str, text: str = "") -> str:
        self.write(*paths, text=text)
        self("add", "-A")
        self("commit", "-q", "-m", "x", "--allow-empty")
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


def test_a_branch_is_held_against_the_place_where_it_left_main(repository: Repository) -> None:
    repository.commit("a.py", "m/1.sql", "notes.txt")
    repository("checkout", "-q", "-b", "feature")
    repository.commit("m/2.sql")
    repository("checkout", "-q", "main")
    repository.commit("m/3.sql")
    repository("checkout", "-q", "feature")
    repository.write("m/4.sql")
    assert read_history(repository.root).base == {"a.py", "m/1.sql"}


def test_on_main_itself_only_what_is_not_committed_is_new(repository: Repository) -> None:
    repository.commit("m/1.sql")
    repository.write("m/2.sql")
    assert read_history(repository.root).base == {"m/1.sql"}


def test_the_remote_decides_where_there_is_one(tmp_path: Path) -> None:
    upstream = Repository(tmp_path / "upstream", branch="develop")
    upstream.commit("m/1.sql")
    clone = Repository(tmp_path / "clone")
    clone("remote", "add", "origin", str(upstream.root))
    clone("fetch", "-q", "origin")
    clone("checkout", "-q", "-b", "work", "origin/develop")
    clone("remote", "set-head", "origin", "develop")
    clone.commit("m/2.sql")
    history = read_history(clone.root)
    assert history.base == {"m/1.sql"}
    assert history.branch == "refs/remotes/origin/develop"


def test_a_commit_that_is_named_wins(repository: Repository) -> None:
    first = repository.commit("m/1.sql")
    repository.commit("m/2.sql")
    assert read_history(repository.root, since=first).base == {"m/1.sql"}
    unknown = read_history(repository.root, since="--nonsense")
    assert unknown.base is None
    assert "--nonsense" in unknown.reason


def test_a_detached_head(repository: Repository) -> None:
    repository.commit("m/1.sql")
    repository("checkout", "-q", "-b", "feature")
    commit = repository.commit("m/2.sql")
    repository("checkout", "-q", commit)
    repository("branch", "-q", "-D", "feature")
    assert read_history(repository.root).base == {"m/1.sql"}


def test_a_root_below_the_repositorys(repository: Repository) -> None:
    repository.commit("server/m/1.sql", "other/m/1.sql", "server/näme/ü.py")
    assert read_history(repository.root / "server").base == {"m/1.sql", "näme/ü.py"}


def test_a_work_tree_of_its_own(repository: Repository, tmp_path: Path) -> None:
    repository.commit("m/1.sql")
    repository("worktree", "add", "-q", "-b", "feature", str(tmp_path / "tree"))
    (tmp_path / "tree" / "m" / "2.sql").write_text("", "utf-8")
    history = read_history(tmp_path / "tree")
    assert history.base == {"m/1.sql"}
    assert any(path.name == "HEAD" and "worktrees" in path.parts for path in history.depends_on)


@pytest.mark.parametrize(("prepare", "reason"), [
    (lambda repository: None, "no commit"),
    (lambda repository: (repository.commit("a/1.sql"), repository.write("new/1.sql")), "nothing of this folder"),
])  # fmt: skip
def test_why_there_is_no_base(repository: Repository, prepare: object, reason: str) -> None:
    prepare(repository)  # type: ignore[operator]
    (repository.root / "new").mkdir(exist_ok=True)
    history = read_history(repository.root / "new")
    assert history.base is None
    assert reason in history.reason


def test_files_as_they_were(repository: Repository) -> None:
    repository.commit("server/m/ä b.sql", text="CREATE TABLE a (a int);")
    repository.commit("server/m/2.sql", text="SELECT 1;")
    repository.write("server/m/ä b.sql", text="CREATE TABLE b (a int);")
    (repository.root / "server" / "m" / "2.sql").unlink()
    history = read_history(repository.root / "server")
    found = history.versions_in_base(["m/ä b.sql", "m/2.sql", "m/3.sql"])
    assert {path: version.content for path, version in found.items()} == {
        "m/ä b.sql": b"CREATE TABLE a (a int);", "m/2.sql": b"SELECT 1;",
    }  # fmt: skip
    assert found["m/2.sql"].facts.path == "m/2.sql"
    unsaved = read_history(repository.root / "server", unsaved=["m/2.sql", "m/3.sql"])
    assert list(unsaved.versions_in_base(["m/2.sql", "m/3.sql"])) == ["m/2.sql"]


def test_the_only_branch_of_a_clone_is_not_the_default_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit("m/1.sql")
    repository("checkout", "-q", "-b", "feature")
    repository.commit("m/2.sql")
    clone = Repository(tmp_path / "clone", branch="ci")
    clone("remote", "add", "origin", str(repository.root))
    clone("fetch", "-q", "origin", "+feature:refs/remotes/pull/1/merge")
    clone("checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
    assert "no default branch" in read_history(clone.root).reason


@pytest.mark.parametrize("name", ["main@{0}", "@{upstream}", ":/x", "HEAD^{commit}"])
def test_a_name_that_more_than_references_decide_is_not_repeatable(repository: Repository, name: str) -> None:
    repository.commit("m/1.sql")
    assert read_history(repository.root, since="main").repeatable
    assert not read_history(repository.root, since=name).repeatable


def test_no_default_branch(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repo", branch="develop")
    repository.commit("m/1.sql")
    assert read_history(repository.root).base == {"m/1.sql"}
    repository("checkout", "-q", "-b", "feature")
    assert "no default branch" in read_history(repository.root).reason


def test_histories_that_share_nothing(repository: Repository) -> None:
    repository.commit("m/1.sql")
    repository("checkout", "-q", "--orphan", "feature")
    repository.commit("m/2.sql")
    assert "no commit in common" in read_history(repository.root).reason


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    repository.commit("m/1.sql")
    repository("checkout", "-q", "-b", "feature")
    repository.commit("m/2.sql")
    repository("checkout", "-q", "main")
    repository.commit("m/3.sql")
    shallow = tmp_path / "shallow"
    repository(
        "clone", "-q", "--depth", "1", "--no-single-branch", "-b", "feature", f"file://{repository.root}", str(shallow)
    )
    assert "shallow" in read_history(shallow).reason


def test_no_repository(tmp_path: Path) -> None:
    history = read_history(tmp_path)
    assert history.base is None
    assert history.reason == "not a git repository"
    assert tmp_path / ".git" in history.depends_on


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_history(tmp_path).reason == "git is not installed"


def test_the_environment_of_a_hook_does_not_lead_astray(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("m/1.sql")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert read_history(repository.root).base == {"m/1.sql"}


def test_nothing_of_the_repository_is_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit("m/1.sql", ".gitattributes", text="*.py diff=evil filter=evil\n")
    repository.commit("app.py")
    ran = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n", "utf-8")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.evil.textconv", "filter.evil.smudge", "filter.evil.clean"):
        repository("config", key, str(script))
    hooks = repository.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    shutil.copy(script, hooks / "post-index-change")
    history = read_history(repository.root)
    assert history.base == {"m/1.sql", "app.py"}
    assert history.names_in_base("app") is True
    assert history.text_in_base("app.py")
    repository.write("app.py", text="x = 1\n")
    os.utime(repository.root / "m" / "1.sql")
    touched = read_history(repository.root, since="HEAD").versions_in_base(["app.py", "m/1.sql", "new.py"])
    assert touched["app.py"].content == b"app.py"
    assert not ran.exists()


def test_a_partial_clone_fetches_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is fetched comes through a command that the repository names."""
    repository.commit("m/1.sql", text="select 1")
    repository("config", "uploadpack.allowFilter", "true")
    source, target = repository.root.as_uri(), tmp_path / "clone"
    repository("clone", "--quiet", "--filter=blob:none", "--no-checkout", source, str(target))
    clone = Repository(target)
    clone.write("m/1.sql", text="select 2")
    ran = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n", "utf-8")
    script.chmod(0o755)
    clone("config", "remote.origin.uploadpack", str(script))
    clone("config", "protocol.file.allow", "always")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec {shutil.which("git")} "$@"\n', "utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    history = read_history(clone.root)
    assert history.base == {"m/1.sql"}
    assert not history.versions_in_base(["m/1.sql"])
    assert history.text_in_base("m/1.sql") is None
    assert not ran.exists()
    assert history.lacking == {"m/1.sql"}


def test_what_a_partial_clone_cannot_say_is_said(repository: Repository, tmp_path: Path) -> None:
    for number in (1, 2):
        repository.commit(f"migrations/{number}_x.sql", text=f"CREATE TABLE t{number} (a int);")
    repository("checkout", "-q", "-b", "feature")
    repository.commit("migrations/1_x.sql", text="CREATE TABLE t1 (b int);")
    repository("config", "uploadpack.allowFilter", "true")
    target = tmp_path / "clone"
    repository("clone", "-q", "--filter=blob:none", "-b", "feature", repository.root.as_uri(), str(target))
    Repository(target)("remote", "set-head", "origin", "main")
    command = [sys.executable, "-m", "bylaw", "check", "--no-cache"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert "what was edited in migrations/1_x.sql since it was merged is not known" in done.stderr
    whole = subprocess.run(command, cwd=repository.root, capture_output=True, text=True, check=False)
    assert "is not known" not in whole.stderr


def test_releases_between_two_files(repository: Repository) -> None:
    repository.commit("m/1.sql")
    assert read_history(repository.root).released_between("m/1.sql", "m/2.sql", 1) is None
    repository("tag", "v1")
    repository.commit("x.py")
    repository("tag", "-a", "v2", "-m", "annotated")
    repository.commit("m/2.sql")
    repository("tag", "v3")
    history = read_history(repository.root)
    assert history.released_between("m/1.sql", "m/2.sql", 2) is True
    assert history.released_between("m/1.sql", "m/2.sql", 3) is False
    assert history.released_between("m/1.sql", "m/new.sql", 3) is True
    assert history.released_between("m/new.sql", "m/newer.sql", 1) is False


def test_words_and_texts_of_the_base(repository: Repository) -> None:
    repository.commit("app/models.py", text="class User:\n    nick_name = Column()\n")
    repository.commit("db/versions/1.py", text="old_name = 1\n")
    history = read_history(repository.root)
    assert history.names_in_base("nick_name") is True
    assert history.names_in_base("nick") is False
    assert history.names_in_base("old_name") is True
    assert history.names_in_base("old_name", ["db/versions"]) is False
    assert history.text_in_base("app/models.py") == "class User:\n    nick_name = Column()\n"
    assert history.text_in_base("app/none.py") is None
    assert GitHistory().names_in_base("x") is None


def test_what_the_answer_depends_on_changes_with_it(repository: Repository) -> None:
    repository.commit("m/1.sql")

    def state() -> list[object]:
        return [path.stat().st_mtime_ns if path.exists() else None for path in read_history(repository.root).depends_on]

    before = state()
    repository("checkout", "-q", "-b", "feature")
    switched = state()
    repository.commit("m/2.sql")
    assert before != switched != state()
