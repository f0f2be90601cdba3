"""How an unreached module of URL patterns would be included: shown, not done, since only people know its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.diagnostics import Fix, Replace
from bylaw.facts.routing import Router
from bylaw.facts.values import Call, Items
from bylaw.project.routing.features import feature_of
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project.routing import Routing


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
