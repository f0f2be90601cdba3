"""The command line from outside: arguments, bytes, exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bylaw import cli
from bylaw.cli.app import command
from bylaw.cli.request import quickly
from bylaw.engine.writing import WriteProblem, write_files

PACK = {
    "no_shout": '''
from dataclasses import dataclass
from bylaw import File, Finding, Fix, Related, Replace, Span, file_rule


@dataclass(frozen=True)
class Options:
    word: str = "SHOUT"
    """The word that is not to be said."""


@file_rule(summary="Nobody shouts", severity="error", since="1.0", fix="safe")
def no_shout(file: File, options: Options):
    """Shouting helps nobody.

    Speak instead.
    """
    content = file.source.content
    word = options.word.encode()
    start = content.find(word)
    while start != -1:
        span = Span(start, start + len(word))
        fix = Fix("speak", (Replace(file.path, span, options.word.lower()),), "safe")
        yield Finding(file.at(span), f"`{options.word}` is shouted", help="speak", fix=fix)
        start = content.find(word, start + 1)
''',
    "breaks": '''
from bylaw import File, NoOptions, file_rule


@file_rule(summary="Always breaks", severity="warning", since="1.0")
def breaks(file: File, options: NoOptions):
    """Breaks."""
    raise RuntimeError("on purpose")
    yield
''',
}
CONFIG = 'extends = []\nrule-packs = ["tools"]\nexclude = ["tools", "vendored"]\n[rules]\nno-shout = "error"\n'


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    pack = root / "tools" / "manners"
    pack.mkdir(parents=True)
    (pack / "no_shout.py").write_text(PACK["no_shout"])
    (root / "bylaw.toml").write_text(CONFIG)
    (root / "app").mkdir()
    (root / "app" / "loud.py").write_text("x = 'SHOUT'\ny = 'SHOUT'\n")
    (root / "app" / "calm.py").write_text("x = 1\n")
    monkeypatch.chdir(root)
    return root


class Ran:
    """What a command line did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.out)
        return document


@pytest.fixture
def bylaw(capfd: pytest.CaptureFixture[str]) -> "Bylaw":
    return Bylaw(capfd)


