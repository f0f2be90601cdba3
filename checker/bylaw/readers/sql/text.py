"""SQL text in which one character stands for one UTF-8 byte: the parser's offsets are those of strings and of spans."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

import msgspec

from bylaw.facts.migrations import Marker, Operation
from bylaw.source import Span

Place = Callable[[int, int], Span]


def bytewise(content: bytes) -> str:
    """UTF-8 bytes as a string of the same length; NUL, which C strings cannot hold, becomes a sign that no SQL has."""
    return content.decode("latin-1").replace("\0", "\x01")


def readable(text: str) -> str:
    """The characters that a piece of bytewise text stands for."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


class Stretch(msgspec.Struct, frozen=True):
    """Characters `start` to `end` of a bytewise text. `place` makes spans of ranges of it."""

    text: str
    start: int
    end: int
    place: Place

    @property
    def span(self) -> Span:
        return self.place(self.start, self.end)

    @property
    def source(self) -> str:
        return self.text[self.start : self.end]

    def part(self, start: int, end: int) -> Stretch:
        return Stretch(self.text, start, end, self.place)

    def rewritten(self, source: str) -> Stretch:
        """The same stretch with another text of the same length in it."""
        first, place = self.start, self.place
        return Stretch(source, 0, len(source), lambda start, end: place(first + start, first + end))


def by_characters(sql: str, place: Place) -> Stretch:
    """A whole string as a stretch; `place` speaks of characters of the string."""
    if sql.isascii():
        return Stretch(sql.replace("\0", "\x01"), 0, len(sql), place)
    # A lone surrogate has no bytes: it counts as the question mark that it is encoded as.
    content = sql.encode("utf-8", "replace")
    starts = list(accumulate((len(character.encode("utf-8", "replace")) for character in sql), initial=0))

    def by_bytes(start: int, end: int) -> Span:
        return place(bisect_right(starts, start) - 1, bisect_right(starts, end) - 1)

    return Stretch(bytewise(content), 0, len(content), by_bytes)


class Earlier(msgspec.Struct):
    """Texts that ran before another one, in the same migration, and in which functions may be defined. `called`: which
    of those functions, by the number of their text and where they begin in it, had their bodies read.
    """

    texts: list[Stretch] = []
    called: set[tuple[int, int]] = set()


class Reading(msgspec.Struct):
    """What was read so far. `statements`, `blocks` and `within` as in `Migration`. `called`: where the functions begin,
    in the text, whose bodies were read because something calls them.
    """

    operations: list[Operation]
    statements: list[Span]
    blocks: list[Marker]
    called: set[int]
    within: list[Span]
    earlier: Earlier

    @classmethod
    def empty(cls, earlier: Earlier | None = None) -> Reading:
        return cls([], [], [], set(), [], earlier or Earlier())

    def inner(self) -> Reading:
        """An empty one for text inside of what is read, which calls no function a second time."""
        return Reading([], [], [], self.called, self.within, self.earlier)
