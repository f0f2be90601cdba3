"""Work on a second processor, in a fork of this process that knows all that it knows and costs some milliseconds.

For work of a tenth of a second: pools of worker processes (`bylaw.engine.reading`) take longer to start.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import takewhile

_DONE = b"done"
_NUMBER = 2
_LENGTH = 8
"""Bytes that a number, and a length, take on their way between processes."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fork() -> bool:
    """Forking is safe while this process has a single thread, on systems whose libraries bear it."""
    return sys.platform == "linux" and threading.active_count() == 1


def beside(task: Callable[[], bytes]) -> Callable[[], bytes | None]:
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


def share(count: int, work: Callable[[int], bytes], forks: int, begun: Callable[[int], None]) -> dict[int, bytes]:
    """Carry out `count` pieces of work (up to 30,000, numbered from 0) in this process and in forks of it; whoever is
    done with one takes the next. Returns what came of each; those that a fork took into its grave are missing, and
    those that are more than a pipe of this system holds.

    `begun` is called in this process alone, with the number of pieces that somebody has taken.
    """
    taking, offering = os.pipe()
    os.set_blocking(offering, False)
    os.write(offering, b"".join(number.to_bytes(_NUMBER, "big") for number in range(count)))
    os.close(offering)
    parent = os.getpid()

    def theirs() -> bytes:
        wanted = takewhile(lambda _: os.getppid() == parent, _taken(taking))  # one that is gone waits for nothing
        return b"".join(_framed(number, work(number)) for number in wanted)

    waiting = [beside(theirs) for _ in range(forks)]
    done: dict[int, bytes] = {}
    try:
        for number in _taken(taking):
            begun(number + 1)
            done[number] = work(number)
    finally:
        os.close(taking)
    for wait in waiting:
        done.update(_unframed(wait() or b""))
    return done


def _taken(taking: int) -> Iterator[int]:
    """Numbers out of the pipe that all share. They are so short that none is ever torn apart."""
    while len(number := os.read(taking, _NUMBER)) == _NUMBER:
        yield int.from_bytes(number, "big")


def _framed(number: int, data: bytes) -> bytes:
    return number.to_bytes(_NUMBER, "big") + len(data).to_bytes(_LENGTH, "big") + data


def _unframed(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        start = at + _NUMBER + _LENGTH
        end = start + int.from_bytes(data[at + _NUMBER : start], "big")
        yield int.from_bytes(data[at : at + _NUMBER], "big"), data[start:end]
        at = end


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
