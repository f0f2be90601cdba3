"""Strings, comments and punctuation of SQL: enough to split a text into statements and a statement into its clauses.

All offsets count characters of the text that is given. The readers pass text in which one character stands for one UTF-8 byte
(see `text.py`), so that offsets are those of the parser and of spans.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, NamedTuple

Kind = Literal["comment", "string", "quoted", "dollar", "punct", "word", "number", "other"]

_WORD: Final = r"[A-Za-z_\x80-\xff][\w$\x80-\xff]*"
_STRING: Final = r"'[^']*(?:'|\Z)"
_ESCAPED_STRING: Final = r"'(?:[^'\\]++|\\.|'')*+(?:'|\\?\Z)"
_ESCAPED_DOUBLE: Final = r'"(?:[^"\\]++|\\.|"")*+(?:"|\\?\Z)'


class Token(NamedTuple):
    """`kind` and the half-open range; `closed` is False for a string or comment that the text ends in."""

    kind: Kind
    start: int
    end: int
    closed: bool = True


@dataclass(frozen=True)
class Lexicon:
    """How a family of dialects writes strings and comments."""

    backslash: bool = False
    """A backslash escapes inside every string (MySQL), not only in `E'…'`."""
    backticks: bool = False
    brackets: bool = False
    hash_comments: bool = False
    dollar_quotes: bool = False
    nested_comments: bool = False


POSTGRES: Final = Lexicon(dollar_quotes=True, nested_comments=True)
MYSQL: Final = Lexicon(backslash=True, backticks=True, hash_comments=True)
SQLITE: Final = Lexicon(backticks=True, brackets=True)
TSQL: Final = Lexicon(brackets=True)
ANY: Final = Lexicon(backticks=True, dollar_quotes=True)


@cache
def _pattern(lexicon: Lexicon, *, words: bool, punctuation: str) -> re.Pattern[str]:
    string = _ESCAPED_STRING if lexicon.backslash else _STRING
    escaped = "" if lexicon.backslash else rf"|(?<![\w$\x80-\xff])[eE]{_ESCAPED_STRING}"
    double = _ESCAPED_DOUBLE if lexicon.backslash else r'"[^"]*(?:"|\Z)'
    quoted = double
    if lexicon.backticks:
        quoted += r"|`[^`]*(?:`|\Z)"
    if lexicon.brackets:
        quoted += r"|\[[^\]\n]*\]"
    comment = r"--[^\n]*|/\*"
    if lexicon.hash_comments:
        comment = r"--(?=[\s]|\Z)[^\n]*|\#[^\n]*|/\*"
    groups = [rf"(?P<string>{string}{escaped})", rf"(?P<quoted>{quoted})", rf"(?P<comment>{comment})"]
    if lexicon.dollar_quotes:
        groups.append(rf"(?P<dollar>(?<![\w$\x80-\xff])\$(?:{_WORD.replace('$', '')})?\$)")
    if words:
        groups.append(rf"(?P<word>{_WORD})")
        groups.append(r"(?P<number>\d[\w.]*)")
    groups.append(rf"(?P<punct>[{re.escape(punctuation)}])")
    if words:
        groups.append(r"(?P<other>\S)")
    return re.compile("|".join(groups), re.DOTALL | re.ASCII)


def pieces(text: str, lexicon: Lexicon, start: int = 0, end: int | None = None, punctuation: str = ";") -> Iterator[Token]:
    """Strings, quoted names, comments and the given punctuation, in order. Linear in the text's length."""
    return _scan(text, lexicon, start, len(text) if end is None else end, words=False, punctuation=punctuation)


def tokens(text: str, lexicon: Lexicon, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Every token but white space, in order."""
    return _scan(text, lexicon, start, len(text) if end is None else end, words=True, punctuation="(),;")


def _scan(text: str, lexicon: Lexicon, start: int, end: int, *, words: bool, punctuation: str) -> Iterator[Token]:
    search = _pattern(lexicon, words=words, punctuation=punctuation).search
    position = start
    while match := search(text, position, end):
        first, position = match.span()
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        closed = True
        if kind == "comment" and text.startswith("/*", first):
            position, closed = _block_end(text, first, end, nested=lexicon.nested_comments)
        elif kind == "dollar":
            found = text.find(match[0], position, end)
            closed = found >= 0
            position = found + len(match[0]) if closed else end
        elif kind in {"string", "quoted"}:
            closed = _is_closed(match[0])
        yield Token(kind, first, position, closed)


def _is_closed(literal: str) -> bool:
    opening = literal[1] if literal[0] in "eE" else literal[0]
    least = 3 if literal[0] in "eE" else 2
    return len(literal) >= least and literal[-1] == ("]" if opening == "[" else opening)


_BLOCK: Final = re.compile(r"/\*|\*/")


def _block_end(text: str, start: int, end: int, *, nested: bool) -> tuple[int, bool]:
    if not nested:
        found = text.find("*/", start + 2, end)
        return (found + 2, True) if found >= 0 else (end, False)
    depth, position = 1, start + 2
    while match := _BLOCK.search(text, position, end):
        position = match.end()
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return position, True
    return end, False


@dataclass
class Shape:
    """Where a statement's brackets and commas stand. `commas` are those at the depth of their opening bracket."""

    closing: dict[int, int] = field(default_factory=dict)
    """Opening bracket → its closing one."""
    commas: dict[int, list[int]] = field(default_factory=dict)
    """Opening bracket (-1: none) → the commas directly inside it."""

    def element_end(self, opening: int, position: int, default: int) -> int:
        """The end of the list element at `position` inside a bracket: the next comma, or the closing bracket."""
        commas = self.commas.get(opening, [])
        at = bisect_right(commas, position)
        return commas[at] if at < len(commas) else self.closing.get(opening, default)


def shape(text: str, lexicon: Lexicon, start: int, end: int) -> Shape:
    """The brackets and commas of one statement."""
    found = Shape()
    open_at: list[int] = []
    for kind, first, _, _ in pieces(text, lexicon, start, end, "(),"):
        if kind != "punct":
            continue
        mark = text[first]
        if mark == "(":
            open_at.append(first)
        elif mark == ",":
            found.commas.setdefault(open_at[-1] if open_at else -1, []).append(first)
        elif open_at:
            found.closing[open_at.pop()] = first
    return found


_SPACES: Final = re.compile(r"\s+", re.ASCII)


def tidy(text: str, lexicon: Lexicon) -> str:
    """An expression on one line without comments; its strings stay as they are."""
    text = text.strip()
    if "\n" not in text and "--" not in text and "/*" not in text and "  " not in text:
        return text
    parts: list[str] = []
    last = 0
    for kind, first, end, _ in pieces(text, lexicon, punctuation=";"):
        parts.append(_SPACES.sub(" ", text[last:first]))
        parts.append(" " if kind == "comment" else text[first:end])
        last = end
    parts.append(_SPACES.sub(" ", text[last:]))
    return "".join(parts).strip()
