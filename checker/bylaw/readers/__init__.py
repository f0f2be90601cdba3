"""Readers: one file in, its facts out. Only this package and `bylaw.edits` know a parser."""

from __future__ import annotations

from bylaw.facts.file import FileFacts
from bylaw.readers.encoding import NotText, to_utf8

READER_VERSION = 143
"""Part of every cache key: raise it when a reader finds other facts in the same bytes."""

SUFFIXES = (".py", ".sql")


def read_file(path: str, content: bytes) -> FileFacts:
    """The facts of one file by its suffix. `path` is relative to the root, posix. Never raises for any content."""
    if path.endswith(".sql"):
        from bylaw.readers import sql  # noqa: PLC0415

        return sql.read(path, content)
    from bylaw.readers import python  # noqa: PLC0415

    return python.read(path, content)


def as_read(path: str, content: bytes) -> bytes:
    """The UTF-8 text that a reader saw, and that every span of the file's facts speaks of."""
    if path.endswith(".sql"):
        return content
    try:
        return to_utf8(content)
    except NotText:
        return content
