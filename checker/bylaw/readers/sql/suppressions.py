"""`-- bylaw: ignore[rule]: reason` in SQL."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from bylaw.facts.code import Suppression
from bylaw.facts.migrations import Migration
from bylaw.readers.sql.comments import comment_text, comment_tokens
from bylaw.readers.sql.lexer import Token
from bylaw.readers.suppressions import parse_suppression
from bylaw.source import Span

_BLANK: Final = re.compile(r"\s*", re.ASCII)


def suppressions(text: str, migrations: tuple[Migration, ...]) -> tuple[Suppression, ...]:
    """All suppressions of a bytewise text. One above a statement or an action speaks of all its lines."""
    tokens = comment_tokens(text, migrations[0].dialect if migrations else "")
    places = _Places(text, tokens, migrations)
    found = (_suppression(text, token, places) for token in tokens)
    return tuple(one for one in found if one is not None)


class _Places:
    """Lines, the code behind each comment, and where the statement that starts there ends. Built in linear time."""

    def __init__(self, text: str, tokens: list[Token], migrations: tuple[Migration, ...]) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.code_behind: dict[int, int] = {}
        for token in reversed(tokens):
            blank = _BLANK.match(text, token.end)
            position = blank.end() if blank else token.end
            self.code_behind[token.start] = self.code_behind.get(position, position)
        self.ends: dict[int, int] = {}
        for migration in migrations:
            for span in (*migration.statements, *(operation.span for operation in migration.operations)):
                self.ends[span.start] = max(span.end, self.ends.get(span.start, 0))

    def line(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return bisect_right(self.starts, offset)


def _suppression(text: str, token: Token, places: _Places) -> Suppression | None:
    said = parse_suppression(comment_text(text, token))
    if said is None:
        return None
    line = places.line(token.start)
    last_line = 0
    code = places.code_behind[token.start]
    begins_line = not text[places.starts[line - 1] : token.start].strip()
    if begins_line and code < len(text) and places.line(code) > places.line(token.end - 1):
        line = places.line(code)
        last_line = places.line(max(code, places.ends.get(code, 0) - 1))
    span = Span(token.start, token.end)
    return Suppression(said.rules, said.reason, span, line, said.whole_file, said.problem, last_line)
