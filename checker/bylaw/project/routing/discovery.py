"""Routers that code may find without naming them: packages that are scanned, modules imported by computed names, entry points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bylaw.facts.code import CallSite
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Constant, Ref, Text, Value, text_of, walk
from bylaw.project.names import Names

_IMPORTERS = frozenset(
    {"import_module", "__import__", "import_string", "load_module", "import_by_path", "locate", "import_submodules"}
)
"""Calls that import what their first argument names."""
_SCANNERS = frozenset({
    "iter_modules", "walk_packages", "find_modules", "entry_points", "iter_entry_points", "module_from_spec", "autodiscover_modules",
    "spec_from_file_location", "globals", "vars", "getmembers",
})  # fmt: skip
_ABOUT_ROUTERS = frozenset({
    "include_router", "register_blueprint", "add_router", "add_namespace", "router", "routers", "blueprint", "blueprints", "bp", "urlpatterns",
    "urls", "routes", "route_handlers", "controllers", "api_router", "url_prefix", "add_routes", "mount", "APIRouter", "Blueprint",
    "register_routers", "register_routes", "register_blueprints", "include_routers", "viewsets", "handlers", "endpoints",
})  # fmt: skip
_EVERYTHING = ""


class Discovery:
    """Says whether some code may pick up a module's routers by scanning or importing dynamically."""

    def __init__(self, names: Names, files: Iterable[FileFacts]) -> None:
        self.scopes: dict[str, str] = {}
        """Package whose modules may be picked up ('' for all of them) → path of the file that does it."""
        dynamic = [(facts, sites) for facts in files if (sites := list(_dynamic(facts)))]
        for facts, sites in dynamic:
            if _speaks_of_routers(facts) or any(_speaks_of_routers(user) for user in _users(facts, names)):
                for scope in _scopes(facts, sites, names):
                    self.scopes.setdefault(scope, facts.path)

    def finder_of(self, module: str) -> str:
        """The path of the code that may pick up the module, or ''."""
        for scope, path in self.scopes.items():
            if scope == _EVERYTHING or module == scope or module.startswith(scope + "."):
                return path
        return ""


def _dynamic(facts: FileFacts) -> Iterator[CallSite]:
    for site in facts.calls:
        method = site.call.method
        if method in _SCANNERS:
            if method not in {"globals", "vars"} or site.loops or method == "globals":
                yield site
        elif (
            method in _IMPORTERS
            and text_of(site.call.argument(0, "name")) is None
            and (site.call.args or site.call.keywords)
        ):
            yield site


def _speaks_of_routers(facts: FileFacts) -> bool:
    if facts.words & _ABOUT_ROUTERS:
        return True
    return any(item.target.rpartition(".")[2] in _ABOUT_ROUTERS for item in facts.imports)


def _users(facts: FileFacts, names: Names) -> Iterator[FileFacts]:
    """Files that import something of this file's module."""
    for other in names.files:
        if other is not facts and any(
            item.target == facts.module
            or item.target.startswith(facts.module + ".")
            or _means(item.target, facts, other, names)
            for item in other.imports
        ):
            yield other


def _means(target: str, facts: FileFacts, other: FileFacts, names: Names) -> bool:
    last = facts.module.rpartition(".")[2]
    if last not in target:
        return False
    return names.resolve(target, other.module).startswith(facts.module)


def _scopes(facts: FileFacts, sites: list[CallSite], names: Names) -> Iterator[str]:
    """The packages that the calls reach, function by function: where one call says the package, the others work below it."""
    by_function: dict[str, set[str]] = {}
    for site in sites:
        by_function.setdefault(site.function, set()).add(_scope_of(site, facts, names))
    for scopes in by_function.values():
        narrow = scopes - {_EVERYTHING}
        yield from sorted(narrow or scopes)


def _scope_of(site: CallSite, facts: FileFacts, names: Names) -> str:
    if site.call.method == "globals":
        return _EVERYTHING
    for value in (
        *site.call.args,
        *(keyword.value for keyword in site.call.keywords),
        *(loop.values for loop in site.loops),
    ):
        for inner in walk(value):
            scope = _named_package(inner, facts, names)
            if scope is not None:
                return scope
    return _EVERYTHING


def _named_package(value: Value, facts: FileFacts, names: Names) -> str | None:
    match value:
        case Ref(name) if name.rpartition(".")[2] in {"__path__", "__name__", "__package__"}:
            owner = name.rpartition(".")[0]
            package = names.resolve(owner, facts.module) if owner else facts.module
            if owner == facts.module and not facts.is_package:
                package = facts.module.rpartition(".")[0]
            return package or None
        case Text(parts) if (
            parts and isinstance(parts[0], Constant) and isinstance(parts[0].value, str) and "." in parts[0].value
        ):
            head = parts[0].value.rpartition(".")[0]
            found = names.module(head, facts.module) if head else None
            return found.module if found is not None else None
        case Constant(str() as text) if "." in text and not isinstance(value, Call):
            found = names.module(text.strip("."), facts.module)
            return found.module if found is not None else None
        case _:
            return None
