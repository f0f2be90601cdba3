"""Follows qualified names across files: through imports, aliases, re-exports and star imports, to the definition.

A *canonical* name starts with the path-derived module of the defining file (`server.app.models.user.User`). Code
imports it as `app.models.user.User` when `server/` is a source root.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property

from bylaw.facts.code import Class, Function, Import, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Ref
from bylaw.project.root_names import root_names
from bylaw.project.source_roots import SourceRoots, ancestors, joined

MAX_HOPS = 40

Item = Class | Function | Variable


class Definition:
    """Where a name is defined: the file, and the class, function or variable; none of them for a module itself."""

    def __init__(self, file: FileFacts, name: str, item: Item | None) -> None:
        self.file = file
        self.name = name
        self.item = item


class Names:
    """An index of all modules of a project."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self.files = [facts for facts in files if facts.language == "python"]
        self.modules: dict[str, FileFacts] = {}
        for facts in self.files:
            known = self.modules.setdefault(facts.module, facts)
            if facts.is_package and not known.is_package:  # Python takes `views/` where `views.py` is, too
                self.modules[facts.module] = facts
        self._bindings: dict[str, dict[str, Item | Import]] = {}
        self._nested: dict[str, dict[str, Item]] = {}
        self._found: dict[tuple[str, str], FileFacts | None] = {}
        self._resolved: dict[tuple[str, str], str] = {}
        self._starred: dict[tuple[str, str], str | None] = {}
        self._definitions: dict[str, Definition | None] = {}

    @cached_property
    def roots(self) -> SourceRoots:
        """The folders from which imports start."""
        return SourceRoots(self.files)

    @cached_property
    def _by_tail(self) -> dict[str, list[str]]:
        """Every dotted tail of every module name: `c`, `b.c`, `a.b.c` → `a.b.c`."""
        index: dict[str, list[str]] = {}
        for module in self.modules:
            parts = module.split(".")
            for at in range(len(parts)):
                index.setdefault(".".join(parts[at:]), []).append(module)
        return index

    @cached_property
    def parts(self) -> frozenset[str]:
        """Every part of every module name: a name that begins with another one is a library's."""
        return frozenset(part for module in self.modules for part in module.split("."))

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Folders by names that imports have for them, and no folder bears."""
        return root_names(self.files, self.modules)

    def module(self, name: str, near: str = "") -> FileFacts | None:
        """The file that `import name` means when written in the file of module `near`; None for a library."""
        if name not in self._by_tail:
            first, _, rest = name.partition(".")
            return self.modules.get(joined(self._aliases[first], rest)) if rest and first in self._aliases else None
        key = (name, near.rpartition(".")[0] if near not in self.modules or not self.modules[near].is_package else near)
        if key not in self._found:
            self._found[key] = self._module(name, near)
        return self._found[key]

    def _module(self, name: str, near: str) -> FileFacts | None:
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names:
            return self.modules.get(name) if first == near.partition(".")[0] or not near else None
        if not near:
            return self.modules.get(name) or self._elsewhere(name, near)
        for root in self.roots.near(near):
            if (module := joined(root, name)) in self.modules:
                return self.modules[module]
        return self.modules.get(name) or self._elsewhere(name, near)

    def _elsewhere(self, name: str, near: str) -> FileFacts | None:
        """A module below a source root that `near` is not under: for tests beside `src/`, scripts beside `server/`."""
        below = [module for root in self.roots.all if (module := joined(root, name)) in self.modules]
        if not below and "." in name:
            below = [
                module
                for module in self._by_tail[name]
                if not self.roots.is_package(module.removesuffix(name).rstrip("."))
            ]
        closeness = sorted((-_shared(module, near), module) for module in below)
        if not closeness or (len(closeness) > 1 and closeness[0][0] == closeness[1][0]):
            return None
        return self.modules[closeness[0][1]]

    def resolve(self, name: str, near: str = "") -> str:
        """The canonical name of a qualified name; names of libraries come back as they are."""
        key = (name, near)
        if key not in self._resolved:
            self._resolved[key] = name
            self._resolved[key] = self._resolve(name, near)
        return self._resolved[key]

    def _resolve(self, name: str, near: str) -> str:
        for _ in range(MAX_HOPS):
            found = self._split(name, near)
            if found is None:
                return name
            facts, rest = found
            following = self._step(facts, rest)
            if following is None or following == name:
                return joined(facts.module, rest) if rest else facts.module
            name, near = following, facts.module
        return name

    def _step(self, facts: FileFacts, rest: str) -> str | None:
        """What a name of a module stands for, as that module writes it; None where it is defined (or unknown) there."""
        if not rest:
            return self._instead_of_module(facts)
        head, _, tail = rest.partition(".")
        target = self._target(facts, head)
        if target is None and not self._has(facts, head):
            target = self._through_star(facts, head)
            if target is None and (other := self._instead_of_module(facts)) is not None:
                return f"{other}.{rest}"
        return target if target is None or not tail else f"{target}.{tail}"

    def _instead_of_module(self, facts: FileFacts) -> str | None:
        """What a package offers under its submodule's name, after `from .users import users` (or `*`) in
        `app/__init__.py`.
        """
        package, _, last = facts.module.rpartition(".")
        parent = self.modules.get(package)
        if parent is None or not parent.is_package:
            return None
        target = self._target(parent, last) or self._starred_over(parent, last)
        if target is not None:
            found = self._split(target, parent.module)
            return None if found is not None and found[0] is facts and not found[1] else target
        return f"{package}.{last}" if isinstance(self._bindings_of(parent).get(last), Class | Function) else None

    def _has(self, facts: FileFacts, head: str) -> bool:
        return head in self._bindings_of(facts)

    def _target(self, facts: FileFacts, head: str) -> str | None:
        """What an imported name, or an alias (`Name = other.Name`), stands for."""
        item = self._bindings_of(facts).get(head)
        if isinstance(item, Import):
            return head if item.is_module and item.target.partition(".")[0] == head else item.target
        if isinstance(item, Variable) and isinstance(item.value, Ref) and item.value.name != joined(facts.module, head):
            return item.value.name
        return None

    def _split(self, name: str, near: str) -> tuple[FileFacts, str] | None:
        """The longest prefix that is a module of the project, and what follows it."""
        parts = name.split(".")
        if parts[0] not in self.parts and parts[0] not in self._aliases:
            return None
        for end in range(len(parts), 0, -1):
            facts = self.module(".".join(parts[:end]), near)
            if facts is not None:
                return facts, ".".join(parts[end:])
        return None

    def _bindings_of(self, facts: FileFacts) -> dict[str, Item | Import]:
        """What the top level of a module binds.

        An import counts more than its fallback, a definition more than an import that only type checkers see.
        """
        known = self._bindings.get(facts.module)
        if known is not None:
            return known
        bindings: dict[str, Item | Import] = {}
        for variable in facts.variables:
            earlier = bindings.get(variable.name)
            if not variable.augmented and (earlier is None or (isinstance(earlier, Variable) and _stands_in(earlier))):
                bindings[variable.name] = variable
        defined: tuple[Function | Class, ...] = (*facts.functions, *facts.classes)
        for item in defined:
            if not item.owner:
                bindings[item.name] = item
        for imported in facts.imports:
            if imported.function or imported.local == "*":
                continue
            other = bindings.get(imported.local)
            if other is None or _stands_for(imported, other):
                bindings[imported.local] = imported
        self._bindings[facts.module] = bindings
        return bindings

    def _through_star(self, facts: FileFacts, head: str) -> str | None:
        for item in facts.imports:
            if item.local != "*" or item.function:
                continue
            source = self.module(item.target, facts.module)
            if source is None or source is facts or not _offers(source, head):
                continue
            candidate = self.resolve(f"{source.module}.{head}", facts.module)
            if self.definition(candidate) is not None or self._target(source, head) is not None:
                return candidate
        return None

    def _starred_over(self, package: FileFacts, submodule: str) -> str | None:
        """What a star import brings into a package under the name of one of its submodules, if it is no module."""
        key = (package.module, submodule)
        if key not in self._starred:
            bound = self._has(package, submodule)
            self._starred[key] = None if bound else self._behind_stars(package, submodule)
        return self._starred[key]

    def _behind_stars(self, facts: FileFacts, name: str) -> str | None:
        pending, seen = [facts], {facts.module}
        for at in pending:
            for item in at.imports:
                source = self.module(item.target, at.module) if item.local == "*" and not item.function else None
                if source is None or source.module in seen or not _offers(source, name):
                    continue
                seen.add(source.module)
                if self._has(source, name):
                    target = self._target(source, name)
                    found = self._split(target, source.module) if target is not None else None
                    return None if found is not None and not found[1] else f"{source.module}.{name}"
                pending.append(source)
        return None

    def definition(self, name: str, near: str = "") -> Definition | None:
        """Where a name is defined in this project, or None for a library's or an unknown name."""
        canonical = self.resolve(name, near)
        if canonical not in self._definitions:
            self._definitions[canonical] = self._defined(canonical)
        return self._definitions[canonical]

    def _defined(self, canonical: str) -> Definition | None:
        found = self._split(canonical, "")
        if found is None:
            return None
        facts, rest = found
        if not rest:
            return Definition(facts, canonical, None)
        item: Item | Import | None
        item = self._nested_in(facts).get(canonical) if "." in rest else self._bindings_of(facts).get(rest)
        return None if item is None or isinstance(item, Import) else Definition(facts, canonical, item)

    def _nested_in(self, facts: FileFacts) -> dict[str, Item]:
        nested = self._nested.get(facts.module)
        if nested is None:
            defined: tuple[Function | Class, ...] = (*facts.classes, *facts.functions)
            nested = {item.qualified: item for item in reversed(defined)}
            self._nested[facts.module] = nested
        return nested


def _shared(module: str, near: str) -> int:
    """How many folders two modules have in common, from the root."""
    return sum(1 for folder in ancestors(module) if folder and f"{near}.".startswith(f"{folder}."))


def _offers(source: FileFacts, name: str) -> bool:
    """Whether `from source import *` brings a name."""
    return name in source.exports if source.exports is not None else not name.startswith("_")


def _stands_in(variable: Variable) -> bool:
    """`Base = Any`, written for type checkers where the real value follows in the other branch."""
    opaque = isinstance(variable.value, Ref) and variable.value.name in {"typing.Any", "builtins.object"}
    return variable.conditional and opaque


def _stands_for(imported: Import, other: Item | Import) -> bool:
    """Whether an import is what a name means that is bound otherwise, too. Of two imports it is the first that runs."""
    if isinstance(other, Import):
        return other.typing_only and not imported.typing_only
    if imported.typing_only:
        return isinstance(other, Variable) and _stands_in(other)
    if other.conditional or (isinstance(other, Variable) and other.value is None):
        return True
    return imported.span.start > other.statement.start
