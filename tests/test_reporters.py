"""What each output format makes of the same diagnostics."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bylaw.diagnostics import AddImport, Diagnostic, Fix, Related, Replace
from bylaw.reporters import Texts, View, formats, render
from bylaw.reporters import statistics as statistics_reporter
from bylaw.rule import NoOptions, Rule
from bylaw.source import Location, Span

FILES = {
    "app/models.py": "class User:\n\tid = Column()  # größe: 日本\n\nclass Order:\n    id = Column()\n",
    "app/main.py": "app = FastAPI()\n",
    "app/a b,c%.py": "x = 1\n",
}


def nothing(*_arguments: object) -> Iterator[Any]:
    yield from ()


RULE = Rule(
    "descriptive-primary-key", "project", "A primary key carries its table's name", "error", "0.1.0", nothing,
    NoOptions, "A key named `id` says nothing.\n\nRename it.", category="naming",
)  # fmt: skip


def at(path: str, text: str, occurrence: int = 1) -> Location:
    """Where `text` stands in one of the files."""
    content = FILES[path].encode()
    start = -1
    for _ in range(occurrence):
        start = content.index(text.encode(), start + 1)
    return Location(path, Span(start, start + len(text.encode())))


def key(occurrence: int = 1, **more: Any) -> Diagnostic:
    location = at("app/models.py", "id", occurrence)
    return Diagnostic(
        "descriptive-primary-key", "naming", "error", location, "the primary key of `user` is named `id`",
        **{"help": "name it `user_id`", "fingerprint": f"f{occurrence}", **more},
    )  # fmt: skip


def view(*diagnostics: Diagnostic, **more: Any) -> View:
    return View(
        diagnostics,
        3,
        Texts(lambda path: FILES[path].encode()),
        {RULE.name: RULE},
        {"unread": "Not understood. Look."},
        **more,
    )


RENAME = Fix("rename to `user_id`", (Replace("app/models.py", at("app/models.py", "id").span, "user_id"),), "unsafe")
FULL = key(
    related=(Related(at("app/main.py", "FastAPI"), "the application is created here"),),
    fix=RENAME,
    concern="compatibility",
)
WARNING = Diagnostic(
    "unread", "internal", "warning", at("app/a b,c%.py", "x"), "100%\nnot: understood", fingerprint="w"
)
HOMELESS = Diagnostic("internal-error", "internal", "error", Location("", Span(0, 0)), "the rule x failed")


def test_the_formats_are_those_that_the_contract_names() -> None:
    assert formats() == ["agent", "concise", "github", "json", "sarif", "text"]


def test_text_shows_code_caret_help_fix_and_related_place() -> None:
    assert render("text", view(FULL)) == (
        "error[descriptive-primary-key]: the primary key of `user` is named `id`\n"
        " --> app/models.py:2:2\n"
        "  |\n"
        "2 |     id = Column()  # größe: 日本\n"
        "  |     ^^\n"
        " ::: app/main.py:1:7: the application is created here\n"
        "  |\n"
        "1 | app = FastAPI()\n"
        "  |       -------\n"
        "  = help: name it `user_id`\n"
        "  = unsafe fix: rename to `user_id`\n"
        "\n"
        "Found 1 error; 3 files checked.\n"
        "1 can be repaired with --unsafe-fixes.\n"
    )


def test_carets_stand_below_wide_characters() -> None:
    diagnostic = key(help="", related=())
    shown = render("text", view(Diagnostic("x", "y", "info", at("app/models.py", "日本"), "m")))
    line, marks = shown.splitlines()[3:5]
    assert line.index("日本") == marks.index("^")
    assert marks.endswith("^^^^")
    assert diagnostic.help == ""


def test_a_source_line_cannot_drive_the_terminal() -> None:
    hostile = View(
        (Diagnostic("x", "y", "error", Location("a\x1b.py", Span(0, 1)), "m\x1b[2J\u202e"),),
        1,
        Texts(lambda _: b"\x1b[31mred\x07\n"),
    )
    for name in ("text", "concise", "agent"):
        assert not set(render(name, hostile)) & {"\x1b", "\x07", "\u202e"}


def test_a_minified_line_is_cut_around_the_place() -> None:
    content = b"x" * 50_000 + b" = Any  # " + b"y" * 50_000
    long = View(
        (Diagnostic("x", "y", "error", Location("a.py", Span(50_003, 50_006)), "m"),), 1, Texts(lambda _: content)
    )
    lines = render("text", long).splitlines()
    assert max(map(len, lines)) < 200
    assert lines[3].index("Any") == lines[4].index("^")


def test_a_place_of_a_million_characters_is_cut() -> None:
    content = b"op.execute('" + b"y" * 1_000_000 + b"')"
    long = View(
        (Diagnostic("x", "y", "error", Location("a.py", Span(0, len(content))), "m"),), 1, Texts(lambda _: content)
    )
    assert max(map(len, render("text", long).splitlines())) < 200


def test_a_place_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    span = Span(0, len(FILES["app/models.py"].encode()))
    lines = render("text", view(Diagnostic("x", "y", "error", Location("app/models.py", span), "m"))).splitlines()
    assert lines[3:5] == ["1 | class User:", "  | ^^^^^^^^^^^"]


def test_colour_only_where_it_is_wanted() -> None:
    for name in ("text", "concise"):
        plain, colored = render(name, view(FULL)), render(name, view(FULL, color=True))
        assert "\x1b[" not in plain
        assert "\x1b[" in colored
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_concise_is_one_line_each() -> None:
    assert render("concise", view(FULL, WARNING, HOMELESS)) == (
        "app/models.py:2:2: error[descriptive-primary-key] the primary key of `user` is named `id`\n"
        "app/a b,c%.py:1:1: warning[unread] 100%\\x0anot: understood\n"
        "error[internal-error] the rule x failed\n"
        "Found 2 errors and 1 warning; 3 files checked.\n"
        "1 can be repaired with --unsafe-fixes.\n"
    )


def test_quiet_leaves_the_closing_line_out() -> None:
    for name in ("text", "concise"):
        assert render(name, view(summary=False)) == ""
        assert "Found" not in render(name, view(FULL, summary=False))


def test_a_clean_run_says_so() -> None:
    assert render("text", view()) == "No problems; 3 files checked.\n"
    assert render("agent", view()) == "No findings; 3 files checked.\n"
    assert render("github", view()) == ""
    assert json.loads(render("json", view()))["diagnostics"] == []


def test_statistics_counts_the_most_frequent_first() -> None:
    assert statistics_reporter.render(view(WARNING, key(), key(2))) == (
        "2  descriptive-primary-key  A primary key carries its table's name\n"
        "1  unread                   Not understood\n"
        "Found 2 errors and 1 warning; 3 files checked.\n"
    )


def test_json_keeps_its_contract() -> None:
    document = json.loads(render("json", view(FULL, WARNING)))
    assert document["version"] == 1
    assert document["diagnostics"][0] == {
        "rule": "descriptive-primary-key",
        "category": "naming",
        "concern": "compatibility",
        "severity": "error",
        "message": "the primary key of `user` is named `id`",
        "path": "app/models.py",
        "line": 2,
        "column": 2,
        "end_line": 2,
        "end_column": 4,
        "help": "name it `user_id`",
        "related": [{"path": "app/main.py", "line": 1, "column": 7, "message": "the application is created here"}],
        "fix": {
            "title": "rename to `user_id`",
            "applicability": "unsafe",
            "edits": [
                {
                    "path": "app/models.py",
                    "line": 2,
                    "column": 2,
                    "end_line": 2,
                    "end_column": 4,
                    "content": "user_id",
                }
            ],
        },
        "fingerprint": "f1",
        "docs": "bylaw explain descriptive-primary-key",
    }  # fmt: skip
    assert document["diagnostics"][1]["fix"] is None
    assert document["summary"] == {
        "files": 3,
        "diagnostics": 2,
        "severities": {"error": 1, "warning": 1, "info": 0},
        "rules": {"descriptive-primary-key": 1, "unread": 1},
        "fixable": {"safe": 0, "unsafe": 1},
    }


def test_columns_count_characters_not_bytes() -> None:
    (found,) = json.loads(render("json", view(Diagnostic("x", "y", "info", at("app/models.py", "日本"), "m"))))[
        "diagnostics"
    ]
    assert (found["column"], found["end_column"]) == (26, 28)


def test_github_escapes_what_would_end_a_command_or_a_property() -> None:
    assert render("github", view(FULL, WARNING, HOMELESS, prefix="services/api/")) == (
        "::error title=bylaw (descriptive-primary-key),file=services/api/app/models.py,line=2,endLine=2,"
        "col=2,endColumn=4::services/api/app/models.py:2:2: descriptive-primary-key: "
        "the primary key of `user` is named `id`%0Aname it `user_id`\n"
        "::warning title=bylaw (unread),file=services/api/app/a b%2Cc%25.py,line=1,endLine=1,col=1,endColumn=2"
        "::services/api/app/a b,c%25.py:1:1: unread: 100%25%0Anot: understood\n"
        "::error title=bylaw (internal-error)::internal-error: the rule x failed\n"
    )


def test_sarif_has_what_code_scanning_needs() -> None:
    document = json.loads(render("sarif", view(FULL, WARNING, HOMELESS, prefix="api/")))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == ["descriptive-primary-key", "internal-error", "unread"]
    assert driver["rules"][0]["help"]["markdown"] == "A key named `id` says nothing.\n\nRename it."
    assert driver["rules"][0]["defaultConfiguration"] == {"level": "error"}
    assert run["columnKind"] == "unicodeCodePoints"
    first, second = run["results"]
    assert ids[first["ruleIndex"]] == first["ruleId"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "api/app/models.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 4}
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "api/app/a%20b%2Cc%25.py"
    assert first["partialFingerprints"] == {"bylawFingerprint/v1": "f1"}
    assert first["relatedLocations"][0]["message"] == {"text": "the application is created here"}
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": place["region"], "insertedContent": {"text": "user_id"}}]
    assert second["level"] == "warning"
    assert run["invocations"][0]["executionSuccessful"] is False
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"] == {"text": "the rule x failed"}
    assert "file:" not in json.dumps(document)


def test_named_edits_that_were_not_resolved_are_left_out_of_machine_formats() -> None:
    named = key(fix=Fix("import it", (AddImport("app/models.py", "x"),), "safe"))
    assert json.loads(render("json", view(named)))["diagnostics"][0]["fix"]["edits"] == []
    assert "fixes" not in json.loads(render("sarif", view(named)))["runs"][0]["results"][0]


def test_agent_groups_by_file_and_says_how_to_repair_once() -> None:
    several = [key(1), key(2), WARNING]
    assert render("agent", view(*several)) == (
        "3 findings; 3 files checked; w = warning.\n"
        "app/models.py\n"
        " 2,5 descriptive-primary-key: the primary key of `user` is named `id`\n"
        "app/a b,c%.py\n"
        " 1 w unread: 100%\\x0anot: understood\n"
        "Repair:\n"
        " descriptive-primary-key: name it `user_id`\n"
        " unread: Not understood. Look.\n"
        "More on a rule: `bylaw explain RULE`.\n"
    )


def test_agent_spends_about_75_characters_on_a_finding() -> None:
    many = [
        Diagnostic(
            "descriptive-primary-key", "naming", "error", at("app/models.py", "id", 1 + number % 2),
            f"the primary key of the table `warehouse_position_{number}` is named `id`, which says nothing about it",
            help="name it",
        )
        for number in range(40)
    ]  # fmt: skip
    shown = render("agent", view(*many))
    assert max(map(len, shown.splitlines())) <= 75
    assert len(shown) / len(many) <= 75
    assert shown.count("name it") == 1


def test_agent_says_when_a_repair_is_that_of_one_finding_among_others() -> None:
    shown = render("agent", view(key(1, help="name it `user_id`"), key(2, help="name it `order_id`")))
    assert " descriptive-primary-key: for example: name it `user_id`\n" in shown


def test_agent_names_the_fixes() -> None:
    safe = key(fix=Fix("t", RENAME.edits, "safe"))
    assert "`bylaw check --fix` repairs 1; `bylaw check --unsafe-fixes` all 2." in render("agent", view(safe, FULL))
    assert "`bylaw check --fix` repairs 1." in render("agent", view(safe))
    assert "`bylaw check --unsafe-fixes` repairs 1." in render("agent", view(FULL))


@pytest.mark.parametrize("name", formats())
def test_the_same_view_gives_the_same_bytes(name: str) -> None:
    assert render(name, view(FULL, WARNING, HOMELESS)) == render(name, view(FULL, WARNING, HOMELESS))


@pytest.mark.parametrize("name", formats())
def test_a_file_that_is_gone_by_now_does_not_stop_the_report(name: str) -> None:
    def load(path: str) -> bytes:
        raise FileNotFoundError(path)

    assert "gone" in render(
        name, View((Diagnostic("r", "c", "error", Location("gone.py", Span(5, 9)), "m"),), 1, Texts(load))
    )


@pytest.mark.parametrize("name", formats())
def test_ten_thousand_diagnostics_take_no_time(name: str) -> None:
    content = b"value: Any = 1\n" * 10_000
    found = tuple(
        Diagnostic("no-any", "typing", "error", Location("a.py", Span(15 * n + 7, 15 * n + 10)), "`Any`")
        for n in range(10_000)
    )
    started = time.process_time()
    render(name, View(found, 1, Texts(lambda _: content)))
    assert time.process_time() - started < 5


def test_agent_tells_three_ways_to_repair_at_most_and_of_each_one_example() -> None:
    helps = ["name it `a_id`", "name it `b`", "drop it", "drop it", "drop it", "ask `c`", "wait"]
    shown = render("agent", view(*(key(1 + at % 2, help=text) for at, text in enumerate(helps))))
    assert " descriptive-primary-key: drop it\n   or: for example: name it `b`\n   or: ask `c`\nMore on a rule" in shown
