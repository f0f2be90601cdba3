"""Does a set of applied fixes keep its promises? The files parse, the problems are gone, and nothing new is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bylaw.diagnostics import Diagnostic
from bylaw.edits.judge import is_python
from bylaw.engine.run import Report
from bylaw.engine.trial import Trial
from bylaw.readers import read_file

Place = tuple[str, str, int]
"""Rule, path and start (in the new text) of a diagnostic."""


@dataclass
class Verdict:
    """What is wrong with a trial. Fixes are named by their index; `paths` are files that one of their fixes broke."""

    fixes: dict[int, str] = field(default_factory=dict)
    """Fixes that failed by themselves, with the reason."""
    paths: dict[str, str] = field(default_factory=dict)
    project: str = ""
    """What went wrong in a file that no fix touched."""
    new: list[Diagnostic] = field(default_factory=list)
    """The errors that were not there before, of `paths` and of `project`."""

    @property
    def holds(self) -> bool:
        return not (self.fixes or self.paths or self.project)


def broken_files(trial: Trial, load: Callable[[str], bytes], original: Mapping[str, bytes]) -> Verdict:
    """The changed files that could be parsed before and cannot be now."""
    verdict = Verdict()
    for path, text in trial.texts.items():
        if path.endswith((".py", ".pyi")):
            if not is_python(text) and is_python(load(path)):
                verdict.paths[path] = f"{path} would no longer be valid Python"
        elif _unread(path, trial.contents[path]) > _unread(path, original[path]):
            verdict.paths[path] = f"a statement of {path} could no longer be read"
    return verdict


def _unread(path: str, content: bytes) -> int:
    facts = read_file(path, content)
    return len(facts.unread) + (facts.syntax_problem is not None)


def compare(fixed: Sequence[Diagnostic], before: Report, after: Report, trial: Trial) -> Verdict:
    """The fixes whose own diagnostic is still there, and the errors that were not there before."""
    verdict = Verdict()
    ours = Counter(_identity(diagnostic) for diagnostic in fixed)
    left: list[Diagnostic] = []
    for diagnostic in before.diagnostics:
        if ours[_identity(diagnostic)] > 0:
            ours[_identity(diagnostic)] -= 1
        else:
            left.append(diagnostic)
    surplus = _surplus(left, after.diagnostics, trial)
    still_there = {_new_place(diagnostic, trial) for diagnostic in surplus}
    for index, diagnostic in enumerate(fixed):
        if _old_place(diagnostic, trial) in still_there:
            verdict.fixes[index] = "the problem is still there afterwards"
    expected = {_old_place(diagnostic, trial) for diagnostic in fixed}
    for diagnostic in surplus:
        if diagnostic.severity == "error" and _new_place(diagnostic, trial) not in expected:
            _blame(diagnostic, trial, verdict)
    return verdict


def _identity(diagnostic: Diagnostic) -> tuple[str, str, int, int, str]:
    span = diagnostic.location.span
    return diagnostic.rule, diagnostic.location.path, span.start, span.end, diagnostic.message


def _old_place(diagnostic: Diagnostic, trial: Trial) -> Place:
    return diagnostic.rule, *trial.moved(diagnostic.location)


def _new_place(diagnostic: Diagnostic, trial: Trial) -> Place:
    return diagnostic.rule, *trial.cell(diagnostic.location)


def _surplus(left: Iterable[Diagnostic], after: Iterable[Diagnostic], trial: Trial) -> list[Diagnostic]:
    """Diagnostics of `after` that are none of `left`: neither at its place, nor the same words at another."""
    places = Counter(_old_place(diagnostic, trial) for diagnostic in left)
    unmatched: list[Diagnostic] = []
    for diagnostic in after:
        place = _new_place(diagnostic, trial)
        if places[place] > 0:
            places[place] -= 1
        else:
            unmatched.append(diagnostic)
    words: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in left:
        place = _old_place(diagnostic, trial)
        if places[place] > 0:
            places[place] -= 1
            words[(diagnostic.rule, diagnostic.location.path, diagnostic.message)] += 1
    surplus = []
    for diagnostic in unmatched:
        key = (diagnostic.rule, diagnostic.location.path, diagnostic.message)
        if words[key] > 0:
            words[key] -= 1
        else:
            surplus.append(diagnostic)
    return surplus


def _blame(diagnostic: Diagnostic, trial: Trial, verdict: Verdict) -> None:
    verdict.new.append(diagnostic)
    reason = f"it would lead to {diagnostic.rule}: {diagnostic.message}"
    if diagnostic.location.path in trial.texts:
        verdict.paths.setdefault(diagnostic.location.path, reason)
    else:
        verdict.project = verdict.project or reason
