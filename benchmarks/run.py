"""Times bylaw against ruff, Fixit and squawk, in one run on one machine, and writes docs/performance.md.

    python benchmarks/run.py            # everything; downloads about 60 MB of wheels once
    python benchmarks/run.py --no-fixit # without the peer that takes minutes

The interpreter needs bylaw and its peers, installed as usual (`pip install . ruff fixit squawk-cli`).
Absolute times mean little on another machine, the ratios do.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from data import BACKENDS, REVISIONS, SQL_FILES, revisions, sql_migrations, wheel
from measuring import RUNS, measure, table, times

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
CHECK = [str(BIN / "bylaw"), "check", "--exit-zero"]
BY_HAND = ("<!-- by hand -->", "<!-- end -->")
RUFF = [str(BIN / "ruff"), "check", "--isolated", "--exit-zero", "--quiet"]


def lines_of(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.rglob("*.py"))


def forget() -> None:
    """As if bylaw had never been here."""
    shutil.rmtree(os.environ["BYLAW_CACHE_DIR"], ignore_errors=True)


def settle() -> None:
    """What was written a moment ago is not trusted to stay."""
    time.sleep(0.2)


def backend(name: str, copy: Path, *, with_fixit: bool) -> Iterator[str]:
    """One Python backend: cold, unchanged, and with one file changed."""
    changed = max(copy.rglob("*.py"), key=lambda file: file.stat().st_size)

    def touch() -> None:
        changed.write_bytes(changed.read_bytes() + b"\n")
        settle()

    timings = {
        "bylaw, cold": measure(CHECK, copy, before=forget),
        "ruff, cold": measure([*RUFF, "--no-cache"], copy),
    }
    measure(CHECK, copy, 2, settle)
    measure(RUFF, copy, 1)
    timings["bylaw, unchanged"] = measure(CHECK, copy, 2 * RUNS)
    timings["ruff, unchanged"] = measure(RUFF, copy, 2 * RUNS)
    timings["bylaw, one file changed"] = measure(CHECK, copy, before=touch)
    if with_fixit:
        timings["fixit, default rules"] = measure([str(BIN / "fixit"), "--quiet", "lint", "."], copy, 1)
    yield f"\n## {name} {BACKENDS[name]}: {lines_of(copy):,} lines of Python\n"
    yield table(timings) + "\n"
    if with_fixit:
        faster = timings["fixit, default rules"].median / timings["bylaw, cold"].median
        yield f"- cold: {faster:.0f} times as fast as Fixit's default rules"
    yield f"- cold: {times(timings, 'bylaw, cold', 'ruff, cold')} ruff's time"
    yield f"- unchanged: {times(timings, 'bylaw, unchanged', 'ruff, unchanged')} ruff's time"


def sql(scratch: Path) -> Iterator[str]:
    """Numbered SQL migrations, against squawk."""
    statements = sql_migrations(scratch / "migrations")
    files = sorted(str(file.relative_to(scratch)) for file in (scratch / "migrations").glob("*.sql"))
    timings = {"bylaw, cold": measure(CHECK, scratch, before=forget)}
    measure(CHECK, scratch, 2, settle)
    timings["bylaw, unchanged"] = measure(CHECK, scratch, 2 * RUNS)
    timings["squawk"] = measure([str(BIN / "squawk"), *files], scratch, 2 * RUNS)
    yield f"\n## SQL migrations: {SQL_FILES} files, {statements:,} statements\n"
    yield "Made by rule: tables, columns, indexes, constraints, views, types, functions, triggers, changes of rows.\n"
    yield table(timings) + "\n"
    yield f"- cold: {times(timings, 'bylaw, cold', 'squawk')} squawk's time"
    yield f"- unchanged: {times(timings, 'bylaw, unchanged', 'squawk')} squawk's time"


def alembic(scratch: Path) -> Iterator[str]:
    """A large Alembic history, judged whole as if it were new."""
    count = revisions(scratch)
    timings = {"bylaw, cold": measure([*CHECK, "--all-migrations"], scratch, before=forget)}
    yield f"\n## Alembic: {count} revisions of {REVISIONS[0]} {REVISIONS[1]}\n"
    yield table(timings)


def growth(source: Path) -> Iterator[str]:
    """One to four copies of the same code: linear time grows by equal steps."""
    yield "\n## Growth\n\nThe same code once to four times, cold, without a cache.\n"
    yield "| lines | seconds | seconds per 100,000 lines | against the first |\n|---|---|---|---|"
    first = 0.0
    for copies in (1, 2, 3, 4):
        with tempfile.TemporaryDirectory() as name:
            for number in range(copies):
                shutil.copytree(source, Path(name) / f"part{number}")
            lines, seconds = lines_of(Path(name)), measure([*CHECK, "--no-cache"], Path(name), 3).median
        each = seconds / lines * 100_000
        first = first or each
        yield f"| {lines:,} | {seconds:.2f} | {each:.2f} | {each / first:.2f} × |"


def page(scratch: Path, *, with_fixit: bool) -> Iterator[str]:
    """The lines of docs/performance.md."""
    peers = ("bylaw", "ruff", "squawk-cli", *(("fixit",) if with_fixit else ()))
    yield "# Performance\n"
    yield (
        "Written by `python benchmarks/run.py`; run it again to check. Wall time of whole processes, median of "
        f"{RUNS} runs (Fixit: one; unchanged ones and squawk: {2 * RUNS}), everything in one session on one machine: "
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in peers)}.\n"
    )
    yield (
        "bylaw runs with no configuration (the preset `recommended`), installed as usual, with its bytecode compiled. "
        "Memory is the peak of the largest single process."
    )
    for name in BACKENDS:
        copy = Path(shutil.copytree(wheel(name, BACKENDS[name]), scratch / name))
        yield from backend(name, copy, with_fixit=with_fixit)
    yield from sql(scratch / "sql")
    yield from alembic(scratch / "alembic")
    yield from growth(wheel("label-studio", BACKENDS["label-studio"]))


def by_hand(output: Path) -> str:
    """What somebody wrote into the page between two marks, marks included: it is kept."""
    text = output.read_text("utf-8") if output.is_file() else ""
    begin, end = text.find(BY_HAND[0]), text.find(BY_HAND[1])
    return text[begin : end + len(BY_HAND[1])] + "\n" if -1 < begin < end else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-fixit", action="store_true", help="leave out the peer that takes minutes")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ["BYLAW_CACHE_DIR"] = str(scratch / "cache")
        measure(CHECK, ROOT / "fixtures" / "projects", 1)  # an editable install compiles itself when it first runs
        text = "\n".join(page(scratch, with_fixit=not arguments.no_fixit)) + "\n"
    text = text.replace("\n## ", f"\n{by_hand(arguments.output)}\n## ", 1)
    arguments.output.write_text(text, "utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
