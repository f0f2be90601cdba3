"""Patterns of ignore files: what each form matches, and that git itself says the same of whole trees."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from bylaw.engine.discovery import discover
from bylaw.globs import Globs, matcher
from bylaw.settings import Settings

PIECES = (
    "a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "[a-c]", ".py", "x", "build", "foo", "*.py", "\\*", "[[:alpha:]]",
    "[]-]", "a*b", "*a*", "[^b]*", "\\#h", "\\!n", ".", "-", "**a", "A?", "[[:digit:][:upper:]]*", "[\\]x]", "sp\\ ",
)  # fmt: skip
NAMES = (
    "a",
    "b",
    "ab",
    "abc",
    "a.b.py",
    "x.py",
    "build",
    "foo",
    "a-b",
    "[x]",
    "#h.py",
    "!n.py",
    "sp ",
    "A1.py",
    "b.sql",
)


@pytest.mark.parametrize(
    ("pattern", "matched", "other"),
    [
        ("*.py", "app/a.py", "app/a.pyi"),
        ("/a.py", "a.py", "app/a.py"),
        ("app/a.py", "app/a.py", "old/app/a.py"),
        ("app/*.py", "app/a.py", "app/sub/a.py"),
        ("**/gen/*.py", "x/y/gen/a.py", "x/gen/y/a.py"),
        ("**/gen/*.py", "gen/a.py", "gena/a.py"),
        ("a/**/b.py", "a/b.py", "b.py"),
        ("a/**/b.py", "a/x/y/b.py", "a/x/y/c.py"),
        ("a/**", "a/x/y.py", "a"),
        ("[!a].py", "b.py", "a.py"),
        ("[]-].py", "].py", "a.py"),
        ("[z-a0].py", "0.py", "m.py"),
        ("\\#a.py", "#a.py", "a.py"),
        ("a.py   ", "a.py", "a.py "),
        ("a\\ ", "a ", "a"),
        ("a.py\r", "a.py", "b.py"),
    ],
)
def test_forms(pattern: str, matched: str, other: str) -> None:
    globs = Globs([pattern])
    assert globs.verdict(matched, is_folder=False)
    assert globs.verdict(other, is_folder=False) is None


def test_folders_only() -> None:
    globs = Globs(["build/"])
    assert globs.verdict("app/build", is_folder=True)
    assert globs.verdict("app/build", is_folder=False) is None


def test_the_last_match_decides() -> None:
    globs = Globs(["*.py", "!keep.py", "sub/keep.py"])
    assert globs.verdict("keep.py", is_folder=False) is False
    assert globs.verdict("sub/keep.py", is_folder=False)


@pytest.mark.parametrize(
    "line", ["", "   ", "# a comment", "!", "/", "//", "[", "a[b", "a\\", "[]", "[!]", "[[:none:]]"]
)
def test_lines_that_are_no_pattern_match_nothing_and_break_nothing(line: str) -> None:
    assert not Globs([line]).verdict("a.py", is_folder=False)


def test_files_in_matched_folders_are_covered() -> None:
    covers = matcher(["tests", "app/legacy/", "!app/legacy/new.py"])
    assert covers("tests/unit/test_a.py")
    assert covers("app/legacy/old.py")
    assert not covers("app/legacy/new.py")
    assert not covers("app/tests.py")


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "**/" * 40 + "b", "[a-z]*" * 40 + "1"])
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    start = time.perf_counter()
    Globs([pattern]).verdict("a" * 250 + "/" + "/".join("a" * 100), is_folder=False)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("seed", range(40))
def test_git_takes_the_same_files(tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311
    root = tmp_path / "repository"
    for _ in range(50):
        folder = root.joinpath(*(choose.choice(NAMES).removesuffix(".py") for _ in range(choose.randint(0, 3))))
        file = folder / choose.choice([name for name in NAMES if name.endswith((".py", ".sql"))])
        if not any(parent.is_file() for parent in file.parents):
            folder.mkdir(parents=True, exist_ok=True)
            file.touch()
    folders = [root, *(folder for folder in sorted(root.rglob("*")) if folder.is_dir())]
    for folder in choose.sample(folders, min(3, len(folders))):
        lines = "\n".join(_pattern(choose) for _ in range(choose.randint(1, 5)))
        (folder / ".gitignore").write_text(f"{lines}\n!.gitignore\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-o", "-z", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    expected = sorted(path for path in listed if path.endswith((".py", ".sql")))
    assert list(discover(root, Settings()).files) == expected


def _pattern(choose: random.Random) -> str:
    parts = ["".join(choose.choices(PIECES, k=choose.randint(1, 2))) for _ in range(choose.choice([1, 1, 1, 2, 3]))]
    before = choose.choice(["", "", "!"]) + choose.choice(["", "", "/"])
    return before + "/".join(parts) + choose.choice(["", "", "/", "  "])
