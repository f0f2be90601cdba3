"""Rule options: a mapping from a file or a preset to the rule's frozen options type."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from bylaw.config.lines import kebab
from bylaw.config.schema import say, to_json
from bylaw.errors import ConfigError, did_you_mean
from bylaw.rule import Rule


@cache
def _adapter(options_type: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(with_config(ConfigDict(extra="forbid"))(cast("type[Any]", options_type)))


def build_options(rule: Rule, values: Mapping[str, object], where: str) -> Any:
    """The options of `rule` with `values` (kebab-case or snake_case keys) over the defaults.

    Raises ConfigError with one problem per wrong key or value; each starts with `where`.
    """
    problems = option_problems(rule, values)
    if problems:
        raise ConfigError(f"{where}.{key}: {message}" for key, message in problems)
    return _validated(rule, values)


def option_problems(rule: Rule, values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What is wrong with `values`: the key (dotted, with dashes) and a sentence for each problem."""
    try:
        _validated(rule, values)
    except ValidationError as error:
        known = [kebab(field) for field in rule.options_type.__dataclass_fields__]
        return [_problem(item, known) for item in error.errors()]
    return []


def _validated(rule: Rule, values: Mapping[str, object]) -> Any:
    spelled = {key.replace("-", "_"): value for key, value in values.items()}
    return _adapter(cast("Hashable", rule.options_type)).validate_json(to_json(spelled), strict=True)


def _problem(item: Any, known: list[str]) -> tuple[str, str]:
    key = ".".join(kebab(str(part)) for part in item["loc"])
    if item["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        hint = did_you_mean(key, ["level", *known]) or f"the options are {', '.join(known) or 'none'}"
        return key, f"unknown option; {hint}"
    return key, say(item)
