"""Every case of the compatibility rules' specs on a server: what is reported breaks statements of the old release, and
nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from spec_execution import execute
from spec_runs import FAILS, NOTES, Place, Run, prove, reports, runs

from bylaw.project.migrations.step import Step
from bylaw.spec import Expectation, parse_spec

if TYPE_CHECKING:
    from old_release import Outcome, Statement
    from postgres_server import Connection, Server

COMPATIBILITY = ("no-immediate-drop", "no-in-place-rename", "new-column-nullable-or-default", "no-incompatible-alter")


def _id(run: Run) -> str:
    return f"{run.rule}:{run.case.line}"


@pytest.mark.parametrize(
    "run", [run for rule in COMPATIBILITY for run in runs(rule) if run.server == "postgres"], ids=_id
)
def test_what_is_reported_breaks_the_old_release(
    run: Run, database: Connection, postgres: Server, tmp_path: Path
) -> None:
    prove(run, lambda run: problems(run, postgres, database, tmp_path))


def problems(run: Run, server: Server, database: Connection, folder: Path) -> list[str]:
    """Where the server and the rules do not say the same."""
    from postgres_server import empty

    watch = Breakage(run, database)
    try:
        execute(run, server, database, folder / "all", watch)
    except Exception as error:
        return [f"{FAILS}{type(error).__name__}: {error}"]
    found = []
    for number, expected in enumerate(run.case.expected):
        if not watch.is_broken_by(expected):
            empty(database)
            others = tuple(other for other in run.case.expected if other.line != expected.line)
            alone = Breakage(run, database, without=others)
            try:
                execute(run, server, database, folder / str(number), alone)
            except Exception as error:
                found.append(f"alone, {expected.path}:{expected.line} does not run: {error}")
                continue
            if not alone.is_broken_by(expected) and not _broken_elsewhere(run, expected, watch):
                found.append(f"nothing breaks by {expected.path}:{expected.line}")
    return found + _unreported(run, watch)


def _unreported(run: Run, watch: Breakage) -> list[str]:
    """What breaks although no rule about compatibility says so."""
    reported = _reports(run)
    found = {
        places[0][-1]: f"{places[0][-1].path}:{places[0][-1].first} breaks {sql[:160]}: {how[:160]}"
        for sql, places, how in watch.broken
        if not any(place.holds(path, line) for path, line, _ in reported for these in places for place in these)
        and not any(_names(message, sql + how) for _, _, message in reported)
    }
    return list(found.values())


def _broken_elsewhere(run: Run, expected: Expectation, watch: Breakage) -> bool:
    """Whether what is reported of one line is the work of several: a rebuilt table breaks when it takes its place."""
    messages = [message for path, line, message in _reports(run) if (path, line) == (expected.path, expected.line)]
    return any(_names(message, sql + how) for message in messages for sql, _, how in watch.broken)


def _names(message: str, text: str) -> bool:
    """Whether a report, which may stand at another line, names a column or function of a statement or its error."""
    if any(f"{name}(" in text for name in re.findall(r"`(?:\w+\.)?(\w+)(?:\([^`]*\))?`", message)):
        return True
    names = re.findall(r"`(\w+)\.(\w+)`", message)
    return any(re.search(rf'\b{table}\b.*"{column}"|"{column}" of relation "{table}"', text) for table, column in names)


def _reports(run: Run) -> list[tuple[str, int, str]]:
    """What any rule about compatibility reports, be it only where it is asked to be strict."""
    options = {name: dict(run.case.options) if name == run.rule else {} for name in COMPATIBILITY}
    strict = {"strict": True, "drop-not-null": True}
    return reports(run, {**options, "no-incompatible-alter": {**strict, **options["no-incompatible-alter"]}})


Places = tuple[Place, ...]


class Breakage:
    """Which statements of the release before a deployment work no more after it, and by what.

    What stands at `without` is left out.
    """

    def __init__(self, run: Run, database: Connection, without: tuple[Expectation, ...] = ()) -> None:
        self.broken: list[tuple[str, list[Places], str]] = []
        """The statement; each place at which it came to something else; how."""
        self._run = run
        self._database = database
        self._without = without
        self._before: dict[Statement, Outcome] = {}
        self._now: dict[Statement, Outcome] = {}
        self._turns: dict[Statement, list[Places]] = {}
        self._ran: list[Places] = []

    def is_broken_by(self, expected: Expectation) -> bool:
        turns = [place for _, places, _ in self.broken for these in places for place in these]
        return any(place.holds(expected.path, expected.line) for place in turns)

    def starts(self, steps: frozenset[Step]) -> None:
        from old_release import Statement, statements

        notes = self._run.notes
        known = statements(self._database, notes.get("unused", "").split())
        known += [Statement(line) for line in notes.get("old-release.sql", "").splitlines()]
        before = {statement: statement.outcome(self._database) for statement in known if steps}
        self._before = {s: outcome for s, outcome in before.items() if not isinstance(outcome, str)}
        self._now = dict(self._before)
        self._turns = {statement: [] for statement in self._before}
        self._ran = []

    def runs(self, places: Places, sql: str, connection: Connection, run: Callable[[], object]) -> object:  # noqa: ARG002
        if any(place.holds(other.path, other.line) for other in self._without for place in places):
            return None
        value = run()
        self._ran.append(places)
        self._look([places])
        return value

    def _look(self, places: list[Places]) -> None:
        for statement, was in self._now.items():
            self._now[statement] = now = statement.outcome(self._database)
            if now != was:
                self._turns[statement] += places

    def ends(self) -> None:
        new = self._run.notes.get("new-release.sql", "").splitlines() if self._before else []
        for line in new:
            self._database.execute(line)
        if new:
            self._look(self._ran)
        self.broken += [
            (statement.sql, self._turns[statement], f"{before!r} → {self._now[statement]!r}")
            for statement, before in self._before.items()
            if before != self._now[statement]
        ]


@pytest.mark.parametrize("path", sorted(NOTES.glob("*.notes.md")), ids=lambda path: path.name)
def test_notes_belong_to_cases(path: Path) -> None:
    known = {run.case.title for run in runs(path.name.removesuffix(".notes.md"))}
    titles = [case.title for case in parse_spec(path.read_text("utf-8"), path.name)]
    assert [title for title in titles if title not in known or titles.count(title) > 1] == []
