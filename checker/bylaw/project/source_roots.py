"""The folders from which a project's absolute imports start: the root, `src/`, one for each service of a monorepo.

Nothing in a repository says so; its own imports do. `from app.models import User` in `server/app/main.py`, where there
is a `server/app/models.py`, speaks for `server` as a source root. A folder that is imported *through*, or that
relative imports climb to, is a package and no source root: `import redis` beside an `app/redis.py` still means the
library.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from bylaw.facts.code import Class, Function, Import, Variable
from bylaw.facts.file import FileFacts


class SourceRoots:
    """The source roots of a project, as dotted folder names; '' is the root of the repository."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self._files = list(files)
        self._by_module = {facts.module: facts for facts in self._files}
        self._packages = {facts.module for facts in self._files if facts.is_package}
        self._folders = {folder for module in self._by_module for folder in ancestors(module)}
        self._holding: dict[str, set[str]] = {}
        """By the name of a module or folder: the folders that hold one. Most imports begin with no such name."""
        for name in {*self._by_module, *self._folders}:
            folder, _, last = name.rpartition(".")
            self._holding.setdefault(last, set()).add(folder)
        self._above: dict[str, tuple[str, ...]] = {}
        self._near: dict[str, tuple[str, ...]] = {}
        self._defined: dict[str, frozenset[str]] = {}
        self._brought: dict[str, frozenset[str]] = {}
        self._as_root: Counter[str] = Counter()
        self._perhaps: Counter[str] = Counter()
        self._as_library: Counter[str] = Counter()
        """Imports that lead below a folder to what lacks the name, or is the importing file: they mean a library."""
        self._as_package: Counter[str] = Counter(dict.fromkeys(self._packages, 1))
        self.all: tuple[str, ...] = tuple(sorted(self._judged()))

    def near(self, module: str) -> tuple[str, ...]:
        """The source roots that a module lies under, the innermost first."""
        folder = module if module in self._packages else module.rpartition(".")[0]
        if folder not in self._near:
            around = self._around(folder)
            self._near[folder] = tuple(sorted((root for root in self.all if root in around), key=len, reverse=True))
        return self._near[folder]

    def is_package(self, folder: str) -> bool:
        """Whether a folder is no source root for certain: it has an `__init__`, imports go through it, or what seems
        to start from it means a library.
        """
        return self._as_package[folder] > 0 or self._as_library[folder] > self._as_root[folder]

    def _judged(self) -> Iterator[str]:
        absolute: Counter[tuple[str, str, str]] = Counter()
        """Folder, target and, where the target may be the importing file itself, its module: most imports repeat."""
        for facts in self._files:
            folder, _, last = facts.module.rpartition(".")
            if facts.is_package:
                folder = facts.module
            for item in facts.imports:
                if item.level:
                    self._as_package[_base(item, facts)] += 1
                    continue
                first = item.target.partition(".")[0]
                if first in self._holding and first not in sys.stdlib_module_names:
                    absolute[folder, item.target, facts.module if last in item.target else ""] += 1
        for (folder, target, module), times in absolute.items():
            self._count(folder, target, module, times)
        yield ""
        for folder in {*self._as_root, *self._perhaps}:
            alone = not self._as_package[folder] and self._perhaps[folder] > 0 and not self._as_library[folder]
            if folder and (alone or self._as_root[folder] > self._as_package[folder]):
                yield folder

    def _count(self, folder: str, target: str, module: str, times: int) -> None:
        """What absolute imports of a target in a folder say about folders. That its first part exists may be chance: a
        file `redis.py`.
        """
        root, depth = self._start_in(folder, target)
        parts = target.split(".")
        first = joined(root, parts[0])
        if not depth or first == module:
            return
        reached, rest = joined(root, ".".join(parts[:depth])), parts[depth:]
        if reached == module or (rest and not self._gives(reached, rest[0])):
            self._as_library[root] += times
        elif depth > 1 or (len(parts) == 2 and parts[1] in self._defined_in(first)):
            self._as_root[root] += times
            for package in _through(root, target, depth):
                self._as_package[package] += times
        else:
            self._perhaps[root] += times

    def _gives(self, module: str, name: str) -> bool:
        """Whether a module may have a name, as far as its own text tells. A folder without `__init__` may."""
        if module not in self._by_module or name == "*":
            return True
        return not {name, "*"}.isdisjoint(self._brought_into(module)) or not {name, "__getattr__"}.isdisjoint(
            self._defined_in(module)
        )

    def _brought_into(self, module: str) -> frozenset[str]:
        if module not in self._brought:
            self._brought[module] = frozenset(item.local for item in self._by_module[module].imports)
        return self._brought[module]

    def _defined_in(self, module: str) -> frozenset[str]:
        facts = self._by_module.get(module)
        if facts is None:
            return frozenset()
        if module not in self._defined:
            items: tuple[Variable | Function | Class, ...] = (*facts.variables, *facts.functions, *facts.classes)
            self._defined[module] = frozenset(item.name for item in items)
        return self._defined[module]

    def _start_in(self, folder: str, target: str) -> tuple[str, int]:
        """The folder around another one from which most of an import can be followed, and how many parts of it."""
        first, *rest = target.split(".")
        holding = self._holding.get(first, ())
        best = ("", 0)
        for root in self._around(folder):
            if root in holding:
                depth = self._followed(joined(root, first), rest)
                if depth >= best[1]:
                    best = (root, depth)
        return best

    def _followed(self, name: str, parts: list[str]) -> int:
        """How many parts of an import lead to modules or folders, the first of which is `name`."""
        for depth, part in enumerate(parts, start=1):
            name = f"{name}.{part}"
            if name not in self._by_module and name not in self._folders:
                return depth
        return len(parts) + 1

    def _around(self, folder: str) -> tuple[str, ...]:
        """The folders above a folder and itself, the outermost first."""
        if folder not in self._above:
            self._above[folder] = (*ancestors(folder), folder)
        return self._above[folder]


def _through(root: str, target: str, depth: int) -> Iterator[str]:
    """The folders that an import goes through, when the file that it ends in is `depth` parts below the root."""
    parts = target.split(".")
    for count in range(1, depth):
        yield joined(root, ".".join(parts[:count]))


def _base(item: Import, facts: FileFacts) -> str:
    """The package that a relative import climbs to."""
    parts = facts.module.split(".")
    keep = len(parts) - (item.level - 1 if facts.is_package else item.level)
    return ".".join(parts[: max(keep, 0)])


@cache
def ancestors(module: str) -> tuple[str, ...]:
    """The folders above a module or folder, the root of the repository ('') first: `a.b.c` → '', `a`, `a.b`."""
    folders = [""]
    at = module.find(".")
    while at != -1:
        folders.append(module[:at])
        at = module.find(".", at + 1)
    return tuple(folders)


def joined(root: str, name: str) -> str:
    """A dotted name below a folder."""
    return f"{root}.{name}" if root else name
