"""Every case of the locking rules' specs on a server: the claimed locks and work are seen, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from spec_execution import execute
from spec_runs import FAILS, Run, prove, runs

from bylaw.project.migrations.locking.work import Work
from bylaw.source import SourceText

if TYPE_CHECKING:
    from lock_watch import Seen
    from postgres_server import Connection, Server

LOCKING = ("no-blocking-index", "no-blocking-constraint", "no-table-rewrite")
RUNS = [run for rule in LOCKING for run in runs(rule) if run.server == "postgres"]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.rule}:{run.case.line}")
def test_what_is_claimed_is_seen(run: Run, database: Connection, postgres: Server, tmp_path: Path) -> None:
    prove(run, lambda run: problems(run, postgres, database, tmp_path))


def problems(run: Run, server: Server, database: Connection, folder: Path) -> list[str]:
    """Where the server and the rules do not say the same."""
    from lock_watch import Locks

    watch = Locks(server, database)
    try:
        execute(run, server, database, folder, watch)
    except Exception as error:
        return [f"{FAILS}{type(error).__name__}: {error}"]
    seen = watch.seen
    claims = [(work, *_line(run, work)) for work in run.project().migrations.works()]
    found = []
    for work, path, line in claims:
        here = [one for one in seen if _holds(one, path, line)]
        here = here or [one for one in seen if one.places[-1].path == path]  # the SQL is a constant of the module
        beside = {other.blocks for other, *place in claims if any(_holds(one, *place) for one in here)}
        if not any(_shows(one, work, "reads" if "reads" in beside else work.blocks) for one in here):
            shown = [(one.table, sorted(one.modes), one.rewritten, one.scanned, one.indexed) for one in here]
            found.append(f"{path}:{line}: claimed {work.cause}/{work.does}/{work.blocks} of {work.table}, seen {shown}")
    claimed = [(path, line) for _, path, line in claims]
    loose = {path for path, line in claimed if not any(_holds(one, path, line) for one in seen)}
    found += [
        f"{one.places[-1].path}:{one.places[-1].first}: not claimed: {one}"
        for one in seen
        if one.works and one.places[-1].path not in loose and not any(_holds(one, *place) for place in claimed)
    ]
    found += [
        f"{expected.path}:{expected.line}: nobody waits"
        for expected in run.case.expected
        if expected.path not in loose
        and not any(one.blocks and _holds(one, expected.path, expected.line) for one in seen)
    ]
    if run.case.good and any(one.works for one in seen):
        found.append(f"somebody waits: {next(one for one in seen if one.works)}")
    return found


def _holds(seen: Seen, path: str, line: int) -> bool:
    return any(place.holds(path, line) for place in seen.places)


def _line(run: Run, work: Work) -> tuple[str, int]:
    location = work.change.location
    text = SourceText(location.path, run.files[location.path].encode())
    return location.path, text.position(location.span.start).line


def _shows(seen: Seen, work: Work, blocks: str) -> bool:
    if seen.blocks != blocks or (
        work.table and seen.table.rpartition(".")[2].strip('"') != work.table.rpartition(".")[2]
    ):
        return False
    done = {"rewrite": seen.rewritten, "scan": seen.scanned, "index": seen.indexed}
    return work.cause == "drop-index" or done.get(work.does, True)
