"""Where an unregistered router would be registered: beside its siblings, written as they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from bylaw.diagnostics import AddImport, Edit, Fix, InsertStatement
from bylaw.facts.code import Import
from bylaw.facts.routing import Registration, Router
from bylaw.facts.values import Call, Items, text_of
from bylaw.project.paths import is_example
from bylaw.project.routing.features import feature_of
from bylaw.project.routing.urls import include_in_root
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project import File
    from bylaw.project.routing import Routing

METHODS = {"fastapi": "include_router", "flask": "register_blueprint", "sanic": "blueprint"}


class Site(msgspec.Struct, frozen=True):
    """The registering calls on one receiver in one function; the new one goes after the last of them."""

    file: File
    receiver: str
    method: str
    calls: tuple[Registration, ...]


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
        written = self._written(router, site) if site is not None else None
        if site is None or written is None:
            return None
        argument, imports = written
        statement = f"{site.receiver}.{site.method}({argument}{self._keywords(router, site)})"
        path, comment = site.file.path, self._marker_in(site.file)
        last = max(call.location.span for call in site.calls)
        insertion = (
            InsertStatement(path, comment, statement, "before")
            if comment is not None
            else InsertStatement(path, last, statement)
        )
        return Fix(f"Add `{statement}` to {path}", (*imports, insertion))

    def _site(self, router: Router) -> Site | None:
        method = METHODS.get(router.framework, "")
        status = {other.name: other.status for other in self.routing.routers}
        groups: dict[tuple[str, str, str], list[Registration]] = {}
        for entry in self.routing.registrations:
            if entry.method != method or entry.looped or entry.router == router.name or is_example(entry.location.path):
                continue
            if (
                status.get(entry.parent, "registered") != "registered"
                or entry.location.path not in self.routing.project.files
            ):
                continue
            file = self.routing.project.files[entry.location.path]
            receiver = file.text(entry.location.span).partition(f".{method}(")[0]
            if receiver and "(" not in receiver and "\n" not in receiver:
                groups.setdefault((entry.location.path, entry.function, receiver), []).append(entry)
        if not groups:
            return None
        key = max(groups, key=lambda key: (*self._rank(key[0], groups[key], router), key))
        return Site(self.routing.project.files[key[0]], key[2], method, tuple(groups[key]))

    def _rank(self, path: str, calls: list[Registration], router: Router) -> tuple[bool, bool, int, int, int]:
        file = self.routing.project.files[path]
        near = max(_shared(call.router.rpartition(".")[0], router.name) for call in calls)
        marked = self._marker_in(file) is not None
        return self.is_root(path), marked, near, _shared(file.facts.module, router.name), len(calls)

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

    # -- how it is written

    def _written(self, router: Router, site: Site) -> tuple[str, tuple[Edit, ...]] | None:
        """The argument, and the imports it needs."""
        facts = site.file.facts
        module, _, variable = router.name.rpartition(".")
        if module == facts.module:
            return variable, ()
        for call in sorted(
            site.calls, key=lambda call: (-_shared(call.router, router.name), -call.location.span.start)
        ):
            text = site.file.text(call.argument.span)
            imported = next(
                (
                    item
                    for item in facts.imports
                    if item.local == text.partition(".")[0] and item.function in {"", call.function}
                ),
                None,
            )
            if imported is not None and (style := self._like(router, site, call, imported, text)) is not None:
                return style
        return None

    def _like(
        self, router: Router, site: Site, call: Registration, imported: Import, text: str
    ) -> tuple[str, tuple[Edit, ...]] | None:
        """As one sibling is written: `users.router` of an imported module, or an imported name."""
        facts = site.file.facts
        module, _, variable = router.name.rpartition(".")
        package, _, stem = module.rpartition(".")
        names, path = self.routing.project.names, site.file.path
        here = facts.module if facts.is_package else facts.module.rpartition(".")[0]
        relative = site.file.text(imported.span).removeprefix("from").lstrip().startswith(".")
        taken = {item.local for item in facts.imports} | {variable.name for variable in facts.variables}
        taken |= {item.name for item in facts.functions if not item.owner} | {item.name for item in facts.classes}
        if imported.is_module:
            whole = _as_imported(module, imported.target, facts.module, names.resolve)
            if whole is None or imported.local != imported.target.partition(".")[0]:
                return None
            return f"{whole}.{variable}", self._import(path, imported, whole)
        is_module = names.resolve(imported.target, facts.module) in names.modules
        if is_module and text.count(".") == 1:
            beside = imported.target.rpartition(".")[0]
            source = (
                _relative(package, here) if relative else _as_imported(package, beside, facts.module, names.resolve)
            )
            if source is None:
                return None
            alias = "" if stem not in taken else f"{stem}_module"
            return f"{alias or stem}.{variable}", self._import(path, imported, source, stem, alias)
        if is_module or text != imported.local:
            return None
        beside = imported.target.rpartition(".")[0]
        source = _relative(module, here) if relative else _as_imported(module, beside, facts.module, names.resolve)
        if source is None:
            return None
        alias = self._alias(router, call, imported, taken)
        return alias or variable, self._import(path, imported, source, variable, alias)

    def _import(self, path: str, sibling: Import, module: str, name: str = "", alias: str = "") -> tuple[Edit, ...]:
        if not sibling.function:
            return (AddImport(path, module, name, alias),)
        renamed = f" as {alias}" if alias else ""
        statement = f"from {module} import {name}{renamed}" if name else f"import {module}{renamed}"
        return (InsertStatement(path, sibling.span, statement),)

    def _alias(self, router: Router, call: Registration, imported: Import, taken: set[str]) -> str:
        module, _, variable = router.name.rpartition(".")
        feature = feature_of(module, variable) or module.rpartition(".")[2]
        original = imported.target.rpartition(".")[2]
        sibling = feature_of(call.router.rpartition(".")[0], original)
        if imported.local != original and sibling and sibling in imported.local:
            alias = imported.local.replace(sibling, feature)
        else:
            alias = "" if variable not in taken and imported.local == original else f"{feature}_{variable}"
        while alias in taken:
            alias = f"{alias}_{variable}"
        return "" if alias == variable else alias

    def _keywords(self, router: Router, site: Site) -> str:
        """`prefix=` and `tags=` where every sibling gives them and the router has no prefix of its own."""
        calls = [call for entry in site.calls if (call := self._call(entry)) is not None]
        module, _, variable = router.name.rpartition(".")
        feature = feature_of(module, variable)
        if not feature or not calls or router.prefix is not None or router.framework != "fastapi":
            return ""
        prefixes = [text_of(call.keyword("prefix")) for call in calls]
        if not all(prefixes):
            return ""
        dashed = feature.replace("_", "-") if not any("_" in (prefix or "") for prefix in prefixes) else feature
        text = f', prefix="/{dashed}"'
        if all(isinstance(tags := call.keyword("tags"), Items) and len(tags.items) == 1 for call in calls):
            text += f', tags=["{dashed}"]'
        return text

    def _call(self, entry: Registration) -> Call | None:
        sites = self.routing.project.files[entry.location.path].facts.calls
        return next((site.call for site in sites if site.call.span == entry.location.span), None)


def _shared(left: str, right: str) -> int:
    """How many leading parts two dotted names share."""
    count = 0
    for one, other in zip(left.split("."), right.split("."), strict=False):
        if one != other:
            break
        count += 1
    return count


def _as_imported(module: str, beside: str, near: str, resolve: Callable[[str, str], str]) -> str | None:
    """How `module` is written where its sibling's is written `beside`; None when it lies under another source root."""
    canonical = resolve(beside, near) if beside else ""
    root = canonical.removesuffix(beside)
    if not canonical.endswith(beside) or not module.startswith(root):
        return None
    return module[len(root) :] or None


def _relative(module: str, here: str) -> str:
    """`..users.router` for an import of `app.users.router` in the package `app.api`."""
    parts = here.split(".") if here else []
    shared = _shared(here, module) if here else 0
    return "." * (len(parts) - shared + 1) + ".".join(module.split(".")[shared:])
