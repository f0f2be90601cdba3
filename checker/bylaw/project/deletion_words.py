"""What names and texts say of deleted rows."""

from __future__ import annotations

import re

from bylaw.facts.database import Table


def is_another_state(name: str, table: Table) -> bool:
    """`is_archived` beside `deleted_at`: a column of its own, which deleted rows may have either way."""
    return "archiv" in name and table.column(name) is not None


def looks_at(text: str, called: str, markers: set[str], *, reads: bool = False) -> bool:
    """Whether a function's text names a marker of what a call gives: `user = load(…)`, then `user.deleted_at`. With
    `reads`, setting it does not count.
    """
    rows = set(re.findall(rf"\b(\w+)(?:: [^=\n]{{1,80}})? ?:?= ?(?:await )?[\w.]*\b{re.escape(called)}\(", text))
    for _ in range(2):
        rows |= {row for row, many in re.findall(r"\bfor (\w+) in (\w+)", text) if many in rows}
    if not reads:
        return any(f"{row}.{marker}" in text for row in rows for marker in markers)
    named = (rf"\b{row}\.{re.escape(marker)}\b(?!\s*=[^=])" for row in rows for marker in markers)
    return any(re.search(each, text) for each in named)
