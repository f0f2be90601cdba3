"""Lays rule tables over each other: level and options of every rule, and where each came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from bylaw.config.lines import kebab
from bylaw.config.options import build_options, option_problems
from bylaw.config.schema import Problem, toml_type
from bylaw.errors import did_you_mean
from bylaw.packs import BUILTIN
from bylaw.rule import Rule
from bylaw.settings import INTERNAL_LEVELS, Level, RuleSetting

LEVELS: tuple[Level, ...] = get_args(Level)
_CONCERN = "concern:"


class Chosen(msgspec.Struct, frozen=True):
    """What the tables so far say about one rule. Each value stands with its origin, a phrase for people."""

    level: Level = "off"
    level_from: str = "default"
    options: Mapping[str, tuple[object, str]] = msgspec.field(default_factory=dict)

    def setting(self, rule: Rule | None) -> RuleSetting:
        """As the engine wants it. Options that were found wrong are left out."""
        values = {name: value for name, (value, _) in self.options.items()}
        if rule is None or not values or option_problems(rule, values):
            return RuleSetting(self.level)
        return RuleSetting(self.level, build_options(rule, values, rule.name))


class _Entry(msgspec.Struct, frozen=True):
    """One line of a rule table, checked: the rules it speaks of, and what it says."""

    names: tuple[str, ...]
    level: Level | None
    options: Mapping[str, object]
    key: str


class RuleTables:
    """The rules as the tables leave them. `problems` collects what is wrong with the tables that were laid on."""

    def __init__(self, rules: Mapping[str, Rule], *, tolerant: bool = False) -> None:
        self.rules = rules
        self.tolerant = tolerant
        self.categories = sorted({rule.category for rule in rules.values()})
        self.concerns = sorted({rule.concern for rule in rules.values() if rule.concern is not None})
        self.chosen = {name: _unchosen(rule) for name, rule in rules.items()}
        self.chosen.update({name: Chosen(level) for name, level in INTERNAL_LEVELS.items()})

    def apply(
        self, table: Mapping[str, object], origin: Callable[[str], str], key: str, *, own: bool, lenient: bool = False
    ) -> list[Problem]:
        """Lay a table over what is there. Returns what is wrong with it.

        `origin` turns a dotted key into a phrase that says where it stands. `own`: the project itself says it, so a
        rule it names speaks everywhere unless the table says `when`. `lenient` passes over rules that are not known.
        """
        entries, problems = self._entries(table, key, lenient=lenient or self.tolerant)
        for entry in sorted(entries, key=lambda entry: self._precision(entry.key.rpartition(".")[2])):
            for name in entry.names:
                self.chosen[name] = self._laid(name, entry, origin, own=own)
        return problems

    def _laid(self, name: str, entry: _Entry, origin: Callable[[str], str], *, own: bool) -> Chosen:
        old, rule = self.chosen[name], self.rules.get(name)
        where = origin(entry.key)
        options = {**old.options}
        options.update({option: (value, origin(f"{entry.key}.{option}")) for option, value in entry.options.items()})
        level, level_from = old.level, old.level_from
        if entry.level is not None:
            level, level_from = entry.level, where
        elif rule is not None and level == "off":
            level, level_from = rule.severity, where
        if own and rule is not None and "when" not in entry.options and "when" in rule.option_names:
            options["when"] = ("always", where)
        return replace(old, level=level, level_from=level_from, options=options)

    def _entries(self, table: Mapping[str, object], key: str, *, lenient: bool) -> tuple[list[_Entry], list[Problem]]:
        entries: list[_Entry] = []
        problems: list[Problem] = []
        for written, value in table.items():
            name, dotted = kebab(written), f"{key}.{kebab(written)}"
            names = self.named(name)
            if not names:
                if not lenient:
                    problems.append(Problem(f"{key}.{written}", self.unknown(name)))
                continue
            level, options, wrong = self._value(name, value, dotted)
            problems.extend(wrong)
            if not wrong:
                entries.append(_Entry(names, level, options, dotted))
        return entries, problems

    def named(self, name: str) -> tuple[str, ...]:
        """The rules that the name of a rule, a category or a concern means; none when there is no such name.

        `concern:locking` is always the concern, also where a rule pack has a category of that name.
        """
        if name in self.chosen:
            return (name,)
        if name in self.categories:
            return tuple(rule.name for rule in self.rules.values() if rule.category == name)
        concern = name.removeprefix(_CONCERN)
        return tuple(rule.name for rule in self.rules.values() if rule.concern is not None and rule.concern == concern)

    def _precision(self, name: str) -> int:
        """A concern beats the category that holds it, a rule beats both."""
        return 2 if name in self.chosen else int(name not in self.categories)

    def unknown(self, name: str) -> str:
        """A sentence about a name that is no rule's, no category's and no concern's."""
        known = [*self.chosen, *self.categories, *self.concerns]
        hint = did_you_mean(name.removeprefix(_CONCERN), known) or "`bylaw rules` lists them"
        return f'there is no rule, category or concern "{name}"; {hint}'

    def _value(self, name: str, value: object, key: str) -> tuple[Level | None, dict[str, object], list[Problem]]:
        if not isinstance(value, dict):
            level, problems = _level(value, key)
            return level, {}, problems
        options = {kebab(option): given for option, given in value.items()}
        level, problems = _level(options.pop("level"), f"{key}.level") if "level" in options else (None, [])
        rule = self.rules.get(name)
        if rule is not None:
            problems.extend(Problem(f"{key}.{option}", message) for option, message in option_problems(rule, options))
        elif options:
            what = "it has only a level"
            if name not in self.chosen:
                what = f"a {'category' if name in self.categories else 'concern'} has only a level"
            problems.extend(Problem(f"{key}.{option}", f"unknown option; {what}") for option in options)
        elif level is None and not problems:
            problems.append(Problem(key, "says nothing: give it a level"))
        return level, options, problems

    def settings(self, names: Iterable[str] | None = None) -> dict[str, RuleSetting]:
        """The setting of each rule (or of the named ones), by name."""
        wanted = self.chosen if names is None else names
        return {name: self.chosen[name].setting(self.rules.get(name)) for name in wanted}

    def copy(self) -> RuleTables:
        """The same rules, to lay an override on."""
        other = RuleTables(self.rules, tolerant=self.tolerant)
        other.chosen = dict(self.chosen)
        return other


def _unchosen(rule: Rule) -> Chosen:
    """Before any table speaks. Who names a rule pack wants its rules; of the built-in ones a preset chooses."""
    return Chosen() if rule.pack in {"", BUILTIN} else Chosen(rule.severity)


def _level(value: Any, key: str) -> tuple[Level | None, list[Problem]]:
    if value in LEVELS:
        return value, []
    known = ", ".join(f'"{level}"' for level in LEVELS)
    if not isinstance(value, str):
        return None, [
            Problem(key, f"must be a level ({known}) or a table of level and options, not {toml_type(value)}")
        ]
    hint = did_you_mean(value, LEVELS)
    return None, [Problem(key, f'there is no level "{value}"; {hint or "the levels are " + known}')]
