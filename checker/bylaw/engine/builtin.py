"""Diagnostics that the engine itself gives: they belong to no rule pack, and most cannot be switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from bylaw.diagnostics import Diagnostic
from bylaw.facts.migrations import NO_POSTGRES, UnreadOperation
from bylaw.project import Project
from bylaw.project.migration_scripts import migration_scripts
from bylaw.settings import Level
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project.migrations.step import MigrationTree, Step

UNREAD = "unread"
UNKNOWN_LAYOUT = "unknown-layout"
INVALID_SUPPRESSION = "invalid-suppression"
UNUSED_SUPPRESSION = "unused-suppression"
FIX_FAILED = "fix-failed"
CATEGORY = "internal"

DESCRIPTIONS: Mapping[str, str] = {
    "syntax-error": "The file is no valid Python, or no text at all. Nothing in it is judged; all other files are.",
    "unreadable-file": "The file was found but could not be opened. Nothing in it is judged.",
    "internal-error": "A rule crashed. The other rules ran, and the exit code is 2. It cannot be suppressed.",
    UNREAD: "A migration statement, or a part of a file, could not be understood, so no rule judged it. Look at it, or "
    "write it plainly.",
    UNKNOWN_LAYOUT: "Numbered SQL files change tables, and no runner that is known lays them out like this: they are "
    "judged when `layout.migrations` names them. Or the migrations of a folder are in JavaScript or TypeScript, which "
    "is not read.",
    "unknown-revision": "`accepted-through` names a migration that is not there: it accepts nothing. Correct it.",
    INVALID_SUPPRESSION: "A `bylaw: ignore` comment names no known rule, or gives no reason. It does nothing.",
    UNUSED_SUPPRESSION: "A `bylaw: ignore` comment suppresses nothing any more. `--fix` removes it.",
    FIX_FAILED: "A fix did not prove itself (parse, silence its rule, leave the rest alone), and was undone.",
}
"""Name and meaning of every diagnostic that is no rule's."""


def internal_findings(project: Project, failed: Mapping[str, str], unread_level: Level) -> Iterator[Diagnostic]:
    """What could not be opened, parsed or understood."""
    for path, reason in failed.items():
        yield _internal("unreadable-file", "error", path, Span(0, 0), f"cannot be read: {reason}")
    for file in project.files.values():
        problem = file.facts.syntax_problem
        if problem is not None:
            yield _internal("syntax-error", "error", file.path, problem.span, problem.message)
    for name in project.migrations.unknown_accepted if project.settings.migrations.accepted_through else ():
        message = f"`accepted-through` names `{name}`, and no migration is called so: it accepts nothing"
        yield _internal("unknown-revision", "warning", "", Span(0, 0), message)
    if unread_level != "off":
        yield from _unread(project, unread_level)
        yield from _unknown_layouts(project)


def _unknown_layouts(project: Project) -> Iterator[Diagnostic]:
    unplaced, facts = project.migrations.unplaced, [file.facts for file in project.files.values()]
    for glob, first in unplaced.idle_globs(facts):
        message = f"`layout.migrations` names `{glob}`, and none of the SQL files there is read as a migration"
        help_ = (
            "Files that change nothing are none, nor are those that lead down, dumps and seeds by their names, and "
            "what lies in folders of tests, queries or seeds."
        )
        yield _internal(UNKNOWN_LAYOUT, "info", first, Span(0, 0), message, help_)
    for folder, files in unplaced.suspects(facts):
        message = (
            f"{len(files)} SQL files of `{folder or '.'}` look like migrations, in a layout of no runner that is "
            "known: they are not judged"
        )
        help_ = (
            f'Name them, `layout.migrations = ["{folder}/*.sql"]`, and who runs them, `migrations.runner = "…"`; or '
            "leave them out with `exclude`."
        )
        yield _internal(UNKNOWN_LAYOUT, "info", files[0], Span(0, 0), message, help_)
    for scripts in migration_scripts(project):
        count = len(scripts.files)
        what = f"{count} migrations" if count > 1 else "migration"
        verb = "are" if count > 1 else "is"
        why = "not read" if scripts.language == "Python" else f"written in {scripts.language}, which is not read"
        message = f"the {what} of {scripts.writer} in `{scripts.folder}` {verb} {why}: nothing there is judged"
        help_ = f'Look at them yourself, and leave them out with `exclude = ["/{scripts.folder}/"]` once this is known.'
        yield _internal(UNKNOWN_LAYOUT, "info", scripts.files[0], Span(0, 0), message, help_)


def _unread(project: Project, level: Level) -> Iterator[Diagnostic]:
    from bylaw.project.migrations.order.unplaced import empties  # noqa: PLC0415

    for tree in project.migrations.trees:
        for step in tree.steps:
            broken = project.files[step.path].facts.syntax_problem is not None  # which is said already
            for operation in step.migration.operations if step.judged and not broken else ():
                if isinstance(operation, UnreadOperation) and (step.edits is None or operation.span in step.edits):
                    message = f"not understood: {_reason(project, tree, step, operation)}"
                    found = _internal(UNREAD, level, step.path, operation.span, message)
                    yield msgspec.structs.replace(found, concern="unread")
    for facts, tool in empties(project.migrations.trees, (file.facts for file in project.files.values())):
        lacks = "no revision: Alembic" if tool == "alembic" else "no class Migration: Django"
        message = f"not understood: the file is empty, and has {lacks} runs no migration while it is there"
        yield msgspec.structs.replace(_internal(UNREAD, level, facts.path, Span(0, 0), message), concern="unread")
    for file in project.files.values():
        for place in file.facts.unread:
            yield _internal(UNREAD, level, file.path, place.span, f"not understood: {place.reason}")


def _reason(project: Project, tree: MigrationTree, step: Step, operation: UnreadOperation) -> str:
    """Why it was not understood: what is no PostgreSQL was read as that where nothing in its file says otherwise."""
    dialect = "postgres"
    if operation.reason.startswith(NO_POSTGRES):
        dialect = project.migrations.servers.dialect(tree, step)
    if dialect == "postgres":
        return operation.reason
    server = "SQL" if dialect == "other" else dialect
    return f"as {server} it is not understood{operation.reason.removeprefix(NO_POSTGRES)}"


def _internal(rule: str, level: Level, path: str, span: Span, message: str, help_: str = "") -> Diagnostic:
    severity = "warning" if level == "off" else level
    return Diagnostic(rule, CATEGORY, severity, Location(path, span), message, help_)
