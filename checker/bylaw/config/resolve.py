"""Configuration file, presets and command line to `Settings`, with the origin of every value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from bylaw.config.files import ConfigSource, real_path
from bylaw.config.levels import Chosen, RuleTables
from bylaw.config.lines import kebab, key_lines, line_of
from bylaw.config.presets import DEFAULT, Preset, PresetLoader, preset_files
from bylaw.config.schema import ConfigTable, OverrideTable, PresetTable, Problem, read_table
from bylaw.errors import ConfigError, PackError, UsageError
from bylaw.packs import BUILTIN, add_pack, builtin_folder
from bylaw.rule import Rule
from bylaw.settings import Layout, MigrationSettings, Override, Settings

T = TypeVar("T", Layout, MigrationSettings)

ALL = "all"
"""What --select and --ignore call every rule."""


class Choices(msgspec.Struct, frozen=True):
    """What the command line decides. Empty `presets` leave the choice to the configuration."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    all_migrations: bool = False
    rule_packs: bool = True


class Resolved(msgspec.Struct, frozen=True):
    """The configuration of a run. `root` is absolute; `rules` are all loaded ones, the switched-off too.

    `chosen` says what each rule was given and by whom, `origins` by whom each dotted key (`exclude`, `layout.tests`).
    `files` are all files that were read, and the folders of the rule packs.
    """

    root: Path
    source: Path | None
    settings: Settings
    rules: Mapping[str, Rule]
    presets: tuple[str, ...]
    chosen: Mapping[str, Chosen]
    origins: Mapping[str, str]
    files: tuple[Path, ...]


def resolve(source: ConfigSource, choices: Choices | None = None) -> Resolved:
    """Everything a run needs to know. Raises ConfigError with all problems of all files, PackError, UsageError."""
    return _Resolution(source, choices or Choices()).resolve()


class _Resolution:
    """One configuration on its way to settings; `problems` grows, and is raised as a whole at the end."""

    def __init__(self, source: ConfigSource, choices: Choices) -> None:
        self.source = source
        self.choices = choices
        self.problems: list[tuple[str, int, str]] = []
        self.config, wrong = read_table(ConfigTable, source.table)
        self._blame(source.path, source.text, source.prefix, wrong)

    def resolve(self) -> Resolved:
        packs = self._pack_folders()
        rules = self._rules(packs)
        presets, preset_problems = self._presets(packs)
        tables = RuleTables(rules, tolerant=self._packs_are_missing)
        for preset in presets:
            origin = _preset_origin(preset)
            wrong = tables.apply(preset.table.rules, origin, "rules", own=preset.own, lenient=_is_builtin(preset))
            self._blame(preset.path, preset.text, "", wrong)
        wrong = tables.apply(self.config.rules, self._origin, "rules", own=True)
        self._blame(self.source.path, self.source.text, self.source.prefix, wrong)
        overrides = tuple(self._overrides(tables))
        misspelt: list[str] = []
        for path, text, problem in preset_problems:
            if path is None:
                misspelt.append(f"{problem.key}: {problem.message}")
            else:
                self._blame(path, text, self.source.prefix if path == self.source.path else "", [problem])
        if self.problems:
            raise ConfigError(self._sentences())
        misspelt += _unknown_names(self.choices, tables)
        if misspelt:
            raise UsageError("\n".join(misspelt))
        overrides = _carry_out(self.choices, tables, overrides)
        settings, origins = self._settings(presets, tables, overrides)
        own = [self.source.path] if self.source.path is not None else []
        return Resolved(
            root=self.source.root,
            source=self.source.path,
            settings=settings,
            rules=rules,
            presets=tuple(preset.name for preset in presets),
            chosen=tables.chosen,
            origins=origins,
            files=(*own, *(preset.path for preset in presets), *packs.values()),
        )

    @property
    def _packs_are_missing(self) -> bool:
        return bool(self.config.rule_packs) and not self.choices.rule_packs

    def _pack_folders(self) -> dict[str, Path]:
        own = self.config.rule_packs if self.choices.rule_packs else ()
        folders = {name: real_path(self.source.root, name) or self.source.root / ascii(name) for name in own}
        return {BUILTIN: builtin_folder(), **folders}

    def _rules(self, packs: Mapping[str, Path]) -> dict[str, Rule]:
        try:
            return load_rules(packs)
        except PackError as error:
            if self.problems:  # a misspelt key is not to be heard of only after the pack is repaired
                raise ConfigError([*self._sentences(), error.message], error.hint) from error
            raise

    def _sentences(self) -> list[str]:
        return [sentence for _, _, sentence in sorted(self.problems, key=lambda problem: problem[:2])]

    def _presets(self, packs: Mapping[str, Path]) -> tuple[list[Preset], list[tuple[Path | None, str, Problem]]]:
        loader = PresetLoader(preset_files(packs.values()))
        if self.choices.presets:
            return loader.load(self.choices.presets, Path.cwd(), "--preset", (None, "")), loader.problems
        names = self.config.extends if self.config.extends is not None else (DEFAULT,)
        folder = self.source.path.parent if self.source.path is not None else self.source.root
        return loader.load(names, folder, "extends", (self.source.path, self.source.text)), loader.problems

    def _overrides(self, tables: RuleTables) -> Iterator[Override]:
        for number, override in enumerate(self.config.overrides):
            laid = tables.copy()
            key = f"overrides.{number}.rules"
            wrong = laid.apply(override.rules, self._origin, key, own=False)
            self._blame(self.source.path, self.source.text, self.source.prefix, wrong)
            yield Override(override.paths, laid.settings(_named(tables, override)))

    def _settings(
        self, presets: Iterable[Preset], tables: RuleTables, overrides: tuple[Override, ...]
    ) -> tuple[Settings, dict[str, str]]:
        config, origins = self.config, _rule_origins(tables)
        layers: list[tuple[PresetTable | ConfigTable, Mapping[str, object], Callable[[str], str]]] = [
            *((preset.table, preset.raw, _preset_origin(preset)) for preset in presets),
            (config, self.source.table, self._origin),
        ]
        layout, migrations = Layout(), MigrationSettings()
        for table, written, origin in layers:
            layout = _over(layout, table.layout, "layout", written, origin, origins)
            migrations = _over(migrations, table.migrations, "migrations", written, origin, origins)
        if self.choices.all_migrations:
            migrations = replace(migrations, judge_all=True)
            origins["migrations.judge-all"] = "--all-migrations"
        for key in ("extends", "exclude", "rule-packs", "overrides", "max-file-size"):
            given = any(kebab(written) == key for written in self.source.table)
            origins[key] = self._origin(key) if given else "default"
        if self.choices.presets:
            origins["extends"] = "--preset"
        settings = Settings(
            tables.settings(), overrides, config.exclude, layout, migrations, config.max_file_size,
            all_rules_known=not self._packs_are_missing,
        )  # fmt: skip
        return settings, origins

    def _origin(self, key: str) -> str:
        return _place(self.source.path, self.source.text, self.source.prefix, key, self.source.root)

    def _blame(self, path: Path | None, text: str, prefix: str, problems: Iterable[Problem]) -> None:
        for problem in problems:
            where = _place(path, text, prefix, problem.key, self.source.root)
            key = f"{prefix}{problem.key}: " if problem.key else ""
            file, _, line = where.rpartition(":")
            order = (file, int(line)) if line.isdigit() else (where, 0)
            self.problems.append((*order, f"{where}: {key}{problem.message}"))


