"""Django's INSTALLED_APPS, over all settings modules."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.code import CallSite, Class, Variable
from bylaw.facts.database import Table, TableRegistration
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Choice, Constant, Index, Items, Operator, Ref, Starred, Text, Value, text_of, walk
from bylaw.patterns import regex
from bylaw.project.registration.unloaded import UnloadedModules
from bylaw.project.roles import is_own

if TYPE_CHECKING:
    from bylaw.project import Project

_MAX_DEPTH = 30
_ADDS = regex(rb"\bsettings\.INSTALLED_APPS\s*(?:\+=|\.\s*(?:append|extend|insert)\b)")
_MERGED = frozenset({"dynaconf_merge", "dynaconf_merge_unique"})
"""Entries by which a list asks to be added to one that another package keeps."""


class Listed(msgspec.Struct):
    """Entries of INSTALLED_APPS, and whether some part of it could not be read. `open`: packages of which any module
    may be named at run time. `plugins`: the environment names some more.
    """

    entries: set[str] = msgspec.field(default_factory=set)
    vague: bool = False
    open: set[str] = msgspec.field(default_factory=set)
    plugins: bool = False


class InstalledApps:
    """Says for a model whether its application is installed in some settings."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = project.names
        self.apps = project.apps
        self._unloaded = UnloadedModules(project)

    def registration(self, table: Table) -> TableRegistration:
        if table.is_made_elsewhere:
            return TableRegistration(table, "undecided", reason="migrations leave its table alone")
        if not self._settings or self._listed.vague or not self._listed.entries or self._listed.entries & _MERGED:
            return TableRegistration(table, "undecided", reason="INSTALLED_APPS cannot be read")
        module = self.project.files[table.location.path].facts.module
        if table.app_label in self._labels or any(_inside(module, package) for package in self._packages):
            owner = self.apps.package_of(table.model)
            if owner not in self.apps.labels or owner in self._packages or table.app_label in self._labels:
                if (entry := self._unloaded.entry(table)) is None:
                    return TableRegistration(table, "registered")
                written = self._written(module)
                return TableRegistration(table, "unregistered", entry.path, import_module=written, unloaded=True)
        if any(_inside(module, package) for package in self._open_packages) or self._may_be_plugin(table):
            return TableRegistration(table, "undecided", reason="settings add packages beside it at run time")
        if not self._rooted(module, table.location.path):
            return TableRegistration(table, "undecided", reason="its settings were not found")
        package = self.apps.package_of(table.model)
        if self._installs_itself(package):
            return TableRegistration(table, "undecided", reason="a module of its own adds it to the settings")
        return TableRegistration(table, "unregistered", self._longest.path, import_module=self._written(package))

    def _installs_itself(self, package: str) -> bool:
        """A plugin that is imported by settings and adds to them: `settings.INSTALLED_APPS += ["its_name"]`."""
        return any(
            _inside(file.module, package) and _ADDS.search(self.project.files[file.path].source.content)
            for file in self.names.files
        )

    @cached_property
    def _longest(self) -> FileFacts:
        """The settings that name most applications themselves: where one that is missing would be looked for."""

        def length(file: FileFacts) -> int:
            lists = [v.value for v in _variables(file) if v.name == "INSTALLED_APPS" and v.value is not None]
            return sum(isinstance(part, Constant) for value in lists for part in walk(value))

        return max(self._settings, key=length)

    def _written(self, package: str) -> str:
        """The package as the settings write its neighbours: without the source root."""
        roots = {
            known.removesuffix(entry)
            for entry in self._listed.entries
            for known in self._packages
            if known.endswith(f".{entry}")
        }
        return package.removeprefix(next((root for root in sorted(roots) if package.startswith(root)), ""))

    @cached_property
    def _settings(self) -> list[FileFacts]:
        """Files that assign INSTALLED_APPS: the application's own, else those of its tests."""
        found = [file for file in self.names.files if any(v.name == "INSTALLED_APPS" for v in _variables(file))]
        own = [file for file in found if is_own(self.project, file.path)]
        return sorted(own or found, key=lambda file: file.path)

    @cached_property
    def _listed(self) -> Listed:
        listed = Listed()
        for file in self._settings:
            assigned = [variable for variable in _variables(file) if variable.name == "INSTALLED_APPS"]
            readable = [variable for variable in assigned if variable.value is not None]
            # `INSTALLED_APPS, MIDDLEWARE = helper(INSTALLED_APPS, MIDDLEWARE)` adds to what was listed before.
            for variable in readable or assigned:
                self._read(variable.value, file, listed, 0)
            for site in file.calls:
                if site.call.name.endswith(("_APPS.append", "_APPS.extend", "_APPS.insert")):
                    self._add(site, file, listed)
        return listed

    def _add(self, site: CallSite, file: FileFacts, listed: Listed) -> None:
        """`INSTALLED_APPS.append(...)`, possibly in a loop: over a list of names, or over plugins from outside."""
        added = Listed()
        value = site.call.argument(1 if site.call.method == "insert" else 0)
        self._read(value, file, added, 0)
        if added.vague and any(self._lists_plugins(loop.values, file) for loop in site.loops):
            added.vague = False
            if isinstance(value, Text) and not any(self._is_spelled_out(loop.values, file) for loop in site.loops):
                listed.open.add((text_of(value.parts[0]) or "").rpartition(".")[0])
        listed.entries |= added.entries
        listed.vague = listed.vague or added.vague
        for loop in site.loops:
            over = Listed()
            self._read(loop.values, file, over, 0)
            listed.entries |= over.entries

    def _lists_plugins(self, values: Value, file: FileFacts, depth: int = 0) -> bool:
        """Whether a loop goes over a literal list, or over packages that others install."""
        if self._is_spelled_out(values, file):
            return True
        if isinstance(values, Call):
            return values.method in {"entry_points", "iter_entry_points"}
        if not isinstance(values, Ref) or depth > _MAX_DEPTH:
            return False
        found = self.names.definition(values.name, file.module)
        if found is None or not isinstance(found.item, Variable) or found.item.value is None:
            return False
        return "PLUGIN" in found.item.name or self._lists_plugins(found.item.value, found.file, depth + 1)

    def _is_spelled_out(self, values: Value, file: FileFacts) -> bool:
        aside = Listed()
        self._read(values, file, aside, 0)
        return not aside.vague and not aside.plugins

    def _read(self, value: Value | None, file: FileFacts, listed: Listed, depth: int) -> None:
        if value is None or depth > _MAX_DEPTH:
            listed.vague = True
            return
        match value:
            case Items(_, items):
                for item in items:
                    self._read(item, file, listed, depth + 1)
            case Starred(inner):
                self._read(inner, file, listed, depth + 1)
            case Operator("+" | "or" | "and", left, right) if left is not None:
                self._read(left, file, listed, depth + 1)
                self._read(right, file, listed, depth + 1)
            case Choice(_, then, otherwise):
                self._read(then, file, listed, depth + 1)
                self._read(otherwise, file, listed, depth + 1)
            case Call(Ref("builtins.list" | "builtins.tuple" | "builtins.sorted" | "builtins.set"), args):
                for arg in args:
                    self._read(arg, file, listed, depth + 1)
            case Ref(name):
                self._follow(name, file, listed, depth)
            case Index(inner):
                self._read(inner, file, listed, depth + 1)
            case _:
                text = text_of(value)
                if text is not None:
                    listed.entries.add(text)
                elif not _rearranges(value):
                    listed.vague = True

    def _may_be_plugin(self, table: Table) -> bool:
        """Whether it stands where no application is installed by name, and the environment names some."""
        owner = self.apps.package_of(table.model).rpartition(".")[0]
        return self._listed.plugins and all(package.rpartition(".")[0] != owner for package in self._packages)

    def _follow(self, name: str, file: FileFacts, listed: Listed, depth: int) -> None:
        """A list that has a name, here or in another settings module, with every later addition to it."""
        found = self.names.definition(name, file.module)
        owner = self.names.definition(name.rpartition(".")[0], file.module)
        if found is not None and isinstance(found.item, Variable):
            home, last = found.file, found.item.name
            known = [variable for variable in home.variables if variable.name == last]
        elif owner is not None and isinstance(owner.item, Class):
            home, last = owner.file, name.rpartition(".")[2]
            known = [variable for variable in owner.item.variables if variable.name == last]
        else:
            known = []
        if not known:
            listed.vague = True
            return
        if "PLUGIN" in last and isinstance(known[0].value, Call):
            listed.plugins = True
            return
        for variable in known:
            if variable.value is None or not _mentions(variable.value, name):
                self._read(variable.value, home, listed, depth + 1)

    @cached_property
    def _packages(self) -> set[str]:
        """Canonical package of every installed application of the project."""
        found: set[str] = set()
        near = self._settings[0].module if self._settings else ""
        for entry in self._listed.entries:
            definition = self.names.definition(entry, near)
            if definition is not None and isinstance(definition.item, Class):
                stated = next((text_of(v.value) for v in definition.item.variables if v.name == "name"), None)
                package = self.names.module(stated, near) if stated else None
                found.add(package.module if package else definition.file.module.rpartition(".")[0])
                continue
            module = self.names.module(entry, near)
            if module is not None:
                found.add(module.module)
            else:
                found |= self._namespaces(entry)
        return found

    @cached_property
    def _open_packages(self) -> set[str]:
        """Canonical packages of which the settings add any module at run time: `f"plugins.{name}"`."""
        near = self._settings[0].module
        known = (self.names.module(package, near) for package in self._listed.open if package)
        named = {module.module for module in known if module is not None}
        return named | {module for package in self._listed.open if package for module in self._namespaces(package)}

    def _namespaces(self, entry: str) -> set[str]:
        """Packages without `__init__`: known by the modules below them."""
        if entry.partition(".")[0] not in self.names.parts:
            return set()
        return {
            module[: at + len(entry)]
            for module in self.names.modules
            if (at := f".{module}.".find(f".{entry}.")) != -1
        }  # fmt: skip

    @cached_property
    def _labels(self) -> set[str]:
        return {self.apps.labels.get(package) or package.rpartition(".")[2] for package in self._packages}

    def _rooted(self, module: str, path: str) -> bool:
        """Whether the settings rule here: they install a neighbour, or stand in the same tree."""
        owner = module.split(".", maxsplit=1)[0]
        if any(package.split(".")[0] == owner or "." not in package for package in self._packages):
            return True
        roots = (file.path.split("/")[:-2] for file in self._settings)
        return any(path.split("/")[: len(root)] == root for root in roots)


def _variables(file: FileFacts) -> list[Variable]:
    """Settings stand at the top level, or in the classes of django-configurations."""
    return [*file.variables, *(variable for fact in file.classes for variable in fact.variables)]


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _rearranges(value: Value) -> bool:
    """`list(dict.fromkeys(INSTALLED_APPS))`: what was listed before, in another order."""
    return any(isinstance(part, Ref) and part.name.rpartition(".")[2] == "INSTALLED_APPS" for part in walk(value))


def _mentions(value: Value, name: str) -> bool:
    return any(isinstance(part, Ref) and part.name == name for part in walk(value))
