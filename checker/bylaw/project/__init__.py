"""The facts of all files, resolved against each other. Everything is computed when first asked for, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.file import FileFacts
from bylaw.project.history import NO_HISTORY, History
from bylaw.project.paths import is_test, matcher
from bylaw.settings import Settings
from bylaw.source import Location, SourceText, Span

if TYPE_CHECKING:
    from bylaw.facts.database import Context, ForeignKey, Table, TableRegistration
    from bylaw.facts.drift import Drift, Push
    from bylaw.facts.pointers import Pointer
    from bylaw.facts.routing import Router
    from bylaw.facts.surface import IdKind, IdUse
    from bylaw.project.imports import ImportGraph
    from bylaw.project.migrations import Migrations
    from bylaw.project.names import Names
    from bylaw.project.routing import Routing
    from bylaw.project.soft_deletes import SoftDeletes
    from bylaw.project.tables import Tables
    from bylaw.project.tables.apps import DjangoApps

__all__ = ["File", "Project"]


class File:
    """One file as rules see it: its facts, and its text when a rule needs a few words of it."""

    def __init__(self, facts: FileFacts, load: Callable[[str], bytes]) -> None:
        self.facts = facts
        self.path = facts.path
        self._load = load

    @cached_property
    def source(self) -> SourceText:
        return SourceText(self.path, self._load(self.path))

    def text(self, span: Span) -> str:
        return self.source.slice(span)

    def at(self, span: Span) -> Location:
        return Location(self.path, span)

    def matches(self, globs: Sequence[str]) -> bool:
        """Whether the path matches one of the globs (from the root, as in a `.gitignore`)."""
        return bool(globs) and matcher(globs)(self.path)


class Project:
    """A whole repository. `load` gives a file's content (UTF-8 bytes, as the reader saw it) by path."""

    def __init__(
        self,
        facts: Mapping[str, FileFacts],
        settings: Settings,
        load: Callable[[str], bytes],
        history: History = NO_HISTORY,
        beside: Sequence[str] = (),
    ) -> None:
        self.files: dict[str, File] = {path: File(facts[path], load) for path in sorted(facts)}
        self.settings = settings
        self._contexts: dict[str, Context] = {}
        self._soft_deletes: dict[str, SoftDeletes] = {}
        self._id_uses: dict[IdKind, tuple[IdUse, ...]] = {}
        self._registrations: dict[tuple[str, ...], tuple[TableRegistration, ...]] = {}
        self._routings: dict[tuple[tuple[str, ...], ...], Routing] = {}
        self.history = history
        self.beside = tuple(beside)
        """Paths of files that no reader reads, and that may say on which server the project runs."""
        self.consulted: set[str] = set()
        """Paths that `text_of` was asked for: the result depends on them, be they there or not."""
        self._load = load

    def text_of(self, path: str) -> str | None:
        """The text of any file below the root; None where there is none. Only for files that the settings name, or
        that stand `beside` the code.
        """
        self.consulted.add(path)
        try:
            return self._load(path).decode("utf-8", "replace")
        except (OSError, ValueError, LookupError):
            return None

    def is_test(self, path: str) -> bool:
        """Whether a file is test code: by `layout.tests`, else by its folders and its name, unless the application
        itself imports it.
        """
        return is_test(path, self.settings) and (bool(self.settings.layout.tests) or path not in self._like_tests)

    @cached_property
    def _like_tests(self) -> frozenset[str]:
        from bylaw.project.named_like_tests import named_like_tests  # noqa: PLC0415

        return named_like_tests(self.names)

    def context_of(self, file: FileFacts) -> Context:
        """What the code of a file is for: the application, tests, examples, or migrations."""
        known = self._contexts.get(file.path)
        if known is None:
            from bylaw.project.roles import context_of  # noqa: PLC0415

            known = self._contexts[file.path] = context_of(self, file)
        return known

    @cached_property
    def names(self) -> Names:
        """Follows qualified names to their definitions, across files."""
        from bylaw.project.names import Names  # noqa: PLC0415

        return Names([file.facts for file in self.files.values()])

    @cached_property
    def apps(self) -> DjangoApps:
        """Which Django application a model belongs to."""
        from bylaw.project.tables.apps import DjangoApps  # noqa: PLC0415

        return DjangoApps(self)

    @cached_property
    def imports(self) -> ImportGraph:
        """What importing a module executes."""
        from bylaw.project.imports import ImportGraph  # noqa: PLC0415

        return ImportGraph(self.names)

    @cached_property
    def _tables(self) -> Tables:
        from bylaw.project.tables import Tables  # noqa: PLC0415

        return Tables(self)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table that the code declares, in order of place; `context` says which are the application's own."""
        return self._tables.all

    def table_of(self, qualified: str, near: str = "") -> Table | None:
        """The table whose rows a class or `Table` variable stands for; the name as qualified in the module `near`."""
        return self._tables.of(qualified, near)

    def target_of(self, key: ForeignKey) -> Table | None:
        """The table that a foreign key points to, when the project declares it."""
        return self._tables.target(key)

    @cached_property
    def pointers(self) -> tuple[Pointer, ...]:
        """Every foreign key of the application whose target is known, with the names that would say where it leads."""
        from bylaw.project.pointers import pointers  # noqa: PLC0415

        return tuple(pointers(self))

    def id_uses(self, kind: IdKind) -> tuple[IdUse, ...]:
        """Path parameters, schema fields or function arguments that belong to an entity with a table here."""
        if kind not in self._id_uses:
            from bylaw.project.surface import Surface  # noqa: PLC0415

            surface = Surface(self, self._tables.kinship)
            found = {
                "path_params": surface.path_parameters,
                "schemas": surface.schema_fields,
                "arguments": surface.arguments,
            }
            self._id_uses[kind] = tuple(found[kind]())
        return self._id_uses[kind]

    def table_registrations(self, registry_modules: tuple[str, ...] = ()) -> tuple[TableRegistration, ...]:
        """For every application table whether the place that migrations are generated from knows it.

        `registry_modules`: globs of modules that are to import every table, besides Alembic's `env.py`.
        """
        if registry_modules not in self._registrations:
            from bylaw.project.registration import Registrations  # noqa: PLC0415

            self._registrations[registry_modules] = tuple(Registrations(self, registry_modules).all())
        return self._registrations[registry_modules]

    def soft_deletes(self, column: str) -> SoftDeletes:
        """The queries on tables that have the marker column (attribute or physical name)."""
        if column not in self._soft_deletes:
            from bylaw.project.soft_deletes import SoftDeletes  # noqa: PLC0415

            self._soft_deletes[column] = SoftDeletes(self, column)
        return self._soft_deletes[column]

    @cached_property
    def migrations(self) -> Migrations:
        """The migrations in their order, the schema they build, and which of them are judged."""
        from bylaw.project.migrations import Migrations  # noqa: PLC0415

        return Migrations(self)

    @cached_property
    def schema_drifts(self) -> tuple[Drift, ...]:
        """Tables, columns, keys and indexes that models and migrations do not both have, or tell differently."""
        from bylaw.project.schema_drift import drifts  # noqa: PLC0415

        return drifts(self, self._tables.kinship)

    def schema_pushes(self) -> tuple[Push, ...]:
        """Code that creates tables from the models, beside the migrations."""
        from bylaw.project.schema_drift.pushes import pushes  # noqa: PLC0415

        return tuple(pushes(self))

    @cached_property
    def routers(self) -> tuple[Router, ...]:
        """Every router outside tests and examples, and whether it reaches an application."""
        return self.routing().routers

    def routing(
        self,
        router_types: tuple[str, ...] = (),
        register_calls: tuple[str, ...] = (),
        root_modules: tuple[str, ...] = (),
    ) -> Routing:
        """Routers and registrations, under further class names that make routers, further functions that register
        them, and the modules (globs) through which they have to be reached.
        """
        from bylaw.project.routing import Routing  # noqa: PLC0415

        key = (router_types, register_calls, root_modules)
        if key not in self._routings:
            self._routings[key] = Routing(self, router_types, register_calls, root_modules)
        return self._routings[key]