class Bylaw:
    """Runs a command line in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture = capture

    def __call__(self, *arguments: str) -> Ran:
        self.capture.readouterr()
        code = cli.run(list(arguments))
        out, err = self.capture.readouterr()
        return Ran(code, out, err)


def process(*arguments: str, cwd: Path, stdin: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "bylaw", *arguments],
        cwd=cwd, input=stdin, capture_output=True, check=False, env={**os.environ, **environment}, timeout=60,
    )  # fmt: skip


# Checking


def test_errors_exit_with_1_and_are_shown(project: Path, bylaw: Bylaw) -> None:
    ran = bylaw("check", "--output-format", "concise")
    assert ran.code == 1
    assert ran.out == (
        "app/loud.py:1:6: error[no-shout] `SHOUT` is shouted\n"
        "app/loud.py:2:6: error[no-shout] `SHOUT` is shouted\n"
        "Found 2 errors; 2 files checked.\n"
        "2 can be repaired with --fix.\n"
    )
    assert ran.err == ""


def test_warnings_and_remarks_exit_with_0(project: Path, bylaw: Bylaw) -> None:
    for level in ("warning", "info"):
        (project / "bylaw.toml").write_text(CONFIG.replace('"error"', f'"{level}"'))
        ran = bylaw("check")
        assert ran.code == 0
        assert "SHOUT" in ran.out


def test_exit_zero_reports_all_the_same(project: Path, bylaw: Bylaw) -> None:
    ran = bylaw("check", "--exit-zero")
    assert (ran.code, "Found 2 errors" in ran.out) == (0, True)


def test_paths_limit_what_is_reported_not_what_is_read(project: Path, bylaw: Bylaw) -> None:
    assert bylaw("check", "app/calm.py").out == "No problems; 1 file checked.\n"
    assert bylaw("check", "app/calm.py").code == 0
    assert bylaw("check", "app").code == 1
    assert bylaw("check", str(project / "app" / "loud.py")).code == 1
    assert bylaw("check", ".", "-q", "--output-format", "json").json()["summary"]["files"] == 2  # type: ignore[index]


def test_paths_are_taken_from_the_current_folder(project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "app")
    ran = bylaw("check", "loud.py", "--output-format", "concise")
    assert ran.out.startswith("app/loud.py:1:6:")


def test_a_path_that_is_missing_or_outside_is_refused_and_all_are_named(project: Path, bylaw: Bylaw) -> None:
    outside = project.parent / "outside.py"
    outside.write_text("")
    ran = bylaw("check", "app", "nope.py", "../outside.py")
    assert ran.code == 2
    assert "nope.py: there is no such file or folder" in ran.err
    assert f"../outside.py: is outside the project ({project})" in ran.err
    assert ran.out == ""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is closed to an administrator")
def test_what_lies_in_a_closed_folder_is_told_and_does_not_stop_the_message_about_the_others(
    tmp_path: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "a.py").write_text("x = 1\n")
    closed.chmod(0)
    monkeypatch.chdir(tmp_path)
    try:
        ran = bylaw("check", "closed/a.py", "missing.py")
        configured = bylaw("check", "--config", "closed/bylaw.toml")
    finally:
        closed.chmod(0o700)
    assert ran.code == configured.code == 2
    assert "closed/a.py: cannot be reached: Permission denied" in ran.err
    assert "missing.py: there is no such file or folder" in ran.err
    assert "none that can be reached" in configured.err


def test_a_name_that_no_system_takes_is_told(project: Path, bylaw: Bylaw) -> None:
    ran = bylaw("check", "y" * 5000)
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be reached" in ran.err


def test_a_project_can_be_checked_from_elsewhere(project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = project.parent / "bare"
    other = project.parent / "other"
    for folder in (bare, other):
        folder.mkdir()
    (other / "bylaw.toml").write_text("")
    for folder in (bare, other, project.parent):
        monkeypatch.chdir(folder)
        ran = bylaw("check", str(project / "app"), "--output-format", "concise")
        assert (ran.code, ran.out.startswith("app/loud.py:1:6:")) == (1, True), ran.err
        assert bylaw("check", str(project / "app" / "loud.py"), "--output-format", "concise").code == 1


def test_a_folder_without_any_mark_is_checked_from_elsewhere_as_it_is(
    project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = project.parent / "bare"
    (bare / "inner").mkdir(parents=True)
    (bare / "inner" / "x.py").write_text("x = 1\n")
    monkeypatch.chdir(project)
    ran = bylaw("check", str(bare / "inner"))
    assert (ran.code, "is outside the project" in ran.err) == (2, True)
    monkeypatch.chdir("/")
    assert bylaw("check", str(bare / "inner"), "--output-format", "json").json()["summary"]["files"] == 1  # type: ignore[index]
    monkeypatch.chdir(bare)
    assert bylaw("check", "inner", "-v").err.startswith(f"root: {bare}")


def test_a_symbolic_link_that_leads_out_is_not_followed(project: Path, bylaw: Bylaw) -> None:
    (project.parent / "secret.py").write_text("SHOUT = 1\n")
    (project / "app" / "link.py").symlink_to(project.parent / "secret.py")
    ran = bylaw("check", "app/link.py")
    assert (ran.code, "a symbolic link" in ran.err) == (0, True)
    assert "secret" not in bylaw("check").out


def test_a_project_reached_through_a_symbolic_link_is_the_same_project(project: Path, bylaw: Bylaw) -> None:
    alias = project.parent / "alias"
    alias.symlink_to(project)
    assert bylaw("check", str(alias / "app" / "loud.py")).code == 1


def test_an_empty_project_is_not_clean(tmp_path: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bylaw.toml").write_text("")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for arguments in ([], ["empty"]):
        ran = bylaw("check", *arguments)
        assert ran.code == 2
        assert "nothing to check: there is no Python or SQL file" in ran.err


def test_files_that_are_not_for_us_are_no_error(project: Path, bylaw: Bylaw) -> None:
    (project / "notes.md").write_text("SHOUT")
    (project / "vendored").mkdir()
    (project / "vendored" / "x.py").write_text("SHOUT = 1")
    ran = bylaw("check", "notes.md")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "bylaw: notes.md is not checked: neither Python (.py) nor SQL (.sql)\n"
    assert bylaw("check", "--quiet", "notes.md").err == ""
    ran = bylaw("check", "vendored/x.py", "app/calm.py")
    assert ran.code == 0
    assert "vendored/x.py is not checked: vendored is left out: excluded by the configuration" in ran.err


def test_names_of_files_do_not_drive_the_terminal(project: Path, bylaw: Bylaw) -> None:
    (project / "app" / "es\x1b[31mc.py").write_text("x = 1\n")
    (project / "app" / "li\nne.md").write_text("x = 1\n")
    assert "app/es\\x1b[31mc.py  (Python)\n" in bylaw("files").out
    assert "app/li\\x0ane.md is not checked" in bylaw("check", "app/li\nne.md").err


def test_programs_get_a_document_even_when_no_file_is_for_us(project: Path, bylaw: Bylaw) -> None:
    (project / "notes.md").write_text("SHOUT")
    ran = bylaw("check", "notes.md", "--output-format", "json")
    assert (ran.code, ran.json()["diagnostics"]) == (0, [])
    assert bylaw("check", "notes.md", "--output-format", "sarif", "--output-file", "found.sarif").code == 0
    assert json.loads((project / "found.sarif").read_text())["runs"][0]["results"] == []


def test_a_syntax_error_does_not_stop_the_others(project: Path, bylaw: Bylaw) -> None:
    (project / "app" / "broken.py").write_text("def (:\n")
    ran = bylaw("check", "--output-format", "json")
    found = {(item["rule"], item["path"]) for item in ran.json()["diagnostics"]}  # type: ignore[attr-defined]
    assert ("no-shout", "app/loud.py") in found
    assert ran.code == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\xef\xbb\xbfx = 'SHOUT'\r\n", b"\x00\x01\xff", "# coding: latin-1\nx = 'é SHOUT'\n".encode("latin-1"),
     b"(" * 10_000 + b")" * 10_000],
    ids=["empty", "bom-crlf", "binary", "latin-1", "nested"],
)  # fmt: skip
def test_odd_files_are_survived_in_every_format(project: Path, bylaw: Bylaw, content: bytes) -> None:
    (project / "app" / "odd.py").write_bytes(content)
    for name in ("text", "concise", "json", "github", "sarif", "agent"):
        ran = bylaw("check", "--output-format", name)
        assert ran.code == 1
        assert "app/loud.py" in ran.out


def test_select_ignore_and_preset(project: Path, bylaw: Bylaw) -> None:
    (project / "app" / "loud.py").write_text("from typing import Any\nx: Any = 'SHOUT'\n")
    rules = lambda *arguments: set(bylaw("check", "--output-format", "json", *arguments).json()["summary"]["rules"])  # type: ignore[index,call-overload]  # noqa: E731
    assert rules() == {"no-shout"}
    assert rules("--select", "no-any") == {"no-any"}
    assert rules("--select", "no-any,manners") == {"no-any", "no-shout"}
    assert rules("--preset", "three-file-api") >= {"no-any", "no-shout"}
    assert rules("--ignore", "no-shout") == set()
    ran = bylaw("check", "--select", "no-shuot")
    assert (ran.code, 'did you mean "no-shout"?' in ran.err) == (2, True)


def test_a_wrong_configuration_is_told_in_full_and_exits_with_2(project: Path, bylaw: Bylaw) -> None:
    (project / "bylaw.toml").write_text(CONFIG + 'no-shuot = "off"\n[lay]\n')
    for arguments in (["check"], ["config"], ["files"]):
        ran = bylaw(*arguments)
        assert ran.code == 2
        assert "bylaw.toml:6: rules.no-shuot" in ran.err
        assert "bylaw.toml:7: lay" in ran.err


def test_a_pack_that_raises_on_import_is_an_error(project: Path, bylaw: Bylaw) -> None:
    (project / "tools" / "manners" / "bad.py").write_text("1 / 0\n")
    ran = bylaw("check")
    assert ran.code == 2
    assert "bad.py: ZeroDivisionError" in ran.err
    (project / "tools" / "manners" / "bad.py").write_text("import sys\n\nsys.exit(0)\n")
    ran = bylaw("check")
    assert ran.code == 2
    assert "bad.py: SystemExit: 0" in ran.err
    (project / "bylaw.toml").write_text(CONFIG)
    assert bylaw("check", "--no-rule-packs").code == 0


def test_a_pack_without_rules_is_told_beside_what_else_is_wrong(project: Path, bylaw: Bylaw) -> None:
    (project / "tools" / "bare").mkdir()
    (project / "tools" / "bare" / "beside_the_categories.py").write_text("")
    (project / "bylaw.toml").write_text('exclud = []\nrule-packs = ["tools/bare"]\n')
    ran = bylaw("check")
    assert ran.code == 2
    assert "bylaw.toml:1: exclud: unknown key" in ran.err
    assert "tools/bare: there is no rule in this rule pack" in ran.err


def test_a_suppression_may_name_a_rule_of_a_pack_that_is_not_loaded(project: Path, bylaw: Bylaw) -> None:
    (project / "quiet.py").write_text("x = 1  # bylaw: ignore[unheard-of-rule]: the pack is ours\n")
    assert "unheard-of-rule" in bylaw("check", "--output-format", "concise").out
    assert "unheard-of-rule" not in bylaw("check", "--output-format", "concise", "--no-rule-packs").out


def test_a_rule_that_raises_does_not_stop_the_others(project: Path, bylaw: Bylaw) -> None:
    (project / "tools" / "manners" / "breaks.py").write_text(PACK["breaks"])
    (project / "bylaw.toml").write_text(CONFIG + 'breaks = "warning"\n')
    for more in ([], ["--exit-zero"], ["app/calm.py"]):
        ran = bylaw("check", *more)
        assert ran.code == 2
        assert "the rule breaks failed: RuntimeError: on purpose (breaks.py:8, judging app/" in ran.out
    assert "shouted" in bylaw("check").out


def test_what_is_too_large_to_be_read_is_said(project: Path, bylaw: Bylaw) -> None:
    (project / "bylaw.toml").write_text(f"max-file-size = 5_000\n{CONFIG}")
    for name in ("one", "two"):
        (project / "app" / f"{name}.py").write_text("x = 1\n" * 2_000)
    said = "bylaw: app/one.py, app/two.py are not read: larger than 5,000 bytes; `max-file-size` allows more"
    ran = bylaw("check", "--output-format", "json")
    assert said in ran.err.splitlines()
    assert "app/one.py" not in ran.out
    assert said in bylaw("check").err.splitlines(), "of a replay, too"
    assert not bylaw("check", "--quiet").err


def test_a_rule_that_raises_in_one_file_is_heard_in_the_others(project: Path, bylaw: Bylaw) -> None:
    picky = (
        PACK["breaks"]
        .replace("import File", "import File, Finding, Span")
        .replace(
            '    raise RuntimeError("on purpose")\n    yield\n',
            '    if file.path == "app/calm.py":\n        raise RuntimeError("on purpose")\n'
            '    yield Finding(file.at(Span(0, 0)), "judged")\n',
        )
    )
    (project / "tools" / "manners" / "breaks.py").write_text(picky)
    (project / "bylaw.toml").write_text(CONFIG + 'breaks = "warning"\n')
    ran = bylaw("check", "--output-format", "json")
    assert ran.code == 2
    said = {(each["rule"], each["path"]) for each in ran.json()["diagnostics"]}
    assert ("internal-error", "") in said
    assert any(rule == "breaks" for rule, _ in said)


def test_what_a_pack_prints_stays_out_of_the_report(project: Path, bylaw: Bylaw) -> None:
    source = PACK["breaks"].replace(
        '    raise RuntimeError("on purpose")\n', '    print("judging aloud")\n    return\n'
    )
    (project / "tools" / "manners" / "breaks.py").write_text(source + '\n\nprint("loading aloud")\n')
    (project / "bylaw.toml").write_text(CONFIG + 'breaks = "warning"\n')
    ran = bylaw("check", "--output-format", "json")
    assert ran.json()["version"] == 1  # type: ignore[index,call-overload]
    assert ("loading aloud" in ran.err, "judging aloud" in ran.err) == (True, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise RecursionError('deep')", "RecursionError: deep"),
        ("yield 3", "TypeError: it yields int in place of a Finding"),
        ("yield None", "TypeError: it yields NoneType in place of a Finding"),
        ("yield Finding(None, 'x')", "TypeError: the location of its finding is no Location with a Span"),
        ("yield Finding(file.at(file.path), 'x')", "TypeError: the location of its finding is no Location with a Span"),
        ("yield Finding(file.at(Span(0, 1)), 3)", "TypeError: the message or help of its finding is no text"),
        ("return 5", "TypeError: 'int' object is not iterable"),
    ],
)
def test_whatever_a_rule_does_the_others_run(project: Path, bylaw: Bylaw, body: str, said: str) -> None:
    source = PACK["breaks"].replace('    raise RuntimeError("on purpose")\n    yield\n', f"    {body}\n")
    source = source.replace("from bylaw import", "from bylaw import Finding, Span,")
    (project / "tools" / "manners" / "breaks.py").write_text(source)
    ran = bylaw("check")
    assert ran.code == 2
    assert f"the rule breaks failed: {said}" in ran.out
    assert "shouted" in ran.out
    assert ran.err == ""


def test_a_rule_may_point_where_nothing_is(project: Path, bylaw: Bylaw) -> None:
    body = 'yield Finding(Location("nowhere.py", Span(5, 9)), "odd\\nwords"); yield Finding(file.at(Span(90, 70)), "x")'
    source = PACK["breaks"].replace('raise RuntimeError("on purpose")\n    yield\n', f"{body}\n")
    source = source.replace("from bylaw import", "from bylaw import Finding, Location, Span,")
    (project / "tools" / "manners" / "breaks.py").write_text(source)
    for name in ("text", "concise", "json", "github", "sarif", "agent"):
        ran = bylaw("check", "--output-format", name)
        assert (ran.code, ran.err) == (1, "")
        assert "shouted" in ran.out


def test_standard_input_takes_the_place_of_a_file(project: Path) -> None:
    ran = process(
        "check", "--stdin-filename", "app/new.py", "-", "--output-format", "concise", cwd=project, stdin=b"SHOUT = 1\n"
    )
    assert (ran.returncode, ran.stdout.decode().splitlines()[0]) == (
        1,
        "app/new.py:1:1: error[no-shout] `SHOUT` is shouted",
    )
    ran = process("check", "--stdin-filename", "app/loud.py", "-", cwd=project, stdin=b"quiet = 1\n")
    assert (ran.returncode, ran.stdout) == (0, b"No problems; 1 file checked.\n")
    for name, why in (("vendored/x.py", "excluded"), ("notes.md", "neither Python (.py) nor SQL (.sql)")):
        (project / "vendored").mkdir(exist_ok=True)
        ran = process("check", "--stdin-filename", name, "-", cwd=project, stdin=b"SHOUT = 1\n")
        assert (ran.returncode, ran.stdout) == (0, b"")
        assert f"{name} is not checked" in ran.stderr.decode()
        assert why in ran.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "--stdin-filename go together"),
        (["--stdin-filename", "app/x.py"], "--stdin-filename go together"),
        (["-", "app"], "together with other paths"),
        (["--stdin-filename", "../x.py", "-"], "outside the project"),
        (["--stdin-filename", ".", "-"], "not a file"),
        (["--stdin-filename", "app", "-"], "is a folder"),
        (["--stdin-filename", "app/x.py", "-", "--fix"], "cannot be repaired in place"),
        (["--statistics", "--output-format", "sarif"], "--statistics does not go with the format sarif"),
        (["--quiet", "--verbose"], "contradict"),
        (["--since", "HEAD", "--all-migrations", "--quiet", "--verbose"], "\n       --quiet and --verbose contradict"),
        (["--select", ""], "--select names nothing"),
        (["--ignore", " , "], "--ignore names nothing"),
        (["--output-format"], "`bylaw check --help`"),
        (["--output-file", "app"], "app: is a folder"),
        (["--output-format", "jsno"], 'did you mean "json"?'),
        (["--config", "nowhere.toml"], "no such configuration file"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_command_line_that_makes_no_sense_exits_with_2(
    project: Path, bylaw: Bylaw, arguments: list[str], said: str
) -> None:
    ran = bylaw("check", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["app"], "hint: `bylaw check app` checks it"),
        (["chek"], "Did you mean 'check'?"),
        (["--quiet"], "hint: `bylaw --help`"),
        (["explain", "no-any", "no-cast"], "hint: `bylaw explain --help`"),
    ],
)
def test_what_is_no_command_is_told(project: Path, bylaw: Bylaw, arguments: list[str], said: str) -> None:
    ran = bylaw(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that somebody is in")
def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    start = "import os, sys; os.rmdir(os.getcwd()); from bylaw import cli; sys.exit(cli.run(['check']))"
    ran = subprocess.run([sys.executable, "-c", start], cwd=tmp_path / "gone", capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b"bylaw: the current folder does not exist any more\n")


def test_the_help_shows_no_value_behind_what_takes_none(bylaw: Bylaw) -> None:
    shown = [line for line in bylaw("check", "--help").out.splitlines() if "--fix " in line or "--quiet " in line]
    assert len(shown) == 2
    assert "<" not in "".join(shown)


def test_statistics_quiet_and_verbose(project: Path, bylaw: Bylaw) -> None:
    assert bylaw("check", "--statistics").out.splitlines()[0] == "2  no-shout  Nobody shouts"
    assert bylaw("check", "--statistics", "--output-format", "json").json()["summary"]["rules"] == {"no-shout": 2}  # type: ignore[index]
    assert "Found" not in bylaw("check", "--quiet").out
    ran = bylaw("check", "--verbose")
    assert f"configuration: {project / 'bylaw.toml'}" in ran.err
    assert "Found" in ran.out


# Output


def test_a_report_is_written_whole_or_not_at_all(project: Path, bylaw: Bylaw) -> None:
    report = project / "report.json"
    report.write_text("old")
    ran = bylaw("check", "--output-format", "json", "--output-file", "report.json")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(report.read_text())["version"] == 1
    assert sorted(path.name for path in project.iterdir()) == ["app", "bylaw.toml", "report.json", "tools"]
    for target in ("nowhere/report.json", "app"):
        ran = bylaw("check", "--output-file", target)
        assert (ran.code, target in ran.err) == (2, True)


def test_a_new_report_has_the_usual_permissions(project: Path, bylaw: Bylaw) -> None:
    bylaw("check", "--output-file", "report.txt")
    (project / "plain.txt").write_text("")
    assert (project / "report.txt").stat().st_mode == (project / "plain.txt").stat().st_mode


def test_two_runs_give_the_same_bytes(project: Path) -> None:
    for name in ("text", "json", "sarif", "github", "agent", "concise"):
        runs = [process("check", "--output-format", name, *more, cwd=project) for more in ([], [], ["--no-cache"])]
        assert len({(ran.stdout, ran.returncode) for ran in runs}) == 1
        assert all(b"shouted" in ran.stdout for ran in runs)


def test_no_colour_into_a_pipe_and_colour_when_forced(project: Path) -> None:
    assert b"\x1b[" not in process("check", cwd=project).stdout
    assert b"\x1b[" in process("check", cwd=project, FORCE_COLOR="1").stdout
    assert b"\x1b[" not in process("check", cwd=project, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert b"\x1b[" not in process("check", "--output-format", "json", cwd=project, FORCE_COLOR="1").stdout


def test_a_terminal_that_knows_only_ascii_is_not_the_end(project: Path) -> None:
    (project / "app" / "loud.py").write_text("x = 'SHOUT größe 日本'\n", "utf-8")
    ran = process("check", cwd=project, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.returncode == 1
    assert b"gr\\xf6\\xdfe" in ran.stdout
    ran = process("check", "--output-format", "json", cwd=project, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert json.loads(ran.stdout)["version"] == 1


def test_a_reader_that_goes_away_is_no_accident(project: Path) -> None:
    (project / "app" / "loud.py").write_text("x = 'SHOUT'\n" * 20_000)
    command = [sys.executable, "-m", "bylaw", "check", "--output-format", "concise", "--no-cache"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) in {1, 120}


@pytest.mark.parametrize("arguments", [("check",), ("check", "--no-cache"), ("rules",)])
def test_an_output_that_takes_nothing_is_told(project: Path, arguments: tuple[str, ...]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("it runs where there is /dev/full")
    for cache in (b"warming up", b"again"):
        with full.open("wb") as stream:
            ran = subprocess.run(
                [sys.executable, "-m", "bylaw", *arguments], cwd=project, stdout=stream, stderr=subprocess.PIPE,
                input=cache, check=False, timeout=60,
            )  # fmt: skip
        assert ran.returncode == 2
        assert ran.stderr.startswith(b"bylaw: standard output cannot be written: ")
        assert b"Traceback" not in ran.stderr
        process(*arguments, cwd=project)  # its result is remembered


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_change_nothing_but_what_is_shown(project: Path, closed: str) -> None:
    for _ in range(3):
        ran = subprocess.run(
            ["sh", "-c", f'"{sys.executable}" -m bylaw check {closed}'], cwd=project, capture_output=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (1, b"")


@pytest.mark.parametrize("arguments", ["check --stdin-filename app/new.py -", "mcp"])
def test_a_standard_input_that_is_closed_is_told(project: Path, arguments: str) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m bylaw {arguments} <&-'], cwd=project, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert b"this should not happen" not in ran.stderr
    assert (ran.returncode, ran.stdout) == (2, b"")


def test_a_replayed_report_may_be_cut_off_as_well(project: Path) -> None:
    (project / "app" / "loud.py").write_text("x = 'SHOUT'\n" * 20_000)
    time.sleep(0.2)
    command = f'"{sys.executable}" -m bylaw check --output-format concise'
    for _ in range(3):
        ran = subprocess.run(
            ["sh", "-c", f"{command} | head -n 1"], cwd=project, capture_output=True, check=False, timeout=60
        )
        assert ran.stdout == b"app/loud.py:1:6: error[no-shout] `SHOUT` is shouted\n"
        assert ran.stderr == b""


def test_an_interrupt_exits_with_130(project: Path) -> None:
    slow = PACK["breaks"].replace(
        'raise RuntimeError("on purpose")', "import time; open('started', 'w').close(); time.sleep(60)"
    )
    (project / "tools" / "manners" / "breaks.py").write_text(slow)
    (project / "bylaw.toml").write_text(CONFIG + 'breaks = "warning"\n')
    # Shells let what they start in the background ignore the signal, and every process passes that on.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heard}; from bylaw.__main__ import start; start()"
    with subprocess.Popen([sys.executable, "-c", code, "check"], cwd=project, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 30
        while not (project / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in err


def test_what_nobody_expected_is_a_sentence_and_a_log(
    project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("inside out")

    monkeypatch.setattr("bylaw.cli.judging.open_session", explode)
    ran = bylaw("check")
    assert ran.code == 2
    assert "bylaw: failed: ZeroDivisionError: inside out" in ran.err
    assert "Traceback" not in ran.err
    log = Path(ran.err.split("with the log ")[1].strip())
    assert "inside out" in log.read_text()
    log.unlink()
    assert "Traceback" in bylaw("check", "--verbose").err


# Repairing


def test_fix_repairs_and_reports_what_is_left(project: Path, bylaw: Bylaw) -> None:
    ran = bylaw("check", "--fix")
    assert (ran.code, ran.out) == (0, "No problems; 2 files checked.\n")
    assert ran.err == "2 problems repaired in 1 file.\n"
    assert (project / "app" / "loud.py").read_text() == "x = 'shout'\ny = 'shout'\n"
    assert bylaw("check").code == 0


def test_what_could_not_be_written_does_not_count_as_repaired(
    project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "app" / "loud.py"

    def late(root: Path, original: dict[str, bytes], new: dict[str, bytes]) -> list[WriteProblem]:
        file.write_text("x = 'MINE'\n")
        return write_files(root, original, new)

    monkeypatch.setattr("bylaw.cli.repair.write_files", late)
    ran = bylaw("check", "--fix")
    assert ran.code == 2
    assert ran.err == (
        "0 problems repaired in 0 files.\nbylaw: not repaired: app/loud.py changed while it was being repaired\n"
    )
    assert file.read_text() == "x = 'MINE'\n"


def test_fix_repairs_only_what_is_reported(project: Path, bylaw: Bylaw) -> None:
    bylaw("check", "--fix", "app/calm.py")
    assert "SHOUT" in (project / "app" / "loud.py").read_text()


def test_diff_shows_a_patch_that_git_takes_and_writes_nothing(project: Path, bylaw: Bylaw) -> None:
    (project / "app" / "loud.py").write_bytes(b"x = 'SHOUT'\r\ny = 1")
    ran = Ran(1, process("check", "--diff", cwd=project).stdout.decode(), "")
    assert (project / "app" / "loud.py").read_bytes() == b"x = 'SHOUT'\r\ny = 1"
    (project / "patch").write_bytes(ran.out.encode())
    subprocess.run(["git", "apply", "patch"], cwd=project, check=True)
    assert (project / "app" / "loud.py").read_bytes() == b"x = 'shout'\r\ny = 1"
    assert bylaw("check", "--diff").code == 0
    (project / "app" / "any.py").write_text("from typing import Any\ndef f(x: Any): ...\n")
    ran = bylaw("check", "--diff", "--select", "no-any")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "0 problems would be repaired in 0 files.\n1 more with --unsafe-fixes.\n"


def test_diff_says_which_fixes_did_not_prove_themselves(
    tmp_path: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(__file__).parent.parent / "fixtures" / "projects" / "bookshop", tmp_path / "bookshop")
    monkeypatch.chdir(tmp_path / "bookshop")
    told = bylaw("check", "--diff", "--unsafe-fixes").err.splitlines()
    assert told[0].endswith(" would be repaired in 3 files.")
    assert "bylaw: app/models/coupon.py: the fix of table-registered (Import `Coupon`" in told[2]
    assert len(told) == 3
    assert len(bylaw("check", "--diff", "--unsafe-fixes", "--quiet").err) == 0


def test_a_read_only_file_is_left_alone_and_said_to_be(project: Path, bylaw: Bylaw) -> None:
    loud = project / "app" / "loud.py"
    loud.chmod(0o444)
    ran = bylaw("check", "--fix")
    assert ran.code == 1
    assert "read-only" in ran.out
    assert "SHOUT" in loud.read_text()


def test_a_file_that_changed_meanwhile_is_refused(project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    from bylaw.cli import repair

    original = repair.fix_project

    def slowly(*arguments: object, **options: object) -> object:
        outcome = original(*arguments, **options)  # type: ignore[arg-type]
        (project / "app" / "loud.py").write_text("somebody = 'else'\n")
        return outcome

    monkeypatch.setattr("bylaw.cli.repair.fix_project", slowly)
    ran = bylaw("check", "--fix")
    assert ran.code == 2
    assert "not repaired: app/loud.py changed" in ran.err
    assert (project / "app" / "loud.py").read_text() == "somebody = 'else'\n"


def test_repairing_keeps_permissions(project: Path, bylaw: Bylaw) -> None:
    loud = project / "app" / "loud.py"
    loud.chmod(0o755)
    bylaw("check", "--fix")
    assert loud.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in loud.parent.iterdir()) == ["calm.py", "loud.py"]


# The other commands


def test_rules_lists_all_with_the_projects_own(project: Path, bylaw: Bylaw) -> None:
    assert "no-shout" in bylaw("rules").out
    document = bylaw("rules", "--output-format", "json").json()
    assert document["version"] == 1
    by_name = {rule["name"]: rule for rule in document["rules"]}  # type: ignore[attr-defined]
    assert by_name["no-shout"]["options"] == [
        {
            "name": "word", "type": "text", "default": "SHOUT", "choices": [],
            "documentation": "The word that is not to be said.",
        }
    ]  # fmt: skip
    assert by_name["no-any"]["presets"]["recommended"] == {"level": "warning", "allow-nested": True}
    assert "S1-61" in by_name["no-any"]["sources"]
    assert set(by_name["no-shout"]) == set(by_name["no-any"])


def test_explain_tells_everything_about_a_rule(project: Path, bylaw: Bylaw) -> None:
    out = bylaw("explain", "no-shout").out
    for part in (
        "# no-shout",
        "Nobody shouts.",
        "category manners",
        "safe fix",
        "Speak instead.",
        '`word` (text, default "SHOUT")',
    ):
        assert part in out
    out = bylaw("explain", "no_any").out
    for part in ('- recommended: { level = "warning", allow-nested = true }', "Guide rows: S0-65"):
        assert part in out
    ran = bylaw("explain", "no-shuot")
    assert (ran.code, 'did you mean "no-shout"?' in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["syntax-error", "internal-error", "unread", "unused-suppression", "unreadable-file"])
def test_explain_knows_the_engines_own_diagnostics(project: Path, bylaw: Bylaw, name: str) -> None:
    ran = bylaw("explain", name)
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"# {name}")


def test_a_wrong_configuration_does_not_hide_what_would_be_right(project: Path, bylaw: Bylaw) -> None:
    (project / "bylaw.toml").write_text('[rules]\nno-anny = "off"')
    ran = bylaw("explain", "no-any")
    assert (ran.code, "the configuration is wrong" in ran.err) == (0, True)
    assert "no-any" in bylaw("rules").out


def test_config_shows_values_with_their_origin(project: Path, bylaw: Bylaw) -> None:
    (project / "bylaw.toml").write_text(
        CONFIG + '[[overrides]]\npaths = ["app/old/**"]\nrules = { no-shout = { word = "LOUD" } }\n'
    )
    out = bylaw("config").out
    lines = [line.split("#") for line in out.splitlines()]
    assert ['rules.no-shout = "error"', "bylaw.toml:5"] in [[part.strip() for part in line] for line in lines]
    assert 'overrides for app/old/**:\n    no-shout = "error"\n        word = "LOUD"\n' in out
    document = bylaw("config", "--output-format", "json").json()
    assert document["rules"]["no-shout"]["origin"] == "bylaw.toml:5"  # type: ignore[index]
    assert document["settings"]["exclude"]["value"] == ["tools", "vendored"]  # type: ignore[index]


SLEEPY = '''
from dataclasses import dataclass
from bylaw import SLIPS, Adoption, Finding, Project, Span, project_rule


@dataclass(frozen=True)
class Options:
    when: str = "always"


def adoption(project, options):
    return Adoption({examined}, {keeping}, "files"{slips})


@project_rule(summary="Sleeps", severity="warning", since="1.0", adoption=adoption)
def sleepy(project: Project, options: Options):
    """Sleeps."""
    for file in project.files.values():
        yield Finding(file.at(Span(0, 1)), "awake")
'''


@pytest.mark.parametrize(
    ("examined", "keeping", "slips", "awake"),
    [
        (4, 4, "", False), (8, 5, "", False), (8, 6, "", True), (40, 30, "", True), (20, 15, ", slips=SLIPS", True),
        (40, 34, ", slips=SLIPS", False), (60, 54, ", slips=SLIPS", True),
    ],
)  # fmt: skip
def test_config_says_why_a_rule_sleeps(
    project: Path, bylaw: Bylaw, examined: int, keeping: int, slips: str, awake: bool
) -> None:
    rule = SLEEPY.replace("{examined}", str(examined)).replace("{keeping}", str(keeping)).replace("{slips}", slips)
    (project / "tools" / "manners" / "sleepy.py").write_text(rule)
    (project / "bylaw.toml").write_text(CONFIG + 'sleepy = { level = "warning", when = "followed" }\n')
    out = bylaw("config").out
    assert f"{'awake' if awake else 'asleep'}: {keeping} of {examined} files keep the convention" in out
    assert ("awake" in bylaw("check", "--output-format", "concise").out) is awake
    assert "] awake" in bylaw("check", "--output-format", "concise", "--select", "sleepy").out


def test_files_says_what_is_read_and_why_others_are_not(project: Path, bylaw: Bylaw) -> None:
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("generated.py\n")
    (project / "app" / "generated.py").write_text("")
    (project / "node_modules").mkdir()
    (project / "vendored").mkdir()
    (project / "vendored" / "x.py").write_text("")
    out = bylaw("files").out
    assert out.endswith(f"\n2 files in {project}, 5 files or folders left out.\n")
    assert "app/loud.py  (Python)" in out
    assert "app/generated.py: ignored by .gitignore" in out
    assert "tools: excluded by the configuration" in out
    document = bylaw("files", "--output-format", "json").json()
    assert [file["path"] for file in document["files"]] == ["app/calm.py", "app/loud.py"]  # type: ignore[attr-defined]


def test_test_runs_the_specs_of_a_pack(project: Path, bylaw: Bylaw) -> None:
    spec = project / "specs" / "no-shout.md"
    spec.parent.mkdir()
    good = "## good: calm\n```python a.py\nx = 1\n```\n"
    spec.write_text(good + "## bad: loud\n```python a.py\nx = 'SHOUT'  # expect: no-shout\n```\n")
    (spec.parent / "README.md").write_text("# Not a spec\n")
    assert (bylaw("test").code, bylaw("test", "specs").out) == (0, "1 spec, 0 failures.\n")
    spec.write_text(good + "## bad: calm as well\n```python a.py\nx = 1  # expect: no-shout\n```\n")
    ran = bylaw("test", "specs/no-shout.md")
    assert (ran.code, "missing: a.py:1: no-shout" in ran.out) == (1, True)
    assert bylaw("test", "app").code == 2
    assert bylaw("test", "nowhere").code == 2
    assert bylaw("test", "specs/README.md").code == 2


def test_test_takes_a_pack_that_is_not_configured(tmp_path: Path, project: Path, bylaw: Bylaw) -> None:
    pack = tmp_path / "more" / "manners"
    pack.mkdir(parents=True)
    (pack / "no_yell.py").write_text(PACK["no_shout"].replace("no_shout", "no_yell"))
    (tmp_path / "more" / "no-yell.md").write_text(
        "## good: calm\n```python a.py\nx = 1\n```\n## bad: loud\n```python a.py\nSHOUT = 1  # expect: no-yell\n```\n"
    )
    assert bylaw("test", "--pack", str(tmp_path / "more"), str(tmp_path / "more")).code == 0


def test_version_help_and_completion(project: Path, bylaw: Bylaw) -> None:
    assert bylaw("--version").out == "bylaw 0.1.0\n"
    assert bylaw("--help").code == 0
    assert all(
        name in bylaw("--help").out
        for name in ("check", "rules", "explain", "config", "files", "test", "mcp", "completion")
    )
    ran = bylaw("chekc")
    assert ran.code == 2
    assert "check" in ran.err
    ran = bylaw()
    assert (ran.code, "Usage" in ran.out, ran.err) == (2, True, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("bylaw check --output-format sa", ["sarif"]),
        ("bylaw check --select no-an", ["no-any"]),
        ("bylaw check --select no-any,lock", ["no-any,lock-timeout-set", "no-any,locking"]),
        ("bylaw check --preset rec", ["recommended"]),
        ("bylaw explain unus", ["unused-suppression"]),
        ("bylaw config --ignore routi", ["routing"]),
    ],
)
def test_a_shell_completes_names(project: Path, typed: str, offered: list[str]) -> None:
    words = str(len(typed.split()) - 1)
    ran = process(cwd=project, _BYLAW_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=words)
    assert ran.stdout.decode().split() == offered


def test_the_server_is_an_extra(project: Path, bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bylaw.cli.serve.find_spec", lambda _: None)
    ran = bylaw("mcp")
    assert (ran.code, "bylaw[mcp]" in ran.err) == (2, True)


def at_a_terminal(project: Path, *command: str) -> str:
    """Everything that a Python program shows on a terminal."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        [sys.executable, *command], cwd=project, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
        running.wait(60)
    os.close(ours)
    return shown.decode("utf-8", "replace")


