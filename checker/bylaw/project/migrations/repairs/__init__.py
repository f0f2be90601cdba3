"""Repairs of what locks, and of what fails or waits when a migration runs: edits that keep the resulting schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.diagnostics import Fix, InsertItem, InsertStatement, Replace
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.held import Held
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.repairs import constraints, indexes, rerunning, sequences
from bylaw.project.migrations.repairs.leaving import MARKS, is_executed, layout_of, line_ending, way_out
from bylaw.project.migrations.repairs.words import as_type, one_line, quoted, said
from bylaw.project.migrations.robustness.running import Refused, Unguarded, Untimed
from bylaw.project.migrations.together import begins_itself
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project import Project


class Repairs:
    """Fixes for the findings of one project, and the words in which their statements are told."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def _content(self, change: Change) -> bytes:
        return self._project.files[change.step.path].source.content

    def _is_evident(self, change: Change) -> bool:
        return self._project.migrations.servers.is_evident(change.tree)

    def _is_stuck(self, change: Change) -> bool:
        """Whether nothing in a revision can leave the transaction."""
        return begins_itself(self._project, change.tree)

    # What can be edited:

    def concurrent(self, work: Work) -> Fix | None:
        """The index built, dropped or rebuilt CONCURRENTLY, with what its runner needs for that."""
        if self._is_stuck(work.change):
            return None
        evident = self._is_evident(work.change)
        return indexes.concurrent(work, self._content(work.change), self._project.migrations.place_of, evident=evident)

    def not_valid(self, work: Work) -> Fix | None:
        """The constraint NOT VALID, for the next migration to validate."""
        return constraints.not_valid(work, self._content(work.change))

    def using_index(self, work: Work) -> Fix | None:
        """The unique constraint over an index that is built CONCURRENTLY before it."""
        if self._is_stuck(work.change):
            return None
        evident = self._is_evident(work.change)
        return constraints.using_index(
            work, self._content(work.change), self._project.migrations.place_of, evident=evident
        )

    def outside(self, found: Refused) -> Fix | None:
        """The statement outside of the transaction that it fails in."""
        out = way_out(found.change, found.place, self._content(found.change))
        if out is None or not out.edits or self._is_stuck(found.change):
            return None
        return Fix("Run it outside of a transaction", out.edits, "safe" if out.sure else "unsafe")

    def released(self, held: Held) -> Fix | None:
        """The work behind the end of the transaction that keeps the lock. In Alembic alone: elsewhere it takes another
        file.
        """
        if held.kind == "code" or held.work.tree.tool != "alembic" or self._is_stuck(held.work):
            return None
        out = way_out(held.work, held.place, self._content(held.work))
        return Fix("Let go of the lock before", out.edits) if out is not None and out.edits else None

    def rerunnable(self, found: Unguarded) -> Fix | None:
        """The statement in the form that can be run again."""
        return rerunning.rerunnable(found, self._content(found.change), evident=self._is_evident(found.change))

    def timed(self, found: Untimed, timeout: str) -> Fix | None:
        """A `lock_timeout` (or the other setting that is missing) before the first statement that waits."""
        change, content = found.change, self._content(found.change)
        path, span = change.step.path, change.operation.span
        setting, title = f"SET {found.setting} = '{timeout}'", f"Set {found.setting} to {timeout}"
        if change.tree.tool == "sql":
            statement = next((at for at in change.step.migration.statements if at.contains(span)), None)
            if statement is None:
                return None
            start = Span(statement.start, statement.start)
            return Fix(title, (Replace(path, start, f"{setting};{line_ending(content)}"),))
        text = content[span.start : span.end]
        if not is_executed(change, content) and not text.startswith(b"batch_op."):
            return None
        if change.tree.tool == "alembic":
            return Fix(title, (InsertStatement(path, span, f'op.execute("{setting}")', "before"),))
        return Fix(title, (InsertItem(path, span, f'migrations.RunSQL("{setting}", migrations.RunSQL.noop)'),))

    # What is told, with the statement's own names:

    def constraint_steps(self, work: Work, major: int) -> tuple[str, ...]:
        """What to run instead of adding the constraint at once, on a PostgreSQL of that major version: statements in
        backticks, each for a migration of its own. Empty where there is no such way.
        """
        return sequences.constraint_steps(work, self._content(work.change), major)

    def concurrently(self, work: Work) -> str:
        """The statement or call that builds, drops or rebuilds the index CONCURRENTLY, in backticks; '' where it would
        be long.
        """
        return indexes.told(work, self._content(work.change))

    def apart(self, earlier: Change, later: Change) -> str:
        """How two migrations of one deployment get out of their common transaction."""
        together = self._project.migrations.together(later.tree)
        what = "revisions" if later.tree.tool == "alembic" else "migrations"
        runner = together.runner if together is not None else "The runner"
        remedy = f", or {together.remedy}" if together is not None and together.remedy else ""
        return (
            f"{runner} runs the {what} of a deployment in one transaction: deploy `{later.step.name}` after "
            f"`{earlier.step.name}` has run{remedy}."
        )

    def as_written(self, change: Change) -> str:
        """The operation's own text on one line, without a semicolon; '' where it is too long to be repeated."""
        span = change.operation.span
        return one_line(self._content(change)[span.start : span.end].decode("utf-8", "replace")).rstrip("; ")

    def mark(self, change: Change) -> str:
        """What a file must hold for its runner to leave the transaction out; '' where that is not known."""
        return MARKS.get(layout_of(change), "") if change.tree.tool == "sql" else ""

    def said(self, change: Change, statement: str) -> str:
        """An SQL statement as the tool of the migration takes it, in backticks."""
        return said(change, statement)

    def as_type(self, name: str) -> str:
        """A type as SQL takes it."""
        return as_type(name)

    def quoted(self, name: str) -> str:
        """A name as SQL takes it."""
        return quoted(name)
