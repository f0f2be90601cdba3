"""Applies fixes until nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bylaw.diagnostics import Diagnostic, Replace
from bylaw.engine.run import Report, run
from bylaw.engine.sources import MemorySources, Sources
from bylaw.rule import Rule
from bylaw.settings import Settings

MAX_ROUNDS = 10


@dataclass(frozen=True)
class FixOutcome:
    """`files`: new content of every file that a fix changed. `report`: what is left afterwards."""

    files: Mapping[str, bytes]
    report: Report
    applied: tuple[Diagnostic, ...]


def fix(sources: Sources, settings: Settings, rules: Mapping[str, Rule], *, unsafe: bool) -> FixOutcome:
    """Apply safe fixes (and unsafe ones, when asked) in memory; nothing is written."""
    original = {path: sources.read(path) for path in sources.paths()}
    current = dict(original)
    applied: list[Diagnostic] = []
    report = run(MemorySources(current), settings, rules)
    for _ in range(MAX_ROUNDS):
        wanted = [
            d for d in report.diagnostics
            if d.fix is not None and (d.fix.applicability == "safe" or (unsafe and d.fix.applicability == "unsafe"))
        ]
        if not wanted:
            break
        first = wanted[0]
        assert first.fix is not None  # noqa: S101
        for edit in sorted((e for e in first.fix.edits if isinstance(e, Replace)), key=lambda e: e.span, reverse=True):
            content = current[edit.path]
            current[edit.path] = content[: edit.span.start] + edit.content.encode() + content[edit.span.end :]
        applied.append(first)
        report = run(MemorySources(current), settings, rules)
    changed = {path: content for path, content in current.items() if content != original[path]}
    return FixOutcome(changed, report, tuple(applied))
