"""`bylaw check --fix`, `--unsafe-fixes` and `--diff`."""

from __future__ import annotations

from bylaw.cli import FAILED
from bylaw.cli.judging import Judged
from bylaw.cli.output import Output
from bylaw.cli.request import Request
from bylaw.config import Resolved
from bylaw.engine.builtin import FIX_FAILED
from bylaw.engine.delegating import RememberingRuff
from bylaw.engine.diffing import unified_diff
from bylaw.engine.discovery import Signature
from bylaw.engine.fixing import FixOutcome, fix_project
from bylaw.engine.run import judge
from bylaw.engine.session import Session
from bylaw.engine.writing import unwritable, write_files
from bylaw.project.paths import is_below
from bylaw.readers import as_read
from bylaw.reporters.frame import printable
from bylaw.reporters.tally import plural, tally


def repair(request: Request, resolved: Resolved, session: Session, paths: tuple[str, ...], output: Output) -> Judged:
    """Repair what is reported for `paths`, or print what would change."""
    disk = _Disk(session)
    ruff = RememberingRuff()
    outcome = fix_project(
        session.project,
        disk.read,
        lambda project: judge(project, resolved.rules, session.failed, ruff),
        unsafe=request.unsafe_fixes,
        wanted=lambda diagnostic: is_below(diagnostic.location.path, paths),
        unwritable=lambda path: "" if request.diff else disk.unwritable(path),
    )
    if request.diff:
        output.out += unified_diff(disk.contents, outcome.files)
        _say(request, outcome, "would be repaired", output)
        changes = bool(outcome.files) and not request.exit_zero
        left = [each for each in outcome.report.diagnostics if is_below(each.location.path, paths)]
        if not request.quiet:
            for failed in (each for each in left if each.rule == FIX_FAILED):
                output.note(f"bylaw: {printable(failed.location.path)}: {printable(failed.message)}")
        unsafe = tally(left).unsafe
        if unsafe and not request.unsafe_fixes and not request.quiet:
            output.note(f"{unsafe} more with --unsafe-fixes.")
        return Judged(outcome.report, code=FAILED if outcome.report.internal_error else int(changes))
    problems = write_files(session.root, disk.contents, outcome.files)
    _say(request, _without(outcome, {problem.path for problem in problems}), "repaired", output)
    for problem in problems:
        output.note(f"bylaw: not repaired: {problem.path} {problem.reason}")
    contents = {path: as_read(path, content) for path, content in outcome.files.items()}
    return Judged(outcome.report, contents, FAILED if problems else None)


class _Disk:
    """The files of a session, as long as they are what the session read; `contents` holds those that were asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.contents: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            self.contents[path] = (self.session.root / path).read_bytes()
        return self.contents[path]

    def unwritable(self, path: str) -> str:
        """Why a file must be left alone, or an empty string."""
        expected = self.session.discovery.files.get(path)
        if expected is None:
            return f"{path} is not one of the checked files"
        reason = unwritable(self.session.root, path)
        if reason:
            return f"{path} {reason}"
        found = Signature.of((self.session.root / path).stat(follow_symlinks=False))
        return "" if found == expected else f"{path} changed while it was being checked"


def _without(outcome: FixOutcome, refused: set[str]) -> FixOutcome:
    """What was repaired, those files aside that could not be written after all."""
    files = {path: content for path, content in outcome.files.items() if path not in refused}
    kept = tuple(each for each in outcome.applied if refused.isdisjoint(each.changed_paths))
    return FixOutcome(files, outcome.report, kept)


def _say(request: Request, outcome: FixOutcome, what: str, output: Output) -> None:
    if not request.quiet:
        problems, files = plural(len(outcome.applied), "problem"), plural(len(outcome.files), "file")
        output.note(f"{problems} {what} in {files}.")
