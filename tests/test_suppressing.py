"""Suppression comments held against diagnostics: what they silence, what is wrong with them, and how they go away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec
import pytest

from bylaw import File, Finding, NoOptions, file_rule
from bylaw.diagnostics import Concern, Diagnostic
from bylaw.edits import apply, resolve
from bylaw.engine.fixing import fix
from bylaw.engine.sources import MemorySources
from bylaw.engine.suppressing import Judging, suppress
from bylaw.facts.code import Suppression
from bylaw.facts.file import FileFacts
from bylaw.packs import load_builtin
from bylaw.rule import Rule
from bylaw.settings import Level, MigrationSettings, RuleSetting, Settings
from bylaw.source import Location, Span

COMMENT = re.compile(r"(?:#|--) bylaw: ignore(?P<file>-file)?\[(?P<rules>[^\]]*)\](?:: (?P<reason>[^\n#]*\S))?[^\n]*")
WORD = re.compile(r"(?<!no-)\b(?:bad|worse)\b")
CATEGORIES = {"no-bad": "taste", "no-worse": "taste", "no-odd": "habits"}
CONCERNS: dict[str, Concern] = {"no-bad": "locking", "no-odd": "data-loss"}


def rule(name: str) -> Rule:
    def check(file: File, options: NoOptions) -> Iterator[Finding]:
        yield from ()

    check.__name__ = name.replace("-", "_")
    check.__annotations__["options"] = NoOptions
    made = file_rule(summary=name, severity="error", since="0.1.0")(check)
    return msgspec.structs.replace(made, category=CATEGORIES[name], concern=CONCERNS.get(name))


RULES = {name: rule(name) for name in CATEGORIES}


def suppressions(text: str) -> Iterator[Suppression]:
    """As a reader would find them: a comment alone on its line speaks of the next."""
    for match in COMMENT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        alone = not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        names = tuple(name.strip() for name in match["rules"].split(",") if name.strip())
        span = Span(len(text[: match.start()].encode()), len(text[: match.end()].encode()))
        yield Suppression(names, match["reason"] or "", span, line + alone, bool(match["file"]))


def reported(text: str, path: str) -> list[Diagnostic]:
    """`bad` is a diagnostic of no-bad, `worse` one of no-worse; a call spans its lines."""
    found = []
    for match in WORD.finditer(text):
        start, end = len(text[: match.start()].encode()), len(text[: match.end()].encode())
        if text[match.end() : match.end() + 1] == "(":
            end = text.index(")", end) + 1
        name = f"no-{match[0]}"
        place = Location(path, Span(start, end))
        found.append(Diagnostic(name, CATEGORIES[name], "error", place, match[0], concern=CONCERNS.get(name)))
    return found


def judged(
    text: str, *, ran: set[str] | None = None, all_known: bool = True, levels: Mapping[str, Level] | None = None,
    more: tuple[Diagnostic, ...] = (), facts: tuple[Suppression, ...] | None = None,
) -> list[Diagnostic]:  # fmt: skip
    path = "a.py"
    given: dict[str, Level] = {"unused-suppression": "warning", "invalid-suppression": "error", **(levels or {})}
    judging = Judging(
        RULES, lambda name, _: given.get(name, "error"), lambda name, _: ran is None or name in ran, all_known
    )
    file = FileFacts(path, "python", suppressions=tuple(suppressions(text)) if facts is None else facts)
    return suppress([*reported(text, path), *more], [file], {path: text.encode()}.__getitem__, judging)


def names(text: str, **given: object) -> list[str]:
    return [diagnostic.rule for diagnostic in judged(text, **given)]  # type: ignore[arg-type]


def without_unused(text: str) -> str:
    content = text.encode()
    for diagnostic in judged(text):
        if diagnostic.fix is not None:
            assert diagnostic.fix.applicability == "safe"
            content = apply(content, resolve(diagnostic.fix.edits, {"a.py": content}.__getitem__))
    return content.decode()


SILENT = [
    "bad  # bylaw: ignore[no-bad]: old\n",
    "# bylaw: ignore[no-bad]: old\nbad\n",
    "bad  # bylaw: ignore[taste]: old\n",
    "bad, worse  # bylaw: ignore[no-bad, no-worse]: old\n",
    "bad, worse  # bylaw: ignore[taste]: old\n",
    "bad  # bylaw: ignore[locking]: old\n",
    "bad, worse  # bylaw: ignore[concern:locking, no-worse]: old\n",
    "# bylaw: ignore-file[locking]: generated\nbad\n",
    "bad(\n    1,\n)  # bylaw: ignore[no-bad]: old\n",
    "bad(  # bylaw: ignore[no-bad]: old\n    1,\n)\n",
    "# bylaw: ignore-file[no-bad]: generated\nbad\nbad\n",
    "x = 'é😀'; bad  # bylaw: ignore[no-bad]: old\n",
]


@pytest.mark.parametrize("text", SILENT)
def test_a_reason_silences(text: str) -> None:
    assert names(text) == []


LOUD = [
    ("bad  # bylaw: ignore[no-bad]\n", ["no-bad", "invalid-suppression"]),
    ("bad  # bylaw: ignore[]: old\n", ["no-bad", "invalid-suppression"]),
    ("bad  # bylaw: ignore[no-bat]: old\n", ["no-bad", "invalid-suppression"]),
    ("bad  # bylaw: ignore[no-worse]: old\n", ["no-bad", "unused-suppression"]),
    ("bad\nx  # bylaw: ignore[no-bad]: old\n", ["no-bad", "unused-suppression"]),
    ("bad(\n    1,  # bylaw: ignore[no-bad]: old\n)\n", ["no-bad", "unused-suppression"]),
    ("bad  # bylaw: ignore[no-bad, no-bat]: old\n", ["invalid-suppression"]),
    ("bad  # bylaw: ignore[no-bad, no-odd]: old\n", ["unused-suppression"]),
    ("# bylaw: ignore-file[no-bad]: old\nx\n", ["unused-suppression"]),
    ("x  # bylaw: ignore[habits]: old\n", ["unused-suppression"]),
    ("worse  # bylaw: ignore[locking]: old\n", ["no-worse", "unused-suppression"]),
    ("bad  # bylaw: ignore[data-loss]: old\n", ["no-bad", "unused-suppression"]),
    ("bad  # bylaw: ignore[compatibility]: old\n", ["no-bad", "invalid-suppression"]),
    ("bad  # bylaw: ignore[concern:taste]: old\n", ["no-bad", "invalid-suppression"]),
]


@pytest.mark.parametrize(("text", "expected"), LOUD)
def test_the_rest_is_reported(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_concern_that_no_rule_looked_at_is_not_unused() -> None:
    text = "x  # bylaw: ignore[locking]: old\n"
    assert names(text, ran={"no-worse", "no-odd"}) == []
    assert names(text, ran={"no-bad"}) == ["unused-suppression"]


def test_a_category_of_a_pack_beats_a_concern_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "no-worse", msgspec.structs.replace(RULES["no-worse"], category="locking"))
    monkeypatch.setitem(CATEGORIES, "no-worse", "locking")
    assert names("bad, worse  # bylaw: ignore[locking]: old\n") == ["no-bad"]
    assert names("bad, worse  # bylaw: ignore[concern:locking]: old\n") == ["no-worse"]


def test_a_wrong_name_is_helped() -> None:
    wrong = judged("x  # bylaw: ignore[no-bat]: old\n")[0]
    assert (
        wrong.message
        == 'this suppresses nothing: there is no rule, category or concern `no-bat`; did you mean "no-bad"?'
    )
    assert wrong.severity == "error"


@pytest.mark.parametrize("name", ["internal-error", "syntax-error", "unused-suppression", "fix-failed"])
def test_what_the_engine_says_cannot_be_suppressed(name: str) -> None:
    said = Diagnostic(name, "internal", "error", Location("a.py", Span(0, 1)), "broken")
    found = judged(f"x  # bylaw: ignore[{name}]: old\n", more=(said,))
    assert [d.rule for d in found] == [name, "invalid-suppression"]
    assert "cannot be suppressed" in found[1].message


def test_an_unread_statement_may_be_suppressed() -> None:
    said = Diagnostic("unread", "internal", "info", Location("a.py", Span(0, 1)), "not understood")
    assert names("x  # bylaw: ignore[unread]: looked at\n", more=(said,)) == []


def test_only_rules_that_ran_are_judged_unused() -> None:
    text = "x  # bylaw: ignore[no-bad, no-worse]: old\n"
    assert judged(text, ran={"no-bad"})[0].message == "nothing here is reported by `no-bad`"
    assert names(text, ran={"no-odd"}) == []
    assert names("x  # bylaw: ignore[taste]: old\n", ran={"no-bad"}) == []


def test_unknown_names_may_be_rules_of_packs_that_were_not_loaded() -> None:
    assert names("x  # bylaw: ignore[house-rule]: old\n", all_known=False) == []


def test_levels_are_the_configured_ones() -> None:
    text = "x  # bylaw: ignore[no-bad]: old\ny  # bylaw: ignore[no-bad]\n"
    off: dict[str, Level] = {"unused-suppression": "off", "invalid-suppression": "off"}
    assert names(text, levels=off) == []
    low: dict[str, Level] = {"unused-suppression": "info", "invalid-suppression": "warning"}
    assert [d.severity for d in judged(text, levels=low)] == ["info", "warning"]


def test_what_the_reader_found_wrong_is_passed_on() -> None:
    fact = Suppression((), "", Span(2, 10), 1, problem="it is not closed")
    assert judged("x # bylaw: ignore[no-bad\n", facts=(fact,))[0].message == "this suppresses nothing: it is not closed"


def test_a_comment_above_a_statement_speaks_of_all_its_lines() -> None:
    text = "# bylaw: ignore[no-bad]: old\nf(\n    bad,\n)\nbad\n"
    fact = next(suppressions(text))
    many = Suppression(fact.rules, fact.reason, fact.span, 2, last_line=4)
    left = judged(text, facts=(many,))
    assert [d.location.span.start for d in left] == [text.rindex("bad")]


def test_diagnostics_of_other_files_are_untouched() -> None:
    other = Diagnostic("no-bad", "taste", "error", Location("b.py", Span(0, 1)), "bad")
    nowhere = Diagnostic("no-bad", "taste", "error", Location("", Span(0, 0)), "bad")
    left = judged("# bylaw: ignore-file[no-bad]: old\nbad\n", more=(other, nowhere))
    assert left == [other, nowhere]


REMOVED = [
    ("x  # bylaw: ignore[no-bad]: old\ny\n", "x\ny\n"),
    ("x\t# bylaw: ignore[no-bad]: old", "x"),
    ("x  # bylaw: ignore[no-bad]: old\r\ny\r\n", "x\r\ny\r\n"),
    ("# bylaw: ignore[no-bad]: old\nx\n", "x\n"),
    ("if x:\r\n    # bylaw: ignore[no-bad]: old\r\n    y\r\n", "if x:\r\n    y\r\n"),
    ("x\n# bylaw: ignore[no-bad]: old", "x\n"),
    ("bad  # bylaw: ignore[no-bad, no-odd]: old\n", "bad  # bylaw: ignore[no-bad]: old\n"),
    ("bad  # bylaw: ignore[no-odd,no-bad , no-worse]: old\n", "bad  # bylaw: ignore[no-bad]: old\n"),
    ("x  # type: ignore  # bylaw: ignore[no-bad]: old\n", "x  # type: ignore\n"),
    ("x  # bylaw: ignore[no-bad]: see [a-b]  # noqa: E501\n", "x  # noqa: E501\n"),
    ("x  # bylaw: ignore[no-bad]: old\ny  # bylaw: ignore[no-bad]: é\n", None),
]


@pytest.mark.parametrize(("before", "after"), REMOVED)
def test_an_unused_suppression_can_be_removed(before: str, after: str | None) -> None:
    if after is None:
        assert len(judged(before)) == 2
    else:
        assert without_unused(before) == after


def test_python_and_sql_files_carry_suppressions_from_end_to_end() -> None:
    python = (
        b"import typing\r\nx: typing.Any  # bylaw: ignore[no-any]: third party\r\n"
        b"y: int  ## bylaw: ignore[no-any]: gone\r\n"
    )
    sql = b"-- bylaw: ignore[no-immediate-drop]: nothing of the kind\nSELECT 1;\n"
    files = {"app/a.py": python, "migrations/0002_b.sql": sql, "migrations/0001_a.sql": b"SELECT 1;\n"}
    rules = load_builtin()
    settings = Settings(
        rules={
            **{name: RuleSetting("error") for name in ("no-any", "no-immediate-drop")},
            "unused-suppression": RuleSetting("warning"),
        },
        migrations=MigrationSettings(judge_all=True),
    )
    outcome = fix(MemorySources(files), settings, rules, unsafe=False)
    assert [d.rule for d in outcome.report.diagnostics] == []
    assert outcome.files["app/a.py"] == python.replace(b"  ## bylaw: ignore[no-any]: gone", b"")
    assert outcome.files.get("migrations/0002_b.sql", sql) in {sql, b"SELECT 1;\n"}
