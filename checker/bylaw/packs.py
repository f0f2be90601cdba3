"""Loads rule packs: a folder of `<category>/<rule_name>.py`, mounted as a package of its own.

The built-in rules are such a folder. In a checkout it is the repository's `rules/`, in a wheel `bylaw/rules`; the
checkout wins, so that an edited rule takes effect at once in an editable install.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

import msgspec

from bylaw.errors import PackError
from bylaw.patterns import regex
from bylaw.rule import Rule

BUILTIN = "builtin"
PRESETS = "presets"
"""The folder of a pack's presets."""
_MODULE_NAME = regex(r"^[a-z][a-z0-9_]*$")


def builtin_folder() -> Path:
    """The folder of the built-in rules."""
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent / "rules"
    if package.parent.name == "checker" and checkout.is_dir():
        return checkout
    return package / "rules"


def load_builtin() -> dict[str, Rule]:
    """All built-in rules by name."""
    return load_pack(builtin_folder(), BUILTIN)


def add_pack(rules: dict[str, Rule], folder: Path, name: str) -> None:
    """Add the rules of a pack to `rules`. Raises PackError as `load_pack` does, and when one is there already."""
    found = load_pack(folder, name)
    for rule in found:
        if rule in rules:
            raise PackError(
                f"{folder}: the rule {rule} is in {rules[rule].pack} rules already", hint="give the rule another name"
            )
    rules.update(found)


def load_pack(folder: Path, name: str) -> dict[str, Rule]:
    """The rules of one pack by name, in name order.

    Raises PackError when there is no such folder or neither a rule nor a preset in it, and, naming the file, when a
    module does not import, holds no rule, or defines one that another has.
    """
    if not folder.is_dir():
        raise PackError(f"{folder}: there is no such rule pack", hint="rule-packs names folders, from the root")
    package = f"bylaw_pack_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"
    sys.modules[package] = ModuleType(package)
    sys.modules[package].__path__ = [str(folder)]
    rules: dict[str, Rule] = {}
    for file in sorted(folder.glob("*/*.py")):
        if file.name.startswith("_"):
            continue
        module = _load_module(file, package)
        found = [item for item in vars(module).values() if isinstance(item, Rule) and item.module == module.__name__]
        if not found:
            raise PackError(
                f"{file}: no rule in it", hint="decorate one function with file_rule, project_rule or ruff_rule"
            )
        for rule in found:
            if rule.name in rules:
                raise PackError(f"{file}: the rule {rule.name} is defined twice", hint="give one of them another name")
            category = file.parent.name.replace("_", "-")
            rules[rule.name] = msgspec.structs.replace(rule, category=category, pack=name)
    if not rules and not (folder / PRESETS).is_dir():
        raise PackError(
            f"{folder}: there is no rule in this rule pack", hint="a rule is a file <category>/<rule_name>.py in it"
        )
    return dict(sorted(rules.items()))


def _load_module(file: Path, package: str) -> ModuleType:
    if not _MODULE_NAME.match(file.stem) or not _MODULE_NAME.match(file.parent.name):
        raise PackError(f"{file}: rule files and their folders are named in lower snake case")
    parent = f"{package}.{file.parent.name}"
    if parent not in sys.modules:
        sys.modules[parent] = ModuleType(parent)
        sys.modules[parent].__path__ = [str(file.parent)]
    name = f"{parent}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PackError(f"{file}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise PackError(
            f"{file}: {type(error).__name__}: {error}", hint="a rule pack must import without errors"
        ) from error
    return module
