"""A head start for a project of which nothing is stored: its files are found at once, and forks begin to read them
while the command line is still being loaded. Once that is there, this process reads with them.

Who reads which file is settled by a queue of numbers, which stand for paths in an order that all of them know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bylaw.engine.forking import MOST, Pieces, Queue, may_fork, processors
from bylaw.engine.stored import cache_folder, project_file

if TYPE_CHECKING:
    from bylaw.engine.discovery import Discovery
    from bylaw.engine.jobs import Early
    from bylaw.settings import Settings

_begun: dict[Path, HeadStart] = {}
"""By root."""


class HeadStart:
    """Forks that read a project, and in time this process with them."""

    def __init__(self, root: Path, settings: Settings, discovery: Discovery) -> None:
        from bylaw.engine.jobs import workers  # noqa: PLC0415 - not where no head start is made

        self._root = root
        self.settings = settings
        self.discovery = discovery
        files = discovery.files
        self._paths = sorted(files, key=lambda path: -files[path].size)[:MOST]  # then all of them end together
        readers = workers(sum(file.size for file in files.values()))
        if readers > 1 and any(path.endswith(".py") for path in self._paths):
            import bylaw.readers.python  # noqa: F401, PLC0415 - once, for this process and the forks
        self._queue = Queue()
        self._queue.offer(len(self._paths))
        self._forks = [Pieces(self._read) for _ in range(max(1, readers - 1))]

    def taken(self) -> Iterator[str]:
        """The paths that this process is to read, while the forks read the rest."""
        return (self._paths[number] for number in self._queue.taken())

    def found(self) -> Iterator[Early]:
        """What the forks have found since this was asked last."""
        return _decoded(fork.arrived() for fork in self._forks)

    def rest(self) -> Iterator[Early]:
        """Waits for all that they are still to find. This process takes no more paths."""
        self._queue.close()
        return _decoded(fork.rest() for fork in self._forks)

    def _read(self, hand_over: Callable[[bytes], None]) -> None:
        from bylaw.engine.jobs import read_early  # noqa: PLC0415 - is there already

        for early in read_early(str(self._root), ((path, b"") for path in self.taken())):
            hand_over(msgspec.msgpack.encode(early))


def _decoded(pieces: Iterable[Iterable[bytes]]) -> Iterator[Early]:
    from bylaw.engine.jobs import Early  # noqa: PLC0415 - not before anything is found

    decoder = msgspec.msgpack.Decoder(Early)
    return map(decoder.decode, chain.from_iterable(pieces))


def begin(root: Path, exclude: object, *, cached: bool) -> None:
    """Have the project at `root` (absolute) read by forks, if its facts are not stored.

    `exclude` is what the configuration says under that name, which nobody has looked at yet; `cached`: stored facts
    count.
    """
    if processors() < 2 or not may_fork() or (cached and _is_stored(root)):
        return
    from bylaw.engine.discovery import find  # noqa: PLC0415 - not where no head start is made
    from bylaw.settings import Settings  # noqa: PLC0415

    patterns = exclude if isinstance(exclude, list) else []
    settings = Settings(exclude=tuple(pattern for pattern in patterns if isinstance(pattern, str)))
    with suppress(ValueError):  # a pattern that is none: whoever reads the configuration says so
        _begun[root] = HeadStart(root, settings, find(root, settings, cached=cached))


def head_start(root: Path) -> HeadStart | None:
    """The head start that was made with a project, once."""
    return _begun.pop(root, None)


def found_already(root: Path, settings: Settings) -> Discovery | None:
    """The files of a project that a head start was made with, where it knew all of the settings that they depend on."""
    begun = _begun.get(root)
    if begun is None or (begun.settings.exclude, begun.settings.max_file_size) != (
        settings.exclude, settings.max_file_size
    ):  # fmt: skip
        return None
    return begun.discovery


def _is_stored(root: Path) -> bool:
    folder = cache_folder()
    return folder is not None and project_file(folder, root, ".facts").exists()
