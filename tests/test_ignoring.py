"""Ignore rules: the same answers as one pattern after the other gives, and remembered while they are the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from bylaw.engine.ignoring import Patterns
from bylaw.engine.session import open_session
from bylaw.project.paths import matcher
from bylaw.settings import Settings

PART = st.text("ab.*?[]!-é (\\", min_size=1, max_size=4)
LINE = st.builds(
    lambda negated, anchored, parts, folder: f"{negated}{anchored}{'/'.join(parts)}{folder}",
    st.sampled_from(["", "", "!"]), st.sampled_from(["", "/", "**/"]), st.lists(PART | st.just("**"), max_size=3),
    st.sampled_from(["", "/", "/**", "/*"]),
).filter(lambda line: "[!" not in line)  # fmt: skip
"""Without `[!a]`, which the library lets stand for a slash as well."""
NAME = st.lists(st.text("ab.é-", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


def plainly(lines: list[str], path: str) -> bool | None:
    """What the library says when each line that is a pattern is asked."""
    usable = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        usable.append(line)
    return GitIgnoreSpec.from_lines(usable).check_file(path).include


@given(st.lists(LINE, max_size=6), st.lists(st.tuples(NAME, st.sampled_from(["", "/"])), min_size=1, max_size=8))
@example(["[(?P<ps_d>]a", "b/", "!b/a"], [("b/a", ""), ("(a", ""), ("b", "/")])
@example(["a|b", "*.(b|c)"], [("a|b", ""), ("a", ""), ("x.(b|c)", ""), ("x.b", "")])
@example([], [("a", "")])
def test_patterns_say_together_what_each_of_them_says(lines: list[str], names: list[tuple[str, str]]) -> None:
    patterns = Patterns(lines)
    for name, end in names:
        assert patterns.verdict(name + end) is plainly(lines, name + end), (lines, name + end)


STARS = st.lists(
    st.one_of(st.just("**"), st.text("ab*?[", min_size=1, max_size=7).map(lambda part: part.replace("[", "[ab]"))),
    min_size=1, max_size=5,
).map("/".join)  # fmt: skip
LONG_NAME = st.lists(st.text("abc", min_size=1, max_size=8), min_size=1, max_size=7).map("/".join)


@given(STARS, st.lists(LONG_NAME, min_size=5, max_size=20))
@example("*a*ab*b", ["aabab", "abaab", "xaxbxabb", "a/b/aabb"])
@example("**/a/**/a/b/**/b", ["a/a/a/b/b", "a/b/a/a/b/c/b", "aa/a/b/b", "a/ab/a/b/b", "c/a/a/b/b/d"])
def test_rules_with_many_stars_say_what_the_library_says(line: str, names: list[str]) -> None:
    assert [Patterns([line]).verdict(name) for name in names] == [plainly([line], name) for name in names]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("*a*a*a*a*a*a*a*b", "a" * 250),
        ("a?*a?*a?*a?*a?*a?*c", "a" * 250),
        ("[ab]*[ab]*[ab]*[ab]*[ab]*[ab]*c", "ab" * 125),
        ("*" * 60 + "b", "a" * 250),
        ("**/a/**/a/**/a/**/a/**/b", "a/" * 1500 + "c"),
        ("a/**/a/**/a/**/a/**/b", "a/" * 1500 + "c"),
    ],
)
def test_a_hostile_rule_is_asked_in_no_time(line: str, name: str) -> None:
    """It would take years."""
    assert Patterns([line]).verdict(name) is None
    assert not matcher([line])(name)


def test_what_is_not_one_of_some_characters_is_no_slash(tmp_path: Path) -> None:
    lines = ["[!x]*c", "d[!x]e", "/f[^a]/g"]
    names = ["ab/c", "abc", "d/e", "dae", "f//g", "fb/g", "fa/g", "xc"]
    (tmp_path / ".gitignore").write_text("\n".join(lines))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    asked = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", *names]
    ignored = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in names if Patterns(lines).verdict(name)] == ignored == ["abc", "dae", "fb/g"]


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x = 1\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    write(root, "app/a.py", "app/local.py", "app/gen/b.py", "app/gen/keep.py")
    (root / ".gitignore").write_text("local.py\n")
    (root / "app" / ".gitignore").write_text("gen/*\n!gen/keep.py\n")
    return root


def found(root: Path, *, exclude: tuple[str, ...] = ()) -> list[str]:
    return list(open_session(root, Settings(exclude=exclude)).project.files)


def test_what_was_said_holds_while_rules_and_paths_are_the_same(project: Path) -> None:
    assert found(project) == found(project) == ["app/a.py", "app/gen/keep.py"]
    (project / ".gitignore").write_text("a.py\n")
    assert found(project) == ["app/gen/keep.py", "app/local.py"]
    (project / "app" / ".gitignore").unlink()
    assert found(project) == ["app/gen/b.py", "app/gen/keep.py", "app/local.py"]
    write(project, "app/new/a.py", "app/new/c.py")
    assert found(project) == ["app/gen/b.py", "app/gen/keep.py", "app/local.py", "app/new/c.py"]
    assert found(project, exclude=("gen/",)) == ["app/local.py", "app/new/c.py"]


def test_a_folder_and_a_file_of_the_same_name_are_not_the_same(project: Path) -> None:
    (project / ".gitignore").write_text("data.py/\n")
    write(project, "data.py")
    assert "data.py" in found(project)
    (project / "data.py").unlink()
    write(project, "data.py/c.py")
    assert "data.py/c.py" not in found(project)


def test_what_is_remembered_asks_no_library(project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bylaw.engine.session import open_session;"
        "from bylaw.settings import Settings; s = open_session(Path(sys.argv[1]), Settings());"
        "print(len(s.project.files), 'pathspec' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(project)]
    said = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(2)]
    assert said == [["2", "True"], ["2", "False"]]


@pytest.mark.parametrize("damage", [b"", b"bylaw facts 1\n", b"nonsense"])
def test_a_damaged_memory_is_made_anew(project: Path, damage: bytes) -> None:
    before = found(project)
    (memory,) = (project.parent / "cache").glob("*.ignored")
    whole = memory.read_bytes()
    memory.write_bytes(damage)
    assert found(project) == before
    assert memory.read_bytes() == whole
