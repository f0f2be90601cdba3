"""`bylaw check`: what comes first, before the rest of it is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bylaw.cli import remembering
from bylaw.cli.paths import meant_project
from bylaw.cli.request import Request
from bylaw.engine.cold import begin
from bylaw.errors import UsageError


def check(request: Request) -> int:
    """Carry out the request, print, and return the exit code. Raises BylawError for what cannot be done."""
    _refuse_contradictions(request)
    recording = remembering.start(Path.cwd(), request.config)
    named = (request.stdin_filename,) if request.stdin_filename is not None else request.paths
    folder, source = meant_project(Path.cwd(), named, request.config)
    remembering.add_places(recording, folder)
    begin(source.root, source.table.get("exclude"), cached=not request.no_cache)
    from bylaw.cli.judging import carry_out  # noqa: PLC0415 - takes long to load: a fork reads meanwhile

    return carry_out(request, source, recording)


def _refuse_contradictions(request: Request) -> None:
    """Raises UsageError with all that is wrong in the options themselves."""
    found = tuple(_contradictions(request))
    if found:
        messages, hints = zip(*found, strict=True)
        raise UsageError("\n".join(messages), hint="; ".join(dict.fromkeys(hints)))


def _contradictions(request: Request) -> Iterator[tuple[str, str]]:
    """What options ask for and cannot have together, each with what to do."""
    if "-" in request.paths and not request.from_stdin:
        yield "`-` (standard input) cannot be checked together with other paths", "name `-` alone"
    elif request.from_stdin != (request.stdin_filename is not None):
        yield "`-` and --stdin-filename go together", "bylaw check --stdin-filename app/models.py - < file"
    if request.from_stdin and request.repairs:
        yield "what comes from standard input cannot be repaired in place", "name the file instead of `-`"
    if request.statistics and not request.for_people and request.output_format != "json":
        yield (
            f"--statistics does not go with the format {request.output_format}",
            "it goes with text, concise and json (whose summary always holds them)",
        )
    if request.since is not None and not request.since.strip():
        yield "--since names no commit", "name a branch, a tag or a commit: --since origin/main"
    if request.since is not None and request.all_migrations:
        yield "--since and --all-migrations contradict each other", "leave one of them out"
    if request.quiet and request.verbose:
        yield "--quiet and --verbose contradict each other", "leave one of them out"
