"""Configuration: where it is found, what is wrong with it, and what it resolves to."""

from pathlib import Path

import pytest

from bylaw.config import Choices, Resolved, locate, resolve
from bylaw.errors import BylawError, ConfigError, PackError, UsageError

RULE = '''
from dataclasses import dataclass
from typing import Literal
from bylaw import File, Finding, file_rule


@dataclass(frozen=True)
class Options:
    limit: int = 3
    names: tuple[str, ...] = ()
    mode: Literal["strict", "loose"] = "strict"
    when: Literal["always", "followed"] = "always"


@file_rule(summary="A house rule", severity="error", since="1.0")
def {name}(file: File, options: Options):
    """Never speaks."""
    yield from ()
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for category, name in (("naming", "house_rule"), ("naming", "other_rule"), ("docs", "third_rule")):
        file = tmp_path / "tools" / category / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(RULE.format(name=name))
    return tmp_path


def configured(root: Path, text: str, choices: Choices | None = None) -> Resolved:
    (root / "bylaw.toml").write_text('rule-packs = ["tools"]\n' + text)
    return resolve(locate(root), choices)


def problems(root: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configured(root, text)
    return list(caught.value.problems)


# Where it is found


def test_the_nearest_configuration_wins_and_its_folder_is_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "services" / "users"
    inner.mkdir(parents=True)
    (tmp_path / "bylaw.toml").write_text('exclude = ["outer"]')
    (inner / "pyproject.toml").write_text('[tool.bylaw]\nexclude = ["inner"]')
    assert resolve(locate(inner)).settings.exclude == ("inner",)
    assert locate(inner).root == inner
    assert resolve(locate(inner.parent)).settings.exclude == ("outer",)


def test_a_pyproject_without_our_table_does_not_count(tmp_path: Path) -> None:
    inner = tmp_path / "app"
    inner.mkdir()
    (tmp_path / "bylaw.toml").write_text("")
    (inner / "pyproject.toml").write_text('[project]\nname = "bylaw-user"\n')
    assert locate(inner).root == tmp_path


def test_without_a_configuration_the_git_root_is_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert locate(inner).root == tmp_path
    assert locate(inner).path is None


def test_what_lies_above_a_repository_does_not_configure_it(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "app"
    inner.mkdir(parents=True)
    (tmp_path / "bylaw.toml").write_text('rule-packs = ["evil"]')
    assert locate(inner).root == tmp_path
    (inner.parent / ".git").mkdir()
    for start in (inner, inner.parent):
        assert (locate(start).root, locate(start).path) == (inner.parent, None)


def test_without_git_the_current_folder_is_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "a"
    inner.mkdir()
    assert locate(inner).root == inner


def test_two_configurations_in_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bylaw.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.bylaw]\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml beside it"):
        locate(tmp_path)


@pytest.mark.parametrize("name", ["bylaw.toml", "pyproject.toml", "settings.toml"])
def test_an_explicit_file_is_used_wherever_it_lies(tmp_path: Path, name: str) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / ".git").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / name).write_text('[tool.bylaw]\nexclude = ["x"]\n')
    source = locate(project, elsewhere / name)
    assert source.root == project
    assert resolve(source).settings.exclude == ("x",)
    assert locate(elsewhere, Path(name)).root == elsewhere


def test_a_file_above_several_repositories_makes_them_no_single_project(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "app"
    (inner.parent / ".git").mkdir(parents=True)
    inner.mkdir()
    for folder, name, root in (
        (tmp_path, "conventions.toml", inner.parent),
        (tmp_path, "bylaw.toml", tmp_path),
        (inner.parent, "conventions.toml", inner.parent),
        (inner, "conventions.toml", inner),
    ):
        (folder / name).write_text("")
        assert locate(inner, folder / name).root == root


def test_an_explicit_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such configuration file"):
        locate(tmp_path, Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rules = [", "not valid TOML"),
        (b'exclude = ["\xff"]', "not UTF-8"),
        (b"a = " + b"[" * 100_000, "TOML|too deeply"),
    ],
)
def test_a_broken_file_is_said_to_be_broken(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bylaw.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        locate(tmp_path)


def test_a_byte_order_mark_and_crlf_are_fine(tmp_path: Path) -> None:
    (tmp_path / "bylaw.toml").write_bytes(b'\xef\xbb\xbfexclude = ["a"]\r\nmax-file-size = 10\r\n')
    assert resolve(locate(tmp_path)).settings.max_file_size == 10


# What is wrong with it


def test_all_problems_are_told_at_once_with_line_key_and_suggestion(project: Path) -> None:
    found = problems(
        project,
        """\
extends = ["recommendd"]
exlude = ["x"]
exclude = "legacy"
[layout]
migration = ["a"]
tests = [1]
[rules]
house-rule = { level = "eror", limt = 1, limit = "3", mode = "strct" }
hous-rule = "off"
naming = "warn"
docs = { level = "error", limit = 1 }
unread = { limit = 2 }
[[overrides]]
paths = ["app/**"]
rules = { house-rule = 3, no-such-thing-at-all = "off" }
[[overrides]]
path = 3
""",
    )
    assert found == [
        'bylaw.toml:2: extends: there is no preset "recommendd"; did you mean "recommended"?',
        'bylaw.toml:3: exlude: unknown key; did you mean "exclude"?',
        'bylaw.toml:4: exclude: must be a list, not text ("legacy")',
        'bylaw.toml:6: layout.migration: unknown key; did you mean "migrations"?',
        "bylaw.toml:7: layout.tests.0: must be text, not a number (1)",
        'bylaw.toml:9: rules.house-rule.level: there is no level "eror"; did you mean "error"?',
        'bylaw.toml:9: rules.house-rule.limit: must be a whole number, not text ("3")',
        'bylaw.toml:9: rules.house-rule.mode: must be "strict" or "loose", not "strct"; did you mean "strict"?',
        'bylaw.toml:9: rules.house-rule.limt: unknown option; did you mean "limit"?',
        'bylaw.toml:10: rules.hous-rule: there is no rule, category or concern "hous-rule"; did you mean "house-rule"?',
        'bylaw.toml:11: rules.naming: there is no level "warn"; did you mean "warning"?',
        "bylaw.toml:12: rules.docs.limit: unknown option; a category has only a level",
        "bylaw.toml:13: rules.unread.limit: unknown option; it has only a level",
        'bylaw.toml:16: overrides.0.rules.house-rule: must be a level ("off", "info", "warning", "error") '
        "or a table of level and options, not a number (3)",
        "bylaw.toml:16: overrides.0.rules.no-such-thing-at-all: there is no rule, category or concern "
        '"no-such-thing-at-all"; `bylaw rules` lists them',
        "bylaw.toml:17: overrides.1.paths: is missing",
        "bylaw.toml:17: overrides.1.rules: is missing",
        'bylaw.toml:18: overrides.1.path: unknown key; did you mean "paths"?',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules = 3", "rules: must be a table"),
        ("layout = []", "layout: must be a table, not a list"),
        ("overrides = { a = 1 }", "overrides: must be a list of tables"),
        ("max-file-size = 1.5", "max-file-size: must be a whole number"),
        ("max-file-size = 2020-01-01", "max-file-size: must be a whole number, not a date or time"),
        ("[migrations]\njudge-all = true", "migrations.judge-all: unknown key"),
        ("exclude = [true]", "exclude.0: must be text, not true"),
        ("max-file-size = 1\nmax_file_size = 2", "max-file-size: is given twice"),
        ('[rules]\ninternal-error = "off"', 'no rule, category or concern "internal-error"'),
        ("[rules]\nhouse-rule = { names = 'a' }", "rules.house-rule.names: must be a list"),
        ("[rules]\ndocs = {}", "rules.docs: says nothing"),
    ],
)
def test_a_wrong_type_or_key_is_said(project: Path, text: str, said: str) -> None:
    (found,) = problems(project, text)
    assert said in found


def test_problems_in_a_pyproject_name_the_whole_key(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.bylaw.rules]\nno-anny = "off"\n')
    with pytest.raises(ConfigError) as caught:
        resolve(locate(tmp_path))
    assert caught.value.problems == (
        'pyproject.toml:5: tool.bylaw.rules.no-anny: there is no rule, category or concern "no-anny"; '
        'did you mean "no-any"?',
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max-file-size = 0", "max-file-size: must be a number of bytes from 1 on, not 0"),
        ("[migrations]\npostgres-version = 3", "postgres-version: must be a major version such as 16, not 3"),
        ('[migrations]\nmysql-version = "new"', 'must be a version such as "8.0" or "10.11", not "new"'),
        ("[rules]\nno-any = 2020-01-01", "a table of level and options, not a date or time"),
        ('extends = ["./a\\u0000b"]', "is no path: it holds a NUL byte"),
        ('extends = ["./ring"]', 'there is no file "./ring"'),
        ('rule-packs = ["a\\u0000b"]', "there is no such rule pack"),
        ('rule-packs = ["ring"]', "there is no such rule pack"),
    ],
)
def test_values_that_can_mean_nothing_are_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "ring").symlink_to("ring")
    (tmp_path / "bylaw.toml").write_text(text)
    with pytest.raises(BylawError) as caught:
        resolve(locate(tmp_path))
    assert said in caught.value.message


def test_a_table_for_pyproject_is_understood_in_the_own_file_too(tmp_path: Path) -> None:
    (tmp_path / "bylaw.toml").write_text('[tool.bylaw.rules]\nno-any = "info"\n')
    resolved = resolve(locate(tmp_path))
    assert resolved.settings.rules["no-any"].level == "info"
    assert resolved.chosen["no-any"].level_from == "bylaw.toml:2"


def test_a_missing_rule_pack_and_a_rule_that_is_there_twice_are_errors(project: Path) -> None:
    (project / "bylaw.toml").write_text('rule-packs = ["nowhere"]')
    with pytest.raises(PackError, match="no such rule pack"):
        resolve(locate(project))
    (project / "bylaw.toml").write_text('rule-packs = ["tools"]')
    (project / "tools" / "naming" / "no_any.py").write_text(RULE.format(name="no_any"))
    with pytest.raises(PackError, match="no-any is in builtin rules already"):
        resolve(locate(project))


# What it resolves to


def test_without_extends_the_preset_recommended_holds(project: Path) -> None:
    resolved = configured(project, "")
    assert resolved.presets == ("recommended",)
    assert resolved.settings.rules["no-any"].level == "warning"
    assert resolved.settings.rules["no-any"].options.allow_nested is True
    assert resolved.settings.rules["unread"].level == "info"


def test_an_empty_extends_switches_all_built_in_rules_off(project: Path) -> None:
    resolved = configured(project, "extends = []")
    levels = {(rule.pack, resolved.settings.rules[name].level) for name, rule in resolved.rules.items()}
    assert levels == {("builtin", "off"), ("tools", "error")}


def test_the_rules_of_a_pack_hold_as_soon_as_the_project_names_the_pack(project: Path) -> None:
    resolved = configured(project, "")
    assert resolved.settings.rules["house-rule"].level == "error"
    assert resolved.chosen["house-rule"].level_from == "default"
    assert configured(project, '[rules]\nhouse-rule = "off"').settings.rules["house-rule"].level == "off"
    (project / "mine.toml").write_text('[rules]\nhouse-rule = "info"')
    assert configured(project, 'extends = ["./mine.toml"]').settings.rules["house-rule"].level == "info"


def test_a_later_preset_wins_over_an_earlier_one(project: Path) -> None:
    (project / "one.toml").write_text('rules = { house-rule = { level = "error", limit = 1, mode = "loose" } }')
    (project / "two.toml").write_text('description = "x"\nrules = { house-rule = { level = "info", limit = 2 } }')
    setting = configured(project, 'extends = ["./one.toml", "./two.toml"]').settings.rules["house-rule"]
    assert (setting.level, setting.options.limit, setting.options.mode) == ("info", 2, "loose")


def test_a_preset_extends_others_relative_to_itself_and_never_in_a_circle(project: Path) -> None:
    (project / "shared").mkdir()
    (project / "shared" / "base.toml").write_text('rules = { house-rule = "info", other-rule = "info" }')
    (project / "shared" / "team.toml").write_text('extends = ["./base.toml"]\nrules = { house-rule = "error" }')
    levels = configured(project, 'extends = "./shared/team.toml"').settings.rules
    assert (levels["house-rule"].level, levels["other-rule"].level) == ("error", "info")
    (project / "shared" / "base.toml").write_text('extends = "./team.toml"')
    (found,) = problems(project, 'extends = "./shared/team.toml"')
    assert "in a circle: team.toml → base.toml → team.toml" in found


def test_problems_in_a_preset_are_told_with_its_file(project: Path) -> None:
    (project / "team.toml").write_text('rulez = {}\n[rules]\nhouse-rule = { limit = true }\nnope = "off"\n')
    assert problems(project, 'extends = ["./team.toml", "./gone.toml"]') == [
        f'bylaw.toml:2: extends: there is no file "./gone.toml" (looked for {project / "gone.toml"})',
        'team.toml:1: rulez: unknown key; did you mean "rules"?',
        "team.toml:3: rules.house-rule.limit: must be a whole number, not true",
        'team.toml:4: rules.nope: there is no rule, category or concern "nope"; `bylaw rules` lists them',
    ]


def test_a_rule_pack_brings_presets(project: Path) -> None:
    (project / "tools" / "presets").mkdir()
    (project / "tools" / "presets" / "house.toml").write_text('rules = { house-rule = "info" }')
    assert configured(project, 'extends = ["house"]').settings.rules["house-rule"].level == "info"


def test_options_without_a_level_keep_the_level_or_switch_the_rule_on(project: Path) -> None:
    (project / "base.toml").write_text('rules = { house-rule = "info" }')
    rules = configured(
        project, 'extends = "./base.toml"\n[rules]\nhouse_rule = { limit = 9 }\nother-rule = { limit = 9 }'
    ).settings.rules
    assert (rules["house-rule"].level, rules["house-rule"].options.limit) == ("info", 9)
    assert (rules["other-rule"].level, rules["other-rule"].options.limit) == ("error", 9)


def test_class_variables_of_options_are_no_options(project: Path) -> None:
    text = RULE.format(name="house_rule").replace("import Literal", "import ClassVar, Literal")
    (project / "tools" / "naming" / "house_rule.py").write_text(
        text.replace("    limit:", "    most: ClassVar[int] = 9\n    limit:")
    )
    assert configured(project, "").rules["house-rule"].option_names == ("limit", "names", "mode", "when")
    assert "house-rule.most: unknown option" in problems(project, "[rules]\nhouse-rule = { most = 3 }")[0]


def test_a_category_gives_a_level_to_all_its_rules_and_a_rule_beats_its_category(project: Path) -> None:
    rules = configured(project, '[rules]\nother-rule = "off"\nnaming = "info"').settings.rules
    assert (rules["house-rule"].level, rules["other-rule"].level, rules["third-rule"].level) == ("info", "off", "error")


def test_the_engines_own_diagnostics_can_be_given_a_level(project: Path) -> None:
    assert configured(project, '[rules]\nunread = "error"').settings.rules["unread"].level == "error"


def test_overrides_start_from_what_holds_elsewhere(project: Path) -> None:
    resolved = configured(
        project,
        """
[rules]
house-rule = { level = "error", limit = 1, mode = "loose" }
[[overrides]]
paths = ["app/legacy/**"]
rules = { house-rule = "info", naming = "warning" }
[[overrides]]
paths = ["app/new/**"]
rules = { house_rule = { limit = 5 } }
""",
    )
    first, second = resolved.settings.overrides
    assert first.paths == ("app/legacy/**",)
    assert (first.rules["house-rule"].level, first.rules["house-rule"].options.mode) == ("info", "loose")
    assert first.rules["other-rule"].level == "warning"
    assert (second.rules["house-rule"].level, second.rules["house-rule"].options.limit) == ("error", 5)
    assert set(second.rules) == {"house-rule"}


def test_layout_and_migrations_are_taken_over(project: Path) -> None:
    settings = configured(
        project,
        '[layout]\nmigrations = ["db/versions"]\n[migrations]\ndialect = "mysql"\naccepted_through = "0007_users"',
    ).settings
    assert settings.layout.migrations == ("db/versions",)
    assert (settings.migrations.dialect, settings.migrations.accepted_through) == ("mysql", ("0007_users",))


def test_what_a_file_says_wins_over_a_preset_even_where_it_is_the_default(project: Path) -> None:
    (project / "ours.toml").write_text('[migrations]\npostgres-version = 16\ndialect = "mysql"\n')
    resolved = configured(project, 'extends = ["./ours.toml"]\n[migrations]\npostgres_version = 14')
    assert (resolved.settings.migrations.postgres_version, resolved.settings.migrations.dialect) == (14, "mysql")
    assert resolved.origins["migrations.postgres-version"].startswith("bylaw.toml:")
    assert resolved.origins["migrations.dialect"] == "preset ./ours.toml"


def test_a_rule_that_the_project_names_speaks_always_unless_it_says_when(project: Path) -> None:
    (project / "tools" / "presets").mkdir()
    (project / "tools" / "presets" / "house.toml").write_text(
        "[rules]\n"
        + "".join(f'{name} = {{ when = "followed" }}\n' for name in ("house-rule", "other-rule", "third-rule"))
    )
    rules = configured(
        project, 'extends = "house"\n[rules]\nhouse-rule = "error"\nother-rule = { limit = 1, when = "followed" }'
    ).settings.rules
    assert {name: rules[name].options.when for name in ("house-rule", "other-rule", "third-rule")} == {
        "house-rule": "always",
        "other-rule": "followed",
        "third-rule": "followed",
    }


# What the command line decides


def test_select_runs_only_what_it_names_and_switches_it_on(project: Path) -> None:
    rules = configured(project, '[rules]\nother-rule = "info"', Choices(select=("naming",))).settings.rules
    assert {name for name in rules if rules[name].level != "off"} - {"unread"} <= {
        "house-rule",
        "other-rule",
        *(name for name in rules if name.endswith("suppression")),
        *(rule.name for rule in configured(project, "").rules.values() if rule.category == "naming"),
    }
    assert (rules["house-rule"].level, rules["other-rule"].level, rules["no-any"].level) == ("error", "info", "off")


def test_ignore_wins_over_select_and_over_overrides(project: Path) -> None:
    text = '[[overrides]]\npaths = ["a/**"]\nrules = { house-rule = "error", other-rule = "off" }'
    settings = configured(project, text, Choices(select=("all",), ignore=("house_rule", "docs"))).settings
    assert (settings.rules["house-rule"].level, settings.rules["third-rule"].level) == ("off", "off")
    assert settings.rules["other-rule"].level == "error"
    assert set(settings.overrides[0].rules) == {"other-rule"}


def test_select_by_name_wakes_a_rule_that_sleeps(project: Path) -> None:
    (project / "base.toml").write_text('rules = { naming = "info", house-rule = { when = "followed" } }')
    for select, expected in ((("house-rule",), "always"), (("naming",), "followed")):
        rules = configured(project, 'extends = "./base.toml"', Choices(select=select)).settings.rules
        assert rules["house-rule"].options.when == expected


_CONCERNS = ("compatibility", "locking", "data-loss", "robustness")


@pytest.mark.parametrize("concern", _CONCERNS)
@pytest.mark.parametrize("spelling", ["{}", "concern:{}"])
def test_a_concern_is_selected_on_its_own(project: Path, concern: str, spelling: str) -> None:
    resolved = configured(project, "", Choices(select=(spelling.format(concern),)))
    on = {name for name in resolved.rules if resolved.settings.rules[name].level != "off"}
    assert on == {name for name, rule in resolved.rules.items() if rule.concern == concern}
    assert len(on) > 1 or concern == "data-loss"
    ignored = configured(project, "", Choices(select=("migrations",), ignore=(spelling.format(concern),)))
    left = {name for name in ignored.rules if ignored.settings.rules[name].level != "off"}
    assert left == {name for name, rule in resolved.rules.items() if rule.category == "migrations"} - on


def test_a_concern_has_a_level_between_its_category_and_a_rule(project: Path) -> None:
    text = '[rules]\nlocking = "info"\nmigrations = "off"\nno-blocking-index = "error"\n"concern:robustness" = "info"'
    rules = configured(project, text).settings.rules
    levels = [rules[name].level for name in ("no-table-rewrite", "no-blocking-index", "no-immediate-drop")]
    assert levels == ["info", "error", "off"]
    assert rules["balanced-transaction"].level == "info"
    with pytest.raises(ConfigError, match="a concern has only a level"):
        configured(project, "[rules]\nlocking = { small-tables = [] }")


def test_a_category_hides_a_concern_of_its_name(project: Path) -> None:
    (project / "tools" / "locking").mkdir()
    source = (project / "tools" / "naming" / "house_rule.py").read_text()
    (project / "tools" / "locking" / "own_rule.py").write_text(source.replace("house_rule", "own_rule"))
    text = '[rules]\nlocking = "off"\nown-rule = "off"'
    assert configured(project, text, Choices(select=("locking",))).settings.rules["own-rule"].level != "off"
    assert configured(project, text, Choices(select=("locking",))).settings.rules["no-table-rewrite"].level == "off"
    named = configured(project, text, Choices(select=("concern:locking",))).settings.rules
    assert (named["own-rule"].level, named["no-table-rewrite"].level) == ("off", "warning")


def test_unknown_names_on_the_command_line_are_all_told(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        configured(project, "", Choices(select=("hous-rule", "no-any", "namin")))
    assert caught.value.message.splitlines() == [
        '--select: there is no rule, category or concern "hous-rule"; did you mean "house-rule"?',
        '--select: there is no rule, category or concern "namin"; did you mean "naming"?',
    ]
    with pytest.raises(UsageError) as caught:
        configured(project, "", Choices(presets=("recomended",), ignore=("no-anny",)))
    assert caught.value.message.splitlines() == [
        '--preset: there is no preset "recomended"; did you mean "recommended"?',
        '--ignore: there is no rule, category or concern "no-anny"; did you mean "no-any"?',
    ]


def test_a_preset_on_the_command_line_replaces_the_configured_ones(project: Path) -> None:
    text = 'extends = ["recommended"]\n[rules]\nhouse-rule = "info"'
    resolved = configured(project, text, Choices(presets=("three-file-api",)))
    assert resolved.presets == ("three-file-api",)
    assert (resolved.settings.rules["no-any"].level, resolved.settings.rules["house-rule"].level) == ("error", "info")


def test_without_rule_packs_their_rules_are_passed_over(project: Path) -> None:
    text = 'extends = ["recommended"]\n[rules]\nhouse-rule = { limit = "x" }\nno-any = "error"'
    resolved = configured(project, text, Choices(rule_packs=False))
    assert "house-rule" not in resolved.rules
    assert resolved.settings.rules["no-any"].level == "error"
    assert not resolved.settings.all_rules_known
    assert configured(project, text.replace('"x"', "3")).settings.all_rules_known


def test_every_value_knows_where_it_comes_from(project: Path) -> None:
    text = '[rules]\nno-any = { level = "error" }\nhouse-rule = { limit = 4 }\n[layout]\ntests = ["t"]'
    resolved = configured(project, text, Choices(ignore=("other-rule",)))
    origins = resolved.origins
    assert origins["rules.no-any.level"] == "bylaw.toml:3"
    assert origins["rules.no-any.allow-nested"] == "preset recommended"
    assert origins["rules.house-rule.limit"] == "bylaw.toml:4"
    assert origins["rules.other-rule.level"] == "--ignore"
    assert origins["layout.tests"] == "bylaw.toml:6"
    assert origins["exclude"] == "default"


def test_resolving_twice_gives_the_same(project: Path) -> None:
    text = '[rules]\nhouse-rule = { limit = 4 }\n[[overrides]]\npaths = ["a"]\nrules = { naming = "info" }'
    assert repr(configured(project, text).settings) == repr(configured(project, text).settings)
