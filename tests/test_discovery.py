"""Which files a run takes, and the reason for each that it leaves out."""

import os
from pathlib import Path

import pytest

from bylaw.engine.discovery import discover
from bylaw.settings import Settings


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def found(root: Path, **settings: object) -> list[str]:
    return list(discover(root, Settings(**settings)).files)  # type: ignore[arg-type]


def reasons(root: Path, **settings: object) -> dict[str, str]:
    return dict(discover(root, Settings(**settings)).skipped)  # type: ignore[arg-type]


def test_takes_python_and_sql_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.sql", "a/b.py", "notes.md")
    assert found(tmp_path) == ["a/b.py", "a/z.sql", "b.py"]


def test_nested_gitignores_and_their_exceptions(tmp_path: Path) -> None:
    write(tmp_path, "gen/a.py", "gen/keep/b.py", "app/local.py", "app/sub/local.py", "build/c.py")
    (tmp_path / ".gitignore").write_text("local.py\n/build/\n")
    (tmp_path / "app" / "sub" / ".gitignore").write_text("!local.py\n")
    assert found(tmp_path) == ["app/sub/local.py", "gen/a.py", "gen/keep/b.py"]
    assert reasons(tmp_path)["app/local.py"] == "ignored by .gitignore"
    assert reasons(tmp_path)["build"] == "ignored by .gitignore"


def test_ignore_files_above_the_root_count_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("scratch.py\n")
    (tmp_path / ".gitignore").write_text("server/out/\n*.gen.py\n")
    write(tmp_path, "server/out/a.py", "server/b.gen.py", "server/scratch.py", "server/c.py")
    assert found(tmp_path / "server") == ["c.py"]


def test_a_bad_pattern_does_not_lose_the_others(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("!\na.py\n")
    assert found(tmp_path) == ["b.py"]


def test_excludes_are_globs_from_the_root(tmp_path: Path) -> None:
    write(tmp_path, "legacy/a.py", "app/legacy/b.py", "app/c.py")
    assert found(tmp_path, exclude=("/legacy/**",)) == ["app/c.py", "app/legacy/b.py"]
    assert reasons(tmp_path, exclude=("/legacy/",))["legacy"] == "excluded by the configuration"


def test_virtual_environments_under_any_name(tmp_path: Path) -> None:
    write(tmp_path, "env39/lib/a.py", "env39/pyvenv.cfg", "app/.venv/b.py", "node_modules/x/c.py", "app/d.py")
    assert found(tmp_path) == ["app/d.py"]
    assert reasons(tmp_path)["env39"] == "a virtual environment"


def test_links_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(root, "app/a.py")
    write(outside, "secret.py")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "secret.py")
    (root / "loop").symlink_to(root)
    (root / "broken.py").symlink_to(root / "nowhere.py")
    assert found(root) == ["app/a.py"]
    assert {reasons(root)[name] for name in ("out", "out.py", "loop", "broken.py")} == {"a symbolic link"}


def test_ignore_rules_behind_a_link_are_none(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere.txt", text="a.py\n")
    write(tmp_path, "a.py")
    (tmp_path / ".gitignore").symlink_to("elsewhere.txt")
    assert found(tmp_path) == ["a.py"]


def test_what_is_no_file_or_too_large(tmp_path: Path) -> None:
    write(tmp_path, "big.py", text="x = 1\n" * 20)
    (tmp_path / "folder.sql").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    write(tmp_path, "folder.sql/a.py")
    assert found(tmp_path, max_file_size=100) == ["folder.sql/a.py"]
    assert reasons(tmp_path, max_file_size=100) == {"big.py": "larger than 100 bytes", "pipe.py": "not a regular file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    write(tmp_path, "closed/a.py", "b.py")
    (tmp_path / "closed").chmod(0)
    try:
        assert found(tmp_path) == ["b.py"]
        assert "cannot be listed" in reasons(tmp_path)["closed"]
    finally:
        (tmp_path / "closed").chmod(0o755)


def test_a_deep_tree(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a.py").write_text("")
    assert len(found(tmp_path)) == 1
