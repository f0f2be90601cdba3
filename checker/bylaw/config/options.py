"""Rule options: a mapping from a file or a preset to the rule's frozen options type.

msgspec reads what is right, which is nearly always the case; pydantic, which takes long to load, says what is wrong.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from bylaw.config.lines import kebab
from bylaw.config.schema import say, to_json
from bylaw.errors import ConfigError, did_you_mean
from bylaw.rule import Rule

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def build_options(rule: Rule, values: Mapping[str, object], where: str) -> Any:
    """The options of `rule` with `values` (kebab-case or snake_case keys) over the defaults.

    Raises ConfigError with one problem per wrong key or value; each starts with `where`.
    """
    options, problems = _read(rule, values)
    if problems:
        raise ConfigError(f"{where}.{key}: {message}" for key, message in problems)
    return options


def option_problems(rule: Rule, values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What is wrong with `values`: the key (dotted, with dashes) and a sentence for each problem."""
    return _read(rule, values)[1]


def _read(rule: Rule, values: Mapping[str, object]) -> tuple[Any, list[tuple[str, str]]]:
    spelled = {key.replace("-", "_"): value for key, value in values.items()}
    nested = any(isinstance(value, dict) for value in spelled.values())  # msgspec passes over unknown keys in there
    if not nested and spelled.keys() <= set(rule.option_names):
        try:
            return msgspec.convert(spelled, rule.options_type), []
        except (msgspec.ValidationError, ValueError):
            pass
    return _read_slowly(rule, spelled)


def _read_slowly(rule: Rule, values: Mapping[str, object]) -> tuple[Any, list[tuple[str, str]]]:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        read = _adapter(cast("Hashable", rule.options_type)).validate_json(to_json(values), strict=True)
        return _as_options(read, rule.options_type), []
    except ValidationError as error:
        known = [kebab(field) for field in rule.option_names]
        return None, [_problem(item, known) for item in error.errors()]


@cache
def _adapter(options_type: Hashable) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter, with_config  # noqa: PLC0415

    return TypeAdapter(with_config(ConfigDict(extra="forbid"))(_known_to_pydantic(cast("type[Any]", options_type))))


def _known_to_pydantic(options_type: type[Any]) -> type[Any]:
    """The options as a dataclass."""
    from dataclasses import field, make_dataclass  # noqa: PLC0415

    if not issubclass(options_type, msgspec.Struct):
        return options_type
    fields = [(f.name, f.type, field(default=f.default)) for f in msgspec.structs.fields(options_type)]
    made: type[Any] = make_dataclass(options_type.__name__, fields)
    return made


def _as_options(read: Any, options_type: type[Any]) -> Any:
    if isinstance(read, options_type):
        return read
    return options_type(**{name: getattr(read, name) for name in options_type.__struct_fields__})


def _problem(item: Any, known: list[str]) -> tuple[str, str]:
    key = ".".join(kebab(str(part)) for part in item["loc"])
    if item["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        hint = did_you_mean(key, ["level", *known]) or f"the options are {', '.join(known) or 'none'}"
        return key, f"unknown option; {hint}"
    return key, say(item)
