"""SQL text to operations, whatever the dialect."""

from __future__ import annotations

from bylaw.facts.migrations import Operation
from bylaw.readers.sql.dialects import guess, marked
from bylaw.readers.sql.text import Place, Reading, by_characters

_POSTGRES = frozenset({"", "postgres", "postgresql", "cockroachdb", "redshift", "psycopg2", "psycopg", "asyncpg", "greenplum", "timescaledb"})


def operations(sql: str, dialect: str, place: Place) -> tuple[Operation, ...]:
    """The operations of all statements of a text, in order. Never raises.

    `place` makes a span of character offsets in `sql`. `dialect` is a name such as postgres, mysql, sqlite; '' where it is not known:
    PostgreSQL is tried then, and what the text itself says. A statement that cannot be understood becomes an UnreadOperation.
    Bind parameters (`:name`, `%s`, `%(name)s`) may stand wherever a value may.
    """
    text, by_bytes = by_characters(sql, place)
    reading = Reading.empty()
    read(text, 0, len(text), dialect, by_bytes, reading)
    return tuple(reading.operations)


def read(text: str, start: int, end: int, dialect: str, place: Place, reading: Reading) -> str:
    """Read a range of bytewise text into `reading`. Returns the dialect that the text turned out to be in, '' where nothing tells."""
    from bylaw.readers.sql.postgres.reader import read_each, read_whole  # noqa: PLC0415

    name = dialect.lower()
    if name in _POSTGRES:
        if read_whole(text, start, end, place, reading):
            return dialect or marked(text[start:end])
        name = guess(text[start:end]) if not name else "postgres"
        if name in {"", "postgres"}:
            read_each(text, start, end, place, reading)
            return name
    from bylaw.readers.sql.generic.reader import read_generic  # noqa: PLC0415

    read_generic(text, start, end, name, place, reading)
    return name
