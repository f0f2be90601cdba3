"""Where things stand in a file: byte spans, and the lines and columns computed from them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate

import msgspec

Load = Callable[[str], bytes]
"""Gives the UTF-8 content of a file by path; raises OSError or LookupError when there is none."""


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A half-open range of UTF-8 byte offsets, 0-based, in the text that a reader was given."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


class Location(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A span in one file. `path` is relative to the project root, with forward slashes."""

    path: str
    span: Span


class Position(msgspec.Struct, frozen=True, gc=False, order=True):
    """A place as people count it: line and column are 1-based, a column counts characters."""

    line: int
    column: int


class SourceText:
    """The UTF-8 text of one file, with its lines. `path` is relative to the root, posix."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content

    @cached_property
    def line_starts(self) -> list[int]:
        """Byte offset at which each line starts; a line ends with LF, CRLF included."""
        starts = [0, *accumulate([len(line) + 1 for line in self.content.split(b"\n")])]
        starts.pop()  # behind the end: the last line has no LF
        return starts

    def position(self, offset: int) -> Position:
        """Line and column (1-based, in characters) of a byte offset; an offset past the end means the end."""
        offset = max(0, min(offset, len(self.content)))
        line = bisect_right(self.line_starts, offset)
        start = self.line_starts[line - 1]
        return Position(line, len(self.content[start:offset].decode("utf-8", "replace")) + 1)

    def line_text(self, line: int) -> str:
        """The text of a 1-based line without its line ending; empty when there is no such line."""
        if not 1 <= line <= len(self.line_starts):
            return ""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.content)
        return self.content[start:end].decode("utf-8", "replace").rstrip("\r\n")

    def slice(self, span: Span) -> str:
        return self.content[span.start : span.end].decode("utf-8", "replace")


def shared_parts(one: str, other: str, separator: str = ".") -> int:
    """How many leading parts two dotted names, or two paths, have in common."""
    count = 0
    for left, right in zip(one.split(separator), other.split(separator), strict=False):
        if left != right:
            break
        count += 1
    return count
