"""What `bylaw explain` says about a rule."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from bylaw.config.describe import as_toml, in_preset, options_of, preset_levels, speaks_of
from bylaw.config.levels import RuleTables
from bylaw.config.lines import kebab
from bylaw.errors import UsageError, did_you_mean
from bylaw.rule import Rule
from bylaw.settings import INTERNAL_LEVELS


def explain(name: str, rules: Mapping[str, Rule], meanings: Mapping[str, str]) -> str:
    """Everything about a rule, for people and agents, as Markdown.

    `meanings` explains the engine's own diagnostics by name. Raises UsageError for a name that is neither.
    """
    wanted = kebab(name)
    if wanted in rules:
        return "\n".join(_explained(rules[wanted], preset_levels(rules))) + "\n"
    if wanted in meanings:
        return _internal(wanted, meanings[wanted])
    hint = did_you_mean(wanted, [*rules, *meanings]) or "`bylaw rules` lists them"
    raise UsageError(f'there is no rule "{name}"', hint=hint)


def _explained(rule: Rule, presets: Mapping[str, RuleTables]) -> Iterator[str]:
    yield f"# {rule.name}"
    yield ""
    yield f"{rule.summary}."
    facts = [f"category {rule.category}", f"{rule.severity} by default", f"since {rule.since}"]
    facts.append({"none": "no fix", "display": "shows a fix"}.get(rule.fix, f"{rule.fix} fix"))
    facts.extend([f"concern {rule.concern}"] if rule.concern else [])
    facts.extend(["a heuristic"] if rule.confidence == "heuristic" else [])
    facts.extend([f"checked by ruff ({', '.join(rule.ruff_codes)})"] if rule.ruff_codes else [])
    yield f"({', '.join(facts)})"
    yield ""
    yield inspect.cleandoc(rule.documentation)
    yield ""
    yield "## Options"
    yield ""
    yield from _options(rule)
    yield "## Presets"
    yield ""
    speaking = {name: in_preset(rule, tables) for name, tables in presets.items() if speaks_of(rule, tables)}
    yield from (f"- {name}: {as_toml(value)}" for name, value in speaking.items())
    if not speaking:
        yield "No preset speaks of it."
    if rule.sources:
        yield ""
        yield f"Guide rows: {', '.join(rule.sources)}"


def _options(rule: Rule) -> Iterator[str]:
    options = options_of(rule)
    if not options:
        yield "None."
        yield ""
    for option in options:
        yield f"`{option.name}` ({option.type}, default {as_toml(option.default)})"
        yield from (f"  {line}".rstrip() for line in option.documentation.splitlines())
        yield ""


def _internal(name: str, meaning: str) -> str:
    level = INTERNAL_LEVELS.get(name)
    may = f"its level is {level}, and can be chosen in the configuration" if level else "it cannot be switched off"
    return f"# {name}\n\n{meaning}\n\n(a diagnostic of the engine itself; {may})\n"
