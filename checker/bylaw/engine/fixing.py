"""Applies fixes in memory, round after round, until none is left. Each fix proves itself or is undone and reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from bylaw.diagnostics import Diagnostic
from bylaw.edits import Resolver
from bylaw.engine.builtin import CATEGORY, FIX_FAILED
from bylaw.engine.choosing import choose
from bylaw.engine.delegating import RememberingRuff
from bylaw.engine.run import Report, in_order, judge
from bylaw.engine.settling import Budget, Check, Files, Round
from bylaw.engine.sources import Sources
from bylaw.engine.trial import Trial
from bylaw.facts.file import FileFacts
from bylaw.project import Project
from bylaw.readers import SUFFIXES, as_read, read_file
from bylaw.rule import Rule
from bylaw.settings import Settings
from bylaw.source import Location, Span

MAX_ROUNDS = 20


@dataclass(frozen=True)
class FixOutcome:
    """`files`: new bytes of every file that a fix changed. `report`: what is left, and the fixes that failed."""

    files: Mapping[str, bytes]
    report: Report
    applied: tuple[Diagnostic, ...]


@dataclass
class _Failure:
    """A fix that was not applied, at its place in the present text."""

    diagnostic: Diagnostic
    reason: str
    location: Location
    is_outdated: bool = False
    """Other fixes were applied since it failed, beside which it may hold."""

    def moved(self, trial: Trial) -> None:
        self.is_outdated = True
        path, start = trial.moved(self.location)
        length = self.location.span.end - self.location.span.start
        self.location = Location(path, Span(start, start + length))


def fix(sources: Sources, settings: Settings, rules: Mapping[str, Rule], *, unsafe: bool) -> FixOutcome:
    """Apply safe fixes (and unsafe ones, when asked) to the files of `sources`, in memory; nothing is written."""
    facts = {path: read_file(path, sources.read(path)) for path in sources.paths() if path.endswith(SUFFIXES)}
    beside = [path for path in sources.paths() if path not in facts]
    project = Project(facts, settings, lambda path: as_read(path, sources.read(path)), beside=beside)
    ruff = RememberingRuff()
    return fix_project(project, sources.read, lambda changed: judge(changed, rules, ruff=ruff), unsafe=unsafe)


def fix_project(
    project: Project,
    read: Callable[[str], bytes],
    judge_project: Callable[[Project], Report],
    *,
    unsafe: bool,
    wanted: Callable[[Diagnostic], bool] = lambda _: True,
    unwritable: Callable[[str], str] = lambda _: "",
) -> FixOutcome:
    """Apply the fixes of a project that is read already, in memory; nothing is written.

    `read` gives the bytes of a file. `wanted` says which diagnostics to fix at all. `unwritable` gives the reason why a
    file may not be changed, or an empty string; a fix that would change such a file fails.
    """

    def check(changed: Mapping[str, bytes]) -> Report:
        return judge_project(with_changes(project, changed, memory) if changed else project)

    def load(path: str) -> bytes:
        return as_read(path, files.changed[path]) if path in files.changed else project.files[path].source.content

    def refusal(diagnostic: Diagnostic) -> str:
        return next((reason for path in sorted(diagnostic.changed_paths) if (reason := unwritable(path))), "")

    memory: dict[tuple[str, bytes], FileFacts] = {}
    files = Files(load, read)
    return _Fixer(files, check, unsafe, wanted, refusal).run()


def with_changes(project: Project, changed: Mapping[str, bytes], memory: dict[tuple[str, bytes], FileFacts]) -> Project:
    """The same project with other bytes in some files; only those are read, and each content once (`memory`)."""
    facts = {path: file.facts for path, file in project.files.items()}
    for path, content in changed.items():
        if (path, content) not in memory:
            memory[path, content] = read_file(path, content)
        facts[path] = memory[path, content]

    def load(path: str) -> bytes:
        if path in changed:
            return as_read(path, changed[path])
        if path in project.files:
            return project.files[path].source.content
        text = project.text_of(path)  # a file beside the code
        if text is None:
            raise FileNotFoundError(path)
        return text.encode()

    return Project(facts, project.settings, load, project.history, project.beside)


@dataclass
class _Fixer:
    files: Files
    check: Check
    unsafe: bool
    wanted: Callable[[Diagnostic], bool]
    refusal: Callable[[Diagnostic], str]

    def run(self) -> FixOutcome:
        report = self.check({})
        applied: list[Diagnostic] = []
        failures: list[_Failure] = []
        seen = [dict(self.files.changed)]
        budget = Budget()
        for _ in range(MAX_ROUNDS):
            candidates = self._candidates(report, failures)
            if not candidates and budget.left > 0:
                failures = [failure for failure in failures if not failure.is_outdated]
                candidates = self._candidates(report, failures)
            if not candidates:
                break
            resolver = Resolver(self.files.load)
            chosen = choose(candidates, resolver)
            settled = Round(self.files, self.check, report, resolver, budget).settle(chosen.together)
            failures += [_Failure(d, reason, d.location) for d, reason in (*chosen.failed, *settled.failed)]
            if settled.trial is None:
                continue
            state = self._changed_by(settled.trial)
            if state in seen:
                failures += [_Failure(d, "another fix undoes it", d.location) for d in settled.kept]
                continue
            for failure in failures:
                failure.moved(settled.trial)
            seen.append(state)
            self.files.changed = state
            applied += settled.kept
            report = settled.report
        failed = [_reported(failure) for failure in failures]
        known = {_key(failure.diagnostic, failure.location) for failure in failures}
        found = report.diagnostics
        unfixed = (msgspec.structs.replace(d, fix=None) if _key(d, d.location) in known else d for d in found)
        left = msgspec.structs.replace(report, diagnostics=in_order((*unfixed, *failed)))
        return FixOutcome(dict(self.files.changed), left, tuple(applied))

    def _changed_by(self, trial: Trial) -> dict[str, bytes]:
        changed = {**self.files.changed, **trial.contents}
        return {path: content for path, content in changed.items() if content != self.files.original(path)}

    def _candidates(self, report: Report, failures: list[_Failure]) -> list[Diagnostic]:
        """Diagnostics with a fix to try. Refused ones become failures."""
        known = {_key(failure.diagnostic, failure.location) for failure in failures}
        found = []
        for diagnostic in report.diagnostics:
            if not self._is_asked_for(diagnostic) or _key(diagnostic, diagnostic.location) in known:
                continue
            reason = self.refusal(diagnostic)
            if reason:
                failures.append(_Failure(diagnostic, reason, diagnostic.location))
            else:
                found.append(diagnostic)
        return found

    def _is_asked_for(self, diagnostic: Diagnostic) -> bool:
        if diagnostic.fix is None or not diagnostic.fix.edits or not self.wanted(diagnostic):
            return False
        applicability = diagnostic.fix.applicability
        return applicability == "safe" or (self.unsafe and applicability == "unsafe")


def _key(diagnostic: Diagnostic, location: Location) -> tuple[str, str, int, str]:
    return diagnostic.rule, location.path, location.span.start, diagnostic.message


def _reported(failure: _Failure) -> Diagnostic:
    title = failure.diagnostic.fix.title if failure.diagnostic.fix is not None else ""
    return Diagnostic(
        FIX_FAILED, CATEGORY, "warning", failure.location,
        f"the fix of {failure.diagnostic.rule} ({title}) was not applied: {failure.reason}",
        help="Repair it by hand, or leave it.",
    )  # fmt: skip
