"""Facts to diagnostics: applies every active rule to a project."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from functools import partial

import msgspec

from bylaw.diagnostics import Diagnostic, Finding, Severity
from bylaw.engine.builtin import UNREAD, internal_findings
from bylaw.engine.delegating import Delegation, Ruff
from bylaw.engine.effective import Effective
from bylaw.engine.sharing import apply_all
from bylaw.engine.sources import Sources
from bylaw.engine.suppressing import Judging, suppress
from bylaw.errors import BylawError
from bylaw.project import File, Project
from bylaw.project.history import NO_HISTORY, History
from bylaw.readers import SUFFIXES, as_read, read_file
from bylaw.rule import Rule
from bylaw.settings import Settings
from bylaw.source import Location, Span

_RANK = {"info": 1, "warning": 2, "error": 3}


class Report(msgspec.Struct, frozen=True):
    """What a run found. `internal_error`: some rule crashed, the exit code is 2. `files` counts the files that were
    judged.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int
    internal_error: bool = False
    skipped: tuple[tuple[str, str], ...] = ()
    """Files (or folders) that were left out, with the reason."""


def run(sources: Sources, settings: Settings, rules: Mapping[str, Rule], history: History = NO_HISTORY) -> Report:
    """Read all files of `sources` and judge them. For the disk with its cache, see `bylaw.engine.session`."""
    facts = {path: read_file(path, sources.read(path)) for path in sources.paths() if path.endswith(SUFFIXES)}
    beside = [path for path in sources.paths() if path not in facts]
    return judge(Project(facts, settings, lambda path: as_read(path, sources.read(path)), history, beside), rules)


