"""How a registering call is written: as its siblings in the same place are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bylaw.diagnostics import AddImport, Edit, InsertStatement
from bylaw.facts.code import Import
from bylaw.facts.routing import Registration, Router
from bylaw.facts.values import Call, Items, text_of
from bylaw.project.names import Names
from bylaw.project.routing.features import feature_of, says
from bylaw.source import shared_parts

if TYPE_CHECKING:
    from bylaw.project import File

Written = tuple[str, tuple[Edit, ...]]
"""The router as an argument, and what it needs to be imported."""


class Site(msgspec.Struct, frozen=True):
    """The registering calls on one receiver in one function; the new one goes after the last of them."""

    file: File
    receiver: str
    method: str
    calls: tuple[Registration, ...]

    @property
    def usual(self) -> tuple[Registration, ...]:
        """The calls that are made in any case, unless most stand in a block (`with app.app_context():`)."""
        certain = tuple(call for call in self.calls if not call.conditional)
        return certain if len(certain) * 2 >= len(self.calls) else self.calls

    @property
    def last(self) -> Registration:
        """The call after which the new one goes."""
        return max(self.usual, key=lambda call: call.location.span)


class Writing:
    """Writes one router's registration at one site."""

    def __init__(self, router: Router, site: Site, names: Names) -> None:
        self._router = router
        self._site = site
        self._names = names
        self._facts = site.file.facts
        self._module, _, self._variable = router.name.rpartition(".")
        self._here = self._facts.module if self._facts.is_package else self._facts.module.rpartition(".")[0]

    def argument(self) -> Written | None:
        """As the nearest sibling is written; None where no sibling shows it."""
        if self._module == self._facts.module:
            return self._variable, ()
        functions = {"", *(call.function for call in self._site.calls)}
        imports = [item for item in self._facts.imports if item.function in functions and item.local != "*"]
        for item in imports:
            if (known := self._known_by(item)) is not None:
                return known, ()
        usual = self._site.usual
        nearest = sorted(
            self._site.calls,
            key=lambda call: (
                call not in usual,
                -shared_parts(call.router, self._router.name),
                -call.location.span.start,
            ),
        )
        for call in nearest:
            text = self._site.file.text(call.argument.span)
            for item in imports:
                if item.local == text.partition(".")[0] and (style := self._like(call, item, text)) is not None:
                    return style
        return None

    def _known_by(self, item: Import) -> str | None:
        """How an import that stands already names the router."""
        if item.typing_only:
            return None
        target = self._names.resolve(item.target, self._facts.module)
        if item.is_module and item.local != item.target:
            return None
        if target == self._router.name:
            return item.local
        return f"{item.local}.{self._variable}" if target == self._module else None

    def _like(self, call: Registration, imported: Import, text: str) -> Written | None:
        """As one sibling is written: `users.router` of an imported module, or an imported name."""
        if imported.is_module:
            whole = self._as_imported(self._module, imported.target)
            if whole is None or imported.local != imported.target.partition(".")[0]:
                return None
            return f"{whole}.{self._variable}", self._import(imported, whole)
        if self._names.resolve(imported.target, self._facts.module) in self._names.modules:
            return self._like_module(imported) if text.count(".") == 1 else None
        if text != imported.local:
            return None
        source = self._beside(self._module, imported)
        if source is None:
            return None
        alias = self._alias(call, imported)
        return alias or self._variable, self._import(imported, source, self._variable, alias)

    def _like_module(self, imported: Import) -> Written | None:
        package, _, stem = self._module.rpartition(".")
        source = self._beside(package, imported)
        if source is None:
            return None
        alias = f"{stem}_module" if stem in self._taken else ""
        return f"{alias or stem}.{self._variable}", self._import(imported, source, stem, alias)

    # -- imports

    @property
    def _taken(self) -> set[str]:
        facts = self._facts
        taken = {item.local for item in facts.imports} | {variable.name for variable in facts.variables}
        return taken | {item.name for item in facts.functions if not item.owner} | {item.name for item in facts.classes}

    def _import(self, sibling: Import, module: str, name: str = "", alias: str = "") -> tuple[Edit, ...]:
        path = self._site.file.path
        if not sibling.function:
            return (AddImport(path, module, name, alias),)
        renamed = f" as {alias}" if alias else ""
        statement = f"from {module} import {name}{renamed}" if name else f"import {module}{renamed}"
        return (InsertStatement(path, sibling.span, statement),)

    def _alias(self, call: Registration, imported: Import) -> str:
        variable, taken = self._variable, self._taken
        feature = feature_of(self._module, variable) or self._module.rpartition(".")[2]
        original = imported.target.rpartition(".")[2]
        sibling = feature_of(call.router.rpartition(".")[0], original)
        if imported.local != original and sibling and sibling in imported.local:
            alias = imported.local.replace(sibling, feature)
        else:
            alias = "" if variable not in taken and imported.local == original else f"{feature}_{variable}"
        while alias in taken:
            alias = f"{alias}_{variable}"
        return "" if alias == variable else alias

    def _beside(self, module: str, imported: Import) -> str | None:
        """How a module is written in an import like the sibling's; None when it lies under another source root."""
        if self._site.file.text(imported.span).removeprefix("from").lstrip().startswith("."):
            return _relative(module, self._here)
        return self._as_imported(module, imported.target.rpartition(".")[0])

    def _as_imported(self, module: str, beside: str) -> str | None:
        canonical = self._names.resolve(beside, self._facts.module) if beside else ""
        root = canonical.removesuffix(beside)
        if not canonical.endswith(beside) or not module.startswith(root):
            return None
        return module[len(root) :] or None

    # -- keywords

    def keywords(self) -> str:
        """`prefix=` and `tags=` where siblings get them by their features and the router has no prefix of its own."""
        sites = {site.call.span: site.call for site in self._facts.calls}
        calls = [sites[entry.location.span] for entry in self._site.calls if entry.location.span in sites]
        feature = feature_of(self._module, self._variable)
        prefixes = [text_of(call.keyword("prefix")) for call in calls]
        own = self._router.prefix is not None or self._router.framework != "fastapi"
        features = [feature_of(*_split(entry.router)) for entry in self._site.calls]
        named = [says(prefix or "", name) for prefix, name in zip(prefixes, features, strict=False)]
        if not feature or own or not all(prefixes) or not named:
            return ""
        if len(calls) > 1 and len(set(prefixes)) == 1:
            return f', prefix="{prefixes[0]}"'
        if named.count(True) * 4 < len(named) * 3:
            return ""
        dashed = feature if any("_" in (prefix or "") for prefix in prefixes) else feature.replace("_", "-")
        tags = f', tags=["{dashed}"]' if all(_has_one_tag(call) for call in calls) else ""
        return f', prefix="/{dashed}"{tags}'


def _split(name: str) -> tuple[str, str]:
    module, _, variable = name.rpartition(".")
    return module, variable


def _has_one_tag(call: Call) -> bool:
    tags = call.keyword("tags")
    return isinstance(tags, Items) and len(tags.items) == 1


def _relative(module: str, here: str) -> str:
    """`..users.router` for an import of `app.users.router` in the package `app.api`."""
    parts = here.split(".") if here else []
    shared = shared_parts(here, module) if here else 0
    return "." * (len(parts) - shared + 1) + ".".join(module.split(".")[shared:])
