"""`bylaw check` of a project that is known: reads, judges, repairs where that is asked for, and reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from bylaw.cli import FAILED, remembering
from bylaw.cli.output import Output, use_color
from bylaw.cli.paths import from_root, inside_root
from bylaw.cli.progress import progress
from bylaw.cli.request import Request
from bylaw.config import ConfigSource, Resolved, resolve
from bylaw.config.files import repository
from bylaw.diagnostics import Diagnostic
from bylaw.engine.builtin import DESCRIPTIONS
from bylaw.engine.left_out import readable_texts, why_left_out, why_text_left_out
from bylaw.engine.recording import Recording
from bylaw.engine.run import Report
from bylaw.engine.session import Session, open_session
from bylaw.engine.undecided import undecided
from bylaw.errors import UsageError
from bylaw.project.paths import is_below
from bylaw.reporters import Texts, View, render, statistics
from bylaw.source import Load


class Judged(msgspec.Struct, frozen=True):
    """What is to be reported. `contents` holds the files that repairing changed, `code` a settled exit code."""

    report: Report
    contents: Mapping[str, bytes] = msgspec.field(default_factory=dict)
    code: int | None = None


def carry_out(request: Request, source: ConfigSource, recording: Recording) -> int:
    """Judge the project of `source`, report, and return the exit code. Raises BylawError for what cannot be done."""
    output = Output()
    resolved = resolve(source, request.choices)
    paths = _reported_paths(request, resolved.root)
    remembering.add_configuration(recording, resolved, paths)
    texts = {paths[0]: _standard_input()} if request.from_stdin else {}
    overlay = readable_texts(texts, resolved.settings)
    with progress(wanted=not request.quiet) as advance:
        session = open_session(
            resolved.root, resolved.settings, cached=not request.no_cache, overlay=overlay, progress=advance,
            since=request.since or "",
        )  # fmt: skip
    remembering.add_session(recording, session)
    _say_what_was_used(request, resolved, session, output)
    nothing = _nothing_to_check(request, session, paths, texts, output)
    if nothing is not None:
        if nothing == 0 and not request.for_people:  # programs expect a document all the same
            _report(request, _view(request, resolved, session.text, (), 0), output)
        output.flush()
        return nothing
    judged = _judge(request, resolved, session, paths, output)
    report = judged.report
    shown = tuple(d for d in report.diagnostics if not d.location.path or is_below(d.location.path, paths))
    if not request.diff:
        load = _texts(session, judged.contents)
        files = sum(is_below(path, paths) for path in session.project.files)
        _report(request, _view(request, resolved, load, shown, files), output)
    code = judged.code if judged.code is not None else exit_code(report, shown, exit_zero=request.exit_zero)
    lasting = request.is_repeatable and session.project.history.repeatable and not report.internal_error
    if lasting and request.arguments is not None:
        remembering.add_consulted(recording, session)
        recording.save(list(request.arguments), code, bytes(output.out), bytes(output.err))
    output.flush()
    return code


def _judge(request: Request, resolved: Resolved, session: Session, paths: tuple[str, ...], output: Output) -> Judged:
    """What the rules say, after repairing where that is asked for; and a note of what nobody could decide."""
    if request.repairs:
        from bylaw.cli.repair import repair  # noqa: PLC0415

        judged = repair(request, resolved, session, paths, output)
    else:
        judged = Judged(session.judge(resolved.rules))
    if not request.quiet:
        _note([*undecided(session.project, session.discovery.skipped)], output)
    return judged


def _note(lines: Sequence[str], output: Output) -> None:
    """Say each line beside the report. Names of files are in them, and these may hold anything."""
    if lines:
        from bylaw.reporters.frame import printable  # noqa: PLC0415 - most runs need it for one format only

        for line in lines:
            output.note(f"bylaw: {printable(line)}")


def exit_code(report: Report, shown: tuple[Diagnostic, ...], *, exit_zero: bool) -> int:
    """2 when a rule crashed, 1 when an error is shown, else 0."""
    if report.internal_error:
        return FAILED
    return int(not exit_zero and any(diagnostic.severity == "error" for diagnostic in shown))


def _reported_paths(request: Request, root: Path) -> tuple[str, ...]:
    if request.from_stdin and request.stdin_filename is not None:
        return (inside_root(request.stdin_filename, root),)
    return from_root(request.paths or (str(root),), root)


def _standard_input() -> bytes:
    """All of it. Raises UsageError where whoever started us closed it, or handed over what cannot be read."""
    try:
        return sys.stdin.buffer.read()
    except (AttributeError, OSError):  # Python has None for what is closed
        raise UsageError("there is no standard input to read", hint="name the file instead of `-`") from None


def _say_what_was_used(request: Request, resolved: Resolved, session: Session, output: Output) -> None:
    if not request.verbose:
        return
    if session.project.history.base_name:
        output.note(f"migrations are compared with: {session.project.history.base_name}")
    output.note(f"root: {resolved.root}")
    output.note(f"configuration: {resolved.source or 'none; the preset recommended'}")
    output.note(f"presets: {', '.join(resolved.presets) or 'none'}")
    active = sum(setting.level != "off" for name, setting in resolved.settings.rules.items() if name in resolved.rules)
    output.note(f"rules: {active} of {len(resolved.rules)} on")
    output.note(
        f"files: {len(session.discovery.files)} read, {len(session.discovery.skipped)} left out; see `bylaw files`"
    )


def _nothing_to_check(
    request: Request, session: Session, paths: tuple[str, ...], texts: Mapping[str, bytes], output: Output
) -> int | None:
    """The exit code when there is no file to report on, else None. `texts` came from standard input.

    To be handed files that are not for bylaw is fine (a hook does that); an empty project or folder is not clean.
    """
    known = session.project.files
    reasons = {path: why for path in paths if (why := why_left_out(path, session.discovery))}
    reasons.update({path: why for path in texts if (why := why_text_left_out(path, texts[path], session.settings))})
    if not request.quiet:
        _note([f"{path} is not checked: {why}" for path, why in reasons.items()], output)
    if request.from_stdin:
        return 0 if reasons else None
    if any(is_below(path, paths) for path in known) or any(is_below(path, paths) for path in session.failed):
        return None
    if request.paths and not any((session.root / path).is_dir() for path in paths):
        return 0
    where = ", ".join(request.paths) or str(session.root)
    output.note(f"bylaw: nothing to check: there is no Python or SQL file to read in {where}")
    if session.discovery.skipped:
        output.note(f"       {len(session.discovery.skipped)} files or folders are left out; `bylaw files` says why")
    return FAILED


def _texts(session: Session, repaired: Mapping[str, bytes]) -> Load:
    """Gives the text that the diagnostics speak of: the file as it was read, or as it is after repairing."""
    return lambda path: repaired[path] if path in repaired else session.text(path)


def _view(request: Request, resolved: Resolved, load: Load, shown: tuple[Diagnostic, ...], files: int) -> View:
    people = request.for_people
    return View(
        diagnostics=shown if people else tuple(_with_plain_edits(shown, load)),
        files=files,
        texts=Texts(load),
        rules=resolved.rules,
        meanings=DESCRIPTIONS,
        prefix=_prefix(resolved.root),
        color=people and request.output_file is None and use_color(sys.stdout),
        summary=not request.quiet,
    )


def _with_plain_edits(diagnostics: tuple[Diagnostic, ...], load: Load) -> Iterator[Diagnostic]:
    """Named edits as replacements, which is what other programs understand."""
    from bylaw.edits import EditError, Resolver  # noqa: PLC0415 - parsers, for the formats that show edits

    resolver = Resolver(load)
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is None:
            yield diagnostic
            continue
        try:
            fix = msgspec.structs.replace(fix, edits=resolver.resolve(fix.edits))
        except EditError:
            fix = msgspec.structs.replace(fix, edits=())
        yield msgspec.structs.replace(diagnostic, fix=fix)


def _prefix(root: Path) -> str:
    """From the top of the repository to the root, for those who read paths from there."""
    inside = root.relative_to(repository(root) or root).as_posix()
    return "" if inside == "." else f"{inside}/"


def _report(request: Request, view: View, output: Output) -> None:
    counted = request.statistics and request.for_people
    text = statistics.render(view) if counted else render(request.output_format, view)
    if request.output_file is None:
        output.print(text, encoding=None if request.for_people else "utf-8")
        return
    from bylaw.cli.writing import write_file  # noqa: PLC0415

    write_file(request.output_file, text.encode("utf-8", "backslashreplace"))
    if request.verbose:
        output.note(f"report: {request.output_file}")
