"""Text in a dialect that is not PostgreSQL, to operations."""

from __future__ import annotations

from bylaw.facts.migrations import UnreadOperation
from bylaw.readers.sql.lexer import MYSQL
from bylaw.readers.sql.splitter import split
from bylaw.readers.sql.text import Place, Reading


def read_generic(text: str, start: int, end: int, dialect: str, place: Place, reading: Reading) -> None:
    """Read a range of a text statement by statement."""
    for chunk in split(text, MYSQL, start, end, batches=dialect == "tsql"):
        span = place(chunk.start, chunk.end)
        reading.statements.append(span)
        reading.operations.append(UnreadOperation(span, f"{dialect} is not read yet"))
