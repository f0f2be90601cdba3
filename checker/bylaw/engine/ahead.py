"""A head start: while the command line is still being loaded, a fork reads the few files that have changed.

The record of the last run (`bylaw.engine.replay`) names them before anything else of this program is there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable

from bylaw.engine.forking import in_fork

_MOST_FILES = 20
_MOST_BYTES = 400_000
_SUFFIXES = (".py", ".sql")

_started: dict[str, tuple[frozenset[str], Callable[[], bytes | None]]] = {}
"""By root: the paths that a fork reads, and what waits for it."""


def start(root: str, changed: Iterable[str]) -> None:
    """Have the changed files below `root` read by a fork, if they are few and small. All paths are absolute."""
    below = root.rstrip("/") + "/"
    paths = [path.removeprefix(below) for path in changed if path.startswith(below) and path.endswith(_SUFFIXES)]
    try:
        found = [os.lstat(below + path) for path in paths]
    except OSError:
        return
    if not all(stat.S_ISREG(status.st_mode) for status in found):
        return  # a pipe or a device would be read for ever
    size = sum(status.st_size for status in found)
    if 0 < len(paths) <= _MOST_FILES and size <= _MOST_BYTES:
        _started[root] = (frozenset(paths), in_fork(lambda: _read(root, paths)))


def answer(root: str, paths: Collection[str]) -> Callable[[], bytes | None] | None:
    """What waits for the fork that reads these files (and perhaps others), given from the root; None without one.

    It gives what `bylaw.engine.jobs.read_early` found, in msgpack, or None where the fork came to grief.
    """
    asked, waiting = _started.pop(root, (frozenset(), None))
    return waiting if paths and asked.issuperset(paths) else None


def _read(root: str, paths: list[str]) -> bytes:
    import msgspec  # noqa: PLC0415 - in the fork alone

    from bylaw.engine.jobs import read_early  # noqa: PLC0415

    return msgspec.msgpack.encode([*read_early(root, [(path, b"") for path in paths])])
