"""no-blocking-index"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, Work, project_rule
from bylaw.facts.migrations import AlterColumn
from bylaw.facts.naming import listed, matches_any

_REBUILDS_CONCURRENTLY = 12


class Options(RuleOptions):
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
    fix="safe",
    concern="locking",
)
def no_blocking_index(project: Project, options: Options) -> Iterator[Finding]:
    """On PostgreSQL, CREATE INDEX and REINDEX keep every INSERT, UPDATE and DELETE of the table waiting until the index
    is complete. With CONCURRENTLY they do not; then the statement has to run outside a transaction.

    Tables that the same deployment creates, temporary tables, indexes `ON ONLY` a partitioned table and views are
    spared. Django's foreign keys and `db_index=True` bring an index that blocks just so.

    Repair: build it CONCURRENTLY, in a migration of its own that runs outside a transaction. When the build fails, drop
    the invalid index that it leaves, and build it again. The index that comes with a Django field is left out of that
    (`db_index=False`) and added in the next migration.

    Bad:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_index.sql
    -- +goose NO TRANSACTION
    -- +goose Up
    CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_id ON orders (customer_id);
    ```

    In Alembic:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_customer_id", "orders", ["customer_id"], postgresql_concurrently=True)
    ```

    In Django:

    ```python shop/migrations/0002_index.py
    from django.contrib.postgres.operations import AddIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0001_initial")]
        operations = [
            AddIndexConcurrently("order", models.Index(fields=["number"], name="order_number")),
        ]
    ```
    """
    for work in project.migrations.works():
        if work.cause not in {"index", "reindex"} and not (work.cause == "drop-index" and options.drops):
            continue
        if not matches_any(options.small_tables, work.table):
            server = project.migrations.postgres
            if work.cause == "reindex" and server.major < _REBUILDS_CONCURRENTLY:
                help_text = (
                    f"{server}{server.source} rebuilds none CONCURRENTLY: build another index so, and drop this one."
                )
                yield Finding(work.change.location, _message(work), help_text)
                continue
            yield Finding(
                work.change.location,
                _message(work),
                _steps(project, work),
                fix=project.migrations.repairs.concurrent(work),
            )


def _message(work: Work) -> str:
    named = f" `{work.name}`" if work.name else f" on {listed(work.columns)}" if work.columns else ""
    table = f"`{work.table}`" if work.table else "its table"
    waits = f"every INSERT, UPDATE and DELETE of {table} waits until it is complete"
    match work.cause:
        case "reindex":
            what = f"the index{named}" if work.name else f"the indexes of {table}"
            return f"rebuilds {what} without CONCURRENTLY: {waits}"
        case "drop-index":
            return f"drops the index{named} without CONCURRENTLY: everything that uses {table} waits for its lock"
        case _ if _is_of_altered_field(work):
            return f"alters a field of {table}, which gets an index{named}, built under a lock: {waits}"
        case _ if work.inline and work.change.tree.tool == "django":
            return f"adds a field to {table} that brings an index{named}, built under a lock: {waits}"
        case _:
            return f"builds the {'unique index' if work.detail else 'index'}{named} of {table} under a lock: {waits}"


def _is_of_altered_field(work: Work) -> bool:
    """Whether Django's `AlterField` brings the index along."""
    span = work.change.operation.span
    return work.change.tree.tool == "django" and any(
        isinstance(other.operation, AlterColumn) and other.operation.span == span
        for other in work.change.deployment.changes
        if other.step is work.change.step
    )


def _steps(project: Project, work: Work) -> str:
    """What to write instead, in the words of the migration's tool."""
    repairs, change = project.migrations.repairs, work.change
    verb = {"index": "Build", "reindex": "Rebuild", "drop-index": "Drop"}[work.cause]
    state = change.table(work.table)
    if state is not None and state.partitioned and work.cause == "index":
        return (
            f"Build it with CREATE INDEX … ON ONLY {repairs.quoted(work.table)}, CONCURRENTLY on each partition, and "
            "ALTER INDEX … ATTACH PARTITION each of those."
        )
    written = repairs.concurrently(work)
    match change.tree.tool:
        case "django" if _is_of_altered_field(work):
            return (
                "Leave the field without one (db_index=False), list the index in Meta.indexes, and build it with "
                "AddIndexConcurrently in a migration of its own with `atomic = False`."
            )
        case "django" if work.inline:
            return (
                "Add the field with db_index=False, and the index by AddIndexConcurrently in a migration of its own "
                "with `atomic = False`."
            )
        case "django" if not written and work.detail and work.cause == "index":
            return (
                "Build it with RunSQL and CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own with `atomic = "
                "False`, inside SeparateDatabaseAndState with this operation as its state."
            )
        case "django":
            word = "RemoveIndexConcurrently" if work.cause == "drop-index" else "AddIndexConcurrently"
            return f"{verb} it with {written or word} in a migration of its own with `atomic = False`."
        case "alembic":
            said = written or "postgresql_concurrently=True"
            return f"{verb} it with {said} inside `with op.get_context().autocommit_block():`."
        case _:
            mark, place = repairs.mark(change), project.migrations.place_of(change)
            if place.kind == "inside" and place.opened == "runner" and not mark:
                return (
                    f"The runner wraps every file: {verb.lower()} it by hand first, with {written or 'CONCURRENTLY'}, "
                    "and let the migration say IF [NOT] EXISTS."
                )
            outside = f" with {mark}" if mark else ", outside a transaction"
            return f"{verb} it with {written or 'CONCURRENTLY'} in a migration of its own{outside}."
