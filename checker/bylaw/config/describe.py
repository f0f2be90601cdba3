"""What there is to say about a rule: its options with their documentation, and what the presets make of it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from bylaw.config.levels import RuleTables
from bylaw.config.lines import kebab
from bylaw.config.presets import PresetLoader, preset_files
from bylaw.packs import builtin_folder
from bylaw.rule import Rule


@dataclass(frozen=True)
class Option:
    """One option: its type in words, its default as TOML and JSON know it, and the values it is limited to, if any."""

    name: str
    type: str
    default: object
    choices: tuple[object, ...]
    documentation: str


def options_of(rule: Rule) -> list[Option]:
    """All options of a rule, in the order in which it declares them."""
    hints = get_type_hints(rule.options_type)
    texts = _field_texts(rule.options_type)
    defaults = rule.default_options
    return [
        Option(
            kebab(name), _type_name(hints[name]), plain(getattr(defaults, name)), _choices(hints[name]),
            texts.get(name, ""),
        )
        for name in rule.option_names
    ]  # fmt: skip


def preset_levels(rules: Mapping[str, Rule]) -> dict[str, RuleTables]:
    """What each built-in preset makes of the rules, on its own."""
    found: dict[str, RuleTables] = {}
    loader = PresetLoader(preset_files([builtin_folder()]))
    for name in sorted(loader.named):
        found[name] = RuleTables(rules)
        for preset in loader.load([name], builtin_folder(), "", (None, "")):
            found[name].apply(preset.table.rules, str, "rules", own=False, lenient=True)
    return found


def speaks_of(rule: Rule, tables: RuleTables) -> bool:
    """Whether a preset says anything about a rule, be it that it is off."""
    return tables.chosen[rule.name].level_from != "default"


def in_preset(rule: Rule, tables: RuleTables) -> dict[str, object]:
    """Level and options that a preset gives a rule."""
    chosen = tables.chosen[rule.name]
    return {"level": chosen.level, **{name: value for name, (value, _) in chosen.options.items()}}


def plain(value: object) -> object:
    """An option's value as TOML and JSON know it."""
    match value:
        case tuple() | list():
            return [plain(item) for item in value]
        case frozenset() | set():
            return sorted(map(str, value))
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case msgspec.Struct():
            return {kebab(name): plain(getattr(value, name)) for name in value.__struct_fields__}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {kebab(field.name): plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return value


def as_toml(value: object) -> str:
    """A plain value as it is written in a configuration file."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
        case list() | tuple():
            return "[" + ", ".join(as_toml(item) for item in value) + "]"
        case None:
            return "none"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _field_texts(options_type: type[Any]) -> dict[str, str]:
    """The string literals below the fields of a class, by field name."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(options_type)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    texts: dict[str, str] = {}
    for field, following in pairwise(body):
        match field, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = inspect.cleandoc(text)
            case _:
                pass
    return texts


_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def _type_name(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(as_toml(choice) for choice in arguments)
    if origin in {tuple, list, frozenset, set}:
        return f"list of {_type_name(arguments[0])}" if arguments else "list"
    if origin in {Union, types.UnionType}:
        return " or ".join(_type_name(argument) for argument in arguments if argument is not type(None))
    return _NAMES.get(hint, "table")


def _choices(hint: Any) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()
