"""A head start for a project of which nothing is stored: a fork finds its files and begins to read them, while the
command line is still being loaded. Once that is there, this process reads with it.

Who reads which file is settled by a queue of numbers. They stand for paths, in an order that the fork leaves in memory
that both share.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bylaw.engine.forking import MOST, Pieces, Queue, may_fork, processors
from bylaw.engine.stored import cache_folder, project_file

if TYPE_CHECKING:
    from bylaw.engine.jobs import Early

_ROOM = 4_000_000
"""Bytes for the paths of a project; one that needs more is read without a head start."""
_LENGTH = 4
"""Bytes in front of the paths, which say how many bytes these take."""

_begun: dict[Path, HeadStart] = {}
"""By root."""


class HeadStart:
    """A fork that reads a project, and in time this process and others with it."""

    def __init__(self, root: Path, exclude: tuple[str, ...]) -> None:
        self._root = root
        self._queue = Queue()
        self._order = mmap.mmap(-1, _ROOM)
        self._forks = [Pieces(partial(self._find_and_read, exclude))]
        self._queue.offer(0)

    def join(self, others: int) -> Iterator[str]:
        """The paths that this process is to read, while the fork and `others` like it read the rest."""
        paths: list[str] = []
        for number in self._queue.taken():
            if not paths:
                paths += self._paths()
                self._forks += [Pieces(partial(self._read, paths)) for _ in range(others)]
            yield paths[number]

    def found(self) -> Iterator[Early]:
        """What the forks have found since this was asked last."""
        return _decoded(fork.arrived() for fork in self._forks)

    def rest(self) -> Iterator[Early]:
        """Waits for all that they are still to find. This process takes no more paths."""
        self._queue.close()
        return _decoded(fork.rest() for fork in self._forks)

    def _find_and_read(self, exclude: tuple[str, ...], hand_over: Callable[[bytes], None]) -> None:
        from bylaw.engine.discovery import discover  # noqa: PLC0415 - in the fork alone
        from bylaw.settings import Settings  # noqa: PLC0415

        files = discover(self._root, Settings(exclude=exclude)).files
        paths = sorted(files, key=lambda path: -files[path].size)[:MOST]  # all end together when the largest come first
        data = msgspec.msgpack.encode(paths)
        if len(data) + _LENGTH > _ROOM:
            return
        self._order[: _LENGTH + len(data)] = len(data).to_bytes(_LENGTH, "big") + data
        self._queue.offer(len(paths))
        self._read(paths, hand_over)

    def _read(self, paths: list[str], hand_over: Callable[[bytes], None]) -> None:
        from bylaw.engine.jobs import read_early  # noqa: PLC0415 - not before the paths are known

        for early in read_early(str(self._root), ((paths[number], b"") for number in self._queue.taken())):
            hand_over(msgspec.msgpack.encode(early))

    def _paths(self) -> list[str]:
        length = int.from_bytes(self._order[:_LENGTH], "big")
        return msgspec.msgpack.decode(self._order[_LENGTH : _LENGTH + length], type=list[str])


def _decoded(pieces: Iterable[Iterable[bytes]]) -> Iterator[Early]:
    from bylaw.engine.jobs import Early  # noqa: PLC0415 - not before anything is found

    decoder = msgspec.msgpack.Decoder(Early)
    return map(decoder.decode, chain.from_iterable(pieces))


def begin(root: Path, exclude: object, *, cached: bool) -> None:
    """Have the project at `root` (absolute) read by a fork, if its facts are not stored.

    `exclude` is what the configuration says under that name, which nobody has looked at yet; `cached`: stored facts
    count.
    """
    if processors() < 2 or not may_fork() or (cached and _is_stored(root)):
        return
    patterns = exclude if isinstance(exclude, list) else []
    _begun[root] = HeadStart(root, tuple(pattern for pattern in patterns if isinstance(pattern, str)))


def head_start(root: Path) -> HeadStart | None:
    """The head start that was made with a project, once."""
    return _begun.pop(root, None)


def _is_stored(root: Path) -> bool:
    folder = cache_folder()
    return folder is not None and project_file(folder, root, ".facts").exists()
