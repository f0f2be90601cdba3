"""Times whole processes, and says what the times mean as ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNS = 5


@dataclass(frozen=True)
class Timing:
    """Wall seconds of several runs of one command, and the peak memory (MB) of its largest process."""

    seconds: tuple[float, ...]
    memory: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def measure(command: list[str], folder: Path, runs: int = RUNS, before: Callable[[], None] | None = None) -> Timing:
    """Run a command several times in a folder; `before` prepares each run and is not timed."""
    seconds = []
    memory = 0.0
    for _ in range(runs):
        if before is not None:
            before()
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - start)
        memory = max(memory, usage.ru_maxrss / 1024)
        process.returncode = 0
    return Timing(tuple(seconds), memory)


def table(timings: Mapping[str, Timing]) -> str:
    """Timings as a Markdown table."""
    rows = [
        f"| {what} | {t.median:.3f} | {min(t.seconds):.3f}–{max(t.seconds):.3f} | {t.memory:.0f} |"
        for what, t in timings.items()
    ]
    return "\n".join(["| command | seconds | lowest–highest | peak MB |\n|---|---|---|---|", *rows])


def times(timings: Mapping[str, Timing], ours: str, theirs: str) -> str:
    """How many times as long one command takes as another."""
    return f"{timings[ours].median / timings[theirs].median:.1f} ×"
