"""What every rule owes its users: documentation whose examples are true, metadata, options that explain themselves."""

import inspect
import json
import re
from pathlib import Path

import pytest

from bylaw.config.describe import options_of
from bylaw.diagnostics import Diagnostic
from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.rule import Rule
from bylaw.spec import Case, check_case, parse_spec, settings_for

ROOT = Path(__file__).parent.parent
RULES = load_builtin()
CATALOGUE_ROW = re.compile(r"^S[0-4]-\d{2,3}$")
EXAMPLES = re.compile(r"^(Bad|Good):$", re.MULTILINE)


def examples(rule: Rule) -> list[Case]:
    """The examples of a rule's documentation, as spec cases."""
    documentation = inspect.cleandoc(rule.documentation)
    as_spec = EXAMPLES.sub(lambda match: f"## {match[1].lower()}: example", documentation)
    return parse_spec(as_spec, rule.name)


@pytest.mark.parametrize("name", RULES)
def test_the_documentation_shows_what_is_bad_and_what_is_good(name: str) -> None:
    rule = RULES[name]
    cases = examples(rule)
    assert any(case.good for case in cases)
    assert any(not case.good for case in cases)
    for case in cases:
        problems = list(check_case(case, rule, name))
        if case.good:
            assert not problems
        else:
            assert any(problem.startswith("unexpected: ") for problem in problems), f"nothing is found: {problems}"


FRAMEWORKS = {"Alembic": "\ndown_revision = ", "Django": "from django.db import migrations"}
NOTHING_TO_SHOW = re.compile(r"Nothing to show in ((?:SQL|Alembic|Django)(?: or (?:SQL|Alembic|Django))*): \w")


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.category == "migrations"])
def test_a_migration_rule_shows_the_way_in_sql_alembic_and_django(name: str) -> None:
    """Or says why one of them has nothing to show."""
    files = [file for case in examples(RULES[name]) if case.good for file in [*case.files.items(), *case.base.items()]]
    shown = {tool for tool, mark in FRAMEWORKS.items() for path, text in files if path.endswith(".py") and mark in text}
    shown |= {"SQL" for path, _ in files if path.endswith(".sql")}
    excused = NOTHING_TO_SHOW.findall(RULES[name].documentation)
    assert shown | {tool for tools in excused for tool in tools.split(" or ")} == {"SQL", *FRAMEWORKS}


def wrong_words(diagnostic: Diagnostic) -> list[str]:
    """What a diagnostic says otherwise than all others do."""
    message, help_text = diagnostic.message, diagnostic.help
    wrong = []
    first = message.split(" ")[0]
    if (first[:1].isupper() and not first.isupper()) or message.endswith("."):
        wrong.append(f"a message has no capital (but for SQL and names in backticks) and no full stop: {message}")
    if not re.match("[A-Z]", help_text) or not help_text.endswith("."):
        wrong.append(f"a help is a sentence: {help_text}")
    if diagnostic.fix is not None and (not diagnostic.fix.title[:1].isupper() or diagnostic.fix.title.endswith(".")):
        wrong.append(f"the title of a fix has a capital and no full stop: {diagnostic.fix.title}")
    wrong += [f"a related place has no full stop: {r.message}" for r in diagnostic.related if r.message.endswith(".")]
    return wrong


@pytest.mark.parametrize("name", RULES)
def test_all_rules_speak_alike(name: str) -> None:
    rule = RULES[name]
    spec = ROOT / "fixtures" / "rules" / rule.category / f"{name}.md"
    for case in parse_spec(spec.read_text("utf-8"), name):
        sources = MemorySources({path: text.encode() for path, text in case.files.items()})
        report = run(sources, settings_for(case, rule, name), {name: rule})
        assert not [wrong for diagnostic in report.diagnostics for wrong in wrong_words(diagnostic)]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_where_it_comes_from_and_what_it_is_about(name: str) -> None:
    rule = RULES[name]
    assert rule.sources
    assert all(CATALOGUE_ROW.match(source) for source in rule.sources)
    assert rule.summary
    assert not rule.summary.endswith(".")
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)
    assert len(inspect.cleandoc(rule.documentation).split("Bad:")[0]) > 150, "say what, why, and how to repair"


@pytest.mark.parametrize("name", RULES)
def test_every_option_is_documented_and_has_a_default(name: str) -> None:
    for option in options_of(RULES[name]):
        assert option.documentation, f"{name}.{option.name} says nothing"
        json.dumps(option.default)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_file_imports_nothing_but_bylaw_and_the_standard_library(name: str) -> None:
    rule = RULES[name]
    file = ROOT / "rules" / rule.category.replace("-", "_") / f"{name.replace('-', '_')}.py"
    source = file.read_text("utf-8")
    imported = re.findall(r"^(?:from|import) ([\w.]+)", source, re.MULTILINE)
    ours = {module for module in imported if module.partition(".")[0] == "bylaw"}
    assert all(module == "bylaw" or module.startswith("bylaw.facts") for module in ours), ours
    assert {module.partition(".")[0] for module in imported} <= {
        "__future__",
        "bylaw",
        "collections",
        "dataclasses",
        "fnmatch",
        "functools",
        "itertools",
        "re",
        "typing",
        "enum",
    }
