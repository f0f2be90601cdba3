"""IF [NOT] EXISTS, the forms of statements that can be run again."""

from __future__ import annotations

from typing import Final

from bylaw.diagnostics import Fix, Replace, SetKeyword
from bylaw.facts import migrations as ops
from bylaw.project.migrations.repairs.leaving import is_call_of
from bylaw.project.migrations.repairs.words import behind
from bylaw.project.migrations.robustness.running import Unguarded
from bylaw.source import Span

_CALLS: Final = (
    "create_table", "create_index", "add_column", "drop_table", "drop_index", "drop_column", "drop_constraint",
)  # fmt: skip
_TABLE: Final = ("ALTER", "TABLE", "IF?", "EXISTS?", "ONLY?", "@")
_WORDS: Final[dict[type[ops.Operation], tuple[tuple[str, ...], ...]]] = {
    ops.CreateTable: (("CREATE", "UNLOGGED?", "TABLE"),),
    ops.CreateIndex: (("CREATE", "UNIQUE?", "INDEX", "CONCURRENTLY?"),),
    ops.AddColumn: (("ADD", "COLUMN?"), (*_TABLE, "ADD", "COLUMN?")),
    ops.AlterEnum: (("ALTER", "TYPE", "@", "ADD", "VALUE"),),
    ops.DropTable: (("DROP", "TABLE"),),
    ops.DropIndex: (("DROP", "INDEX", "CONCURRENTLY?"),),
    ops.DropColumn: (("DROP", "COLUMN?"), (*_TABLE, "DROP", "COLUMN?")),
    ops.DropConstraint: (("DROP", "CONSTRAINT"), (*_TABLE, "DROP", "CONSTRAINT")),
}


def rerunnable(found: Unguarded, content: bytes, *, evident: bool) -> Fix | None:
    """The guard at its place in the statement, or as Alembic's keyword.

    Safe in SQL for PostgreSQL (`evident`): where the statement would have succeeded, the guard changes nothing. Which
    keywords there are depends on Alembic's version.
    """
    change = found.change
    path, span = change.step.path, change.operation.span
    text = content[span.start : span.end].decode("utf-8", "replace")
    if is_call_of(change, content, *_CALLS):
        return Fix(f"Pass {found.keyword}=True", (SetKeyword(path, span, found.keyword, "True"),))
    for words in _WORDS.get(type(change.operation), ()):
        at = behind(text, *words)
        if at is not None:
            start = span.start + len(text[:at].encode())
            edit = Replace(path, Span(start, start), f" {found.guard}")
            return Fix(f"Say {found.guard}", (edit,), "safe" if evident else "unsafe")
    return None
