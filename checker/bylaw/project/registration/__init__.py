"""Which tables the registry of a project knows: what Alembic's `env.py` imports, or what Django's settings install."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Table, TableRegistration
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Items, Ref, Value
from bylaw.project.imports import Reach
from bylaw.project.paths import inside, matcher, upwards
from bylaw.project.registration.applications import loaded_before, made_before
from bylaw.project.registration.generators import generators, loads_plugins, upgrades_alone, writing_functions
from bylaw.project.registration.installed import InstalledApps
from bylaw.project.roles import is_own
from bylaw.project.tables.meaning import Meanings
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import Project


class Environment(msgspec.Struct, frozen=True):
    """One `env.py`. `bases`: canonical names of the metadata it hands to Alembic, empty where they cannot be read."""

    file: FileFacts
    bases: frozenset[str]
    reach: Reach
    place: Location


class Registrations:
    """Judges every application table. `registry_modules`: globs of modules that must import all tables, besides
    `env.py`.
    """

    def __init__(self, project: Project, registry_modules: tuple[str, ...] = ()) -> None:
        self.project = project
        self.names = project.names
        self.graph = project.imports
        matches = matcher(registry_modules) if registry_modules else None
        self.registries = [file for file in self.names.files if matches is not None and matches(file.path)]

    def all(self) -> Iterator[TableRegistration]:
        """One answer per table of the application, in order of place."""
        django = InstalledApps(self.project)
        for table in self.project.tables:
            if table.context != "app" or table.is_view:
                continue
            if table.orm == "django":
                yield django.registration(table)
            elif table.orm in {"sqlalchemy", "sqlmodel"}:
                yield self._registration(table)

    def _registration(self, table: Table) -> TableRegistration:
        module = self.project.files[table.location.path].facts.module
        sources = [self._registry_reach] if self.registries else []
        governing = self._governing(table)
        sources.extend(environment.reach for environment in governing)
        if not sources:
            reason = "no registry module and no env.py that uses its metadata"
            return TableRegistration(table, "undecided", reason=reason, governed=False)
        if any(module in reach.modules for reach in sources):
            return TableRegistration(table, "registered")
        if table.name and len(self._declaring[table.name]) > 1:
            return TableRegistration(table, "undecided", reason="another module declares a table of that name")
        if any(reach.may_hold(module) for reach in sources):
            return TableRegistration(table, "undecided", reason="modules are discovered while the program runs")
        if not self.registries and self._is_loaded_by_program(module, table, governing):
            return TableRegistration(table, "undecided", reason="a program of the project writes the revisions")
        if not self.registries and self._is_never_compared(table, governing):
            return TableRegistration(table, "undecided", reason="env.py is run by a program that writes no revision")
        registry = self._evident_registry(governing)
        written = self._written(module, registry) if registry is not None else ""
        place = governing[0].place if governing else None
        return TableRegistration(table, "unregistered", registry.path if registry else "", "", written, place)

    @cached_property
    def _declaring(self) -> defaultdict[str, set[str]]:
        """The files that declare a table of each name."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for table in self.project.tables:
            if table.context == "app":
                found[table.name].add(table.location.path)
        return found

    # -- what runs

    @cached_property
    def _registry_reach(self) -> Reach:
        return self.graph.reach(file.module for file in self.registries)

    @cached_property
    def environments(self) -> list[Environment]:
        found = []
        for file in self._own_files:
            if file.path.rpartition("/")[2] != "env.py":
                continue
            targets = {item.target for item in file.imports}
            if "alembic.context" not in targets and "alembic" not in targets:
                continue
            environment = self._environment(file, targets)
            if environment is not None:
                found.append(environment)
        return found

    def _environment(self, file: FileFacts, targets: set[str]) -> Environment | None:
        values, span = _metadata_of(file)
        if not any(isinstance(value, Ref | Items) or _is_computed(value) for value in values):
            return None
        meanings = Meanings(self.names)
        bases = {meanings.registry(name, file.module) for value in values for name in _names_in(value)}
        entries, made = [file.module], made_before(targets)
        dynamic = bool(made)
        if dynamic:
            entries.extend(loaded_before(self._own_files, made, self.graph))
        known = frozenset(base for base in bases if base) if not dynamic else frozenset()
        place = Location(file.path, span)
        return Environment(file, known, self.graph.reach(entries, all_functions=dynamic), place)

    def _is_loaded_by_program(self, module: str, table: Table, governing: list[Environment]) -> bool:
        """Whether a program that writes revisions loads the table before it runs Alembic. Where an `env.py` loads
        tables, that is where this project registers them; where it loads none, that program does, in whatever way.
        """
        if not self._generators:
            return False
        if module in self._imported_by_generators or self._is_loaded_as_plugin(module):
            return True
        return not any(self._homes_of(table.registry) & environment.reach.modules for environment in governing)

    def _is_never_compared(self, table: Table, governing: list[Environment]) -> bool:
        """Whether nobody but a program that upgrades runs the environments, since no file configures Alembic for its
        command line; and they load no table.
        """
        if not self._is_upgraded_by_program:
            return False
        homes = self._homes_of(table.registry)
        return not any(homes & each.reach.modules or self._has_command_line(each.file.path) for each in governing)

    def _has_command_line(self, environment: str) -> bool:
        """Whether a file beside an `env.py`, or above it, says where Alembic finds that."""
        for folder in upwards(environment.rpartition("/")[0]):
            if self.project.text_of(inside(folder, "alembic.ini")) is not None:
                return True
            if "[tool.alembic" in (self.project.text_of(inside(folder, "pyproject.toml")) or ""):
                return True
        return False

    def _homes_of(self, registry: str) -> set[str]:
        """The modules with tables of one metadata."""
        tables = (table for table in self.project.tables if table.registry == registry and table.context == "app")
        return {self.project.files[table.location.path].facts.module for table in tables}

    @cached_property
    def _own_files(self) -> list[FileFacts]:
        return [file for file in self.names.files if is_own(self.project, file.path)]

    @cached_property
    def _generators(self) -> list[FileFacts]:
        return generators(self._own_files)

    @cached_property
    def _is_upgraded_by_program(self) -> bool:
        return any(upgrades_alone(file) for file in self._own_files)

    @cached_property
    def _imported_by_generators(self) -> frozenset[str]:
        """Modules that a function imports beside its call of Alembic: it runs whenever a revision is written."""
        return frozenset(
            self.graph.target(item, file)
            for file in self._generators
            for functions in (writing_functions(file),)
            for item in file.imports
            if item.function in functions and not item.typing_only
        )

    def _is_loaded_as_plugin(self, module: str) -> bool:
        """Whether a program that writes revisions loads plugins, and the module is of another package than it."""
        package = module.partition(".")[0]
        return any(loads_plugins(file) and file.module.partition(".")[0] != package for file in self._generators)

    # -- who is responsible

    def _governing(self, table: Table) -> list[Environment]:
        """The environments whose metadata a table belongs to."""
        own = [e for e in self.environments if table.registry in e.bases]
        if "." in table.registry and self.names.definition(table.registry) is not None:
            if own:
                return own
            home = self.graph.module_of(table.registry, "")
            return [e for e in self.environments if self._is_open(e) and home in e.reach.modules]
        candidates = own or [e for e in self.environments if self._is_open(e)]
        return [e for e in candidates if _same_tree(e.file.path, table.location.path) and self._knows_some(e, table)]

    def _is_open(self, environment: Environment) -> bool:
        """Its metadata is none of the bases that tables here are known to use."""
        return not (environment.bases & self._table_bases)

    @cached_property
    def _table_bases(self) -> set[str]:
        return {table.registry for table in self.project.tables if table.registry}

    def _knows_some(self, environment: Environment, table: Table) -> bool:
        """For a library's base: the environment names it itself, or reaches another table of it."""
        if table.registry in environment.bases:
            return True
        return any(
            other.registry == table.registry
            and self.project.files[other.location.path].facts.module in environment.reach.modules
            for other in self.project.tables
        )

    # -- where it should be imported

    def _evident_registry(self, governing: list[Environment]) -> FileFacts | None:
        if self.registries:
            return self.registries[0]
        environment = governing[0]
        homes = {self.project.files[t.location.path].facts.module for t in self.project.tables if t.context == "app"}
        modules = [environment.file.module, *self.graph.direct(environment.file.module)]
        counted = sorted(((len((self.graph.direct(m) & homes) - {m}), m) for m in modules), reverse=True)
        best, module = counted[0]
        return self.names.modules[module] if best else environment.file

    def _written(self, module: str, registry: FileFacts) -> str:
        """The module's name as the registry writes its neighbours: without the source root."""
        for item in registry.imports:
            target = self.graph.target(item, registry)
            if not target or item.typing_only:
                continue
            written = item.target if item.is_module else item.target.rpartition(".")[0]
            for candidate in (item.target, written):
                if target.endswith(candidate) and target != candidate:
                    root = target[: -len(candidate)]
                    return module.removeprefix(root) if module.startswith(root) else ""
        return module


