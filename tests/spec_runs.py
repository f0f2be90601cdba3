"""The cases of the rules' specs, and what is noted for a server that runs them; `spec_execution` does so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from bylaw.engine.run import run as check
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.project import Project
from bylaw.project.history import NO_HISTORY, History
from bylaw.project.migrations.step import Step
from bylaw.readers import read_file
from bylaw.rule import Rule
from bylaw.source import SourceText
from bylaw.spec import Case, Expectation, parse_spec, settings_for

if TYPE_CHECKING:
    from postgres_server import Connection

ROOT = Path(__file__).parents[1]
SPECS = ROOT / "fixtures" / "rules" / "migrations"
FAILS = "it does not run: "
INSTALLED = "installed/"
NOTES = ROOT / "fixtures" / "server" / "specs"
"""What a spec leaves open and a server must know: see `Run`."""


@cache
def builtin_rules() -> Mapping[str, Rule]:
    return load_builtin()


@dataclass(frozen=True)
class Place:
    """Lines of a file of the case, 1-based, both included."""

    path: str
    first: int
    last: int

    def holds(self, path: str, line: int) -> bool:
        return path == self.path and self.first <= line <= self.last


class Watch(Protocol):
    def starts(self, steps: frozenset[Step]) -> None:
        """These steps reach the server together, their first statement is next; none: nobody judges them."""

    def runs(self, places: tuple[Place, ...], sql: str, connection: Connection, run: Callable[[], object]) -> object:
        """Runs a statement on its connection, and may look around before and after. `places` are outermost first;
        its value is what `run` gives.
        """

    def ends(self) -> None:
        """The last statement of the steps has run."""


@dataclass
class Run:
    """A case of a spec, and what is noted for it in `fixtures/server/specs/<rule>.notes.md` under the same title.

    The blocks there are: `before.sql`, what the server holds before the first migration, and `later.sql`, what is
    added before the last one (a statement a line); `old-release.sql` and `unused`, which `old_release` explains;
    `new-release.sql`, what the new release does before the old one is asked again; `server`, where it is not
    PostgreSQL, and `elsewhere`, the files that are for another server. Blocks with a path are more files of the case;
    those below `installed/` can be imported, and belong to nobody. `before.py` has operations of Django that run before
    the first migration. `together` says why all migrations reach an empty server at once, before any release runs.

    Where a server cannot show what the case claims, one of three says why. `option`: an option decides; what it decides
    about is shown without it. `refused`: the server refuses the migration, with these words. `unproven`: all else.
    """

    rule: str
    case: Case
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """The kind of server that the case is about."""
        return self.notes.get("server", "postgres").strip()

    @property
    def files(self) -> dict[str, str]:
        more = {path: text for path, text in self.notes.items() if "/" in path and not path.startswith(INSTALLED)}
        return {**more, **self.case.files}

    def without_options(self) -> Run:
        """The same case as the rule sees it when nobody has set its options."""
        plain = replace(self, case=replace(self.case, options={}))
        expected = [Expectation(path, line) for path, line, _ in reports(plain, {self.rule: {}})]
        return replace(plain, case=replace(plain.case, good=not expected, expected=expected))

    def project(self) -> Project:
        files = {path: text.encode() for path, text in self.files.items()}
        base = self.case.settings.get("history", {}).get("base")
        history = History(frozenset(base)) if base is not None else NO_HISTORY
        settings = settings_for(self.case, builtin_rules()[self.rule], self.case.title)
        read = {path: read_file(path, text) for path, text in files.items() if path.endswith((".py", ".sql"))}
        return Project(read, settings, MemorySources(files).read, history)


def reports(run: Run, options: Mapping[str, Mapping[str, object]]) -> list[tuple[str, int, str]]:
    """(path, line, message) of what the rules say of a case with these options, whatever its own are."""
    sources = MemorySources({path: text.encode() for path, text in run.files.items()})
    base = run.case.settings.get("history", {}).get("base")
    history = History(frozenset(base)) if base is not None else NO_HISTORY
    found = []
    for name, chosen in options.items():
        rule = builtin_rules()[name]
        case = Case("", good=True, line=0, settings=run.case.settings, options=dict(chosen))
        for diagnostic in check(sources, settings_for(case, rule, ""), {name: rule}, history).diagnostics:
            path = diagnostic.location.path
            text = SourceText(path, sources.files[path])
            found.append((path, text.position(diagnostic.location.span.start).line, diagnostic.message))
    return found


def prove(run: Run, problems: Callable[[Run], list[str]]) -> None:
    """Fail where the server and the rules do not say the same; `problems` says where that is.

    Skips a case that is noted as unproven, after it has made sure that it is.
    """
    if "option" in run.notes:
        run = run.without_options()
    wrong = problems(run)
    refused = run.notes.get("refused", "").strip()
    if refused:
        assert len(wrong) == 1, wrong
        assert wrong[0].startswith(FAILS), wrong
        assert refused in wrong[0]
        return
    reason = run.notes.get("unproven", "").strip()
    if reason:
        assert wrong, f"the server shows it now, although: {reason}"
        pytest.skip(reason)
    assert not wrong, "\n".join(wrong)


def runs(rule: str, specs: Path = SPECS) -> list[Run]:
    """All cases of a rule's spec, with their notes."""
    noted = NOTES / f"{rule}.notes.md"
    notes = {case.title: case for case in parse_spec(noted.read_text("utf-8"), noted.name)} if noted.is_file() else {}
    found = []
    for case in parse_spec((specs / f"{rule}.md").read_text("utf-8"), rule):
        note = notes.get(case.title)
        found.append(Run(rule, case, dict(note.files) if note is not None else {}))
    return found
