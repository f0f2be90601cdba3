"""SQL text in which one character stands for one UTF-8 byte, so that the parser's offsets are those of strings and of spans."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from bylaw.facts.migrations import Marker, Operation
from bylaw.source import Span

Place = Callable[[int, int], Span]


def bytewise(content: bytes) -> str:
    """UTF-8 bytes as a string of the same length; NUL, which C strings cannot hold, becomes a character that no SQL has."""
    return content.decode("latin-1").replace("\0", "\x01")


def readable(text: str) -> str:
    """The characters that a piece of bytewise text stands for."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def by_characters(sql: str, place: Place) -> tuple[str, Place]:
    """The bytewise form of a string, and `place` for byte offsets where it was for character offsets."""
    if sql.isascii():
        return sql.replace("\0", "\x01"), place
    clean = sql.encode("utf-8", "replace")
    starts = list(accumulate((len(character.encode("utf-8", "replace")) for character in sql), initial=0))

    def by_bytes(start: int, end: int) -> Span:
        return place(bisect_right(starts, start) - 1, bisect_right(starts, end) - 1)

    return bytewise(clean), by_bytes


@dataclass
class Reading:
    """What was read so far. `statements` and `blocks` as in `Migration`."""

    operations: list[Operation]
    statements: list[Span]
    blocks: list[Marker]

    @classmethod
    def empty(cls) -> Reading:
        return cls([], [], [])