def _metadata_of(file: FileFacts) -> tuple[list[Value | None], Span]:
    """What an `env.py` hands to Alembic, by its variable, right in the call, or through a library's function for it
    (safir's `run_migrations_online(Base.metadata, …)`), and where it says so.
    """
    assigned = [v for v in file.variables if v.name == "target_metadata"]
    if assigned:
        return [variable.value for variable in assigned], assigned[0].span
    told = [site.call for site in file.calls if site.call.name == "alembic.context.configure"]
    if told:
        return [call.keyword("target_metadata") for call in told], told[0].span
    handed = [use for use in file.references if use.role == "argument" and use.name.endswith(".metadata")]
    return [Ref(use.name, use.span) for use in handed], handed[0].span if handed else Span(0, 0)


def _is_computed(value: Value | None) -> bool:
    from bylaw.facts.values import Attr, Call, Choice, Index  # noqa: PLC0415

    return isinstance(value, Call | Attr | Index | Choice)


def _names_in(value: Value | None) -> list[str]:
    match value:
        case Ref(name):
            return [name]
        case Items(_, items):
            return [name for item in items for name in _names_in(item)]
        case _:
            return []


def _same_tree(environment: str, table: str) -> bool:
    """Whether an `env.py` and a model are of one application in a repository of several."""
    home = environment.split("/")[:-2][:2]
    return table.split("/")[: len(home)] == home
