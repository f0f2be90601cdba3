"""Which fixes of a report can go together in one round: those that do not want the same bytes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bylaw.diagnostics import Delete, Diagnostic, Edit, Replace
from bylaw.edits import EditError, Resolver


@dataclass(frozen=True, order=True)
class _Claim:
    """A stretch of a file that a fix changes. Named insertions share an offset with others, plain ones do not."""

    start: int
    end: int
    content: str
    plain: bool

    def clashes(self, other: _Claim) -> bool:
        if self.start == other.start and self.end == other.end:
            return self.content != other.content if self.start < self.end else self.plain or other.plain
        if self.start == self.end:
            return other.start < self.start < other.end
        if other.start == other.end:
            return self.start < other.start < self.end
        return self.start < other.end and other.start < self.end


@dataclass
class Chosen:
    """Diagnostics whose fixes go together, those that wait for the next round, and the hopeless with the reason."""

    together: list[Diagnostic] = field(default_factory=list)
    later: list[Diagnostic] = field(default_factory=list)
    failed: list[tuple[Diagnostic, str]] = field(default_factory=list)


def choose(diagnostics: Iterable[Diagnostic], resolver: Resolver) -> Chosen:
    """Take the fixes in order, each whole or not at all."""
    chosen = Chosen()
    taken: dict[str, list[_Claim]] = {}
    for diagnostic in diagnostics:
        edits = diagnostic.fix.edits if diagnostic.fix is not None else ()
        try:
            claims = _claims(edits, resolver)
        except EditError as error:
            chosen.failed.append((diagnostic, str(error)))
            continue
        if not claims:
            chosen.failed.append((diagnostic, "what it would write is there already"))
        elif any(_clashes(taken.get(path, []), claim) for path, claim in claims):
            chosen.later.append(diagnostic)
        else:
            chosen.together.append(diagnostic)
            for path, claim in claims:
                insort(taken.setdefault(path, []), claim)
    return chosen


def _claims(edits: Sequence[Edit], resolver: Resolver) -> list[tuple[str, _Claim]]:
    """What the edits of one fix change, by path. Raises EditError when they do not go together."""
    resolver.resolve(edits)
    found: list[tuple[str, _Claim]] = []
    for plain in (True, False):
        some = [edit for edit in edits if isinstance(edit, Replace | Delete) is plain]
        found += (
            (replace.path, _Claim(replace.span.start, replace.span.end, replace.content, plain))
            for replace in resolver.resolve(some)
        )
    return found


def _clashes(taken: list[_Claim], claim: _Claim) -> bool:
    """Only the nearest claims can clash: those that are taken do not overlap each other."""
    index = bisect_left(taken, claim.start, key=lambda other: other.start)
    if index > 0 and claim.clashes(taken[index - 1]):
        return True
    while index < len(taken) and taken[index].start <= max(claim.end, claim.start):
        if claim.clashes(taken[index]):
            return True
        index += 1
    return False
