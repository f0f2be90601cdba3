"""What a configuration file and a preset may hold. Unknown keys are errors, and all problems are told at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import msgspec

from bylaw.config.lines import kebab
from bylaw.errors import did_you_mean
from bylaw.settings import DIALECTS, MAX_FILE_SIZE, RUNNERS, Layout, MigrationSettings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
_ONE_OR_MANY = frozenset({"extends", "migrations.accepted-through"})
"""Keys whose list may be written as its only item."""
_VERSION = re.compile(r"(?:\d+(?:\.\d+){0,3})?\Z")
_ENGINE_ONLY = frozenset({"judge_all"})
"""Fields of the settings that no file may set: the command line and the engine do."""


class OverrideTable(msgspec.Struct, frozen=True):
    """Other rules for some paths (globs from the root)."""

    paths: tuple[str, ...] = ()
    rules: dict[str, Any] = msgspec.field(default_factory=dict)


class ConfigTable(msgspec.Struct, frozen=True):
    """`[tool.bylaw]`, or all of a bylaw.toml. `extends` is None where the file does not say."""

    extends: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    rule_packs: tuple[str, ...] = ()
    layout: Layout = msgspec.field(default_factory=Layout)
    migrations: MigrationSettings = msgspec.field(default_factory=MigrationSettings)
    rules: dict[str, Any] = msgspec.field(default_factory=dict)
    overrides: tuple[OverrideTable, ...] = ()
    max_file_size: int = MAX_FILE_SIZE


class PresetTable(msgspec.Struct, frozen=True):
    """A preset file: a set of rules with their options, and where they look."""

    description: str = ""
    extends: tuple[str, ...] = ()
    layout: Layout = msgspec.field(default_factory=Layout)
    migrations: MigrationSettings = msgspec.field(default_factory=MigrationSettings)
    rules: dict[str, Any] = msgspec.field(default_factory=dict)


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: the dotted key, and a sentence."""

    key: str
    message: str


def read_table(kind: type[T], table: Mapping[str, object]) -> tuple[T, list[Problem]]:
    """`table` as a `kind` (a struct above), and everything wrong with it; what is wrong keeps its default."""
    values, problems = _read_fields(kind, table, "")
    return kind(**values), problems


def _read_fields(kind: type[Any], table: Mapping[str, object], prefix: str) -> tuple[dict[str, Any], list[Problem]]:
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name not in _ENGINE_ONLY}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in table.items():
        name, dotted = key.replace("-", "_"), f"{prefix}{kebab(key)}"
        if name not in hints:
            problems.append(Problem(f"{prefix}{key}", _unknown(kebab(key), [kebab(known) for known in hints])))
        elif name in values:
            problems.append(Problem(dotted, "is given twice, once with dashes and once with underscores"))
        else:
            values[name], wrong = _read_value(hints[name], value, dotted)
            problems.extend(wrong or _unknown_name(dotted, value) or _impossible(dotted, value))
            if values[name] is None:
                del values[name]
    return values, problems


def _unknown_name(key: str, value: object) -> list[Problem]:
    """What is wrong with a text that has to be one of a list."""
    known = {"migrations.dialect": DIALECTS, "migrations.runner": RUNNERS}.get(key, ())
    if not known or not isinstance(value, str) or not value or value in known:
        return []
    hint = did_you_mean(value, list(known))
    listed = ", ".join(known)
    return [Problem(key, f'"{value}" is none that is known; {f"{hint} " if hint else ""}they are {listed}')]


def _impossible(key: str, value: object) -> list[Problem]:
    """What is wrong with a value of the right type that can mean nothing."""
    if key == "max-file-size" and isinstance(value, int) and value < 1:
        return [Problem(key, f"must be a number of bytes from 1 on, not {value}")]
    if key == "migrations.postgres-version" and isinstance(value, int) and not 8 <= value <= 99:
        return [Problem(key, f"must be a major version such as 16, not {value}")]
    if key == "migrations.mysql-version" and isinstance(value, str) and not _VERSION.match(value):
        return [Problem(key, f'must be a version such as "8.0" or "10.11", not {json.dumps(value)}')]
    return []


def _unknown(key: str, known: list[str]) -> str:
    return f"unknown key; {did_you_mean(key, known) or 'the keys here are ' + ', '.join(sorted(known))}"


def _read_value(hint: Any, value: object, key: str) -> tuple[Any, list[Problem]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _read_nested(hint, value, key)
    if hint == tuple[OverrideTable, ...]:
        return _read_overrides(value, key)
    if isinstance(value, str) and key in _ONE_OR_MANY:
        value = [value]
    try:
        return msgspec.convert(value, hint), []
    except msgspec.ValidationError:
        return _read_slowly(hint, value, key)


def _read_slowly(hint: Any, value: object, key: str) -> tuple[Any, list[Problem]]:
    """What is wrong with a value, all of it. Only then pydantic pays for the time it takes to load."""
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return _adapter(hint).validate_json(to_json(value), strict=True), []
    except ValidationError as error:
        return None, [Problem(".".join([key, *map(str, item["loc"])]), say(item)) for item in error.errors()]


def _read_nested(kind: type[Any], value: object, key: str) -> tuple[Any, list[Problem]]:
    if not isinstance(value, dict):
        return None, [Problem(key, f"must be a table, not {toml_type(value)}")]
    values, problems = _read_fields(kind, value, f"{key}.")
    return kind(**values), problems


def _read_overrides(value: object, key: str) -> tuple[tuple[OverrideTable, ...], list[Problem]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return (), [Problem(key, "must be a list of tables: [[overrides]] with `paths` and `rules`")]
    found: list[OverrideTable] = []
    problems: list[Problem] = []
    for number, item in enumerate(value):
        values, wrong = _read_fields(OverrideTable, item, f"{key}.{number}.")
        wrong.extend(
            Problem(f"{key}.{number}.{name}", "is missing")
            for name in ("paths", "rules")
            if name not in values and not any(kebab(given) == name for given in item)
        )
        problems.extend(wrong)
        found.append(OverrideTable(**values))
    return tuple(found), problems


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(hint)


def to_json(value: object) -> str:
    """A TOML value for validation in JSON mode, which is strict about types and still takes a list for a tuple."""
    return json.dumps(value, default=lambda moment: {"toml": str(moment)})


def say(item: Any) -> str:
    """One of pydantic's errors in our words."""
    kind, context = item["type"], item.get("ctx", {})
    expected = _EXPECTED.get(kind)
    if expected is not None:
        return f"must be {expected}, not {toml_type(item['input'])}"
    if kind == "literal_error":
        known = str(context.get("expected", "")).replace("'", '"')
        hint = did_you_mean(str(item["input"]), known.replace('"', "").replace(" or ", ", ").split(", "))
        return f"must be {known}, not {json.dumps(item['input'])}{'; ' + hint if hint else ''}"
    return str(item["msg"])


_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
}


def toml_type(value: object) -> str:
    """What TOML calls the type of a value, with its article."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"text ({json.dumps(value)})"
        case int() | float():
            return f"a number ({value})"
        case list():
            return "a list"
        case {"toml": str()} | date() | time():
            return "a date or time"
        case _:
            return "a table"
