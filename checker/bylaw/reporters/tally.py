"""Counts and the sentences made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from bylaw.diagnostics import Diagnostic


class Tally(msgspec.Struct, frozen=True):
    """How many diagnostics there are of each severity and rule, and how many can be repaired."""

    total: int
    severities: dict[str, int]
    rules: dict[str, int]
    safe: int
    unsafe: int


def tally(diagnostics: Iterable[Diagnostic]) -> Tally:
    """Count; severities are always all three, rules in order of name."""
    listed = list(diagnostics)
    severities = Counter(diagnostic.severity for diagnostic in listed)
    kinds = Counter(diagnostic.fix.applicability for diagnostic in listed if diagnostic.fix is not None)
    return Tally(
        len(listed),
        {severity: severities[severity] for severity in ("error", "warning", "info")},
        dict(sorted(Counter(diagnostic.rule for diagnostic in listed).items())),
        kinds["safe"],
        kinds["unsafe"],
    )


def plural(count: int, word: str, words: str = "") -> str:
    """`1 error`, `2 errors`. `words` are several, where an `s` behind the one is not enough."""
    return f"{count} {word}" if count == 1 else f"{count} {words or f'{word}s'}"


def closing_lines(counts: Tally, files: int) -> list[str]:
    """What stands below a report for people."""
    checked = f"{plural(files, 'file')} checked"
    if not counts.total:
        return [f"No problems; {checked}."]
    names = {"error": "error", "warning": "warning", "info": "remark"}
    parts = [plural(count, names[severity]) for severity, count in counts.severities.items() if count]
    found = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return [f"Found {found}; {checked}.", *_fixable(counts)]


def _fixable(counts: Tally) -> list[str]:
    if counts.safe and counts.unsafe:
        return [f"{counts.safe} can be repaired with --fix, {counts.unsafe} more with --unsafe-fixes."]
    if counts.safe:
        return [f"{counts.safe} can be repaired with --fix."]
    return [f"{counts.unsafe} can be repaired with --unsafe-fixes."] if counts.unsafe else []
