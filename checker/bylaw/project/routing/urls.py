"""Django's root URL configuration where no setting of the project names it, and how an unreached module of URL patterns
would be included: shown, not done, since only people know its path.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from bylaw.diagnostics import Fix, Replace
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Router
from bylaw.facts.values import Call, Items, Ref
from bylaw.project.routing.features import feature_of
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project.routing import Routing


_STARTS = frozenset({"manage", "wsgi", "asgi"})
_ADMINISTRATION = "django.contrib.admin.site.urls"


def serves_administration(files: Iterable[FileFacts], parts: Container[str]) -> FileFacts | None:
    """The only URL module that holds the administration's patterns, in a project that can be started and whose settings
    build on some elsewhere (`from framework.settings import *`), unless another module includes it by its name.
    `parts`: what modules and packages here are called.
    """
    files = list(files)
    startable = any(facts.module.rpartition(".")[2] in _STARTS for facts in files)
    elsewhere = any(
        variable.name in {"INSTALLED_APPS", "MIDDLEWARE"}
        and any(item.local == "*" and item.target.partition(".")[0] not in parts for item in facts.imports)
        for facts in files
        for variable in facts.variables
    )
    if not startable or not elsewhere:
        return None
    found = [facts for facts in files if any(use.name == _ADMINISTRATION for use in facts.references)]
    if len(found) != 1:
        return None
    module = f".{found[0].module}"
    included = any(module.endswith(f".{text}") for facts in files for text in facts.dotted)
    return None if included else found[0]


def only_repeats(router: Router, routing: Routing) -> bool:
    """Whether all patterns of a URL module include routers that reach an application in another way, or may: nothing
    is missing when it is not included itself.
    """
    item = routing.objects[router.name]
    variable = next((v for v in item.facts.variables if v.name == "urlpatterns"), None)
    if item.role != "urls" or variable is None or not isinstance(variable.value, Items) or not variable.value.items:
        return False
    for entry in variable.value.items:
        inner = entry.args[1] if isinstance(entry, Call) and len(entry.args) > 1 else None
        given = inner.args[0] if isinstance(inner, Call) and inner.method == "include" and inner.args else None
        if not isinstance(given, Ref) or not given.name.endswith(".urls"):
            return False
        place = routing.code.place(given.name.removesuffix(".urls"), item.facts.module)
        served = routing.by_name.get(place.node) if place is not None else None
        if served is None or served.status not in {"registered", "undecided"}:
            return False
    return True


def include_in_root(router: Router, routing: Routing) -> Fix | None:
    """A new last entry of the root `urlpatterns`; None where that is no list with a `path(…)` at its end."""
    for root in routing.roots:
        item = routing.objects.get(root)
        variable = next((v for v in item.facts.variables if v.span == item.span), None) if item is not None else None
        if item is None or variable is None or not isinstance(variable.value, Items) or not variable.value.items:
            continue
        last = variable.value.items[-1]
        if isinstance(last, Call) and last.method == "path":
            file = routing.project.files[item.facts.path]
            position = file.source.position(last.span.start)
            line = file.source.line_text(position.line)
            indent = line[: len(line) - len(line.lstrip())]
            feature = feature_of(router.shown, "").replace("_", "-")
            entry = f'path("{feature}/", include("{router.shown}"))'
            edit = Replace(file.path, Span(last.span.end, last.span.end), f",\n{indent}{entry}")
            return Fix(f"Add `{entry}` to {file.path}", (edit,), "display")
    return None
