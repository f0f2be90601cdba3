"""Work on a second processor, in a fork of this process that knows all that it knows and costs some milliseconds.

For work of a tenth of a second: pools of worker processes (`bylaw.engine.parallel`) take longer to start.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import takewhile
from typing import TypeVar

Result = TypeVar("Result")
_DONE = b"done"
MOST = 30_000
"""Pieces of work that can be shared out."""
_NUMBER = 2
"""Bytes that the number of a piece of work takes on its way between processes."""


class Queue:
    """Numbers of pieces of work in a pipe that several processes share: whoever is done with one takes the next."""

    def __init__(self) -> None:
        self._taking, self._offering = os.pipe()

    def offer(self, count: int) -> None:
        """Put in the numbers from 0 to below `count`, as far as they fit (30,000 do), and nothing more from here."""
        os.set_blocking(self._offering, False)
        if count:
            os.write(self._offering, b"".join(number.to_bytes(_NUMBER, "big") for number in range(count)))
        os.close(self._offering)

    def taken(self) -> Iterator[int]:
        """Numbers, as long as there are any. They are so short that none is ever torn apart."""
        while len(number := os.read(self._taking, _NUMBER)) == _NUMBER:
            yield int.from_bytes(number, "big")

    def close(self) -> None:
        """Take nothing more from here."""
        os.close(self._taking)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fork() -> bool:
    """Forking is safe while this process has a single thread, on systems whose libraries bear it."""
    return sys.platform == "linux" and threading.active_count() == 1


def in_fork(task: Callable[[], bytes]) -> Callable[[], bytes | None]:
    """Start `task` in a fork, and return what waits for its result.

    The result is None where there is no second processor, or the fork came to grief: then the caller has to do the
    work itself.
    """
    if processors() < 2 or not may_fork():
        return lambda: None
    try:
        reading, writing = os.pipe()
    except OSError:
        return lambda: None
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return lambda: None
    if child == 0:
        _work(task, reading, writing)
    os.close(writing)
    return lambda: _result(child, reading)


def share(
    count: int,
    ours: Callable[[int], Result],
    theirs: Callable[[int], Result],
    kind: type[Result],
    forks: int,
    *,
    begun: Callable[[int], None],
    first: Callable[[], None],
) -> dict[int, Result]:
    """Carry out `count` pieces of work (up to 30,000, numbered from 0) in this process and in forks of it; whoever is
    done with one takes the next. Returns what came of each; those that a fork took into its grave are missing, and
    those that are more than a pipe of this system holds.

    `ours` carries out a piece here, `theirs` in a fork; `kind` is the type of what comes of that, as msgspec encodes
    it. `begun` is called in this process alone, with the number of pieces that somebody has taken. `first` is what
    this process does while the forks have begun.
    """
    import msgspec  # noqa: PLC0415 - the head start forks before anything is loaded

    queue = Queue()
    queue.offer(count)
    parent = os.getpid()

    def in_theirs() -> bytes:
        wanted = takewhile(lambda _: os.getppid() == parent, queue.taken())  # one that is gone waits for nothing
        return msgspec.msgpack.encode({number: theirs(number) for number in wanted})

    waiting = [in_fork(in_theirs) for _ in range(forks)]
    first()
    done: dict[int, Result] = {}
    try:
        for number in queue.taken():
            begun(number + 1)
            done[number] = ours(number)
    finally:
        queue.close()
    for wait in waiting:
        data = wait()
        if data is not None:
            done.update(msgspec.msgpack.decode(data, type=dict[int, kind]))  # type: ignore[valid-type]
    return done


def _work(task: Callable[[], bytes], reading: int, writing: int) -> None:
    """The life of the fork. It ends without the parent's clean-up: buffers and temporary files are not its own."""
    try:
        os.close(reading)  # or nobody would notice that the parent is gone
        with os.fdopen(writing, "wb") as stream:
            stream.write(task() + _DONE)
    finally:
        os._exit(0)


def _result(child: int, reading: int) -> bytes | None:
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    with suppress(ChildProcessError):  # whoever started this process lets it ignore SIGCHLD: nobody is to be waited for
        os.waitpid(child, 0)
    return data.removesuffix(_DONE) if data.endswith(_DONE) else None