def judge(
    project: Project, rules: Mapping[str, Rule], failed: Mapping[str, str] | None = None, ruff: Ruff | None = None
) -> Report:
    """Apply every active rule and return the diagnostics in order of place.

    `failed` maps files that could not be opened to the reason. A rule that crashes becomes an `internal-error`
    diagnostic. `ruff` runs ruff for the delegated rules; without it ruff gets the texts that the project was read
    from.
    """
    effective = Effective(project.settings, rules)
    delegation = Delegation(project, rules, effective, ruff)
    active = [rule for rule in rules.values() if effective.is_active(rule.name)]
    with redirect_stdout(sys.stderr):  # what a rule prints must not get into the report
        said = apply_all(active, project, lambda rule: list(_apply(rule, effective, project, delegation)))
    found = [*internal_findings(project, failed or {}, effective.level(UNREAD, ""))]
    ran: dict[str, Rule] = {}
    for rule in active:
        found.extend(said[rule.name])
        if not any(diagnostic.rule == "internal-error" for diagnostic in said[rule.name]):
            ran[rule.name] = rule

    def could_report(name: str, path: str) -> bool:
        return name in ran and _judged(ran[name], path, effective, project)

    judging = Judging(rules, effective.level, could_report, project.settings.all_rules_known)
    files = (file.facts for file in project.files.values())
    diagnostics = in_order(suppress(found, files, lambda path: project.files[path].source.content, judging))
    return Report(diagnostics, len(project.files), any(d.rule == "internal-error" for d in diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, in order of place, with its fingerprint."""
    return tuple(_fingerprinted(sorted(set(diagnostics), key=_place)))


def _place(diagnostic: Diagnostic) -> tuple[str, Span, str, str]:
    return (diagnostic.location.path, diagnostic.location.span, diagnostic.rule, diagnostic.message)


def _judged(rule: Rule, path: str, effective: Effective, project: Project) -> bool:
    """Whether the rule could report in this file: it is on there, awake, and the file is no migration left unjudged."""
    try:
        groups = effective.groups(rule)
        awake = any(applies(path) and not _sleeps(rule, options, project) for options, applies in groups)
    except (Exception, SystemExit):  # which is reported as an internal error already
        return False
    if not awake:
        return False
    if rule.category != "migrations" or not project.files[path].facts.migrations:
        return True
    steps = (step for tree in project.migrations.trees for step in tree.steps)
    return any(step.path == path and step.judged and not step.exempt for step in steps)


def _apply(rule: Rule, effective: Effective, project: Project, delegation: Delegation) -> Iterator[Diagnostic]:
    for options, applies in effective.groups(rule):
        findings: list[Finding] = []
        crashes: dict[tuple[object, ...], Diagnostic] = {}  # by cause: one that every file has is told once
        for judge in _judgements(rule, options, applies, project, delegation):
            try:
                findings += [_checked(found) for found in judge()]
            except (Exception, SystemExit) as error:  # sys.exit() in a rule must not end the run, and well at that
                frame = traceback.extract_tb(error.__traceback__)[-1]
                crashes.setdefault((type(error), frame.filename, frame.lineno), _crashed(rule, error, frame))
        yield from crashes.values()
        for finding in findings:
            level = effective.level(rule.name, finding.location.path)
            if level != "off" and applies(finding.location.path):
                yield _diagnostic(rule, finding, level)


def _checked(found: object) -> Finding:
    """What a rule yielded, when it is a finding. Raises TypeError; rules of users have no type checker behind them."""
    if not isinstance(found, Finding):
        raise TypeError(f"it yields {type(found).__name__} in place of a Finding")
    location: object = found.location
    span: object = getattr(location, "span", None)
    words: tuple[object, ...] = (found.message, found.help)
    if not isinstance(location, Location) or not isinstance(span, Span):
        raise TypeError("the location of its finding is no Location with a Span")
    if not all(isinstance(word, str) for word in words):
        raise TypeError("the message or help of its finding is no text")
    return found


def _judgements(
    rule: Rule, options: object, applies: Callable[[str], bool], project: Project, delegation: Delegation
) -> Iterator[Callable[[], Iterable[object]]]:
    """What is to be asked of a rule, apart: a file rule that crashes in one file has judged the others."""
    if rule.scope == "ruff":
        yield partial(delegation.findings, rule, options, applies)
    elif rule.scope == "project":
        yield partial(_unless_asleep, rule, options, project)
    else:
        yield from (partial(_in_file, rule, options, file) for file in _python_files(project) if applies(file.path))


def _unless_asleep(rule: Rule, options: object, project: Project) -> Iterable[object]:
    return () if _sleeps(rule, options, project) else rule.check(project, options)


def _in_file(rule: Rule, options: object, file: File) -> Iterator[object]:
    try:
        yield from rule.check(file, options)
    except (Exception, SystemExit) as error:
        error.add_note(file.path)
        raise


def _python_files(project: Project) -> Iterator[File]:
    return (file for file in project.files.values() if file.facts.language == "python")


def _sleeps(rule: Rule, options: object, project: Project) -> bool:
    """A house-taste rule with `when = "followed"` speaks only where the project keeps the convention already."""
    if getattr(options, "when", "always") != "followed" or rule.adoption is None:
        return False
    return not rule.adoption(project, options).followed


def _diagnostic(rule: Rule, finding: Finding, level: Severity) -> Diagnostic:
    graded = finding.severity
    severity = graded if graded is not None and _RANK[graded] < _RANK[level] else level
    return Diagnostic(
        rule.name, rule.category, severity, finding.location, finding.message, finding.help, finding.related,
        finding.fix, finding.concern or rule.concern,
    )  # fmt: skip


def _crashed(rule: Rule, error: BaseException, frame: traceback.FrameSummary) -> Diagnostic:
    """`frame` is the one in which it was raised."""
    where = f"{frame.filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.lineno}"
    notes = getattr(error, "__notes__", ()) if rule.scope == "file" else ()
    judging = "".join(f", judging {path}" for path in notes[-1:])
    message = f"the rule {rule.name} failed: {type(error).__name__}: {error} ({where}{judging})"
    help_ = "Report this, or switch the rule off; the other rules ran."
    if isinstance(error, BylawError):
        message, help_ = f"the rule {rule.name} could not run: {error.message}", error.hint
    return Diagnostic("internal-error", "internal", "error", Location("", Span(0, 0)), message, help_)


def _fingerprinted(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in diagnostics:
        key = (diagnostic.rule, diagnostic.location.path, diagnostic.message)
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        yield msgspec.structs.replace(diagnostic, fingerprint=digest[:16])
