"""Finds the fixes of one round that hold together: all at once, and by halves where something fails.

Halves find one culprit among many with few runs, but many culprits only with two runs for each. So an error that names
what just one fix speaks of puts that fix aside: the others are tried without it, and it is tried by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bylaw.diagnostics import Diagnostic
from bylaw.edits import EditError, Resolver
from bylaw.engine.proving import Verdict, broken_files, compare
from bylaw.engine.run import Report
from bylaw.engine.trial import Trial, attempt

MAX_TRIALS = 500
"""Runs that all rounds together may cost; fixes that are still in doubt then are given up."""

_UNTRIED = "it fails together with others, and trying it by itself was given up after too many runs"
_NAME = re.compile(r"`([^`]+)`")

Check = Callable[[Mapping[str, bytes]], Report]
"""Judges the project with some files changed (their bytes by path)."""


@dataclass
class Budget:
    """The runs that are left to the rounds."""

    left: int = MAX_TRIALS


@dataclass
class Files:
    """The project's files between two rounds. `load` gives the present text (UTF-8), `original` the first bytes."""

    load: Callable[[str], bytes]
    original: Callable[[str], bytes]
    changed: dict[str, bytes] = field(default_factory=dict)
    """Bytes of the files that earlier rounds changed."""

    def content(self, path: str) -> bytes:
        """The present bytes of a file."""
        return self.changed[path] if path in self.changed else self.original(path)


@dataclass(frozen=True)
class Settled:
    """Proven fixes with their outcome (None when none is left), and the failed ones with the reason."""

    kept: tuple[Diagnostic, ...]
    trial: Trial | None
    report: Report
    failed: tuple[tuple[Diagnostic, str], ...]


@dataclass(frozen=True)
class _Proof:
    verdict: Verdict
    trial: Trial | None = None
    report: Report | None = None


class Round:
    """One round of fixing. `before` is the report that the fixes come from."""

    def __init__(self, files: Files, check: Check, before: Report, resolver: Resolver, budget: Budget) -> None:
        self.files = files
        self.check = check
        self.before = before
        self.resolver = resolver
        self.failed: list[tuple[Diagnostic, str]] = []
        self._proofs: dict[tuple[int, ...], _Proof] = {}
        self._budget = budget

    def settle(self, fixed: Sequence[Diagnostic]) -> Settled:
        """The largest set of `fixed` that could be proven, within the budget."""
        kept = self._largest([], list(fixed))
        if not kept:
            return Settled((), None, self.before, tuple(self.failed))
        proof = self._prove(kept)
        if proof.report is None:
            return Settled((), None, self.before, tuple(self.failed))
        return Settled(tuple(kept), proof.trial, proof.report, tuple(self.failed))

    def _largest(self, trusted: list[Diagnostic], doubtful: list[Diagnostic]) -> list[Diagnostic]:
        """`trusted`, which hold by themselves, with as many of `doubtful` as hold beside them."""
        while doubtful:
            proof = self._prove([*trusted, *doubtful])
            verdict = proof.verdict
            if verdict.holds:
                return [*trusted, *doubtful]
            guilty = {i - len(trusted): reason for i, reason in verdict.fixes.items() if i >= len(trusted)}
            if guilty or len(doubtful) == 1:
                guilty = guilty or {0: _reason(verdict)}
                for index, reason in guilty.items():
                    self._give_up([doubtful[index]], reason)
                doubtful = [diagnostic for index, diagnostic in enumerate(doubtful) if index not in guilty]
                continue
            if self._budget.left <= 0:
                self._give_up(doubtful, _UNTRIED)
                return trusted
            named = _named(doubtful, verdict.new)
            if named:
                trusted = self._largest(trusted, _without(doubtful, named))
                for suspect in named:
                    trusted = self._largest(trusted, [suspect])
                return trusted
            suspects = [d for d in doubtful if _touches(d, verdict.paths)] or doubtful
            half = len(suspects) // 2
            trusted = self._largest(trusted, [*_without(doubtful, suspects), *suspects[:half]])
            doubtful = suspects[half:]
        return trusted

    def _give_up(self, fixed: list[Diagnostic], reason: str) -> None:
        self.failed += [(diagnostic, reason) for diagnostic in fixed]

    def _prove(self, fixed: list[Diagnostic]) -> _Proof:
        key = tuple(map(id, fixed))
        if key not in self._proofs:
            self._proofs[key] = self._try(fixed)
        return self._proofs[key]

    def _try(self, fixed: list[Diagnostic]) -> _Proof:
        files = self.files
        try:
            trial = attempt(fixed, files.load, files.original, self.resolver)
        except EditError as error:
            return _Proof(Verdict(project=str(error)))
        present = {path: files.content(path) for path in trial.texts}
        verdict = broken_files(trial, files.load, present)
        if not verdict.holds:
            return _Proof(verdict, trial)
        self._budget.left -= 1
        report = self.check({**files.changed, **trial.contents})
        return _Proof(compare(fixed, self.before, report, trial), trial, report)


def _reason(verdict: Verdict) -> str:
    return next(iter(verdict.paths.values()), verdict.project)


def _touches(diagnostic: Diagnostic, paths: Mapping[str, str]) -> bool:
    return diagnostic.fix is not None and any(edit.path in paths for edit in diagnostic.fix.edits)


def _without(fixed: Sequence[Diagnostic], others: Sequence[Diagnostic]) -> list[Diagnostic]:
    absent = set(map(id, others))
    return [diagnostic for diagnostic in fixed if id(diagnostic) not in absent]


def _named(doubtful: Sequence[Diagnostic], errors: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The fixes whose problem speaks of more names of an error than that of any other fix does."""
    names = [set(_NAME.findall(diagnostic.message)) for diagnostic in doubtful]
    found: set[int] = set()
    for error in errors:
        said = set(_NAME.findall(error.message))
        shared = Counter({index: len(own & said) for index, own in enumerate(names) if own & said}).most_common(2)
        if shared and (len(shared) == 1 or shared[0][1] > shared[1][1]):
            found.add(shared[0][0])
    return [doubtful[index] for index in sorted(found)]
