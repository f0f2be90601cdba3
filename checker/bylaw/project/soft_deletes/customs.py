"""What a project does elsewhere with deleted rows: whether a count is one of all rows, its own custom says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from bylaw.facts.queries import Touch
from bylaw.source import Location

_READS = frozenset({"select", "columns", "get", "sql-select"})
_ASKS = frozenset({"count", "exists", "aggregate"})
_FEW = 2
"""So many statements of a kind that leave deleted rows out make a custom, where hardly any other does not."""


def with_customs(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """The touches, each count and the like with the reason why the project would leave deleted rows out of it, and all
    with what others do with their table.
    """
    known = tuple(touches)
    careful = _careful(known)
    filtered, open_ones = Counter[tuple[Location, str]](), Counter[tuple[Location, str]]()
    paired, told_apart = set[tuple[str, str, Location]](), set[tuple[str, str, Location]]()
    for touch in known:
        query, table = touch.query, touch.table.location
        if touch.filtered and query.function:
            (paired if query.kind in _READS else told_apart).add((touch.path, query.function, table))
        if query.kind in _ASKS and not touch.undecided and not touch.hidden:
            (filtered if touch.filtered else open_ones)[table, query.kind] += 1

    def custom(touch: Touch) -> str:
        query, table = touch.query, touch.table.location
        place = touch.path, query.function, table
        if query.kind not in _ASKS or touch.filtered or place in told_apart:
            return ""
        if place in paired:
            return "the rows that are read beside it"
        others = filtered[table, query.kind] if query.kind != "aggregate" else 0
        if others >= _FEW and others >= 3 * (open_ones[table, query.kind] - 1):
            return "the others of its kind"
        return ""

    return tuple(
        msgspec.structs.replace(touch, custom=why, kept=kept) if (why := custom(touch)) or kept else touch
        for touch, kept in zip(known, careful, strict=True)
    )


def _careful(touches: tuple[Touch, ...]) -> list[bool]:
    """For each touch: whether functions besides its own read the table without deleted rows, two at least, and more of
    them than read it with all rows.
    """
    asking, careless = dict[Location, set[str]](), dict[Location, set[str]]()
    for touch in touches:
        query = touch.query
        if query.kind in _READS and query.function:
            own = asking if touch.marker.attribute in query.names else careless
            own.setdefault(touch.table.location, set()).add(query.function)

    def is_kept(touch: Touch) -> bool:
        others = asking.get(touch.table.location, set()) - {touch.query.function}
        return len(others) >= _FEW and len(others) > len(careless.get(touch.table.location, set()) - others)

    return [is_kept(touch) for touch in touches]


def sets(text: str, column: str) -> bool:
    """Whether a function's text gives a column a value: `user.is_active = False`, `values(is_active=False)`."""
    return re.search(rf"\.{re.escape(column)}\s*=(?!=)|\b{re.escape(column)}=False", text) is not None
