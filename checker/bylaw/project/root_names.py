"""Names of packages that no folder bears: `package_dir={"shop": "src"}`, or a repository that is itself the package.

The imports tell: `from shop.models.order import Order`, where no folder is called `shop`, and `src/models/order.py`
defines an `Order`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from bylaw.facts.code import Class, Function, Import, Variable
from bylaw.facts.file import FileFacts
from bylaw.project.source_roots import ancestors, joined

_LEAST = 2
"""So many names have to be found: one may be chance, and modules called `base` are everywhere."""


def root_names(files: Iterable[FileFacts], modules: Mapping[str, FileFacts]) -> dict[str, str]:
    """The folder, dotted, that each such name stands for ('' is the root). Of a library's name, some import leads
    nowhere.
    """
    folders = {part for module in modules for part in module.split(".")[:-1]}
    folders.update(name.rpartition(".")[2] for name, facts in modules.items() if facts.is_package)
    begun = {name.rpartition(".")[2] for name in modules} | folders
    asked: dict[str, set[str]] = {}
    homes: dict[str, str] = {}
    lost = set(sys.stdlib_module_names) | folders
    for file in files:
        for item in file.imports:
            first, _, rest = item.target.partition(".")
            if not rest or first in lost:
                continue
            if rest.partition(".")[0] in begun:
                asked.setdefault(first, set()).add(rest)
                homes.setdefault(first, file.module)
            else:
                lost.add(first)
    found: dict[str, str] = {}
    tops = {name.partition(".")[0] for name in modules}
    for first, targets in asked.items():
        if first not in lost and len(targets) >= _LEAST:
            leading = [
                folder for folder in {*ancestors(homes[first]), *tops}
                if _lead([joined(folder, target) for target in targets], modules, folders)
            ]  # fmt: skip
            if len(leading) == 1:
                found[first] = leading[0]
    return found


def _lead(names: list[str], modules: Mapping[str, FileFacts], folders: set[str]) -> bool:
    """Whether all names lead to something, and enough of them not just to a module."""
    defined = [name for name in names if name not in modules]
    return len(defined) >= _LEAST and all(_is_defined(name, modules, folders) for name in defined)


def _is_defined(name: str, modules: Mapping[str, FileFacts], folders: set[str]) -> bool:
    """Whether a module defines the name, or brings it from another one of the project."""
    module, _, last = name.rpartition(".")
    facts = modules.get(module)
    if facts is None:
        return False
    items: tuple[Class | Function | Variable | Import, ...] = (
        *facts.classes, *facts.functions, *facts.variables,
        *(item for item in facts.imports if item.level or item.target.partition(".")[0] in folders),
    )  # fmt: skip
    return any((item.local if isinstance(item, Import) else item.name) == last for item in items)
