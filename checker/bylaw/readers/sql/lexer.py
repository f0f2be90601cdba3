"""Strings, comments and punctuation of SQL: enough to split a text into statements and a statement into its clauses.

All offsets count characters of the text that is given. The readers pass text in which one character stands for one
UTF-8 byte (see `text.py`), so that offsets are those of the parser and of spans.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Final, Literal, NamedTuple

import msgspec

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


class Lexicon(msgspec.Struct, frozen=True):
    """How a family of dialects writes strings and comments."""

    backslash: bool = False
    """A backslash escapes inside every string (MySQL), not only in `E'…'`."""
    backticks: bool = False
    brackets: bool = False
    hash_comments: bool = False
    dash_needs_space: bool = False
    """`--x` is no comment (MySQL); a line of dashes is one for those who write it, and for most runners."""
    dollar_quotes: bool = False
    nested_comments: bool = False


POSTGRES: Final = Lexicon(dollar_quotes=True, nested_comments=True)
MYSQL: Final = Lexicon(backslash=True, backticks=True, hash_comments=True, dash_needs_space=True)
CLOUD: Final = Lexicon(backslash=True, backticks=True)
"""ClickHouse, BigQuery, Spark."""
SQLITE: Final = Lexicon(backticks=True, brackets=True)
TSQL: Final = Lexicon(brackets=True)
ANY: Final = Lexicon(backticks=True, dollar_quotes=True)


@cache
def _pattern(lexicon: Lexicon, *, words: bool, punctuation: str) -> re.Pattern[str]:
    """Without words, each branch starts with a fixed character: only then is searching fast."""
    string = _ESCAPED_STRING if lexicon.backslash else _STRING
    if words and not lexicon.backslash:
        string = rf"{_STRING}|[eE]{_ESCAPED_STRING}"
    quoted = _ESCAPED_DOUBLE if lexicon.backslash else r'"[^"]*(?:"|\Z)'
    if lexicon.backticks:
        quoted += r"|`[^`]*(?:`|\Z)"
    if lexicon.brackets:
        quoted += r"|\[[^\]\n]{0,256}+\]"  # no name is longer, and an open bracket on a long line no reason to read it
    comment = (r"--(?=[\s>-]|\Z)[^\n]*" if lexicon.dash_needs_space else r"--[^\n]*") + r"|/\*"
    if lexicon.hash_comments:
        comment += r"|\#[^\n]*"
    groups = [rf"(?P<string>{string})", rf"(?P<quoted>{quoted})", rf"(?P<comment>{comment})"]
    if lexicon.dollar_quotes:
        groups.append(rf"(?P<dollar>\$(?:{_WORD.replace('$', '')})?\$)")
    if words:
        groups.append(rf"(?P<word>{_WORD})")
        groups.append(r"(?P<number>\d[\w.]*)")
    groups.append(rf"(?P<punct>[{re.escape(punctuation)}])")
    if words:
        groups.append(r"(?P<other>\S)")
    return re.compile("|".join(groups), re.DOTALL | re.ASCII)


_WORD_CHARACTER: Final = re.compile(r"[\w$\x80-\xff]", re.ASCII)
_ESCAPED: Final = re.compile(_ESCAPED_STRING, re.DOTALL)


def pieces(
    text: str, lexicon: Lexicon, start: int = 0, end: int | None = None, punctuation: str = ";"
) -> Iterator[Token]:
    """Strings, quoted names, comments and the given punctuation, in order. Linear in the text's length."""
    pattern = _pattern(lexicon, words=False, punctuation=punctuation)
    return _scan(text, lexicon, pattern, start, len(text) if end is None else end)


def tokens(text: str, lexicon: Lexicon, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Every token but white space, in order."""
    pattern = _pattern(lexicon, words=True, punctuation="(),;")
    return _scan(text, lexicon, pattern, start, len(text) if end is None else end)


def _scan(text: str, lexicon: Lexicon, pattern: re.Pattern[str], start: int, end: int) -> Iterator[Token]:
    search = pattern.search
    position = start
    while match := search(text, position, end):
        kind = match.lastgroup
        first, position = match.span()
        if kind == "punct":
            yield Token("punct", first, position)
        elif kind == "string":
            if (
                text[first - 1] in "eE"
                and first > start
                and not lexicon.backslash
                and not _is_word(text, first - 2, start)
            ):
                escaped = _ESCAPED.match(text, first, end)
                position = escaped.end() if escaped else position
            yield Token("string", first, position, _is_closed(text, first, position))
        elif kind == "quoted":
            yield Token("quoted", first, position, _is_closed(text, first, position))
        elif kind == "comment":
            closed = True
            if text[first] == "/":
                position, closed = _block_end(text, first, end, nested=lexicon.nested_comments)
            yield Token("comment", first, position, closed)
        elif kind == "dollar":
            if _is_word(text, first - 1, start):
                position = first + 1
                continue
            found = text.find(match[0], position, end)
            position = found + len(match[0]) if found >= 0 else end
            yield Token("dollar", first, position, found >= 0)
        else:
            yield Token(kind, first, position)  # type: ignore[arg-type]


def _is_word(text: str, position: int, start: int) -> bool:
    return position >= start and _WORD_CHARACTER.match(text, position) is not None


def _is_closed(text: str, start: int, end: int) -> bool:
    if text[start] in "eE":
        start += 1
    closing = "]" if text[start] == "[" else text[start]
    return end - start >= 2 and text[end - 1] == closing


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


class Shape(msgspec.Struct):
    """Where a statement's brackets and commas stand. `commas` are those at the depth of their opening bracket."""

    closing: dict[int, int] = msgspec.field(default_factory=dict)
    """Opening bracket → its closing one."""
    commas: dict[int, list[int]] = msgspec.field(default_factory=dict)
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
