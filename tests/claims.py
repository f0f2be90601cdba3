"""What is claimed of a change in a server's catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from server_catalogue import Catalogue, Change, Entity

ANY: Any = ...
"""A value that is there, whichever."""
TABLES = ("table", "view", "materialized view")
ROUTINES = ("function", "procedure", "aggregate")
Verb = Literal["create", "drop", "alter"]


class Claim(msgspec.Struct, frozen=True):
    verb: Verb
    kinds: tuple[str, ...]
    """One of these; none: any."""
    name: str | None
    """None: any."""
    table: str | None = None
    fields: dict[str, Any] = {}
    """Of what is made, what these fields are; of what is altered, what they become. A function says whether a value is
    right."""
    one_of: tuple[str, ...] = ()
    """Fields of which some change."""
    about: Callable[[Entity], bool] = lambda _: True
    """Whether it is about that entity, where a name does not tell."""
    loose: bool = False
    """Parts that are not claimed may be made or dropped with it."""

    def meets(self, change: Change) -> bool:
        one = change.entity
        if change.verb != self.verb or (self.kinds and one.kind not in self.kinds):
            return False
        named = same(self.name, one.name) and same(self.table, one.table) and self.about(one)
        return named and not self.wrong(change)

    def wrong(self, change: Change) -> dict[str, Any]:
        """The fields that are not as claimed."""
        after = change.after
        found = change.changed if self.verb == "alter" else (after or change.entity).fields
        missing = {name: found.get(name) for name, value in self.fields.items() if not _is(value, found, name)}
        return missing or (
            {"": found} if self.verb == "alter" and self.one_of and not found.keys() & set(self.one_of) else {}
        )


def _is(value: Any, found: dict[str, Any], name: str) -> bool:
    if name not in found:
        return False
    return bool(value(found[name])) if callable(value) else value is ANY or value == found[name]


def same(claimed: str | None, name: str) -> bool:
    return claimed is None or claimed.removeprefix("public.") == re.sub(r"^pg_temp_\d+\.", "", name)


def exists(claim: Claim, before: Catalogue) -> bool:
    return any(
        (not claim.kinds or one.kind in claim.kinds) and same(claim.name, one.name) and same(claim.table, one.table)
        for one in before.values()
    )


def kinds_of(kind: str) -> tuple[str, ...]:
    return {"routine": ROUTINES, "foreign table": ("table",), "column": ("column", "attribute")}.get(kind, (kind,))


def moved(name: str, schema: str) -> str:
    return f"{schema}.{name.rpartition('.')[2]}".removeprefix("public.")
