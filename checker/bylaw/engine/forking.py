"""Work on a second processor, in a fork of this process that knows all that it knows and costs some milliseconds.

For work of a tenth of a second: pools of worker processes (`bylaw.engine.reading`) take longer to start.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

_DONE = b"done"


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
        child = os.fork()
    except OSError:
        return lambda: None
    if child == 0:
        _work(task, writing)
    os.close(writing)
    return lambda: _result(child, reading)


def _work(task: Callable[[], bytes], writing: int) -> None:
    """The life of the fork. It ends without the parent's clean-up: buffers and temporary files are not its own."""
    try:
        with os.fdopen(writing, "wb") as stream:
            stream.write(task() + _DONE)
    finally:
        os._exit(0)


def _result(child: int, reading: int) -> bytes | None:
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    return data.removesuffix(_DONE) if data.endswith(_DONE) else None
