"""Which house-taste rules sleep in a project, and why: for those who show the rules, or ask before they write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from bylaw.project import Project
from bylaw.rule import Adoption, Rule
from bylaw.settings import RuleSetting


class Sleep(msgspec.Struct, frozen=True):
    """What was found about a rule that speaks only where its convention is followed; `failure` says why nothing was."""

    adoption: Adoption | None
    failure: str = ""

    @property
    def awake(self) -> bool:
        return self.adoption is not None and self.adoption.followed

    @property
    def found(self) -> str:
        """How many places keep the convention, in words."""
        if self.adoption is None:
            return f"whether the project follows it could not be found out: {self.failure}"
        return f"{self.adoption.keeping} of {self.adoption.examined} {self.adoption.what} keep the convention"

    def sentence(self) -> str:
        if self.awake:
            return f"awake: {self.found}"
        if self.adoption is None:
            return f"asleep: {self.found}"
        bar = "three quarters of at least five"
        if self.adoption.slips is not None:
            bar += f" (nine tenths if over {self.adoption.slips} do not)"
        return f'asleep: {self.found}; it speaks from {bar} on, or with when = "always"'


def sleeps(
    rules: Mapping[str, Rule], settings: Mapping[str, RuleSetting], project: Callable[[], Project]
) -> dict[str, Sleep]:
    """What was found about each rule with `when = "followed"` that is on. The project is asked for only if there is
    one.
    """
    found: dict[str, Sleep] = {}
    for name, setting in settings.items():
        rule = rules.get(name)
        if rule is None or rule.adoption is None or setting.level == "off":
            continue
        options = setting.options if setting.options is not None else rule.default_options
        if getattr(options, "when", "") != "followed":
            continue
        try:
            found[name] = Sleep(rule.adoption(project(), options))
        except (Exception, SystemExit) as error:  # a rule's own code; `bylaw check` reports it
            found[name] = Sleep(None, f"{type(error).__name__}: {error}")
    return found
