"""Which level and options a rule has for a path: the base settings with the overrides laid over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from bylaw.project.paths import matcher
from bylaw.rule import Rule
from bylaw.settings import Level, RuleSetting, Settings

_OFF = RuleSetting("off")


class Effective:
    """Answers for one run. A later override wins over an earlier one."""

    def __init__(self, settings: Settings, rules: Mapping[str, Rule]) -> None:
        self.settings = settings
        self.rules = rules
        self._matchers = [(matcher(override.paths), override) for override in settings.overrides]
        self.at = cache(self._look_up)
        """The setting of a rule (by name) for a path."""

    def _look_up(self, rule: str, path: str) -> RuleSetting:
        setting = self.settings.rules.get(rule, _OFF)
        for matches, override in self._matchers:
            if rule in override.rules and matches(path):
                setting = override.rules[rule]
        return setting

    def level(self, rule: str, path: str) -> Level:
        return self.at(rule, path).level if self._matchers else self.settings.rules.get(rule, _OFF).level

    def is_active(self, rule: str) -> bool:
        """Whether the rule is on for at least some path."""
        return any(setting.level != "off" for setting in self._settings_of(rule))

    def _settings_of(self, rule: str) -> list[RuleSetting]:
        overriding = [override.rules[rule] for override in self.settings.overrides if rule in override.rules]
        return [self.settings.rules.get(rule, _OFF), *overriding]

    def groups(self, rule: Rule) -> Iterator[tuple[object, Callable[[str], bool]]]:
        """Each distinct set of options the rule has, with a test for the paths that it holds for."""
        distinct: list[object] = []
        for setting in self._settings_of(rule.name):
            options = self._options(rule, setting)
            if setting.level != "off" and options not in distinct:
                distinct.append(options)
        for options in distinct:
            yield options, self._holds(rule, options)

    def _holds(self, rule: Rule, options: object) -> Callable[[str], bool]:
        def applies(path: str) -> bool:
            setting = self.at(rule.name, path) if self._matchers else self.settings.rules[rule.name]
            return setting.level != "off" and self._options(rule, setting) == options

        return applies

    def _options(self, rule: Rule, setting: RuleSetting) -> object:
        return setting.options if setting.options is not None else rule.default_options
