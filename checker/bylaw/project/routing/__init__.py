"""Which routers a project has, and whether each reaches an application.

A router's *value* is followed: into `include_router` and its like, lists and loops, function results, wrapper functions, other
routers, strings. Where it leaves sight the answer is `undecided`. `unregistered` means that no code outside the tests mentions the
router except to fill it, or that every way ends in something that is itself unused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bylaw.diagnostics import Fix
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework, Registration, Router
from bylaw.facts.values import Constant, Ref, text_of
from bylaw.project.paths import is_example, is_test, matcher
from bylaw.project.routing.code import Code
from bylaw.project.routing.discovery import Discovery
from bylaw.project.routing.features import feature_of, says
from bylaw.project.routing.flow import Flow
from bylaw.project.routing.judge import Judge
from bylaw.project.routing.kinds import Kinds
from bylaw.project.routing.objects import Object, find_objects
from bylaw.project.routing.placement import Placement
from bylaw.project.routing.vocabulary import family
from bylaw.source import Location

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

    `router_types`: further class names that make routers. `register_calls`: further functions that register what they are handed.
    `root_modules`: globs of the modules through which every router has to be reached; without them any application will do.
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
            if file.facts.language == "python" and not is_test(path, project.settings)
        ]  # fmt: skip
        self.code = Code(project.names, files, Kinds(project.names, frozenset(router_types)))
        self._register_calls = frozenset(register_calls)

    @cached_property
    def objects(self) -> dict[str, Object]:
        """Applications and routers by qualified name. Without an application, the routers of the root modules stand for it."""
        found = find_objects(self.code)
        served = _families(found) | self._subclassed
        for item in found.values():
            if item.role == "router" and self._is_root(item.facts.path) and family(item.framework) not in served:
                item.role = "app"
        return found

    @cached_property
    def _flow(self) -> Flow:
        return Flow(self.code, self.objects, self._roots, self._register_calls)

    @cached_property
    def routers(self) -> tuple[Router, ...]:
        """Every router outside tests and examples, in order of place."""
        judge = Judge(self._flow, self._families, self._doubt)
        found = [
            judge.router(item)
            for item in self.objects.values()
            if item.role != "app" and not is_example(item.facts.path)
        ]
        return tuple(sorted(found, key=lambda router: (router.location.path, router.location.span)))

    @cached_property
    def _roots(self) -> dict[str, str]:
        """Django's root URL modules (as nodes) → the settings files that name them."""
        roots: dict[str, str] = {}
        for facts in self.code.files:
            for variable in (*facts.variables, *(v for item in facts.classes for v in item.variables)):
                text = text_of(variable.value) if variable.name.endswith("URLCONF") else None
                module = self.project.names.module(text, facts.module) if text else None
                if module is not None:
                    roots[f"{module.module}.urlpatterns"] = facts.path
        return roots

    @cached_property
    def _families(self) -> set[Framework]:
        """Frameworks that have an application here."""
        found = _families(self.objects) | self._subclassed
        if any(not is_example(path) for path in self._roots.values()):
            found.add("django")
        return found

    @cached_property
    def _subclassed(self) -> set[Framework]:
        """Frameworks whose application class the project derives its own from."""
        kinds = (
            self.code.kinds.of_name(item.qualified, facts.module)
            for facts in self.code.files
            for item in facts.classes
            if item.bases and item.name in self.code.kinds.words and not is_example(facts.path)
        )
        return {family(kind.framework) for kind in kinds if kind is not None and kind.role == "app"}

    @cached_property
    def _discovery(self) -> Discovery:
        return Discovery(self.code, self.objects)

    def _doubt(self, item: Object) -> str:
        module = item.facts.module
        if item.generated:
            return "its class or factory may register it"
        if finder := self._discovery.finder_of(item):
            return f"{finder} registers what it finds at run time"
        if path := self._named_in_string(item):
            return f"a string in {path} names it"
        if path := self._imported_from_nowhere(item):
            return f"{path} imports something of that name that cannot be found"
        if item.role == "controller" and self.code.has_word(item.name.rpartition(".")[2]):
            return "an attribute or a string has its name"
        return ""

    def _named_in_string(self, item: Object) -> str:
        """The path of a file where a string names the router or its module, or ''."""
        module, name = item.facts.module, item.name.rpartition(".")[2]
        of_urls = f"{module}.urlpatterns" in self.objects
        for last in {module.rpartition(".")[2], name}:
            for facts in self.code.spelled.get(last, ()):
                for text in facts.dotted:
                    dotted = text.replace(":", ".")
                    if _is_tail(dotted.removesuffix(f".{name}"), module) and dotted != name:
                        seen = of_urls and not dotted.endswith(f".{name}") and self._is_looked_up(facts, module)
                        if not seen:
                            return facts.path
        return ""

    def _is_looked_up(self, facts: FileFacts, module: str) -> bool:
        """Whether the string is an `include("…")` or a root URL configuration, which the flow has seen already."""
        node = f"{module}.urlpatterns"
        return node in self.code.code_of(facts).by_node or self._roots.get(node) == facts.path

    def _imported_from_nowhere(self, item: Object) -> str:
        module, name = item.facts.module, item.name.rpartition(".")[2]
        short = f"{module.rpartition('.')[2]}.{name}"
        for facts, imported in self.code.imports.get(name, ()):
            if _is_tail(short, imported.target) and self.code.place(imported.target, facts.module) is None:
                return facts.path
        two = ".".join(module.split(".")[-2:])
        for facts, imported in self.code.imports.get(module.rpartition(".")[2], ()):
            if "." in two and _is_tail(two, imported.target) and self.code.place(imported.target, facts.module) is None:
                return facts.path
        return ""

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
            if router.status == "unregistered" and (router.endpoints or children):
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
        for entry in self.registrations:
            module, _, variable = entry.router.rpartition(".")
            feature = feature_of(module, variable)
            given = entry.prefix if entry.prefix_location is not None else self.objects[entry.router].prefix
            if (
                given
                and feature
                and not entry.looped
                and not is_example(entry.location.path)
                and says(given, feature) is False
            ):
                found.append((entry, feature))
        return tuple(found)

    def repair(self, router: Router, insertion_marker: str) -> Fix | None:
        """The import and the call that register a router beside its siblings; None where there are none to follow."""
        return Placement(self, self._is_root, insertion_marker).fix(router)

    # -- what the repair looks at

    @cached_property
    def registrations(self) -> tuple[Registration, ...]:
        """Every call that hands a known router to an application or another router, in order of place."""
        found = [
            entry for name, item in self.objects.items() if item.role != "app" for entry in self._registrations_of(name)
        ]
        return tuple(sorted(found, key=lambda entry: (entry.location.path, entry.location.span)))

    def _registrations_of(self, name: str) -> Iterator[Registration]:
        for edge in self._flow.edges(name):
            site = edge.site
            if site is None or edge.kind == "dead":
                continue
            facts = self.project.files[edge.path].facts
            argument = next(
                (v for v in site.call.args if isinstance(v, Ref) and self._is(v.name, facts.module, name)), None
            )
            given = site.call.keyword("prefix") or site.call.keyword("url_prefix")
            prefix = given.value if isinstance(given, Constant) and isinstance(given.value, str) else None
            yield Registration(
                name, edge.target, site.call.method, Location(edge.path, site.call.span),
                Location(edge.path, argument.span if argument is not None else site.call.span), site.function, prefix,
                Location(edge.path, given.span) if given is not None else None, argument is None,
            )  # fmt: skip

    def _is(self, name: str, near: str, node: str) -> bool:
        place = self.code.place(name, near)
        return place is not None and place.node == node


def _nowhere(_path: str) -> bool:
    return False


def _families(objects: Mapping[str, Object]) -> set[Framework]:
    return {
        family(item.framework) for item in objects.values() if item.role == "app" and not is_example(item.facts.path)
    }


def _is_tail(short: str, long: str) -> bool:
    return short == long or ("." in short and long.endswith("." + short))