def test_a_terminal_gets_colour_and_no_bar_when_it_is_quick(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = at_a_terminal(project, "-m", "bylaw", "check", "--no-cache")
    assert "\x1b[" in shown
    assert "reading" not in shown
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in at_a_terminal(project, "-m", "bylaw", "check", "--no-cache")


def test_a_terminal_gets_a_bar_when_it_takes_long(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    impatient = "import bylaw.cli.progress as progress; progress.PATIENCE = -1\n"
    start = "import sys; from bylaw.cli import run; sys.exit(run(['check', '--no-cache', *sys.argv[1:]]))\n"
    (project / "impatient.py").write_text(impatient + start)
    assert "reading" in at_a_terminal(project, "impatient.py")
    assert "reading" not in at_a_terminal(project, "impatient.py", "--quiet")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["app", "tests/x.py"],
        ["--select", "no-any,naming", "--select=docs", "--ignore", "x", "--preset", "recommended"],
        ["--config", "a/b.toml", "--output-format", "json", "--output-file=out.json", "app"],
        ["--stdin-filename", "a.py", "-"],
        ["--fix", "--unsafe-fixes", "--diff", "--all-migrations", "--no-cache", "--no-rule-packs"],
        ["--exit-zero", "--statistics", "--quiet", "--verbose"],
        ["-q", "-v"],
    ],
)
def test_the_quick_way_reads_arguments_as_the_whole_command_line_does(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("bylaw.cli.check.check", lambda request: asked.append(request) or 0)
    command().main(args=["check", *arguments], prog_name="bylaw", standalone_mode=False, obj=("check", *arguments))
    assert asked == [quickly(arguments)]


def test_the_quick_way_knows_every_option() -> None:
    options = {name for parameter in command().commands["check"].params for name in parameter.opts}
    for name in options - {"paths", "-h", "--help"}:
        value = {"--output-format": "json"}.get(name, "value")
        assert quickly([name]) is not None or quickly([name, value]) is not None, name


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--fx"],
        ["--select"],
        ["--select", "--fix"],
        ["--fix=yes"],
        ["--output-format", "jsno"],
        ["--", "x"],
        ["-qv"],
    ],
)
def test_the_quick_way_leaves_the_unusual_to_the_whole_command_line(arguments: list[str]) -> None:
    assert quickly(arguments) is None


