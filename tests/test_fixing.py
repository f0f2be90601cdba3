"""Fixes in memory: applied in rounds, proven, undone where they break their promise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
import pytest

from bylaw import (
    AddImport,
    File,
    Finding,
    Fix,
    InsertStatement,
    NoOptions,
    Project,
    RemoveStatement,
    Replace,
    Span,
    file_rule,
    project_rule,
)
from bylaw.diagnostics import Applicability, Edit
from bylaw.engine.fixing import FixOutcome, fix
from bylaw.engine.settling import Budget
from bylaw.engine.sources import MemorySources
from bylaw.reporters.tally import tally
from bylaw.rule import Rule
from bylaw.settings import RuleSetting, Settings

Edits = Callable[[str, Span, str], tuple[Edit, ...]]


def rule_for(
    name: str, pattern: str, edits: Edits, *, applicability: Applicability = "safe", severity: str = "error"
) -> Rule:
    """A rule that reports every match of `pattern` and repairs it by `edits(path, span, words)`."""

    def check(file: File, options: NoOptions) -> Iterator[Finding]:
        text = file.source.content.decode()
        for match in re.finditer(pattern, text):
            span = Span(len(text[: match.start()].encode()), len(text[: match.end()].encode()))
            repair = edits(file.path, span, match[0])
            yield Finding(
                file.at(span), f"{match[0]} is not liked", fix=Fix("repair", repair, applicability) if repair else None
            )

    check.__name__ = name.replace("-", "_")
    check.__annotations__["options"] = NoOptions
    return msgspec.structs.replace(
        file_rule(summary=name, severity=severity, since="0.1.0", fix="safe")(check), category="test"
    )  # type: ignore[arg-type]


def swap(new: str) -> Edits:
    return lambda path, span, _: (Replace(path, span, new),)


def fixed(files: dict[str, str | bytes], *rules: Rule, unsafe: bool = False) -> FixOutcome:
    sources = MemorySources({path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()})
    settings = Settings(rules={rule.name: RuleSetting(rule.severity) for rule in rules})
    return fix(sources, settings, {rule.name: rule for rule in rules}, unsafe=unsafe)


def texts(outcome: FixOutcome) -> dict[str, str]:
    return {path: content.decode() for path, content in outcome.files.items()}


def failures(outcome: FixOutcome) -> list[str]:
    return [d.message for d in outcome.report.diagnostics if d.rule == "fix-failed"]


def test_all_fixes_of_a_file_are_applied_and_nothing_else_moves() -> None:
    source = "\ufeffbad = 1\r\nif x :\r\n\ty  =  'é' ; bad  \r\n\x0c"
    outcome = fixed({"a.py": source}, rule_for("no-bad", "bad", swap("good")))
    assert texts(outcome) == {"a.py": source.replace("bad", "good")}
    assert len(outcome.applied) == 2
    assert outcome.report.diagnostics == ()


def test_unsafe_fixes_wait_to_be_asked_for() -> None:
    rule = rule_for("no-bad", "bad", swap("good"), applicability="unsafe")
    assert fixed({"a.py": "bad\n"}, rule).files == {}
    assert texts(fixed({"a.py": "bad\n"}, rule, unsafe=True)) == {"a.py": "good\n"}


def test_fixes_for_display_are_never_applied() -> None:
    rule = rule_for("no-bad", "bad", swap("good"), applicability="display")
    assert fixed({"a.py": "bad\n"}, rule, unsafe=True).files == {}


def test_fixes_that_want_the_same_bytes_take_turns() -> None:
    narrow = rule_for("a-narrow", r"bad(?=\()", swap("good"))
    wide = rule_for(
        "b-wide", r"\w+\(worse\)", lambda path, span, words: (Replace(path, span, words.replace("worse", "better")),)
    )
    assert texts(fixed({"a.py": "bad(worse)\n"}, narrow, wide)) == {"a.py": "good(better)\n"}


def test_a_fix_may_touch_several_files_and_is_applied_whole() -> None:
    def both(path: str, span: Span, _: str) -> tuple[Edit, ...]:
        return Replace(path, span, "good"), AddImport("other.py", "a", "good")

    files: dict[str, str | bytes] = {"a.py": "bad = 1\n", "other.py": "x = 1\n"}
    outcome = fixed(files, rule_for("no-bad", r"bad\b", both))
    assert texts(outcome) == {"a.py": "good = 1\n", "other.py": "from a import good\n\nx = 1\n"}
    refused = fixed({**files, "other.py": "good = 2\n"}, rule_for("no-bad", r"bad\b", both))
    assert refused.files == {}
    assert "`good` means something else" in failures(refused)[0]


def test_the_same_import_for_two_fixes_is_added_once() -> None:
    def edits(path: str, span: Span, _: str) -> tuple[Edit, ...]:
        return Replace(path, span, "good"), AddImport(path, "m", "good")

    outcome = fixed({"a.py": "bad\nbad\n"}, rule_for("no-bad", "bad", edits))
    assert texts(outcome) == {"a.py": "from m import good\n\ngood\ngood\n"}


def test_a_fix_that_breaks_the_syntax_is_undone_and_the_others_stay() -> None:
    good = rule_for("no-bad", "bad", swap("good"))
    breaking = rule_for("no-worse", "worse", swap("(("))
    outcome = fixed({"a.py": "bad\nworse\nbad\n", "b.py": "bad\n"}, good, breaking)
    assert texts(outcome) == {"a.py": "good\nworse\ngood\n", "b.py": "good\n"}
    assert [d.rule for d in outcome.report.diagnostics] == ["fix-failed", "no-worse"]
    assert failures(outcome) == ["the fix of no-worse (repair) was not applied: a.py would no longer be valid Python"]
    assert tally(outcome.report.diagnostics).safe == 0, "what failed is not offered again"


def test_what_only_the_strict_parser_sees_counts_as_broken() -> None:
    outcome = fixed({"a.py": "f(bad, 2)\n"}, rule_for("no-bad", "bad", swap("k=1")))
    assert outcome.files == {}
    assert "no longer be valid Python" in failures(outcome)[0]


def test_a_fix_that_does_not_silence_its_rule_is_undone() -> None:
    outcome = fixed(
        {"a.py": "bad\nok\n"}, rule_for("no-bad", "bad", swap("bad_too")), rule_for("no-ok", "ok", swap("fine"))
    )
    assert texts(outcome) == {"a.py": "bad\nfine\n"}
    assert failures(outcome) == ["the fix of no-bad (repair) was not applied: the problem is still there afterwards"]
    failed = next(d for d in outcome.report.diagnostics if d.rule == "fix-failed")
    assert (failed.severity, failed.location.span) == ("warning", Span(0, 3))


def test_a_fix_that_leads_to_another_error_is_undone() -> None:
    outcome = fixed(
        {"a.py": "bad\n"}, rule_for("no-bad", "bad", swap("evil")), rule_for("no-evil", "evil", lambda *_: ())
    )
    assert outcome.files == {}
    assert failures(outcome) == [
        "the fix of no-bad (repair) was not applied: it would lead to no-evil: evil is not liked"
    ]


def test_a_fix_may_lead_to_a_warning() -> None:
    grumble = rule_for("no-good", "good", lambda *_: (), severity="warning")
    assert texts(fixed({"a.py": "bad\n"}, rule_for("no-bad", "bad", swap("good")), grumble)) == {"a.py": "good\n"}


def test_one_culprit_among_many_is_found_without_trying_each() -> None:
    runs = 0

    def count(project: Project, options: NoOptions) -> Iterator[Finding]:
        nonlocal runs
        runs += 1
        for file in project.files.values():
            at = file.source.content.find(b"evil_37 ")
            if at != -1:
                yield Finding(file.at(Span(at, at + 7)), "evil")

    count.__annotations__ = {"options": NoOptions}
    counting = project_rule(summary="counts", severity="error", since="0.1.0")(count)
    number = rule_for(
        "no-bad", r"bad_\d+", lambda path, span, words: (Replace(path, span, words.replace("bad", "evil")),)
    )
    source = "".join(f"bad_{n} = {n}\n" for n in range(100))
    outcome = fixed({"a.py": source}, number, counting)
    assert texts(outcome) == {"a.py": source.replace("bad", "evil").replace("evil_37", "bad_37")}
    assert len(outcome.applied) == 99
    assert runs < 25


def errors_for(wrong: Callable[[str], list[str]]) -> tuple[Rule, Callable[[], int]]:
    """A rule that reports in b.py what `wrong` makes of the text of a.py, and how often it has run."""
    runs = 0

    def judge(project: Project, options: NoOptions) -> Iterator[Finding]:
        nonlocal runs
        runs += 1
        for message in wrong(project.files["a.py"].source.content.decode()):
            yield Finding(project.files["b.py"].at(Span(0, 1)), message)

    judge.__annotations__ = {"options": NoOptions}
    return project_rule(summary="judges", severity="error", since="0.1.0")(judge), lambda: runs


@pytest.mark.parametrize(("said", "most_runs"), [("`bad_{}` is missed", 100), ("one more is wrong: {}", 400)])
def test_many_culprits_whose_errors_show_elsewhere_are_all_found(said: str, most_runs: int) -> None:
    rule, runs = errors_for(lambda text: [said.format(n) for n in re.findall(r"evil_(\d*[05])\b", text)])
    number = rule_for(
        "no-bad", r"`bad_\d+`", lambda path, span, words: (Replace(path, span, words.replace("bad", "evil")),)
    )
    source = "".join(f"# `bad_{n}`\n" for n in range(100, 300))
    outcome = fixed({"a.py": source, "b.py": "x\n"}, number, rule)
    assert texts(outcome) == {"a.py": re.sub(r"bad_(\d*[1-46-9])\b", r"evil_\1", source)}
    assert len(failures(outcome)) == 40
    assert all("it would lead to" in failure for failure in failures(outcome))
    assert runs() < most_runs


def test_runs_are_not_spent_without_end_and_a_fix_that_was_not_tried_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bylaw.engine.fixing.Budget", lambda: Budget(20))
    rule, runs = errors_for(lambda text: [f"one more is wrong: {n}" for n in re.findall(r"evil_(\d+)", text)])
    number = rule_for(
        "no-bad", r"bad_\d+", lambda path, span, words: (Replace(path, span, words.replace("bad", "evil")),)
    )
    source = "".join(f"bad_{n}\n" for n in range(60))
    outcome = fixed({"a.py": source, "b.py": "x\n"}, number, rule)
    assert outcome.files == {}
    assert runs() < 30
    assert len(failures(outcome)) == 60
    untried = [failure for failure in failures(outcome) if "given up after too many runs" in failure]
    assert 0 < len(untried) < 60
    assert all("it would lead to" in failure for failure in failures(outcome) if failure not in untried)


def test_a_fix_that_failed_is_tried_again_beside_later_ones() -> None:
    narrow = rule_for("a-narrow", r"bad(?=\()", swap("good"))
    wide = rule_for(
        "b-wide", r"\w+\(two\)", lambda path, span, words: (Replace(path, span, words.replace("two", "dos")),)
    )
    needy, _ = errors_for(lambda text: ["`uno` needs `dos`"] if "uno" in text and "dos" not in text else [])
    rules = rule_for("no-one", "one", swap("uno")), narrow, wide, needy
    outcome = fixed({"a.py": "one\nbad(two)\n", "b.py": "x\n"}, *rules)
    assert texts(outcome) == {"a.py": "uno\ngood(dos)\n"}
    assert outcome.report.diagnostics == ()


def test_two_fixes_that_undo_each_other_come_to_an_end() -> None:
    there = rule_for("no-a", "aa", swap("bb"), severity="warning")
    back = rule_for("no-b", "bb", swap("aa"), severity="warning")
    outcome = fixed({"a.py": "aa\n"}, there, back)
    assert "undoes" in failures(outcome)[0]


def test_failed_fixes_are_reported_where_their_problem_is_afterwards() -> None:
    early = rule_for("no-bad", "bad", swap("much_better"))
    outcome = fixed({"a.py": "bad\nx = worse\n"}, early, rule_for("no-worse", "worse", swap("worse_too")))
    failed = next(d for d in outcome.report.diagnostics if d.rule == "fix-failed")
    assert outcome.files["a.py"][failed.location.span.start :] == b"worse\n"


def test_statements_can_be_removed_one_by_one_and_all_together() -> None:
    rule = rule_for("no-print", r"print\(\)", lambda path, span, _: (RemoveStatement(path, span),))
    source = "def f():\n    print()\n    print()\n\n\ndef g():\n    x\n    print()\n"
    assert texts(fixed({"a.py": source}, rule)) == {"a.py": "def f():\n    pass\n\n\ndef g():\n    x\n"}


def test_statements_for_one_place_come_in_the_order_of_their_problems() -> None:
    def register(path: str, span: Span, words: str) -> tuple[Edit, ...]:
        return Replace(path, span, words.upper()), InsertStatement("main.py", Span(0, 3), f"use({words.upper()!r})")

    outcome = fixed({"a.py": "r1\nr2\n", "main.py": "app\nrun()\n"}, rule_for("no-low", r"r\d", register))
    assert texts(outcome)["main.py"] == "app\nuse('R1')\nuse('R2')\nrun()\n"


def test_a_file_is_written_back_in_its_own_encoding() -> None:
    cookie = "# -*- coding: latin-1 -*-\n"
    outcome = fixed({"a.py": f"{cookie}x = 'é' ; bad\n".encode("latin-1")}, rule_for("no-bad", "bad", swap("'ü'")))
    assert outcome.files == {"a.py": f"{cookie}x = 'é' ; 'ü'\n".encode("latin-1")}
    refused = fixed({"a.py": f"{cookie}x = 'é' ; bad\n".encode("latin-1")}, rule_for("no-bad", "bad", swap("'€'")))
    assert refused.files == {}
    assert "cannot hold the new text" in failures(refused)[0]


def test_a_file_that_was_broken_before_is_left_alone_by_named_edits() -> None:
    rule = rule_for("no-bad", "bad", lambda path, span, _: (InsertStatement(path, span, "x"),))
    outcome = fixed({"a.py": "bad\ndef (:\n"}, rule)
    assert outcome.files == {}


@pytest.mark.parametrize("span", [Span(0, 999), Span(5, 2), Span(-3, 0)])
def test_an_impossible_edit_is_a_failed_fix_not_a_crash(span: Span) -> None:
    outcome = fixed({"a.py": "bad\n"}, rule_for("no-bad", "bad", lambda path, _, __: (Replace(path, span, "x"),)))
    assert outcome.files == {}
    assert len(failures(outcome)) == 1


def test_a_fix_for_an_unknown_file_fails() -> None:
    outcome = fixed({"a.py": "bad\n"}, rule_for("no-bad", "bad", lambda *_: (AddImport("nowhere.py", "m", "b"),)))
    assert "nowhere.py cannot be read" in failures(outcome)[0]
