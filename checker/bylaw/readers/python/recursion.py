"""Room for recursion as deep as the reader goes into nested code, and no trace of it afterwards."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_FRAMES = 10_000
_lock = threading.Lock()
_state = {"readers": 0, "before": 0}


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Raise Python's recursion limit, which belongs to all threads, for as long as any thread is inside."""
    with _lock:
        if not _state["readers"]:
            _state["before"] = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_state["before"], _FRAMES))
        _state["readers"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["readers"] -= 1
            if not _state["readers"]:
                sys.setrecursionlimit(_state["before"])
