"""Which routers a project has, and whether each reaches an application.

A router's *value* is followed: into `include_router` and its like, lists and loops, results, wrapper functions, other
routers, strings. Where it leaves sight the answer is `undecided`. `unregistered` means that no code outside the tests
mentions the router except to fill it, or that every way ends in something that is itself unused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bylaw.diagnostics import Fix
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework, Registration, Router
from bylaw.facts.values import Call, text_of, walk
from bylaw.project.composed import composed_text
from bylaw.project.paths import is_example, matcher
from bylaw.project.routing.code import Code
from bylaw.project.routing.decorated import decorated
from bylaw.project.routing.doubts import Doubts
from bylaw.project.routing.endpoints import count_endpoints
from bylaw.project.routing.features import contradicts, feature_of
from bylaw.project.routing.flow import Flow
from bylaw.project.routing.judge import Judge
from bylaw.project.routing.kinds import Kinds
from bylaw.project.routing.objects import Object, find_objects
from bylaw.project.routing.placement import Placement
from bylaw.project.routing.registrations import registrations_of
from bylaw.project.routing.urls import only_repeats, serves_administration
from bylaw.project.routing.vocabulary import family

if TYPE_CHECKING:
    from bylaw.project import Project

__all__ = ["Routing", "Unreached"]


class Unreached(NamedTuple):
    """A router that is not served. `passes_by`: it is, but around the root modules."""

    router: Router
    children: tuple[Router, ...]
    passes_by: bool = False


class Routing:
    """The routers of a project, derived once per set of options.

    `router_types`: further class names that make routers. `register_calls`: further functions that register what they
    are handed. `root_modules`: globs of the modules through which every router is reached; by default any application
    will do.
    """

    def __init__(
        self,
        project: Project,
        router_types: tuple[str, ...] = (),
        register_calls: tuple[str, ...] = (),
        root_modules: tuple[str, ...] = (),
    ) -> None:
        self.project = project
        self._is_root = matcher(root_modules) if root_modules else _nowhere
        files = [
            file.facts for path, file in project.files.items()
            if file.facts.language == "python" and not project.is_test(path)
        ]  # fmt: skip
        self.code = Code(project.names, files, Kinds(project.names, frozenset(router_types)))
        self._register_calls = frozenset(register_calls)

    @cached_property
    def _found(self) -> dict[str, Object]:
        found = find_objects(self.code)
        for facts in self.code.files:
            for item in decorated(facts, self.code):
                found.setdefault(item.name, item)
        count_endpoints(self.code, found)
        return found

    @cached_property
    def objects(self) -> dict[str, Object]:
        """Applications and routers by name. Without an application, the routers of the root modules stand for one."""
        found = self._found
        served = self._families_of(found.values()) | self._subclassed
        for item in found.values():
            if item.role == "router" and self._is_root(item.facts.path) and family(item.framework) not in served:
                item.role = "app"
        return found

    @cached_property
    def _is_example(self) -> Callable[[str], bool]:
        """Says which paths only show something. Where nothing stands elsewhere, a folder `demo` is the product."""
        return is_example if any(not is_example(item.facts.path) for item in self._found.values()) else _nowhere

    def _families_of(self, objects: Iterable[Object]) -> set[Framework]:
        apps = (item for item in objects if item.role == "app")
        return {family(item.framework) for item in apps if not self._is_example(item.facts.path)}

    @cached_property
    def _waiting(self) -> list[Object]:
        """Everything that has to reach an application, each once."""
        return [item for name, item in self.objects.items() if item.role != "app" and name == item.name]

    @cached_property
    def _flow(self) -> Flow:
        return Flow(self.code, self.objects, self.roots, self._register_calls)

    @cached_property
    def routers(self) -> tuple[Router, ...]:
        """Every router outside tests and examples, in order of place."""
        doubts = Doubts(self.project, self._flow, self.roots, self._is_example, self._homes_of_chosen_roots)
        judge = Judge(self._flow, self._families, doubts.about)
        found = [judge.router(item) for item in self._waiting if not self._is_example(item.facts.path)]
        return tuple(sorted(found, key=lambda router: (router.location.path, router.location.span)))

    @cached_property
    def by_name(self) -> dict[str, Router]:
        """The routers by qualified name."""
        return {router.name: router for router in self.routers}

    @cached_property
    def registrations(self) -> tuple[Registration, ...]:
        """Every call that hands a known router to an application or another router, in order of place."""
        found = [entry for item in self._waiting for entry in registrations_of(item, self._flow)]
        return tuple(sorted(found, key=lambda entry: (entry.location.path, entry.location.span)))

    @cached_property
    def roots(self) -> dict[str, str]:
        """Django's root URL modules (as nodes) → the settings files that name them."""
        return {self.code.patterns_of(root.module): path for root, path, _ in self._root_settings}

    @cached_property
    def _homes_of_chosen_roots(self) -> frozenset[str]:
        """Folders of root URL modules that a call chooses, as the environment does: others beside them may be meant."""
        return frozenset(root.path.rpartition("/")[0] for root, _, chosen in self._root_settings if chosen)

    @cached_property
    def _root_settings(self) -> list[tuple[FileFacts, str, bool]]:
        """Every URL module that a setting names as a root, with the settings file, and whether a call chooses it. Where
        the settings of a library are to say it, the one that serves the administration.
        """
        found = list(self._find_root_settings())
        own = [facts for facts in self.code.files if not self._is_example(facts.path)]
        evident = None if found else serves_administration(own, self.project.names.parts)
        return [(evident, evident.path, False)] if evident is not None else found

    def _find_root_settings(self) -> Iterator[tuple[FileFacts, str, bool]]:
        for facts in self.code.files:
            for variable in (*facts.variables, *(v for item in facts.classes for v in item.variables)):
                if not variable.name.endswith("URLCONF") or variable.value is None:
                    continue
                text = composed_text(variable.value, facts.module, self.project.names)
                parts = list(walk(variable.value))
                chosen = text is None and any(isinstance(part, Call) for part in parts)
                for name in [text] if text is not None else map(text_of, parts):
                    module = self.project.names.module(name, facts.module) if name else None
                    if module is not None:
                        yield module, facts.path, chosen

    @cached_property
    def _families(self) -> set[Framework]:
        """Frameworks that have an application here."""
        found = self._families_of(self.objects.values()) | self._subclassed
        if any(not self._is_example(path) for path in self.roots.values()):
            found.add("django")
        return found

    @cached_property
    def _subclassed(self) -> set[Framework]:
        """Frameworks whose application class the project derives its own from."""
        kinds = (
            self.code.kinds.of_name(item.qualified, facts.module)
            for facts in self.code.files
            for item in facts.classes
            if item.bases and item.name in self.code.kinds.words and not self._is_example(facts.path)
        )
        return {family(kind.framework) for kind in kinds if kind is not None and kind.role == "app"}

    # -- what a rule asks

    @cached_property
    def unreached(self) -> tuple[Unreached, ...]:
        """The routers with endpoints that nothing serves, each with what hangs below it."""
        below: dict[str, list[Router]] = {}
        for router in self.routers:
            if router.status == "parent-unregistered" and (router.endpoints or router.kind != "router"):
                below.setdefault(router.parent, []).append(router)
        found = []
        for router in self.routers:
            children = tuple(below.get(router.name, ()))
            if router.status == "unregistered" and (router.endpoints or children) and not only_repeats(router, self):
                found.append(Unreached(router, children))
            elif router.status == "registered" and router.endpoints and self._passes_by(router):
                found.append(Unreached(router, (), passes_by=True))
        return tuple(found)

    def _passes_by(self, router: Router) -> bool:
        """Whether it reaches an application, but not through the root modules."""
        if family(router.framework) not in self._root_families or self._is_root(router.location.path):
            return False
        return not any(self._is_root(path) for path in router.through)

    @cached_property
    def _root_families(self) -> set[Framework]:
        """Frameworks for which the root modules speak: they hold an application, a router or a registration of it."""
        found = {family(item.framework) for item in self.objects.values() if self._is_root(item.facts.path)}
        for entry in self.registrations:
            if self._is_root(entry.location.path):
                found.add(family(self.objects[entry.router].framework))
        return found

    @cached_property
    def misnamed(self) -> tuple[tuple[Registration, str], ...]:
        """Registrations under a prefix that does not say the router's feature, with the feature."""
        found = []
        of_several = self._prefixes_of_several
        for entry in self.registrations:
            module, _, variable = entry.router.rpartition(".")
            given = self._given(entry)
            if (
                given
                and not entry.looped
                and entry.location.path != self.objects[entry.router].facts.path
                and (entry.parent, given) not in of_several
                and not self._is_example(entry.location.path)
                and contradicts(given, module, f"{variable} {self._written(entry)}")
            ):
                found.append((entry, feature_of(module, variable)))
        return tuple(found)

    @cached_property
    def _prefixes_of_several(self) -> set[tuple[str, str]]:
        """Parents and the prefixes that they give to more than one router: such a prefix groups them."""
        given: dict[tuple[str, str], set[str]] = {}
        for entry in self.registrations:
            if (prefix := self._given(entry)) is not None:
                given.setdefault((entry.parent, prefix), set()).add(entry.router)
        return {key for key, routers in given.items() if len(routers) > 1}

    def _given(self, entry: Registration) -> str | None:
        """The prefix of a router where it is registered, or else its own."""
        return entry.prefix if entry.prefix_location is not None else self.objects[entry.router].prefix

    def _written(self, entry: Registration) -> str:
        """The router as the call names it."""
        return self.project.files[entry.argument.path].text(entry.argument.span)

    def repair(self, router: Router, insertion_marker: str) -> Fix | None:
        """The import and the call that register a router beside its siblings; None where there are none to follow."""
        return Placement(self, self._is_root, insertion_marker).fix(router)


def _nowhere(_path: str) -> bool:
    return False
