"""Work on a second processor, in a fork of this process that knows all that it knows and costs some milliseconds.

For work of a tenth of a second: pools of worker processes (`bylaw.engine.parallel`) take longer to start.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO, TypeVar

Result = TypeVar("Result")
_DONE = b"done"
_LENGTH = 4
"""Bytes in front of a piece, which say how many bytes it has."""
_ROOM = 1_000_000
"""Bytes of pieces that nobody has taken yet."""
MOST = 30_000
"""Pieces of work that can be shared out."""
_NUMBER = 2
"""Bytes that the number of a piece of work takes on its way between processes."""


class Queue:
    """Numbers of pieces of work in a pipe that several processes share: whoever is done with one takes the next."""

    def __init__(self) -> None:
        self._maker = os.getpid()
        self._taking, self._offering = os.pipe()

    def offer(self, count: int) -> None:
        """Put in the numbers from 0 to below `count`, as far as they fit (30,000 do), and nothing more from here."""
        os.set_blocking(self._offering, False)
        if count:
            os.write(self._offering, b"".join(number.to_bytes(_NUMBER, "big") for number in range(count)))
        os.close(self._offering)

    def taken(self) -> Iterator[int]:
        """Numbers, as long as there are any; a fork takes none once the process that made the queue is gone.

        They are so short that none is ever torn apart.
        """
        while self._is_wanted() and len(number := os.read(self._taking, _NUMBER)) == _NUMBER:
            yield int.from_bytes(number, "big")

    def close(self) -> None:
        """Take nothing more from here."""
        os.close(self._taking)

    def _is_wanted(self) -> bool:
        return self._maker in (os.getpid(), os.getppid())


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
    forked = _forked(lambda stream: stream.write(task() + _DONE))

    def result() -> bytes | None:
        data = b"" if forked is None else _result(*forked)
        return data.removesuffix(_DONE) if data.endswith(_DONE) else None

    return result


class Pieces:
    """What a fork hands over piece by piece, while it still works; nothing where it cannot be started.

    `task` is called in the fork with the function that hands over a piece. Whole pieces count even of a fork that comes
    to grief later.
    """

    def __init__(self, task: Callable[[Callable[[bytes], None]], None]) -> None:
        self._forked = _forked(lambda stream: task(partial(_hand_over, stream)))
        self._arrived = bytearray()
        if self._forked is not None:
            os.set_blocking(self._forked[1], False)
            _widen(self._forked[1])

    def arrived(self) -> Iterator[bytes]:
        """What has come since it was asked last."""
        if self._forked is not None:
            with suppress(BlockingIOError):
                while data := os.read(self._forked[1], _ROOM):
                    self._arrived += data
        return self._whole()

    def rest(self) -> Iterator[bytes]:
        """Waits for all that is still to come."""
        if self._forked is not None:
            os.set_blocking(self._forked[1], True)
            self._arrived += _result(*self._forked)
            self._forked = None
        return self._whole()

    def _whole(self) -> Iterator[bytes]:
        at = 0
        while (end := at + _LENGTH + int.from_bytes(self._arrived[at : at + _LENGTH], "big")) <= len(self._arrived):
            yield bytes(self._arrived[at + _LENGTH : end])
            at = end
        del self._arrived[:at]


def _hand_over(stream: BinaryIO, piece: bytes) -> None:
    stream.write(len(piece).to_bytes(_LENGTH, "big") + piece)
    stream.flush()


def _widen(pipe: int) -> None:
    """Let a fork hand over much before anybody takes it. Where the system has no such pipes, the fork waits."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ROOM)
    except (ImportError, AttributeError, OSError):
        return


def _forked(task: Callable[[BinaryIO], object]) -> tuple[int, int] | None:
    """Start a fork that writes into a pipe. Its number and the end to read from; None where that is not to be had."""
    if processors() < 2 or not may_fork():
        return None
    try:
        reading, writing = os.pipe()
    except OSError:
        return None
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if child == 0:
        _work(task, reading, writing)
    os.close(writing)
    return child, reading


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

    def in_theirs() -> bytes:
        return msgspec.msgpack.encode({number: theirs(number) for number in queue.taken()})

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


def _work(task: Callable[[BinaryIO], object], reading: int, writing: int) -> None:
    """The life of the fork. It ends without the parent's clean-up: buffers and temporary files are not its own."""
    try:
        os.close(reading)  # or nobody would notice that the parent is gone
        with os.fdopen(writing, "wb") as stream:
            task(stream)
    finally:
        os._exit(0)


def _result(child: int, reading: int) -> bytes:
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    with suppress(ChildProcessError):  # whoever started this process lets it ignore SIGCHLD: nobody is to be waited for
        os.waitpid(child, 0)
    return data
