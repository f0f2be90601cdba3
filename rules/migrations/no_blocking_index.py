"""no-blocking-index"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bylaw import AddImport, Finding, Fix, InsertStatement, Project, Replace, SetKeyword, Span, Work, project_rule
from bylaw.facts.migrations import CreateIndex


@dataclass(frozen=True)
class Options:
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that are indexed in an instant, whatever the lock."""
    drops: bool = False
    """Report DROP INDEX without CONCURRENTLY as well: its lock is short, but it waits for every running query and all
    others wait behind it."""


@project_rule(
    summary="An index on a table in use is built and rebuilt CONCURRENTLY",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    fix="unsafe",
    concern="locking",
)
def no_blocking_index(project: Project, options: Options) -> Iterator[Finding]:
    """On PostgreSQL, CREATE INDEX and REINDEX keep every INSERT, UPDATE and DELETE of the table waiting until the index
    is complete. With CONCURRENTLY they do not; then the statement has to run outside a transaction.

    Tables that the same deployment creates, temporary tables, indexes `ON ONLY` a partitioned table and views are
    spared. Django's foreign keys and `db_index=True` bring an index that blocks just so.

    Repair: in SQL, `CREATE INDEX CONCURRENTLY IF NOT EXISTS`, in a migration of its own that its runner does not wrap;
    in Alembic, `postgresql_concurrently=True` inside `with op.get_context().autocommit_block():`; in Django,
    `AddIndexConcurrently` in a migration with `atomic = False` (for a foreign key: `db_index=False` first).

    Bad:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    ```

    Good:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_customer_id", "orders", ["customer_id"], postgresql_concurrently=True)
    ```
    """
    for work in project.migrations.works():
        if work.cause not in {"index", "reindex"} and not (work.cause == "drop-index" and options.drops):
            continue
        if not any(fnmatchcase(work.table, pattern) for pattern in options.small_tables):
            yield Finding(work.change.location, _message(work), _steps(work), fix=_fix(project, work))


def _message(work: Work) -> str:
    named = (
        f"`{work.name}`" if work.name else f"on {', '.join(f'`{c}`' if c else 'an expression' for c in work.columns)}"
    )
    table = f"`{work.table}`" if work.table else "its table"
    waits = f"every INSERT, UPDATE and DELETE of {table} waits until it is complete"
    match work.cause:
        case "reindex":
            what = f"the index {named}" if work.name else f"the indexes of {table}"
            return f"rebuilds {what} without CONCURRENTLY: {waits}"
        case "drop-index":
            return f"drops the index {named} without CONCURRENTLY: everything that uses {table} waits for its lock"
        case _ if work.inline and work.change.tree.tool == "django":
            return f"adds a field to {table} that brings an index {named}, built under a lock: {waits}"
        case _:
            return f"builds the {'unique index' if work.detail else 'index'} {named} of {table} under a lock: {waits}"


def _steps(work: Work) -> str:
    verb = {"index": "Build", "reindex": "Rebuild", "drop-index": "Drop"}[work.cause]
    match work.change.tree.tool:
        case "django" if work.inline:
            return (
                "Add the field with db_index=False, and the index by AddIndexConcurrently in a migration of its own "
                "with atomic = False."
            )
        case "django" if work.detail:
            return (
                "Build it with RunSQL(CREATE UNIQUE INDEX CONCURRENTLY …, state_operations=[this]) in a migration of "
                "its own with atomic = False."
            )
        case "django":
            word = "Remove" if work.cause == "drop-index" else "Add"
            return f"Use {word}IndexConcurrently in a migration of its own with atomic = False."
        case "alembic":
            return f"{verb} it with postgresql_concurrently=True inside `with op.get_context().autocommit_block():`."
        case _:
            return f"{verb} it CONCURRENTLY, in a migration of its own that runs outside a transaction."


def _fix(project: Project, work: Work) -> Fix | None:
    """CONCURRENTLY, where the statement runs outside a transaction, or can be made to."""
    change = work.change
    if work.cause != "index" or work.inline or not isinstance(change.operation, CreateIndex):
        return None
    file = project.files[change.step.path]
    span, title = change.operation.span, "Build it concurrently"
    text = file.text(span)
    if change.tree.tool == "django":
        return _django(work, text, title)
    if project.migrations.place_of(change).kind != "outside":
        return None
    if change.tree.tool == "alembic" and text.endswith(")") and "create_index" in text:
        return Fix(title, (SetKeyword(file.path, span, "postgresql_concurrently", "True"),))
    words = text.upper().split(None, 3)
    length = text.upper().find("INDEX") + len("INDEX")
    if change.tree.tool == "sql" and words[0] == "CREATE" and "INDEX" in words[1:3]:
        start = span.start + len(text[:length].encode())
        return Fix(title, (Replace(file.path, Span(start, start), " CONCURRENTLY"),))
    return None


def _django(work: Work, text: str, title: str) -> Fix | None:
    """The concurrent operation, in a migration that has no other and is told not to be atomic."""
    step = work.change.step
    if len(step.migration.operations) != 1 or step.migration.transactional is not None or work.detail:
        return None
    head = "migrations.AddIndex("
    if not text.startswith(head):
        return None
    span = work.change.operation.span
    return Fix(
        title,
        (
            Replace(step.path, Span(span.start, span.start + len(head) - 1), "AddIndexConcurrently"),
            AddImport(step.path, "django.contrib.postgres.operations", "AddIndexConcurrently"),
            InsertStatement(step.path, span, "atomic = False", "before"),
        ),
    )
