"""The presets that come with bylaw."""

from pathlib import Path

import pytest

from bylaw.config.levels import RuleTables
from bylaw.config.presets import PresetLoader, preset_files
from bylaw.packs import builtin_folder, load_builtin

NAMES = ["event-driven-sync", "feature-guide", "flat-router", "many-first-actions", "recommended", "three-file-api"]
RULES = load_builtin()


def tables_of(name: str) -> tuple[RuleTables, list[str]]:
    """The rules as one preset leaves them, and everything that is wrong with it."""
    loader = PresetLoader(preset_files([builtin_folder()]))
    tables = RuleTables(RULES)
    problems = []
    for preset in loader.load([name], Path(), "", (None, "")):
        assert preset.table.description.endswith(".")
        wrong = tables.apply(preset.table.rules, str, "rules", own=False)
        problems.extend(f"{problem.key}: {problem.message}" for problem in wrong)
    return tables, [*problems, *(problem.message for _, _, problem in loader.problems)]


def test_these_presets_exist() -> None:
    assert sorted(preset_files([builtin_folder()])) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_names_rules_and_options_that_exist(name: str) -> None:
    assert tables_of(name)[1] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_cites_a_guide_for_every_rule_that_it_switches_on(name: str) -> None:
    if name == "recommended":
        return
    guide = {"feature-guide": "S0", "three-file-api": "S1", "event-driven-sync": "S2", "many-first-actions": "S3"}.get(
        name, "S4"
    )
    for rule, chosen in tables_of(name)[0].chosen.items():
        if chosen.level_from != "default" and chosen.level != "off" and rule != "router-registered":
            assert any(source.startswith(guide) for source in RULES[rule].sources), f"{rule} has no row of {guide}"


@pytest.mark.parametrize("name", NAMES)
def test_taste_sleeps_in_recommended_and_speaks_in_a_guides_preset(name: str) -> None:
    wanted = "followed" if name == "recommended" else "always"
    for rule, chosen in tables_of(name)[0].chosen.items():
        if rule in RULES and "when" in RULES[rule].option_names and chosen.level != "off":
            assert chosen.options["when"][0] == wanted, rule


@pytest.mark.parametrize("name", ["feature-guide", "three-file-api", "flat-router"])
def test_guides_that_want_no_bare_dict_hear_of_it(name: str) -> None:
    assert tables_of(name)[0].chosen["no-any"].options["flag-bare-generics"][0] is True


def test_generated_migrations_stay_as_they_are_once_they_are_merged() -> None:
    assert tables_of("event-driven-sync")[0].chosen["merged-migration-unchanged"].level == "warning"


def test_recommended_holds_no_heuristics_and_few_errors() -> None:
    on = {
        rule for rule, chosen in tables_of("recommended")[0].chosen.items() if rule in RULES and chosen.level != "off"
    }
    assert all(RULES[rule].confidence == "certain" for rule in on)
    errors = {rule for rule in on if tables_of("recommended")[0].chosen[rule].level == "error"}
    assert {RULES[rule].category for rule in errors} <= {"migrations", "routing", "schema"}
