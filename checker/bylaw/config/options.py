"""Rule options: a mapping from a file or a preset to the rule's frozen options type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from bylaw.errors import ConfigError, did_you_mean
from bylaw.rule import Rule


@cache
def _adapter(options_type: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(with_config(ConfigDict(extra="forbid", strict=False))(options_type))


def build_options(rule: Rule, values: Mapping[str, object], where: str) -> Any:
    """The options of `rule` with `values` (kebab-case or snake_case keys) over the defaults.

    Raises ConfigError with one problem per wrong key or value; each starts with `where`.
    """
    spelled = {key.replace("-", "_"): value for key, value in values.items()}
    try:
        return _adapter(rule.options_type).validate_python(spelled)
    except ValidationError as error:
        known = [field.replace("_", "-") for field in rule.options_type.__dataclass_fields__]
        raise ConfigError(_problem(item, where, known) for item in error.errors()) from None


def _problem(item: Any, where: str, known: list[str]) -> str:
    key = ".".join(str(part).replace("_", "-") for part in item["loc"])
    if item["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        hint = did_you_mean(key, known) or f"it knows {', '.join(known) or 'no options'}"
        return f"{where}.{key}: unknown option; {hint}"
    return f"{where}.{key}: {item['msg']}"
