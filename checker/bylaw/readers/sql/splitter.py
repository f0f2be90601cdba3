"""Cuts a text into statements, so that one bad statement never loses the others. Needs no parser and takes linear
time.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

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
_BODY: Final = re.compile(r"\bbegin\b", re.IGNORECASE)
_DELIMITER: Final = re.compile(r"delimiter[ \t]+(\S+)[^\n]*", re.IGNORECASE)
_BATCH: Final = re.compile(r"^[ \t]*go[ \t]*(?:\d+[ \t]*)?(?:--[^\n]*)?\r?$", re.IGNORECASE | re.MULTILINE)
_NAMES: Final = {"comment": "a comment", "string": "a string", "dollar": "a dollar-quoted string"}
_NO_OPENERS: Final = frozenset({"if", "loop", "while", "repeat", "for"})


class Chunk(msgspec.Struct, frozen=True):
    """A statement without its semicolon, or a client's own line (`\\connect`). `problem` says why it cannot be
    complete.
    """

    kind: Literal["sql", "meta"]
    start: int
    end: int
    problem: str = ""


def skip_blank(text: str, lexicon: Lexicon, start: int, end: int) -> int:
    """The first offset that is neither white space nor in a comment that ends."""
    position = start
    while position < end:
        if blank := _BLANK.match(text, position, end):
            position = blank.end()
            continue
        if text[position] not in "-/#":
            return position
        token = next(pieces(text, lexicon, position, end), None)
        if token is None or token.kind != "comment" or token.start != position or not token.closed:
            return position
        if text.startswith("/*!", position):
            return position
        position = token.end
    return end


def trim_end(text: str, lexicon: Lexicon, start: int, end: int) -> int:
    """Where a statement really ends: before the white space and comments at its end."""
    while end > start and text[end - 1] in " \t\r\n\f\v":
        end -= 1
    if text.find("--", start, end) < 0 and text.find("*/", start, end) < 0 and not lexicon.hash_comments:
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
    return _Splitter(text, lexicon, start, end, batches=batches).run()


class _Splitter:
    """A walk from statement to statement. The delimiter may change on the way (`DELIMITER //`)."""

    def __init__(self, text: str, lexicon: Lexicon, start: int, end: int, *, batches: bool) -> None:
        self.text = text
        self.lexicon = lexicon
        self.position = start
        self.end = end
        self.delimiter = ";"
        self.copies = True
        """Whether the rows of a COPY may still end somewhere."""
        self.batches = [match.span() for match in _BATCH.finditer(text, start, end)] if batches else []

    def run(self) -> Iterator[Chunk]:
        text = self.text
        while True:
            first = skip_blank(text, self.lexicon, self.position, self.end)
            if first >= self.end:
                return
            if text[first] == "\\":
                line_end = text.find("\n", first, self.end)
                self.position = self.end if line_end < 0 else line_end
                yield Chunk("meta", first, self.position)
            elif text[first] in "dD" and (command := _DELIMITER.match(text, first, self.end)):
                self.delimiter, self.position = command[1], command.end()
            elif text.startswith(self.delimiter, first):
                self.position = first + len(self.delimiter)
            else:
                chunk = self._statement(first)
                if chunk.end > first:
                    yield chunk
                if self.copies and text[first] in "cC" and _COPY_DATA.match(text, first, chunk.end):
                    done = _COPY_END.search(text, self.position, self.end)
                    self.position = done.end() if done else self.position
                    self.copies = done is not None

    def _statement(self, start: int) -> Chunk:
        """The statement that begins at an offset; `position` goes behind it."""
        stop = after = self.end
        at = bisect_left(self.batches, (start, 0))
        if at < len(self.batches):
            stop, after = self.batches[at]
        compound = _COMPOUND.match(self.text, start, stop)
        marks = self._compound(start, stop) if compound and self._has_body(compound, stop) else self._plain(start, stop)
        comments: list[Token] = []
        for token in marks:
            if token.kind == "comment" and token.closed:
                comments.append(token)
            elif token.kind == "punct":
                self.position = token.end
                return Chunk("sql", start, _before_comments(self.text, comments, start, token.start))
            elif not token.closed:
                self.position = after
                problem = f"{_NAMES.get(token.kind, 'a quoted name')} never ends"
                return Chunk("sql", start, _before_comments(self.text, [], start, stop), problem)
        self.position = after
        return Chunk("sql", start, _before_comments(self.text, comments, start, stop))

    def _plain(self, start: int, stop: int) -> Iterator[Token]:
        """Comments, strings and, as punctuation, the delimiter."""
        width = len(self.delimiter)
        if self.delimiter.startswith("$"):
            found = self.text.find(self.delimiter, start, stop)
            if found >= 0:
                yield Token("punct", found, found + width)
            return
        for token in pieces(self.text, self.lexicon, start, stop, self.delimiter[0]):
            if token.kind != "punct":
                yield token
            elif self.text.startswith(self.delimiter, token.start):
                yield Token("punct", token.start, token.start + width)

    def _has_body(self, compound: re.Match[str], stop: int) -> bool:
        """Whether the statements of a CREATE FUNCTION and the like stand in it plainly, not in a string."""
        if self.delimiter != ";":
            return False
        if not self.lexicon.dollar_quotes or compound[1].lower() == "rule":
            return True
        semicolon = self.text.find(";", compound.end(), stop)
        opening = _BODY if compound[1].lower() == "trigger" else _ATOMIC  # PostgreSQL's triggers have no body
        return opening.search(self.text, compound.end(), stop if semicolon < 0 else semicolon) is not None

    def _compound(self, start: int, stop: int) -> Iterator[Token]:
        """Comments, and the semicolon behind a body of BEGIN … END or behind brackets (CREATE RULE)."""
        depth = brackets = 0
        previous = ""
        for token in tokens(self.text, self.lexicon, start, stop):
            if token.kind == "comment":
                yield token
                continue
            mark = self.text[token.start : token.end].lower()
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
                yield token
                return
            previous = mark
