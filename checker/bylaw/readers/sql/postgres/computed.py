"""EXECUTE of a text that is only known in part."""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts.migrations import DataChange, Operation, OtherStatement, UnreadOperation
from bylaw.source import Span

_HARMLESS: Final = frozenset({
    "grant", "revoke", "comment", "analyze", "vacuum", "notify", "set", "reset", "lock", "refresh", "listen", "call",
})  # fmt: skip

_PLACE: Final = re.compile(r"%([sIL%])")


def formatted(template: str, *values: str) -> str | None:
    """What PostgreSQL's `format()` makes of them; None where places and values do not pair, or a place is told by its
    number or width.
    """
    places = [place for place in _PLACE.findall(template) if place != "%"]
    if len(places) != len(values) or template.replace("%%", "").count("%") != len(places):
        return None
    left = iter(values)

    def fill(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        value = next(left)
        quote = {"I": '"', "L": "'"}.get(match[1], "")
        return quote + value.replace(quote, quote * 2) + quote if quote else value

    return _PLACE.sub(fill, template)


def computed(beginning: str, span: Span) -> Operation:
    """What a statement does of which only the beginning is known: what moves rows or rights is understood without the
    rest.
    """
    words = beginning.lower().split()
    verb = words[0] if words else ""
    if verb in {"insert", "update", "delete", "select", "truncate"}:
        kind = verb
        return DataChange(kind, "", span, "where" in words)  # type: ignore[arg-type]
    if verb in _HARMLESS:
        return OtherStatement(verb, span)
    if words[:3] == ["alter", "default", "privileges"] and "revoke" not in words:
        return OtherStatement("alter-default-privileges", span)
    if words[:2] == ["alter", "index"] and "rename" in words:
        return OtherStatement("rename-index", span)  # no statement says an index's name
    return UnreadOperation(span, "EXECUTE runs a statement that is computed")
