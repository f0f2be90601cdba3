"""SQL text to operations, whatever the dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bylaw.facts.migrations import Operation
from bylaw.patterns import regex
from bylaw.readers.sql.dialects import guess, marked
from bylaw.readers.sql.templates import code_of
from bylaw.readers.sql.text import Earlier, Place, Reading, Stretch, by_characters

_DEFINES: Final = regex(r"\b(?:function|procedure)\b", re.IGNORECASE)
_TRIGGER_WITH_BODY: Final = regex(
    r"\bcreate\s(?:[^;()]{0,99}\s)?trigger\b(?:(?!\bfor\s)[^;]){1,600}\bfor\s{1,9}each\s{1,9}row\b"
    r"(?:(?!\bbegin\b)[^;]){0,600}\bbegin\b",
    re.IGNORECASE,
)
"""What PostgreSQL does not have, and SQLite, MySQL and Oracle do."""
_POSTGRES: Final = frozenset({
    "", "postgres", "postgresql", "cockroachdb", "redshift", "psycopg2", "psycopg", "asyncpg", "greenplum",
    "timescaledb",
})  # fmt: skip


def operations(sql: str, dialect: str, place: Place) -> tuple[Operation, ...]:
    """The operations of all statements of a text, in order. Never raises. For the rest see `reading_of`."""
    return tuple(reading_of(sql, dialect, place).operations)


def reading_of(sql: str, dialect: str, place: Place, earlier: Earlier | None = None) -> Reading:
    """All that a text says. Never raises. `earlier` is what ran before it, and takes the text in.

    `place` makes a span of character offsets in `sql`. `dialect` is a name such as postgres, mysql, sqlite; '' where it
    is not known: PostgreSQL is tried then, and what the text itself says. A statement that cannot be understood becomes
    an UnreadOperation. Bind parameters (`:name`, `%s`, `%(name)s`) may stand wherever a value may.
    """
    reading = Reading.empty(earlier)
    stretch = by_characters(sql, place)
    read(stretch, dialect, reading)
    if earlier is not None and _DEFINES.search(sql):
        earlier.called.update((len(earlier.texts), start) for start in reading.called)
        earlier.texts.append(stretch)
    return reading


def read(stretch: Stretch, dialect: str, reading: Reading) -> str:
    """Read a stretch of text into `reading`. Returns the dialect that it turned out to be in, '' if nothing tells."""
    from bylaw.readers.sql.postgres.reader import read_each, read_whole  # noqa: PLC0415

    name = dialect.lower()
    if name in _POSTGRES:
        if read_whole(stretch, reading):
            return name or marked(stretch.source)
        known, name = name, name or guess(stretch.source)
        if name in _POSTGRES and (name or _TRIGGER_WITH_BODY.search(code_of(stretch.source)) is None):
            read_each(stretch, reading, None if known else _plainly)
            return name
    from bylaw.readers.sql.generic.reader import read_generic  # noqa: PLC0415

    read_generic(stretch, name, reading)
    return name


def _plainly(stretch: Stretch) -> Iterable[Operation]:
    from bylaw.readers.sql.generic.reader import read_plain  # noqa: PLC0415

    return read_plain(stretch)
