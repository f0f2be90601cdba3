"""`bylaw rules` and `bylaw explain`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bylaw.cli.output import Output
from bylaw.config import Choices, locate, resolve
from bylaw.config.describe import as_toml, options_of, preset_levels
from bylaw.config.levels import RuleTables
from bylaw.config.lines import kebab
from bylaw.engine.builtin import DESCRIPTIONS
from bylaw.errors import ConfigError, UsageError, did_you_mean
from bylaw.packs import load_builtin
from bylaw.rule import Rule
from bylaw.settings import INTERNAL_LEVELS


def list_rules(config: Path | None, choices: Choices, output_format: str) -> int:
    """Print all rules."""
    output = Output()
    rules = _rules(config, choices, output)
    if output_format == "json":
        presets = preset_levels(rules)
        document = {"version": 1, "rules": [entry(rule, presets) for rule in rules.values()]}
        output.print(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        output.print("".join(f"{line}\n" for line in _table(rules)))
    output.flush()
    return 0


def explain(name: str, config: Path | None, choices: Choices) -> int:
    """Print everything about one rule, or about one of the engine's own diagnostics."""
    output = Output()
    rules = _rules(config, choices, output)
    wanted = kebab(name)
    rule = rules.get(wanted)
    if rule is not None:
        output.print(explanation(rule, preset_levels(rules)))
    elif wanted in DESCRIPTIONS:
        output.print(_internal(wanted))
    else:
        raise UsageError(
            f'there is no rule "{name}"',
            hint=did_you_mean(wanted, [*rules, *DESCRIPTIONS]) or "`bylaw rules` lists them",
        )
    output.flush()
    return 0


def entry(rule: Rule, presets: Mapping[str, RuleTables]) -> dict[str, Any]:
    """A rule as JSON knows it."""
    return {
        "name": rule.name,
        "category": rule.category,
        "summary": rule.summary,
        "severity": rule.severity,
        "scope": rule.scope,
        "since": rule.since,
        "fix": rule.fix,
        "concern": rule.concern,
        "confidence": rule.confidence,
        "pack": rule.pack,
        "ruff": list(rule.ruff_codes),
        "sources": list(rule.sources),
        "options": [
            {
                "name": option.name,
                "type": option.type,
                "default": option.default,
                "choices": list(option.choices),
                "documentation": option.documentation,
            }
            for option in options_of(rule)
        ],
        "presets": {name: _in_preset(rule, tables) for name, tables in presets.items() if _speaks_of(rule, tables)},
        "documentation": inspect.cleandoc(rule.documentation),
    }


def explanation(rule: Rule, presets: Mapping[str, RuleTables]) -> str:
    """Everything about a rule, for people and agents, as Markdown."""
    return "\n".join(_explained(rule, presets)) + "\n"


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
    speaking = {name: _in_preset(rule, tables) for name, tables in presets.items() if _speaks_of(rule, tables)}
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


def _internal(name: str) -> str:
    level = INTERNAL_LEVELS.get(name)
    may = f"Its level is {level}, and may be chosen in the configuration." if level else "It cannot be switched off."
    return f"# {name}\n\n{DESCRIPTIONS[name]}\n\n(a diagnostic of the engine itself; {may[0].lower()}{may[1:]})\n"


def _speaks_of(rule: Rule, tables: RuleTables) -> bool:
    return tables.chosen[rule.name].level_from != "default"


def _in_preset(rule: Rule, tables: RuleTables) -> dict[str, object]:
    chosen = tables.chosen[rule.name]
    return {"level": chosen.level, **{name: value for name, (value, _) in chosen.options.items()}}


def _table(rules: Mapping[str, Rule]) -> Iterator[str]:
    width = max((len(name) for name in rules), default=0)
    fix = {"safe": "fix", "unsafe": "unsafe fix"}
    for category in sorted({rule.category for rule in rules.values()}):
        yield category
        for rule in rules.values():
            if rule.category == category:
                yield f"  {rule.name:<{width}}  {rule.severity:<7}  {fix.get(rule.fix, ''):<10}  {rule.summary}"
        yield ""
    yield f"{len(rules)} rules. `bylaw explain RULE` tells more, `bylaw config` which are on."


def _rules(config: Path | None, choices: Choices, output: Output) -> Mapping[str, Rule]:
    """All rules; the built-in ones when the configuration is wrong, so that its author can look up what is right."""
    try:
        return resolve(locate(Path.cwd(), config), choices).rules
    except ConfigError as error:
        output.note(f"bylaw: the configuration is wrong, so these are the built-in rules only: {error.problems[0]}")
        return load_builtin()