def test_a_plain_check_loads_neither_typer_nor_pydantic_nor_rich(project: Path) -> None:
    program = (
        "import sys; from bylaw.__main__ import main; sys.argv = ['bylaw', 'check', '--no-cache', '-q'];"
        "main(); print({'typer', 'pydantic', 'rich', 'libcst', 'sqlglot', 'mcp'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, check=True, text=True)
    assert ran.stdout.splitlines()[-1] == "set()"


def test_config_shows_which_server_was_found_and_where(project: Path, bylaw: Bylaw) -> None:
    assert "migrations.postgres-version = 14" in bylaw("config").out
    compose = "services:\n  db:\n    image: postgres:16-alpine\n  old:\n    image: mysql:8.0\n"
    (project / "docker-compose.yml").write_text(compose)
    settings = json.loads(bylaw("config", "--output-format", "json").out)["settings"]
    assert settings["migrations.postgres-version"] == {"value": 16, "origin": "docker-compose.yml:3"}
    assert settings["migrations.mysql-version"] == {"value": "8.0", "origin": "docker-compose.yml:5"}
    shown = bylaw("config").out
    (line,) = [line for line in shown.splitlines() if "postgres-version" in line]
    assert line.split() == ["migrations.postgres-version", "=", "16", "#", "docker-compose.yml:3"]
    (project / "bylaw.toml").write_text(CONFIG + "[migrations]\npostgres-version = 13\n")
    settings = json.loads(bylaw("config", "--output-format", "json").out)["settings"]
    assert settings["migrations.postgres-version"]["value"] == 13
