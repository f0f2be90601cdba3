"""Where SQL in the strings of the code names a table, or a column of it.

A statement tells which table a column belongs to, so the plainest of names can be found: `SELECT age FROM users`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from bylaw.facts.naming import bare_as_written
from bylaw.patterns import regex
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project import File

_LONGEST: Final = 5000
"""Characters of a statement."""
_TABLE: Final = r"(?P<table>(?:\"?\w{1,63}\"?\.)?\"?\w{1,63}\"?)"
_VERB: Final = (
    r"select\s|with\s{1,9}\w{1,63}\s{1,9}as\s{0,9}\(|delete\s{1,9}from\s|insert\s{1,9}into\s"
    r"|update\s{1,9}(?:only\s{1,9})?[\w\".]{1,130}\s"
)
_OPENING: Final = regex(rf"(?P<quote>\"\"\"|'''|\"|')\s{{0,99}}(?={_VERB})", re.IGNORECASE)
_ADJACENT: Final = regex(r"\s{0,99}[fFrRbB]{0,2}(?P<quote>\"\"\"|'''|\"|')")
_WRITTEN: Final = regex(
    rf"\s{{0,99}}(?P<verb>insert\s{{1,9}}into|update(?:\s{{1,9}}only)?)\s{{1,9}}{_TABLE}", re.IGNORECASE
)
_NAMED: Final = regex(
    rf"\b(?:from|join|into|update)\s{{1,99}}(?:only\s{{1,9}})?{_TABLE}"
    r"(?:\s{1,99}(?:as\s{1,9})?(?P<alias>(?!(?:on|using|where|set|join|left|right|inner|outer|cross|full|natural|order"
    r"|group|having|limit|offset|returning|values|union|for|as|select|lateral|and|or|window|fetch)\b)\w{1,63}))?",
    re.IGNORECASE,
)
_LISTED: Final = regex(r"\bfrom\b[^()]{0,300}?,", re.IGNORECASE)
_LITERAL: Final = regex(r"(?<![\w'])'(?:[^']|''){0,500}'")
_LEAVES_IT: Final = regex(r"\b(?:default|overriding)\b", re.IGNORECASE)
_NAMES_RESULT: Final = regex(r"\bas\s+$", re.IGNORECASE)


def sql_references(file: File, table: str, column: str) -> Iterator[Span]:
    """Places in a Python file whose SQL names the column of the table, or, for '', the table itself."""
    return _places(file, table, column, _place)


def sql_writes(file: File, table: str, column: str) -> Iterator[Span]:
    """Places in a Python file whose SQL gives the column of the table a value: DEFAULT is none, nor is one that stands
    beside an OVERRIDING.
    """
    return _places(file, table, column, _place_of_value)


def _places(file: File, table: str, column: str, find: Callable[[str, str, str], int]) -> Iterator[Span]:
    """What `find` finds in the statements of a file: it is given each of them with its literals blanked out, the bare
    name of the table and the column, and gives the place in characters, or -1.
    """
    bare = table.rpartition(".")[2]
    content = file.source.content.lower()
    if bare.lower().encode() not in content or column.lower().encode() not in content:
        return
    text = file.source.content.decode("utf-8", "replace")
    for start, end in _statements(text):
        at = find(_LITERAL.sub(lambda match: " " * len(match[0]), text[start:end]), bare, column)
        if at >= 0:
            first = len(text[: start + at].encode())
            yield Span(first, first + len((column or bare).encode()))


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Strings that begin as a statement does, with those that stand right behind them; in characters."""
    end = 0
    for match in _OPENING.finditer(text):
        if match.start() < end:
            continue
        start = match.end("quote")
        end = _end(text, match["quote"], start)
        if end > start:
            yield start, end


def _end(text: str, quote: str, start: int) -> int:
    """Where the string that is open at `start` ends, and those that follow it; 0 for a long one."""
    limit, at = start + _LONGEST, start
    while True:
        at = text.find(quote, at, limit)
        if at < 0:
            return 0
        if text[at - 1] == "\\":
            at += 1
            continue
        following = _ADJACENT.match(text, at + len(quote))
        if following is None:
            return at
        quote, at = following["quote"], following.end()


def _place_of_value(text: str, table: str, column: str) -> int:
    written = _write_to(table, text)
    if written is None or _LEAVES_IT.search(text):
        return -1
    return _in_write(text, written, table, column)


def _place(text: str, table: str, column: str) -> int:
    """Where the name stands; -1 also where another table may be meant."""
    written = _write_to(table, text)
    if written is not None:
        return _in_write(text, written, table, column)
    named = list(_NAMED.finditer(text))
    own = [match for match in named if bare_as_written(match["table"]) == table.lower()]
    if not own:
        return -1
    if not column:
        return _name(own[0], table)
    owners = {table.lower(), *(match["alias"].lower() for match in own if match["alias"])}
    alone = len(own) == len(named) and _LISTED.search(text) is None
    for found in re.finditer(rf"(?:(\w{{1,63}})\"?\.)?\"?\b({re.escape(column)})\b(?!\s*\()", text, re.IGNORECASE):
        before = text[: found.start(2)][-9:].rstrip('"')
        if _NAMES_RESULT.search(before) or before.endswith((":", "%(", "$")):
            continue
        if (found[1].lower() in owners) if found[1] else alone:
            return found.start(2)
    return -1


def _write_to(table: str, text: str) -> re.Match[str] | None:
    """How an INSERT into the table, or an UPDATE of it, begins."""
    written = _WRITTEN.match(text)
    return written if written is not None and bare_as_written(written["table"]) == table.lower() else None


def _name(match: re.Match[str], table: str) -> int:
    return match.end("table") - len(table) - match["table"].endswith('"')


def _in_write(text: str, written: re.Match[str], table: str, column: str) -> int:
    """Where the name stands in an INSERT or UPDATE of the table: among the columns that it writes; -1 where not."""
    if not column:
        return _name(written, table)
    word = rf"\"?(?P<name>{re.escape(column)})\"?"
    listed = rf"\s*\((?:[^()]*?[\s,\"])??{word}\s*[,)]"
    others = r"(?:\"?\w{1,63}\"?\s{0,9}=[^,;]{1,200},\s{0,99}){0,20}"
    assigned = rf"\s+(?:(?:as\s+)?\w+\s+)??set\s+{others}{word}\s{{0,9}}="
    pattern = re.compile(listed if written["verb"].lower().startswith("insert") else assigned, re.IGNORECASE)
    found = pattern.match(text, written.end())
    return found.start("name") if found is not None else -1
