"""`bylaw check --fix`, `--unsafe-fixes` and `--diff`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from bylaw.cli.check import Request
from bylaw.cli.output import Output
from bylaw.cli.writing import write_file
from bylaw.config import Resolved
from bylaw.engine.fixing import FixOutcome, fix
from bylaw.engine.run import Report
from bylaw.engine.session import Session
from bylaw.engine.sources import DiskSources
from bylaw.reporters.tally import plural


def repair(
    request: Request, resolved: Resolved, session: Session, paths: tuple[str, ...], output: Output
) -> tuple[Report, int | None]:
    """Repair the project, or print what would change. Returns what is left, and for --diff the exit code."""
    del paths
    sources = DiskSources(session.root, list(session.discovery.files))
    outcome = fix(sources, resolved.settings, resolved.rules, unsafe=request.unsafe_fixes)
    before = {path: sources.read(path) for path in outcome.files}
    if request.diff:
        output.print(unified(before, outcome.files))
        _say(request, outcome, "would be repaired", output)
        return outcome.report, int(bool(outcome.files) and not request.exit_zero)
    for path, content in outcome.files.items():
        write_file(session.root / path, content)
    _say(request, outcome, "repaired", output)
    return outcome.report, None


def _say(request: Request, outcome: FixOutcome, what: str, output: Output) -> None:
    if not request.quiet:
        output.note(f"{plural(len(outcome.applied), 'problem')} {what} in {plural(len(outcome.files), 'file')}.")


def unified(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """The changes of all files as one patch."""
    lines: list[str] = []
    for path in sorted(after):
        old = before.get(path, b"").decode("utf-8", "surrogateescape").splitlines(keepends=True)
        new = after[path].decode("utf-8", "surrogateescape").splitlines(keepends=True)
        changes = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
        lines.extend(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in changes)
    return "".join(lines)
