"""Cuts a text into statements, so that one bad statement never loses the others. Needs no parser and takes linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from bylaw.readers.sql.lexer import Lexicon, Token, pieces, tokens

_BLANK: Final = re.compile(r"\s+", re.ASCII)
_COPY_DATA: Final = re.compile(r"copy\b[^;]*\bfrom\s+stdin\b", re.IGNORECASE)
_COPY_END: Final = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_COMPOUND: Final = re.compile(
    r"create\s+(?:or\s+(?:replace|alter)\s+)?(?:temp\s+|temporary\s+)?(?:definer\s*=\s*\S+\s+)?(?:aggregate\s+)?"
    r"(trigger|procedure|function|event|package|rule)\b",
    re.IGNORECASE,
)
_ATOMIC: Final = re.compile(r"\bbegin\s+atomic\b", re.IGNORECASE)
_DELIMITER: Final = re.compile(r"delimiter[ \t]+(\S+)[^\n]*", re.IGNORECASE)
_BATCH: Final = re.compile(r"^[ \t]*go[ \t]*(?:\d+[ \t]*)?(?:--[^\n]*)?\r?$", re.IGNORECASE | re.MULTILINE)
_NO_OPENERS: Final = frozenset({"if", "loop", "while", "repeat", "for"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """A statement without its semicolon, or a client's own line (`\\connect`). `problem` says why it cannot be complete."""

    kind: Literal["sql", "meta"]
    start: int
    end: int
    problem: str = ""


def skip_blank(text: str, lexicon: Lexicon, start: int, end: int) -> int:
    """The first offset that is neither white space nor in a comment."""
    position = start
    while position < end:
        if blank := _BLANK.match(text, position, end):
            position = blank.end()
            continue
        if text[position] not in "-/#":
            return position
        token = next(pieces(text, lexicon, position, end), None)
        if token is None or token.kind != "comment" or token.start != position:
            return position
        if text.startswith("/*!", position):
            return position
        position = token.end
    return end


def trim_end(text: str, lexicon: Lexicon, start: int, end: int) -> int:
    """Where a statement really ends: before the white space and comments at its end."""
    while end > start and text[end - 1] in " \t\r\n\f\v":
        end -= 1
    if text.find("--", start, end) < 0 and text.find("*/", start, end) < 0 and "#" not in text[start:end]:
        return end
    comments = [token for token in pieces(text, lexicon, start, end) if token.kind == "comment"]
    return _before_comments(text, comments, start, end)


def _before_comments(text: str, comments: list[Token], start: int, end: int) -> int:
    while True:
        while end > start and text[end - 1] in " \t\r\n\f\v":
            end -= 1
        if not comments or comments[-1].end < end or comments[-1].start < start:
            return end
        if text.startswith("/*!", comments[-1].start):
            return end
        end = comments.pop().start


def split(text: str, lexicon: Lexicon, start: int, end: int, *, batches: bool = False) -> Iterator[Chunk]:
    """The statements of a text, in order. `batches`: lines that say GO end a statement (SQL Server)."""
    position = start
    delimiter = ";"
    while True:
        first = skip_blank(text, lexicon, position, end)
        if first >= end:
            return
        if text[first] == "\\":
            position = _line_end(text, first, end)
            yield Chunk("meta", first, position)
            continue
        if text[first] in "dD" and (command := _DELIMITER.match(text, first, end)):
            delimiter = command[1]
            position = command.end()
            continue
        if text.startswith(delimiter, first):
            position = first + len(delimiter)
            continue
        stop, position, problem = _statement_end(text, lexicon, first, end, delimiter, batches=batches)
        if stop > first:
            yield Chunk("sql", first, stop, problem)
        if text[first] in "cC" and _COPY_DATA.match(text, first, stop):
            done = _COPY_END.search(text, position, end)
            position = done.end() if done else position


def _line_end(text: str, start: int, end: int) -> int:
    found = text.find("\n", start, end)
    return end if found < 0 else found


def _statement_end(
    text: str, lexicon: Lexicon, start: int, end: int, delimiter: str, *, batches: bool
) -> tuple[int, int, str]:
    """Where the statement that begins at `start` ends, where the next one may begin, and what is wrong with it."""
    if batches and (batch := _BATCH.search(text, start, end)):
        end_of_batch, after_batch = batch.start(), batch.end()
    else:
        end_of_batch, after_batch = end, end
    compound = _COMPOUND.match(text, start, end_of_batch)
    if compound and delimiter == ";" and not _is_plain(text, lexicon, compound, end_of_batch):
        return _compound_end(text, lexicon, start, end_of_batch, after_batch)
    comments: list[Token] = []
    first_mark = delimiter[0]
    for token in pieces(text, lexicon, start, end_of_batch, first_mark):
        if token.kind == "comment":
            comments.append(token)
        elif token.kind == "dollar" and delimiter.startswith("$"):
            found = text.find(delimiter, start, end_of_batch)
            return (found, found + len(delimiter), "") if found >= 0 else (end_of_batch, after_batch, "")
        elif token.kind == "punct" and text.startswith(delimiter, token.start):
            return _before_comments(text, comments, start, token.start), token.start + len(delimiter), ""
        if not token.closed:
            what = {"comment": "a comment", "string": "a string", "dollar": "a dollar-quoted string"}.get(token.kind, "a quoted name")
            return _before_comments(text, [], start, end_of_batch), after_batch, f"{what} never ends"
    return _before_comments(text, comments, start, end_of_batch), after_batch, ""


def _is_plain(text: str, lexicon: Lexicon, compound: re.Match[str], end: int) -> bool:
    """Whether a CREATE FUNCTION and the like holds no statements of its own, but a string with them."""
    word = compound[1].lower()
    if lexicon.dollar_quotes and word in {"function", "procedure", "trigger", "event", "package"}:
        semicolon = text.find(";", compound.end(), end)
        return _ATOMIC.search(text, compound.end(), end if semicolon < 0 else semicolon) is None
    return False


def _compound_end(text: str, lexicon: Lexicon, start: int, end: int, after: int) -> tuple[int, int, str]:
    """The end of a statement with a BEGIN … END body, or with statements in brackets (CREATE RULE)."""
    depth = brackets = 0
    previous = ""
    comments: list[Token] = []
    for token in tokens(text, lexicon, start, end):
        if token.kind == "comment":
            comments.append(token)
            continue
        mark = text[token.start : token.end].lower()
        if token.kind == "word":
            if previous == "end" and mark in _NO_OPENERS:
                depth += 1  # `END IF` closes what was never counted
            elif mark in {"begin", "case"} and previous != "end":
                depth += 1
            elif mark == "end":
                depth -= 1
        elif mark in "()":
            brackets += 1 if mark == "(" else -1
        elif mark == ";" and depth <= 0 and brackets <= 0:
            return _before_comments(text, comments, start, token.start), token.end, ""
        previous = mark
    return _before_comments(text, comments, start, end), after, ""
