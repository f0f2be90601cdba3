"""Delegation to ruff: what it is asked, how its places become ours, and what happens when it cannot answer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bylaw.engine import ruff
from bylaw.engine.ruff import RuffError, RuffTask, find_ruff, run_ruff
from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import Override, RuleSetting, Settings

RULES = load_builtin()


def in_memory(
    files: dict[str, str], codes: tuple[str, ...] = ("PLC0415",), **settings: object
) -> list[tuple[str, str]]:
    """Path and source of each finding."""
    texts = {path: text.encode() for path, text in files.items()}
    pairs = tuple((key.replace("__", "."), value) for key, value in settings.items())
    found = run_ruff(RuffTask(codes, pairs, tuple(texts)), texts.__getitem__)
    return [(item.path, texts[item.path][item.span.start : item.span.end].decode()) for item in found]


PLACES = [
    "def f():\n    import x\n",
    "def f(): '😀é'; import x\n",
    "\ufeffdef f(): import x\n",
    "def f():\r\n    '😀'; import x\r\n",
    "def f():\r    import x\r",
    "def f():\n\timport x",
    "'''\n\x0c\u2028\n'''\ndef f():\n    import x\n",
]


@pytest.mark.parametrize("source", PLACES)
def test_places_are_the_same_bytes(source: str) -> None:
    assert in_memory({"a.py": source}) == [("a.py", "import x")]


def test_a_place_of_several_lines() -> None:
    statement = "from x import (  # é\n        y,\n    )"
    assert in_memory({"a.py": f"def f():\n    {statement}\n"}) == [("a.py", statement)]


def test_settings_reach_ruff() -> None:
    source = "def f(x):\n    if x:\n        pass\n"
    assert in_memory({"a.py": source}, ("C901",), **{"lint.mccabe.max-complexity": 1}) == [("a.py", "f")]
    assert in_memory({"a.py": source}, ("C901",), **{"lint.mccabe.max-complexity": 2}) == []


def test_the_configuration_and_exclusions_of_the_project_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nignore = ["PLC0415"]\n')
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "@a b.py").write_text("def f():\n    import x\n")
    paths = ("build/@a b.py",)
    found = run_ruff(RuffTask(("PLC0415",), (), paths), lambda path: (tmp_path / path).read_bytes(), tmp_path)
    assert [item.path for item in found] == list(paths)
    assert not (tmp_path / ".ruff_cache").exists()


def test_disk_and_memory_agree_and_other_encodings_are_read(tmp_path: Path) -> None:
    text = "# coding: latin-1\ndef f():\n    'é'; import x\n"
    (tmp_path / "a.py").write_bytes(text.encode("latin-1"))
    task = RuffTask(("PLC0415",), (), ("a.py",))
    on_disk = run_ruff(task, lambda _: text.encode(), tmp_path)
    assert on_disk == run_ruff(task, lambda _: text.encode())
    assert len(on_disk) == 1


def test_more_files_than_one_command_line_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruff, "_ARGUMENTS", 100)
    files = {f"package/module_{number}.py": "def f():\n    import x\n" for number in range(12)}
    assert len(in_memory(files)) == 12


def test_variables_of_the_environment_do_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "stolen"))
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "text")
    assert in_memory({"a.py": "def f():\n    import x\n"}) == [("a.py", "import x")]
    assert not (tmp_path / "stolen").exists()


def test_a_file_with_a_syntax_error_says_nothing() -> None:
    assert in_memory({"a.py": "def f(:\n    import x\n", "b.py": "def f():\n    import x\n"}) == [("b.py", "import x")]


def test_ruff_is_never_taken_from_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "ruff"
    fake.write_text("#!/bin/sh\necho '[]'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    assert find_ruff().parent != tmp_path


def test_a_missing_ruff_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruff, "find_ruff", _missing)
    report = run(
        MemorySources({"a.py": b"x = 1\n"}),
        Settings(rules={"max-complexity": RuleSetting("info"), "no-dynamic-import": RuleSetting("error")}),
        RULES,
    )
    assert report.internal_error
    assert {d.rule for d in report.diagnostics} == {"internal-error"}
    assert "ruff is missing" in report.diagnostics[0].message


def _missing() -> Path:
    raise RuffError("ruff is missing", hint="install it")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('ruff is ill')", "ruff is ill"),
        ("print('no json')", "no JSON"),
        ("print('{}')", "unknown shape"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_failing_ruff_is_said(program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "ruff"
    fake.write_text(f"#!{sys.executable}\n{program}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(ruff, "find_ruff", lambda: fake)
    with pytest.raises(RuffError, match=words):
        in_memory({"a.py": "x = 1\n"})


def test_a_path_out_of_the_project_is_refused() -> None:
    with pytest.raises(RuffError):
        in_memory({"../a.py": "x = 1\n"})


def test_ruff_does_not_start_when_no_rule_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruff, "find_ruff", _missing)
    settings = Settings(rules={"no-any": RuleSetting("error"), "max-complexity": RuleSetting("off")})
    assert not run(MemorySources({"a.py": b"x = 1\n"}), settings, RULES).internal_error


def test_overrides_give_other_options_to_some_files() -> None:
    rule = RULES["max-complexity"]
    strict, lax = rule.options_type(max=1), rule.options_type(max=2)
    source = b"def f(x):\n    if x:\n        pass\n"
    settings = Settings(
        rules={rule.name: RuleSetting("error", lax)},
        overrides=(
            Override(("strict/**",), {rule.name: RuleSetting("warning", strict)}),
            Override(("off/**",), {rule.name: RuleSetting("off")}),
        ),
    )
    report = run(MemorySources({"a.py": source, "strict/a.py": source, "off/a.py": source * 3}), settings, RULES)
    assert [(d.location.path, d.severity) for d in report.diagnostics] == [("strict/a.py", "warning")]
