"""A progress bar on standard error, for a person who waits longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bylaw.cli.output import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 1.0
"""Seconds before the bar appears."""


@contextmanager
def progress(*, wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A callback for the numbers of files read and of all files; None where nobody would see it."""
    if not wanted or not is_terminal(sys.stderr):
        yield None
        return
    shown = _Shown()
    try:
        yield shown.advance
    finally:
        shown.close()


class _Shown:
    def __init__(self) -> None:
        self.started = time.monotonic()
        self.bar: Bar | None = None
        self.task: TaskID | None = None

    def advance(self, done: int, total: int) -> None:
        if self.bar is None:
            if time.monotonic() - self.started < PATIENCE or done >= total:
                return
            self._open(total)
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=done)

    def _open(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415 - only a slow run at a terminal needs it
        from rich.progress import Progress  # noqa: PLC0415

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("reading", total=total)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
