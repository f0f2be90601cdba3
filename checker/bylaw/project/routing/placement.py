"""Where an unregistered router would be registered: beside its nearest siblings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bylaw.diagnostics import Fix, InsertStatement
from bylaw.facts.routing import Registration, Router
from bylaw.project.paths import is_example
from bylaw.project.routing.urls import include_in_root
from bylaw.project.routing.writing import Site, Writing
from bylaw.source import Span, shared_parts

if TYPE_CHECKING:
    from bylaw.project import File
    from bylaw.project.routing import Routing

_METHODS = {"fastapi": "include_router", "flask": "register_blueprint"}


class Placement:
    """Plans the repair for one router. `is_root` prefers some files, `marker` is a comment at which new calls go."""

    def __init__(self, routing: Routing, is_root: Callable[[str], bool], marker: str) -> None:
        self.routing = routing
        self.is_root = is_root
        self.marker = marker

    def fix(self, router: Router) -> Fix | None:
        """The import and the registering call; None where no sibling shows how it is done."""
        if router.kind == "urls":
            return include_in_root(router, self.routing)
        site = self._site(router) if router.kind == "router" else None
        writing = Writing(router, site, self.routing.project.names) if site is not None else None
        written = writing.argument() if writing is not None else None
        if site is None or writing is None or written is None:
            return None
        argument, imports = written
        statement = f"{site.receiver}.{site.method}({argument}{writing.keywords()})"
        path, comment = site.file.path, self._marker_in(site.file)
        insertion = (
            InsertStatement(path, comment, statement, "before")
            if comment is not None
            else InsertStatement(path, site.last.location.span, statement)
        )
        return Fix(f"Add `{statement}` to {path}", (*imports, insertion))

    def _site(self, router: Router) -> Site | None:
        method = _METHODS.get(router.framework, "")
        groups: dict[tuple[str, str, str], list[Registration]] = {}
        by_place = {entry.location: entry for entry in self.routing.registrations}
        for entry in by_place.values():
            if entry.method == method and entry.router != router.name and self._serves(entry):
                text = self.routing.project.files[entry.location.path].text(entry.location.span)
                receiver = text.partition(f".{method}(")[0]
                if receiver and "(" not in receiver and "\n" not in receiver:
                    groups.setdefault((entry.location.path, entry.function, receiver), []).append(entry)
        if not groups:
            return None
        key = max(groups, key=lambda key: (*self._rank(key[0], groups[key], router), key))
        return Site(self.routing.project.files[key[0]], key[2], method, tuple(groups[key]))

    def _serves(self, entry: Registration) -> bool:
        """Whether a call names its router and adds it to something that is served itself."""
        parent = self.routing.by_name.get(entry.parent)
        is_lost = parent is not None and parent.status in {"unregistered", "parent-unregistered"}
        return not is_lost and not entry.looped and not is_example(entry.location.path)

    def _rank(self, path: str, calls: list[Registration], router: Router) -> tuple[int, ...]:
        file = self.routing.project.files[path]
        module = router.name.rpartition(".")[0]
        siblings = [call.router.rpartition(".")[0] for call in calls]
        alike = sum(1 for sibling in siblings if _are_alike(sibling, module))
        near = max(shared_parts(sibling, module) for sibling in siblings)
        marked = self._marker_in(file) is not None
        return self.is_root(path), marked, alike > 0, near, alike, shared_parts(file.facts.module, module), len(calls)

    def _marker_in(self, file: File) -> Span | None:
        if not self.marker:
            return None
        wanted = self.marker.lstrip("# ").strip()
        for number in range(1, len(file.source.line_starts) + 1):
            line = file.source.line_text(number)
            if line.strip().startswith("#") and line.strip().lstrip("# ").strip() == wanted:
                start = file.source.line_starts[number - 1] + len(line[: len(line) - len(line.lstrip())].encode())
                return Span(start, start + len(line.strip().encode()))
        return None


def _are_alike(one: str, other: str) -> bool:
    """Whether two modules play one part: `api.users` and `api.orders`, `users.router` and `orders.router`."""
    *package, stem = one.split(".")
    *other_package, other_stem = other.split(".")
    return package == other_package or (stem == other_stem and package[:-1] == other_package[:-1])
