"""One run: files → facts → project → findings → diagnostics."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from bylaw.diagnostics import Diagnostic, Finding
from bylaw.engine.sources import Sources
from bylaw.facts.file import FileFacts
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.rule import Rule
from bylaw.settings import RuleSetting, Settings
from bylaw.source import Location, Span

_RANK = {"off": 0, "info": 1, "warning": 2, "error": 3}


@dataclass(frozen=True)
class Report:
    """What a run found. `internal_error`: some rule crashed, the exit code is 2."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    internal_error: bool = False


def run(sources: Sources, settings: Settings, rules: Mapping[str, Rule]) -> Report:
    """Read everything, apply every active rule, and return the diagnostics in order of place."""
    facts = {path: read_file(path, sources.read(path)) for path in sources.paths()}
    project = Project(facts, settings, sources.read)
    found: list[Diagnostic] = []
    for rule in rules.values():
        setting = settings.rules.get(rule.name, RuleSetting("off"))
        if setting.level == "off":
            continue
        found.extend(_apply(rule, setting, project))
    found.extend(_syntax_errors(facts.values()))
    ordered = sorted(found, key=lambda d: (d.location.path, d.location.span, d.rule, d.message))
    return Report(tuple(_fingerprinted(ordered)), len(facts), any(d.rule == "internal-error" for d in ordered))


def _apply(rule: Rule, setting: RuleSetting, project: Project) -> Iterator[Diagnostic]:
    options = setting.options if setting.options is not None else rule.default_options
    try:
        if rule.scope == "project":
            findings: Iterable[Finding] = list(rule.check(project, options))
        elif rule.scope == "file":
            findings = [finding for file in project.files.values() for finding in rule.check(file, options)]
        else:
            findings = ()
    except Exception:  # noqa: BLE001 - one broken rule must not take the others with it
        last = traceback.format_exc(limit=-1).strip().splitlines()
        yield Diagnostic(
            "internal-error", "internal", "error", Location("", Span(0, 0)), f"the rule {rule.name} failed: {last[-1]}"
        )
        return
    for finding in findings:
        severity = finding.severity or rule.severity
        if _RANK[setting.level] < _RANK[severity] or finding.severity is None:
            severity = setting.level  # type: ignore[assignment]
        yield Diagnostic(
            rule.name, rule.category, severity, finding.location, finding.message, finding.help, finding.related,
            finding.fix, finding.concern or rule.concern,
        )  # fmt: skip


def _syntax_errors(files: Iterable[FileFacts]) -> Iterator[Diagnostic]:
    for facts in files:
        if facts.syntax_problem is not None:
            yield Diagnostic(
                "syntax-error", "internal", "error", Location(facts.path, facts.syntax_problem.span), facts.syntax_problem.message
            )


def _fingerprinted(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in diagnostics:
        key = (diagnostic.rule, diagnostic.location.path, diagnostic.message)
        yield msgspec.structs.replace(diagnostic, fingerprint=_fingerprint(*key, seen[key]))
        seen[key] += 1


@cache
def _fingerprint(rule: str, path: str, message: str, count: int) -> str:
    return hashlib.sha256("\0".join((rule, path, message, str(count))).encode()).hexdigest()[:16]
