"""`bylaw rules` and `bylaw explain`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bylaw.cli.output import Output
from bylaw.config import Choices, locate, resolve
from bylaw.config.describe import in_preset, options_of, preset_levels, speaks_of
from bylaw.config.explain import explain as explanation
from bylaw.config.levels import RuleTables
from bylaw.engine.builtin import DESCRIPTIONS
from bylaw.errors import ConfigError
from bylaw.packs import load_builtin
from bylaw.rule import Rule


def list_rules(config: Path | None, choices: Choices, output_format: str) -> int:
    """Print all rules."""
    output = Output()
    rules = _rules(config, choices, output)
    if output_format == "json":
        presets = preset_levels(rules)
        document = {"version": 1, "rules": [entry(rule, presets) for rule in rules.values()]}
        output.document(document)
    else:
        output.print("".join(f"{line}\n" for line in _table(rules)))
    output.flush()
    return 0


def explain(name: str, config: Path | None, choices: Choices) -> int:
    """Print everything about one rule, or about one of the engine's own diagnostics."""
    output = Output()
    output.print(explanation(name, _rules(config, choices, output), DESCRIPTIONS))
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
        "presets": {name: in_preset(rule, tables) for name, tables in presets.items() if speaks_of(rule, tables)},
        "documentation": inspect.cleandoc(rule.documentation),
    }


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
