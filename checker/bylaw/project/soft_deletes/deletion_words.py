"""What names and texts say of deleted rows."""

from __future__ import annotations

import re

from bylaw.facts.database import Table

_DECIDES = re.compile(r"\b(?:if|elif|while|assert|return|not|and|or|is)\b")


def is_another_state(name: str, table: Table) -> bool:
    """`is_archived` beside `deleted_at`: a column of its own, which deleted rows may have either way."""
    return "archiv" in name and table.column(name) is not None


def rows_of(text: str, called: str) -> set[str]:
    """The variables of a function's text that hold what a call gives: `user = load(…)`, `user=Depends(load)`."""
    name = re.escape(called)
    rows = set(re.findall(rf"\b(\w+)(?:: [^=\n]{{1,80}})? ?:?= ?(?:await )?[\w.]*\b{name}\(", text))
    rows |= set(re.findall(rf"\b(\w+)(?:: [^=\n]{{1,80}})? ?= ?Depends\([\w.]*\b{name}\)", text))
    rows |= set(re.findall(rf"\b(\w+): Annotated\[[^\[\]\n]{{1,80}}, ?Depends\([\w.]*\b{name}\)", text))
    for _ in range(2):
        rows |= {row for row, many in re.findall(r"\bfor (\w+) in (\w+)", text) if many in rows}
    return rows


def looks_at(text: str, rows: set[str], markers: set[str], *, reads: bool = False) -> bool:
    """Whether a function's text names a marker of one of the rows: `user.deleted_at`. With `reads`, setting it does
    not count.
    """
    if not reads:
        return any(f"{row}.{marker}" in text for row in rows for marker in markers)
    named = (rf"\b{row}\.{re.escape(marker)}\b(?!\s*=[^=])" for row in rows for marker in markers)
    return any(re.search(each, text) for each in named)


def asks_for(text: str, rows: set[str], markers: set[str]) -> bool:
    """Whether something in a function's text depends on a marker of one of the rows: `if user.deleted_at:`."""
    asked = re.compile(
        rf"\b(?:{'|'.join(map(re.escape, sorted(rows)))})\.(?:{'|'.join(map(re.escape, sorted(markers)))})\b"
    )
    return bool(rows) and any(_DECIDES.search(line) and asked.search(line) for line in text.splitlines())


def handed_to(text: str, rows: set[str]) -> set[str]:
    """The names of what is called with one of the rows: `ensure_alive(user)`."""
    called = r"(?<![\w.])\.*(\w[\w.]*+)"
    return {name for row in rows for name in re.findall(rf"{called}\((?:[^()\n]{{0,80}}[ (,=])?{row}\b", text)}
