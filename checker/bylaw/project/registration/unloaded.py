"""Django's models in modules that nothing imports: their application is installed, and Django never sees them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.project.imports import Reach
from bylaw.project.schema_drift.model_state import models_of, models_of_squashes

if TYPE_CHECKING:
    from bylaw.project import Project

_LOADED_BY_NAME: Final = frozenset({
    "__main__", "admin", "apps", "asgi", "celery", "checks", "cms_apps", "cms_plugins", "conftest", "documents",
    "feeds", "handlers", "manage", "models", "receivers", "routing", "schema", "search_indexes", "settings", "signals",
    "tasks", "translation", "urls", "wagtail_hooks", "wsgi",
})  # fmt: skip
"""Modules that Django, or what is used beside it, looks for in every application, and programs of their own."""
_DISCOVERING: Final = frozenset({
    "__import__", "autodiscover_modules", "autodiscover_tasks", "find_modules", "import_module", "import_string",
    "import_submodules", "iter_modules", "walk_packages", "exec_module",
})  # fmt: skip
_MANY: Final = 3
"""Where so many modules seem to be loaded by nobody, somebody loads them in a way of its own."""


class UnloadedModules:
    """Says for a model of an installed application whether its module is surely never imported."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = project.names

    def entry(self, table: Table) -> FileFacts | None:
        """The module of models that would have to import the model's; None where something may load it."""
        entry = self._candidates.get(table.location.path)
        if entry is None or len(self._candidates) >= _MANY:
            return None
        module = self.project.files[table.location.path].facts.module
        return None if self._is_migrated(table) or self._discovered.may_hold(module) else entry

    @cached_property
    def _candidates(self) -> dict[str, FileFacts]:
        """By their paths: modules with models that no other one imports or names, and what should import each."""
        found: dict[str, FileFacts] = {}
        for table in self.project.tables:
            path = table.location.path
            if table.orm != "django" or table.context != "app" or not table.managed or path in found:
                continue
            file = self.project.files[path].facts
            entry = self.names.modules.get(f"{self.project.apps.package_of(table.model)}.models")
            if entry is not None and entry is not file and self._is_unknown(file):
                found[path] = entry
        return found

    def _is_unknown(self, file: FileFacts) -> bool:
        last = file.module.rpartition(".")[2]
        if file.is_package or last in _LOADED_BY_NAME or ".management." in file.module:
            return False
        if self.names.modules.get(file.module) is not file or file.module in self._imported:
            return False
        return not any(last in other.words or _names(other, last) for other in self._own if other is not file)

    @cached_property
    def _own(self) -> list[FileFacts]:
        """All code but the tests: also scripts and examples load models."""
        return [file for file in self.names.files if not self.project.is_test(file.path)]

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The modules that some import of code outside the tests means, wherever it stands."""
        graph = self.project.imports
        return frozenset(graph.target(item, file) for file in self._own for item in file.imports)

    @cached_property
    def _discovered(self) -> Reach:
        """The packages of which the program may load any module. Names of which not even that is known come from
        settings, and those of the project's own modules stand in them.
        """
        finders = [file.module for file in self._own if not _DISCOVERING.isdisjoint(file.words)]
        found = self.project.imports.reach(finders, all_functions=True)
        return Reach(discovered=found.discovered - {""})

    def _is_migrated(self, table: Table) -> bool:
        """Whether a migration creates the model: then somebody has loaded it."""
        key = f"{table.app_label}_{table.class_name}".lower()
        return any(
            key in models_of(self.project, tree) or key in models_of_squashes(self.project, tree)
            for tree in self.project.migrations.trees
            if tree.tool == "django" and tree.name == table.app_label
        )


def _names(file: FileFacts, last: str) -> bool:
    return any(name == last or name.endswith(f".{last}") or f".{last}." in name for name in file.dotted)
