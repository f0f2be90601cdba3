"""Why a router that no flow registers may be registered all the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework
from bylaw.project.routing.code import Code
from bylaw.project.routing.discovery import Discovery
from bylaw.project.routing.flow import Flow
from bylaw.project.routing.judge import way_of
from bylaw.project.routing.objects import Object
from bylaw.project.routing.vocabulary import family

if TYPE_CHECKING:
    from bylaw.project import Project

_SEVERAL = 3
"""So many routers that are registered by name show how it is done."""
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


class Doubts:
    """Answers for one router at a time, the cheap questions first."""

    def __init__(
        self,
        project: Project,
        flow: Flow,
        roots: dict[str, str],
        is_example: Callable[[str], bool],
        homes_of_chosen_roots: frozenset[str],
    ) -> None:
        self._project = project
        self._code: Code = flow.code
        self._objects = flow.objects
        self._flow = flow
        self._roots = roots
        self._is_example = is_example
        self._homes_of_chosen_roots = homes_of_chosen_roots
        self._distributions: dict[str, str] = {}

    def about(self, item: Object) -> str:
        """The reason in words, or ''."""
        if item.generated:
            return "its class or factory may register it"
        if item.role == "urls" and item.facts.path.rpartition("/")[0] in self._homes_of_chosen_roots:
            return "the environment chooses the root URL configuration, and this one stands beside it"
        if finder := self._discovery.finder_of(item):
            return f"{finder} registers what it finds at run time"
        if path := self._named_in_string(item):
            return f"a string in {path} names it"
        if path := self._imported_from_nowhere(item):
            return f"{path} imports something of that name that cannot be found"
        found_by = item.held_by or (item.name if item.role == "controller" else "")
        if found_by and self._code.has_word(found_by.rpartition(".")[2]):
            return "an attribute or a string has its name"
        if self._is_library(item):
            return "its distribution has no application of its own"
        return ""

    @cached_property
    def _discovery(self) -> Discovery:
        return Discovery(self._code, self._objects, self._is_among_registered)

    def _is_among_registered(self, item: Object) -> bool:
        """Whether three quarters of the other routers in its folder, three at least, are registered by name. An URL
        module is compared with those of the folders beside its own.
        """
        beside = self._neighbours.get(_folder(item), [])
        others = [other for other in beside if other is not item]
        registered = sum(bool(way_of(other.name, self._flow).app) for other in others)
        return registered >= _SEVERAL and registered * 4 >= len(others) * 3

    @cached_property
    def _neighbours(self) -> dict[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = {}
        for name, item in self._objects.items():
            if item.role in {"router", "urls"} and name == item.name:
                found.setdefault(_folder(item), []).append(item)
        return found

    def _named_in_string(self, item: Object) -> str:
        module, name = item.facts.module, item.name.rpartition(".")[2]
        for last in (module.rpartition(".")[2], name):
            for facts in self._code.spelled.get(last, ()):
                for text in facts.dotted:
                    dotted = text.replace(":", ".")
                    means_it = dotted != name and _is_tail(dotted.removesuffix(f".{name}"), module)
                    if means_it and (dotted.endswith(f".{name}") or not self._is_looked_up(facts, module)):
                        return facts.path
        return ""

    def _is_looked_up(self, facts: FileFacts, module: str) -> bool:
        """Whether the string is an `include("…")` or a root URL configuration, which the flow has seen already."""
        node = self._code.patterns_of(module)
        return node in self._flow.holders.of(facts).by_node or self._roots.get(node) == facts.path

    def _imported_from_nowhere(self, item: Object) -> str:
        """An import that would mean the router if this were another source root."""
        module, name = item.facts.module, item.name.rpartition(".")[2]
        place = ".".join(module.split(".")[-2:])
        # Every URL module ends in `urls.urlpatterns`.
        tails = (f"{place if item.role == 'urls' else module.rpartition('.')[2]}.{name}", place)
        for tail in tails:
            for facts, imported in self._code.imports.get(tail.rpartition(".")[2], ()):
                may_mean_it = "." in tail and _is_tail(tail, imported.target)
                if may_mean_it and self._code.place(imported.target, facts.module) is None:
                    return facts.path
        return ""

    # -- libraries beside applications

    def _is_library(self, item: Object) -> bool:
        """Whether the router ships in a distribution without an application, from which nothing else here imports."""
        home = self._distribution(item.facts.path)
        if not home:
            return False
        served = family(item.framework)
        apps = {path for path, framework in self._applications if framework == served}
        if any(self._distribution(path).startswith(home) for path in apps):
            return False
        prefix = home.replace("/", ".")
        return not any(
            imported_module.startswith(prefix) and not facts.path.startswith(home)
            for facts in self._code.files
            for imported_module in self._imported_modules(facts)
        )

    def _imported_modules(self, facts: FileFacts) -> set[str]:
        places = (self._code.place(item.target, facts.module) for item in facts.imports)
        return {place.node for place in places if place is not None}

    @cached_property
    def _applications(self) -> set[tuple[str, Framework]]:
        found = {
            (item.facts.path, family(item.framework))
            for item in self._objects.values()
            if item.role == "app" and not self._is_example(item.facts.path)
        }
        roots: set[tuple[str, Framework]] = {(path, "django") for path in self._roots.values()}
        return found | roots

    def _distribution(self, path: str) -> str:
        """The nearest folder above a file with a manifest, as `libs/auth/`; '' for the root or where there is none."""
        folder = path.rpartition("/")[0]
        if not folder:
            return ""
        if folder not in self._distributions:
            has_manifest = any(self._exists(f"{folder}/{name}") for name in _MANIFESTS)
            self._distributions[folder] = f"{folder}/" if has_manifest else self._distribution(folder)
        return self._distributions[folder]

    def _exists(self, path: str) -> bool:
        return path in self._project.files or self._project.text_of(path) is not None


def _folder(item: Object) -> tuple[str, str]:
    folder = item.facts.path.rpartition("/")[0]
    return item.role, folder.rpartition("/")[0] if item.role == "urls" else folder


def _is_tail(short: str, long: str) -> bool:
    return short == long or ("." in short and long.endswith("." + short))
