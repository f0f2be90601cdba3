"""The comments of an SQL file, and the suppressions among them."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.lexer import ANY, MYSQL, POSTGRES, SQLITE, Token, pieces
from bylaw.readers.sql.text import readable
from bylaw.source import Span

_LEXICONS: Final = {"mysql": MYSQL, "sqlite": SQLITE}
_MARKS: Final = re.compile(r"(?:-{2,}|#+|/\*+)?")


def comment_tokens(text: str, dialect: str) -> list[Token]:
    """All comments that stand in no string."""
    if "--" not in text and "/*" not in text and "#" not in text:
        return []
    return [token for token in pieces(text, _LEXICONS.get(dialect, POSTGRES)) if token.kind == "comment"]


def uncommented(text: str) -> str:
    """A text of no known dialect without its comments; what MySQL runs of them (`/*!`) stays."""
    parts: list[str] = []
    last = 0
    for token in pieces(text, ANY):
        if token.kind == "comment" and not text.startswith("/*!", token.start):
            parts.append(text[last : token.start])
            last = token.end
    return " ".join((*parts, text[last:]))


def comment_text(text: str, token: Token) -> str:
    """What a comment says, without its marks."""
    words = _MARKS.sub("", text[token.start : token.end].strip(), 1)
    if words.endswith("*/"):
        words = words[:-1].rstrip("*")
    return readable(words.strip())


def comment_facts(text: str, tokens: list[Token]) -> tuple[tuple[Span, str], ...]:
    return tuple((Span(token.start, token.end), comment_text(text, token)) for token in tokens)
