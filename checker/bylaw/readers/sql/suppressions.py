"""`-- bylaw: ignore[rule]: reason` in SQL."""

from __future__ import annotations

import re
from bisect import bisect_right

from bylaw.facts.code import Suppression
from bylaw.facts.migrations import Migration
from bylaw.readers.sql.comments import comment_text, comment_tokens
from bylaw.readers.sql.lexer import Token
from bylaw.readers.suppressions import parse_suppression
from bylaw.source import Span


def suppressions(text: str, migrations: tuple[Migration, ...]) -> tuple[Suppression, ...]:
    """All suppressions of a bytewise text. Where one stands above a statement or an action, it speaks of all its
    lines.
    """
    dialect = migrations[0].dialect if migrations else ""
    tokens = comment_tokens(text, dialect)
    comments = {token.start: token.end for token in tokens}
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    spans = [
        span
        for migration in migrations
        for span in (*migration.statements, *(one.span for one in migration.operations))
    ]
    found = (_suppression(text, token, comments, lines, spans) for token in tokens)
    return tuple(one for one in found if one is not None)


def _suppression(
    text: str, token: Token, comments: dict[int, int], lines: list[int], spans: list[Span]
) -> Suppression | None:
    said = parse_suppression(comment_text(text, token))
    if said is None:
        return None
    line = bisect_right(lines, token.start)
    last_line = 0
    if not text[lines[line - 1] : token.start].strip() and not _code_behind(text, token):
        code = _next_code(text, token.end, comments)
        if code < len(text):
            line = bisect_right(lines, code)
            last = max((span.end for span in spans if span.start == code), default=code)
            last_line = bisect_right(lines, max(code, last - 1))
    span = Span(token.start, token.end)
    return Suppression(said.rules, said.reason, span, line, said.whole_file, said.problem, last_line)


def _code_behind(text: str, token: Token) -> bool:
    """Whether code follows a block comment on its last line."""
    end = text.find("\n", token.end)
    return bool(text[token.end : end if end >= 0 else len(text)].strip())


def _next_code(text: str, position: int, comments: dict[int, int]) -> int:
    """The offset of the next character that is neither white space nor in a comment."""
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif position in comments:
            position = comments[position]
        else:
            break
    return position
