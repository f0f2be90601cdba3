"""Routers that code may register without naming them: modules imported by computed names, packages that are scanned.

Two things have to come together: an import that no name gives away, and a registration whose argument no name gives
away, in one file or in files that import each other. Django's `include(f"{app}.urls")` is both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from bylaw.facts.code import CallSite, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework
from bylaw.facts.values import (
    Attr,
    Call,
    Constant,
    Entries,
    Index,
    Items,
    Local,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
    text_of,
    walk,
)
from bylaw.patterns import regex
from bylaw.project.routing.code import Code
from bylaw.project.routing.holders import loop_target
from bylaw.project.routing.objects import Object, local_object
from bylaw.project.routing.packages import is_text, packages_reached, start_of_text
from bylaw.project.routing.vocabulary import PASS_THROUGH, REGISTER_CALLS

_IMPORTERS = frozenset({
    "import_module", "__import__", "import_string", "load_module", "import_by_path", "locate", "import_submodules",
    "find_modules", "iter_modules", "walk_packages", "entry_points", "iter_entry_points", "module_from_spec",
    "spec_from_file_location", "autodiscover_modules", "getmembers", "globals",
})  # fmt: skip
"""Calls that import, or look into, modules that they are told at run time."""
_HOLE = regex(r"%s|%\(\w+\)s|\{[^{}]*\}")
"""Where a template takes a value."""
_BY_NAME = frozenset({"import_module", "__import__", "import_string", "load_module", "import_by_path", "locate"})
"""Those of them that are harmless with a literal name."""
_OPEN_ENDED: dict[str, frozenset[Framework]] = {
    "route_handlers": frozenset({"litestar"}), "register_controllers": frozenset({"ninja"}),
    "add_routes": frozenset({"aiohttp"}), "blueprint": frozenset({"sanic"}),
}  # fmt: skip
"""Words that speak of registering in ways that are no `CallSite`."""
_DRF: frozenset[Framework] = frozenset({"drf"})
_FRAMEWORKS: dict[str, frozenset[Framework]] = {
    "include_router": frozenset({"fastapi"}), "register_blueprint": frozenset({"flask"}),
    "add_namespace": frozenset({"flask"}), "add_router": frozenset({"ninja", "litestar", "fastapi"}),
    "mount": frozenset({"starlette"}), "blueprint": frozenset({"sanic"}), "include": frozenset({"django"}),
}  # fmt: skip


class Reach(NamedTuple):
    """What some code may register: variables of one name, in one package, in modules with one ending; '' is any."""

    path: str
    frameworks: frozenset[Framework]
    name: str
    package: str
    ending: str = ""

    def covers(self, item: Object) -> bool:
        """Whether a router is among them."""
        module = item.facts.module
        if item.framework not in self.frameworks:
            return False
        if item.role == "urls":
            return f".{module}".endswith(self.ending) and f".{self.package}".rstrip(".") in f".{module}"
        if self.name and item.name.rpartition(".")[2] != self.name:
            return False
        return not self.package or module == self.package or module.startswith(f"{self.package}.")


class Discovery:
    """Knows what may be registered out of sight."""

    def __init__(self, code: Code, objects: dict[str, Object], by_name: Callable[[Object], bool]) -> None:
        self._code = code
        self._objects = objects
        self._by_name = by_name
        self._reaches = tuple(dict.fromkeys(self._find()))

    def finder_of(self, item: Object) -> str:
        """The path of the code that may register a router out of sight, or ''.

        Code that loads modules of any name loads those of others: plugins, settings. It is not believed to reach into a
        folder whose routers are registered by name.
        """
        return next(
            (r.path for r in self._reaches if r.covers(item) and (r.package or r.ending or not self._by_name(item))), ""
        )

    def _find(self) -> Iterator[Reach]:
        importing = [(facts, sites) for facts in self._code.files if (sites := list(_importing(facts)))]
        registering: list[tuple[FileFacts, set[tuple[frozenset[Framework], str]]]] = []
        for facts in self._code.files:
            names: set[tuple[frozenset[Framework], str]] = set()
            for site in facts.calls:
                if site.call.method == "include":
                    yield from self._included(site, facts)
                if (frameworks := _FRAMEWORKS.get(site.call.method)) is not None:
                    opened = [self._open(value, site, facts) for value in _registered(site)]
                    names.update((frameworks, name) for name in opened if name is not None)
            if names:
                registering.append((facts, names))
        for facts, sites in importing:
            packages = sorted(packages_reached(facts, sites, self._code))
            for other, names in registering:
                if other is facts or (not _only_its_own(sites) and self._linked(facts, other)):
                    for frameworks, name in sorted(names, key=lambda entry: (sorted(entry[0]), entry[1])):
                        yield from (Reach(facts.path, frameworks, name, package) for package in packages)
            for word in sorted(facts.words & _OPEN_ENDED.keys()):
                yield from (Reach(facts.path, _OPEN_ENDED[word], "", package) for package in packages)
            if "registry" in facts.words:  # `router.registry.extend(module.router.registry)`
                yield from (Reach(facts.path, _DRF, "", package) for package in packages if package)

    def _included(self, site: CallSite, facts: FileFacts) -> Iterator[Reach]:
        """`include(f"{app}.urls")`, also put together in other ways."""
        for value in site.call.args[:1]:
            for written in (value, *(value.items[:1] if isinstance(value, Items) else ())):
                inner = self._assigned(written, facts)
                if isinstance(inner, Text | Operator) or (isinstance(inner, Call) and inner.method == "format"):
                    texts = [text for part in walk(inner) if (text := text_of(part)) is not None]
                    ending = _HOLE.split(texts[-1])[-1] if texts else ""
                    yield Reach(facts.path, _FRAMEWORKS["include"], "", start_of_text(inner), ending)

    def _assigned(self, value: Value, facts: FileFacts) -> Value:
        """The text that a variable of the file was given, where the value is one."""
        found = self._code.names.definition(value.name, facts.module) if isinstance(value, Ref) else None
        if found is None or found.file is not facts or not isinstance(found.item, Variable):
            return value
        given = found.item.value
        return given if given is not None and is_text(given) else value

    def _linked(self, one: FileFacts, other: FileFacts) -> bool:
        """Whether one file imports from the other, or a third one uses both to load and register."""
        users, others = self._importers.get(one.module, {}), self._importers.get(other.module, {})
        if one.path in others or other.path in users:
            return True
        return any(
            facts is not one and facts is not other and self._uses(facts, one) and self._uses(facts, other)
            for path, facts in users.items()
            if path in others
        )

    @cached_property
    def _importers(self) -> dict[str, dict[str, FileFacts]]:
        """A module → the files that import it or something in it, by their path."""
        index: dict[str, dict[str, FileFacts]] = {}
        for facts in self._code.files:
            for item in facts.imports:
                place = self._code.place(item.target, facts.module)
                if place is not None:
                    index.setdefault(place.node, {})[facts.path] = facts
                    index.setdefault(place.node.rpartition(".")[0], {})[facts.path] = facts
        return index

    def _uses(self, user: FileFacts, used: FileFacts) -> bool:
        """Whether a file calls a function of the other one that imports or registers."""
        inside = {
            site.function for site in used.calls if site.call.method in _IMPORTERS or site.call.method in REGISTER_CALLS
        }
        for reference in user.references:
            place = self._code.place(reference.name, user.module) if reference.role == "called" else None
            if place is not None and any(function.startswith(place.node) for function in inside):
                return True
        return False

    def _open(self, value: Value, site: CallSite, facts: FileFacts) -> str | None:
        """The variable's name ('' for any) when an argument does not say which router it is; None when it does."""
        match value:
            case Attr(inner, name):
                return name if self._open(inner, site, facts) is not None else None
            case Starred(inner):
                return self._open(inner, site, facts)
            case Local(name):
                known = local_object(name, site.function, self._objects) is not None
                return None if known or self._loops_over_names(name, site, facts) else ""
            case Ref(name):
                place = self._code.place(name, facts.module)
                if place is None or not self._is_anything(place.node):
                    return None
                return None if self._loops_over_names(loop_target(value, facts.module), site, facts) else place.tail
            case Call(Ref("builtins.getattr"), args) if len(args) > 1:
                return text_of(args[1]) or ""
            case Call():
                return "" if self._code.kinds.of_value(value, facts.module) is None else None
            case Index():
                return ""
            case Items(_, items):
                return next((opened for item in items if (opened := self._open(item, site, facts)) is not None), None)
            case _:
                return None

    def _loops_over_names(self, target: str, site: CallSite, facts: FileFacts) -> bool:
        loop = next((loop for loop in reversed(site.loops) if target in loop.targets), None)
        return loop is not None and self._is_spelled_out(loop.values, facts)

    def _is_anything(self, node: str) -> bool:
        """Whether a name is a variable that may hold any router: a loop's, or the result of some call."""
        if node in self._objects or node in self._code.names.modules:
            return False
        found = self._code.names.definition(node)
        if found is None or found.item is None:
            return True
        return isinstance(found.item, Variable) and not isinstance(found.item.value, Ref | Items | Constant | Operator)

    def _is_spelled_out(self, values: Value, facts: FileFacts) -> bool:
        """Whether the routers, or modules, of a loop stand in the code by name."""
        match values:
            case Items(_, items):
                return all(isinstance(inner, Ref | Items | Constant | Call) for inner in items)
            case Entries():
                return True
            case Ref(name):
                place = self._code.place(name, facts.module)
                is_special = place is None or place.node.endswith((".__all__", ".__path__"))
                return not is_special and place is not None and not self._is_anything(place.node)
            case Call(Ref(name), ()) if name.rpartition(".")[2] in {"values", "items", "copy"}:
                return self._is_spelled_out(Ref(name.rpartition(".")[0], values.span), facts)
            case Call(Attr(inner, "values" | "items"), ()):
                return self._is_spelled_out(inner, facts)
            case Call(_, args) if values.method in PASS_THROUGH and args:
                return all(self._is_spelled_out(arg, facts) for arg in args)
            case _:
                return False


def _only_its_own(sites: list[CallSite]) -> bool:
    """Whether a file looks into nothing but its own names: `globals()[name] = …`."""
    return all(site.call.method == "globals" for site in sites)


def _importing(facts: FileFacts) -> Iterator[CallSite]:
    taken = {
        v.value.value.span for v in facts.variables if isinstance(v.value, Attr) and isinstance(v.value.value, Call)
    }
    for site in facts.calls:
        if site.call.span in taken:
            continue  # `Store = import_module(settings.STORE).Store`: one thing, and it has a name
        if site.call.method in _IMPORTERS:
            named = site.call.argument(0, "name")
            if site.call.method not in _BY_NAME or (named is not None and text_of(named) is None):
                yield site


def _registered(site: CallSite) -> tuple[Value, ...]:
    """The arguments of a registration that may be routers."""
    values = site.call.args if site.call.method != "include" else site.call.args[:1]
    return (
        *values,
        *(keyword.value for keyword in site.call.keywords if keyword.name in {"router", "blueprint", "app", "ns"}),
    )
