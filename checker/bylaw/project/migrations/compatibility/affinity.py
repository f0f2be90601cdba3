"""Types that SQLite does not tell apart: what it keeps of a value follows from a few letters of the type's name."""

from __future__ import annotations

from typing import Final

_MARKS: Final = (
    ("integer", ("int",)), ("text", ("char", "clob", "text")), ("blob", ("blob",)), ("real", ("real", "floa", "doub")),
)  # fmt: skip
"""An affinity and the letters that give it, in SQLite's own order."""
_WRITTEN: Final = frozenset({"date", "datetime", "timestamp", "time", "timestamptz", "uuid", "json"})
"""First words of types for what programs write as text that is no number: it stays what it is."""
_COUNTED: Final = frozenset({"boolean", "bool"})
"""The same for whole numbers. A moment is read by drivers as its column says: 1714557600 is one in a `datetime`."""


def is_same_in_sqlite(old: str, new: str) -> bool:
    """Whether a column holds the same values under both types (SQL text), so that nobody meets the change. False where
    either is not known, and where a table could be STRICT.
    """
    if not old or not new:
        return False
    before, after = _affinity(old), _affinity(new)
    if before == after:
        return True
    for one, other, name in ((before, after, new), (after, before, old)):
        if other == "numeric" and _first_word(name) in (_WRITTEN if one == "text" else _COUNTED):
            return one in {"text", "integer"}
    return False


def _affinity(name: str) -> str:
    lowered = name.lower()
    return next((kind for kind, marks in _MARKS if any(mark in lowered for mark in marks)), "numeric")


def _first_word(name: str) -> str:
    words = name.lower().partition("(")[0].split()
    return words[0] if words else ""
