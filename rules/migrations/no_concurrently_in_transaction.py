"""no-concurrently-in-transaction"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, Refused, project_rule


@project_rule(
    summary="What PostgreSQL refuses in a transaction runs outside of one",
    severity="error",
    since="0.1.0",
    sources=("S2-43",),
    fix="safe",
    concern="robustness",
)
def no_concurrently_in_transaction(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """CREATE, DROP and REINDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY, VACUUM, and CREATE or DROP DATABASE fail as
    soon as they run inside a transaction, and the migration with them; before PostgreSQL 12 so does a new label.

    Which statements are inside is up to the runner: Alembic and Django wrap a migration, goose, dbmate, Drizzle,
    Supabase, Diesel, sqlx and node-pg-migrate a file, golang-migrate and Prisma send several statements of a file as
    one query, which is a transaction as well; dbmate, Diesel and sqlx do so with a file that is not to be wrapped.
    Where the runner is not known, only an explicit BEGIN counts; where Alembic's `env.py` turns transactions off,
    nothing is reported.

    Repair: in Alembic, `with op.get_context().autocommit_block():`; in Django, `atomic = False` on the migration; in
    SQL, a file of its own, or the mark with which the runner leaves the transaction out.

    Bad:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_index("ix_orders_customer_id", "orders", ["customer_id"], postgresql_concurrently=True)
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_index.sql
    -- migrate:up transaction:false
    CREATE INDEX CONCURRENTLY orders_day ON orders (day);
    ```

    In Alembic:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_day", "orders", ["day"], postgresql_concurrently=True)
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
    for found in project.migrations.refused():
        fix = project.migrations.repairs.outside(found)
        server = f" on {project.migrations.postgres}{project.migrations.postgres.source}" if found.old else ""
        yield Finding(found.change.location, _message(found, server), _steps(project, found), fix=fix)


def _message(found: Refused, server: str) -> str:
    """`server` is added where it depends on the version."""
    of = f" ({found.target})" if found.target else ""
    match found.place.opened:
        case "file":
            why = "the file's own BEGIN"
        case "query":
            why = f"{found.runner} sends the statements of this file as one query, which"
            return f"{found.words}{of} fails{server}: {why} is a transaction"
        case _:
            why = f"the transaction that {found.runner or 'the runner'} opens"
    return f"{found.words}{of} fails{server} inside {why}"


def _steps(project: Project, found: Refused) -> str:
    """Where this very statement may stand."""
    repairs, change = project.migrations.repairs, found.change
    written = repairs.as_written(change)
    what = f"`{written}`" if written else "it"
    if found.place.opened == "file":
        return f"Move {what} out of BEGIN … COMMIT."
    match change.tree.tool:
        case "alembic":
            return f"Put {what} into `with op.get_context().autocommit_block():`."
        case "django":
            return f"Give {what} a migration of its own with `atomic = False`."
        case _ if found.place.opened == "runner" and not repairs.mark(change):
            return (
                f"Run {what} by hand first, and let the migration say IF [NOT] EXISTS: {found.runner} wraps every file."
            )
        case _:
            mark = repairs.mark(change)
            alone = f" with {mark}" if mark else ", with no other statement in the file"
            return f"Give {what} a migration of its own{alone}."
