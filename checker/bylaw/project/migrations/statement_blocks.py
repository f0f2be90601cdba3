"""Marks that make one query of several statements: `-- +goose StatementBegin` … `StatementEnd`, sql-migrate's alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bylaw.facts.migrations import Migration
from bylaw.patterns import regex
from bylaw.source import Span

_MARK: Final = regex(r"\+(?:goose|migrate)[ \t]+statement(?P<side>begin|end)\b", re.IGNORECASE)


def statement_blocks(migration: Migration) -> Iterator[Span]:
    """The places of all such blocks, in order. The server runs the statements of one as a transaction, whatever the
    file says of its own.
    """
    opened = -1
    for span, text in migration.comments:
        match = _MARK.match(text)
        if match is None:
            continue
        if match["side"].lower() == "begin":
            opened = span.end
        elif opened >= 0:
            yield Span(opened, span.start)
            opened = -1


def sent_with(migration: Migration, span: Span) -> int:
    """How many statements the block around a place has; 0 where none is around it."""
    around = next((block for block in statement_blocks(migration) if block.contains(span)), None)
    return sum(map(around.contains, migration.statements)) if around is not None else 0
