"""A set of fixes applied in memory, and where every place of the old text went."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bylaw.diagnostics import Diagnostic, Replace
from bylaw.edits import Resolver, apply
from bylaw.edits.encoding import encoded
from bylaw.source import Location


class OffsetMap:
    """Old offsets of one file to new ones. A replaced stretch is one cell: all places in it go to the cell's start."""

    def __init__(self, replaces: Sequence[Replace]) -> None:
        self._old: list[tuple[int, int]] = []
        self._new: list[tuple[int, int]] = []
        shift = 0
        for replace in replaces:
            start, end = replace.span.start, replace.span.end
            length = len(replace.content.encode())
            self._old.append((start, end))
            self._new.append((start + shift, start + shift + length))
            shift += length - (end - start)

    def moved(self, offset: int) -> int:
        """Where an old offset is now; what stands right at an insertion moves behind it."""
        index = bisect_right(self._old, offset, key=lambda stretch: stretch[0]) - 1
        if index < 0:
            return offset
        end = self._old[index][1]
        return self._new[index][0] if offset < end else offset - end + self._new[index][1]

    def cell(self, offset: int) -> int:
        """A new offset, or the start of the replaced stretch that it lies in."""
        index = bisect_right(self._new, offset, key=lambda stretch: stretch[0]) - 1
        if index >= 0 and offset < self._new[index][1] and self._old[index][0] < self._old[index][1]:
            return self._new[index][0]
        return offset


@dataclass(frozen=True)
class Trial:
    """Files after some fixes. `texts` are UTF-8, `contents` the files' bytes; both hold the changed files only."""

    texts: Mapping[str, bytes]
    contents: Mapping[str, bytes]
    offsets: Mapping[str, OffsetMap]

    def moved(self, location: Location) -> tuple[str, int]:
        """Path and new start of a place in the old text."""
        offsets = self.offsets.get(location.path)
        start = location.span.start
        return location.path, offsets.moved(start) if offsets is not None else start

    def cell(self, location: Location) -> tuple[str, int]:
        """Path and start of a place in the new text, comparable with `moved`."""
        offsets = self.offsets.get(location.path)
        start = location.span.start
        return location.path, offsets.cell(start) if offsets is not None else start


def attempt(
    fixed: Sequence[Diagnostic], load: Callable[[str], bytes], original: Callable[[str], bytes], resolver: Resolver
) -> Trial:
    """Apply the fixes of the diagnostics together. `load` gives the present text, `original` a file's first bytes.

    Raises EditError when they cannot be applied together.
    """
    edits = [edit for diagnostic in fixed if diagnostic.fix is not None for edit in diagnostic.fix.edits]
    by_path: dict[str, list[Replace]] = {}
    for replace in resolver.resolve(edits):
        by_path.setdefault(replace.path, []).append(replace)
    texts = {path: apply(load(path), replaces) for path, replaces in by_path.items()}
    contents = {path: encoded(path, original(path), text) for path, text in texts.items()}
    return Trial(texts, contents, {path: OffsetMap(replaces) for path, replaces in by_path.items()})