def load_rules(packs: Mapping[str, Path]) -> dict[str, Rule]:
    """The rules of all packs (name → folder, built-in first) by name. Raises PackError when two define the same."""
    rules: dict[str, Rule] = {}
    for name, folder in packs.items():
        add_pack(rules, folder, name)
    return dict(sorted(rules.items()))


def _carry_out(choices: Choices, tables: RuleTables, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """Lay --select and --ignore over everything."""
    selected = {meant for name in choices.select for meant in _meant(name, tables)}
    ignored = {meant for name in choices.ignore for meant in _meant(name, tables)}
    if choices.select:
        for name in tables.rules:
            if name not in selected:
                tables.chosen[name] = replace(tables.chosen[name], level="off", level_from="--select")
    for name in selected & tables.rules.keys():
        _select(name, tables, by_name=name in choices.select)
    if choices.select and not any(name == "unread" or _judges_migrations(name, tables) for name in selected):
        tables.chosen["unread"] = replace(tables.chosen["unread"], level="off", level_from="--select")
    for name in ignored:
        tables.chosen[name] = replace(tables.chosen[name], level="off", level_from="--ignore")
    silent = ignored | (tables.rules.keys() - selected if choices.select else frozenset())
    return tuple(
        replace(override, rules={name: setting for name, setting in override.rules.items() if name not in silent})
        for override in overrides
    )


def _judges_migrations(name: str, tables: RuleTables) -> bool:
    return name in tables.rules and tables.rules[name].category == "migrations"


def _select(name: str, tables: RuleTables, *, by_name: bool) -> None:
    chosen, rule = tables.chosen[name], tables.rules[name]
    options = dict(chosen.options)
    if by_name and options.get("when", ("", ""))[0] == "followed":
        options["when"] = ("always", "--select")
    if chosen.level == "off":
        chosen = replace(chosen, level=rule.severity, level_from="--select")
    tables.chosen[name] = replace(chosen, options=options)


def _unknown_names(choices: Choices, tables: RuleTables) -> list[str]:
    """A sentence for every name of --select and --ignore that means nothing."""
    given = (("--select", choices.select), ("--ignore", choices.ignore))
    return [
        f"{option}: {tables.unknown(name)}" for option, names in given for name in names if not _meant(name, tables)
    ]


def _meant(name: str, tables: RuleTables) -> tuple[str, ...]:
    """The rules that --select and --ignore mean by a name; none where there is no such name."""
    return tuple(tables.rules) if name == ALL else tables.named(kebab(name))


def _named(tables: RuleTables, override: OverrideTable) -> list[str]:
    return sorted({name for written in override.rules for name in tables.named(kebab(written))})


def _rule_origins(tables: RuleTables) -> dict[str, str]:
    origins: dict[str, str] = {}
    for name, chosen in tables.chosen.items():
        origins[f"rules.{name}.level"] = chosen.level_from
        origins.update({f"rules.{name}.{option}": where for option, (_, where) in chosen.options.items()})
    return origins


def _over(
    base: T, layer: T, key: str, written: Mapping[str, object], origin: Callable[[str], str], origins: dict[str, str]
) -> T:
    """`base` with the fields that the table `key` of a file sets. `written` is that file, `layer` its table, read."""
    section = written.get(key)
    names = [name.replace("-", "_") for name in section] if isinstance(section, dict) else []
    origins.update({f"{key}.{kebab(name)}": origin(f"{key}.{kebab(name)}") for name in names})
    return replace(base, **{name: getattr(layer, name) for name in names})


def _is_builtin(preset: Preset) -> bool:
    return preset.path.is_relative_to(builtin_folder())


def _preset_origin(preset: Preset) -> Callable[[str], str]:
    phrase = f"preset {preset.name}"
    return lambda _key: phrase


def _place(path: Path | None, text: str, prefix: str, key: str, root: Path) -> str:
    if path is None:
        return "default"
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    line = line_of(key_lines(text), f"{prefix}{key}")
    return f"{shown}:{line}" if line is not None else shown
