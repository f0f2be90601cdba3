"""Files that git tracks are read although a `.gitignore` names them, as git itself goes on keeping them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bylaw.engine.discovery import discover
from bylaw.engine.left_out import why_left_out
from bylaw.settings import Settings

Git = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A work tree in which `models/` and `local.py` are ignored."""
    for path in ("app/models/user.py", "app/models/deep/role.py", "app/models/new.py", "app/local.py", "app/main.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("models/\nlocal.py\n")
    return tmp_path


@pytest.fixture
def git(root: Path) -> Git:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=root, env=environment, check=True, capture_output=True)

    run("init", "-q")
    return run


def found(root: Path, **settings: object) -> list[str]:
    return list(discover(root, Settings(**settings)).files)  # type: ignore[arg-type]


def test_what_git_tracks_is_read_and_its_ignored_neighbours_are_not(root: Path, git: Git) -> None:
    assert found(root) == ["app/main.py"]
    git("add", "-f", "app/models/user.py", "app/models/deep", "app/local.py", "app/main.py")
    discovery = discover(root, Settings())
    assert list(discovery.files) == ["app/local.py", "app/main.py", "app/models/deep/role.py", "app/models/user.py"]
    assert dict(discovery.skipped) == {
        ".git": "never searched",
        "app/models": "ignored by .gitignore, the files aside that git tracks",
    }
    assert not why_left_out("app/models/user.py", discovery)
    assert "app/models is left out" in why_left_out("app/models/new.py", discovery)


@pytest.mark.parametrize("form", [("--index-version", "4"), ("--split-index",)])
def test_an_index_of_another_form_is_left_to_git(root: Path, git: Git, form: tuple[str, ...]) -> None:
    git("add", "-f", "app")
    git("update-index", *form)
    assert len(found(root)) == 5


def test_many_names_are_asked_of_git_at_once(root: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git("add", "-f", "app/models/deep", "app/local.py")
    expected = found(root)
    assert "app/models/deep/role.py" in expected
    monkeypatch.setattr("bylaw.engine.tracked._MOST_LOOKED_THROUGH", 0)
    assert found(root) == expected


def test_a_name_that_only_ends_like_a_tracked_one_is_not_tracked(root: Path, git: Git) -> None:
    (root / "local.py").write_text("x = 1\n")
    git("add", "-f", "app/local.py")
    git("add", "-f", "-N", "app/models/new.py")  # which makes the entries of the index longer
    assert found(root) == ["app/local.py", "app/main.py", "app/models/new.py"]


def test_a_root_below_the_top_and_a_linked_work_tree(
    root: Path, git: Git, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git("add", "-f", "app/local.py", "app/main.py", ".gitignore")
    assert found(root / "app") == ["local.py", "main.py"]
    linked = tmp_path_factory.mktemp("linked") / "tree"
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x")
    git("worktree", "add", "-q", str(linked))
    assert found(linked) == ["app/local.py", "app/main.py"]


def test_the_configuration_links_and_environments_still_leave_out(root: Path, git: Git) -> None:
    git("add", "-f", "app")
    assert found(root, exclude=("deep/", "user.py")) == ["app/local.py", "app/main.py", "app/models/new.py"]
    (root / "app" / "models" / "deep" / "pyvenv.cfg").touch()
    assert "app/models/deep/role.py" not in found(root)
    (root / "app" / "models").rename(root.parent / f"{root.name}-elsewhere")
    (root / "app" / "models").symlink_to(root.parent / f"{root.name}-elsewhere")
    assert found(root) == ["app/local.py", "app/main.py"]


@pytest.mark.parametrize("content", [b"", b"DIRC", b"DIRC\0\0\0\2" + b"app/local.py" * 3, b"\0" * 500, b"local.py\0"])
def test_a_broken_index_tracks_nothing(root: Path, git: Git, content: bytes) -> None:
    git("add", "app/main.py")
    (root / ".git" / "index").write_bytes(content)
    assert found(root) == ["app/main.py"]


def test_an_index_that_is_a_pipe_is_not_waited_for(root: Path, git: Git) -> None:
    os.mkfifo(root / ".git" / "index")
    code = (
        "import sys\nfrom pathlib import Path\nfrom bylaw.engine.discovery import discover\n"
        "from bylaw.settings import Settings\nprint(*discover(Path(sys.argv[1]), Settings()).files)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], check=True, capture_output=True, timeout=60)
    assert done.stdout.split() == [b"app/main.py"]


def test_a_place_of_the_index_that_no_system_has_is_none(root: Path) -> None:
    (root / ".git").write_bytes(b"gitdir: a\0b\n")
    discovery = discover(root, Settings())
    assert list(discovery.files) == ["app/main.py"]
    assert discovery.ignore_files == [root / ".gitignore", root / ".git" / "index"]


def test_a_run_depends_on_the_index_where_something_is_ignored(root: Path, git: Git) -> None:
    index = root / ".git" / "index"
    assert index in discover(root, Settings()).ignore_files
    (root / ".gitignore").unlink()
    assert index not in discover(root, Settings()).ignore_files
