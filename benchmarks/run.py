"""Times bylaw against ruff and Fixit on pinned public code, in one run on one machine, and writes docs/performance.md.

    python benchmarks/run.py            # everything; downloads about 10 MB of wheels once
    python benchmarks/run.py --no-fixit # without the peer that takes minutes

The interpreter needs bylaw, ruff and fixit (`pip install -e . fixit`).
Absolute times mean little on another machine, the ratios do.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / ".data"
BIN = Path(sys.executable).parent
WHEELS = {"label-studio": "1.23.2", "apache-airflow-core": "3.3.2"}
RUNS = 5


@dataclass(frozen=True)
class Timing:
    """Wall seconds of several runs of one command, and the peak memory (MB) of its largest process."""

    seconds: tuple[float, ...]
    memory: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def fetch(name: str) -> Path:
    """The Python and SQL files of a pinned wheel, unpacked once."""
    target = DATA / f"{name}-{WHEELS[name]}"
    if not target.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*command, f"{name}=={WHEELS[name]}"], check=True)
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                members = [member for member in wheel.namelist() if member.endswith((".py", ".sql"))]
                wheel.extractall(target, members)
    return target


def lines_of(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.rglob("*.py"))


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


def bench(folder: Path, *, with_fixit: bool) -> dict[str, Timing]:
    """All timings on one copy of the code."""
    bylaw = [str(BIN / "bylaw"), "check", "--exit-zero"]
    ruff = [str(BIN / "ruff"), "check", "--isolated", "--exit-zero", "--quiet"]
    cache = Path(os.environ["BYLAW_CACHE_DIR"])
    changed = max(folder.rglob("*.py"), key=lambda file: file.stat().st_size)

    def forget() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    def settle() -> None:
        time.sleep(0.2)

    def touch() -> None:
        changed.write_bytes(changed.read_bytes() + b"\n")
        settle()

    results = {
        "bylaw, cold": measure(bylaw, folder, before=forget),
        "ruff, cold": measure([*ruff, "--no-cache"], folder),
    }
    measure(bylaw, folder, 2, settle)
    measure(ruff, folder, 1)
    results["bylaw, unchanged"] = measure(bylaw, folder, 2 * RUNS)
    results["ruff, unchanged"] = measure(ruff, folder, 2 * RUNS)
    results["bylaw, one file changed"] = measure(bylaw, folder, before=touch)
    if with_fixit:
        results["fixit, default rules"] = measure([str(BIN / "fixit"), "--quiet", "lint", "."], folder, 1)
    return results


def scaling(folder: Path) -> list[tuple[int, float]]:
    """Lines and cold seconds for one to four copies of the same code: linear time grows by equal steps."""
    points = []
    for copies in (1, 2, 3, 4):
        with tempfile.TemporaryDirectory() as name:
            for number in range(copies):
                shutil.copytree(folder, Path(name) / f"part{number}")
            timing = measure([str(BIN / "bylaw"), "check", "--exit-zero", "--no-cache"], Path(name), 3)
            points.append((copies * lines_of(folder), timing.median))
    return points


def report(results: dict[str, tuple[int, dict[str, Timing]]], points: list[tuple[int, float]]) -> str:
    """The page docs/performance.md."""
    peers = ", ".join(f"{name} {version(name)}" for name in ("bylaw", "ruff", "fixit") if _installed(name))
    parts = [
        "# Performance\n",
        "Written by `python benchmarks/run.py`; run it again to check. Wall time of whole processes, median of "
        f"{RUNS} runs (Fixit: one), everything in one session on one machine: {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {peers}.\n",
        "bylaw runs with no configuration (the preset `recommended`), which includes one run of ruff only where a "
        "delegated rule is on. Memory is the peak of the largest single process.\n",
    ]
    for name, (lines, timings) in results.items():
        parts.append(f"\n## {name} {WHEELS[name]}: {lines:,} lines of Python\n")
        parts.append("| command | seconds | lowest–highest | peak MB |\n|---|---|---|---|")
        parts += [
            f"| {what} | {t.median:.3f} | {min(t.seconds):.3f}–{max(t.seconds):.3f} | {t.memory:.0f} |"
            for what, t in timings.items()
        ]
        parts.append("\n" + ratios(timings))
    first_lines, first_seconds = points[0]
    parts.append("\n## Growth\n\nThe same code once to four times, cold, without a cache.\n")
    parts.append("| lines | seconds | seconds per 100,000 lines | against the first |\n|---|---|---|---|")
    for lines, seconds in points:
        each = seconds / lines * 100_000
        parts.append(
            f"| {lines:,} | {seconds:.2f} | {each:.2f} | {each / (first_seconds / first_lines * 100_000):.2f} × |"
        )
    return "\n".join(parts) + "\n"


def ratios(timings: dict[str, Timing]) -> str:
    """What the table means, as ratios."""
    cold, warm = timings["bylaw, cold"].median, timings["bylaw, unchanged"].median
    said = [
        f"- cold: {cold / timings['ruff, cold'].median:.1f} × ruff's time",
        f"- unchanged: {warm / timings['ruff, unchanged'].median:.2f} × ruff's time",
    ]
    if "fixit, default rules" in timings:
        said.insert(
            0, f"- cold: {timings['fixit, default rules'].median / cold:.0f} times as fast as Fixit's default rules"
        )
    return "\n".join(said)


def _installed(name: str) -> bool:
    try:
        version(name)
    except ImportError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-fixit", action="store_true", help="leave out the peer that takes minutes")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["BYLAW_CACHE_DIR"] = str(Path(scratch) / "cache")
        for name in WHEELS:
            copy = Path(shutil.copytree(fetch(name), Path(scratch) / name))
            results[name] = (lines_of(copy), bench(copy, with_fixit=not arguments.no_fixit))
        points = scaling(fetch("label-studio"))
    page = report(results, points)
    arguments.output.write_text(page, "utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
