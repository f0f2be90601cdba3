"""`bylaw check --fix`, `--unsafe-fixes` and `--diff`."""

from __future__ import annotations

import difflib
import stat
from collections.abc import Mapping

from bylaw.cli import FAILED
from bylaw.cli.check import Judged, Request
from bylaw.cli.output import Output
from bylaw.cli.paths import is_below
from bylaw.cli.writing import write_file
from bylaw.config import Resolved
from bylaw.engine.discovery import Signature
from bylaw.engine.fixing import FixOutcome, fix_project
from bylaw.engine.run import judge
from bylaw.engine.session import Session
from bylaw.errors import UsageError
from bylaw.readers import as_read
from bylaw.reporters.tally import plural


def repair(request: Request, resolved: Resolved, session: Session, paths: tuple[str, ...], output: Output) -> Judged:
    """Repair what is reported for `paths`, or print what would change."""
    disk = _Disk(session)
    outcome = fix_project(
        session.project,
        disk.read,
        lambda project: judge(project, resolved.rules, session.failed),
        unsafe=request.unsafe_fixes,
        wanted=lambda diagnostic: is_below(diagnostic.location.path, paths),
        unwritable=disk.unwritable,
    )
    if request.diff:
        before = {path: disk.read(path) for path in outcome.files}
        output.print(unified(before, outcome.files), encoding="utf-8")
        _say(request, outcome, "would be repaired", output)
        changes = bool(outcome.files) and not request.exit_zero
        return Judged(outcome.report, code=FAILED if outcome.report.internal_error else int(changes))
    refused = disk.write(outcome.files)
    _say(request, outcome, "repaired", output)
    for reason in refused:
        output.note(f"bylaw: {reason}")
    contents = {path: as_read(path, content) for path, content in outcome.files.items()}
    return Judged(outcome.report, contents, FAILED if refused else None)


class _Disk:
    """The files of a session, as long as they are still what the session read."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._read: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        if path not in self._read:
            self._read[path] = (self.session.root / path).read_bytes()
        return self._read[path]

    def unwritable(self, path: str) -> str:
        """Why a file must be left alone, or an empty string."""
        expected = self.session.discovery.files.get(path)
        if expected is None:
            return f"{path} is not one of the checked files"
        try:
            status = (self.session.root / path).stat(follow_symlinks=False)
        except OSError as error:
            return f"{path} cannot be read any more: {error.strerror or error}"
        if Signature.of(status) != expected:
            return f"{path} changed while it was being checked"
        if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            return f"{path} is read-only"
        return ""

    def write(self, files: Mapping[str, bytes]) -> list[str]:
        """Write the repaired files. Returns why some were not; what changed meanwhile is left alone."""
        refused: list[str] = []
        for path, content in files.items():
            reason = self.unwritable(path)
            if not reason and (self.session.root / path).read_bytes() != self.read(path):
                reason = f"{path} changed while it was being repaired"
            if not reason:
                try:
                    write_file(self.session.root / path, content)
                except UsageError as error:
                    reason = error.message
            if reason:
                refused.append(f"not repaired: {reason}")
        return refused


def _say(request: Request, outcome: FixOutcome, what: str, output: Output) -> None:
    if not request.quiet:
        problems, files = plural(len(outcome.applied), "problem"), plural(len(outcome.files), "file")
        output.note(f"{problems} {what} in {files}.")


def unified(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """The changes of all files as one patch."""
    lines: list[str] = []
    for path in sorted(after):
        old, new = (_lines(content) for content in (before.get(path, b""), after[path]))
        for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
            lines.extend([line] if line.endswith("\n") else [f"{line}\n", "\\ No newline at end of file\n"])
    return "".join(lines)


def _lines(content: bytes) -> list[str]:
    """Lines as git sees them: only LF ends one."""
    parts = content.decode("utf-8", "backslashreplace").split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
