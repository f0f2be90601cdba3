"""no-concurrently-in-transaction"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, Refused, project_rule

_MARKS = {
    "goose": "Put `-- +goose NO TRANSACTION` at the top of the file.",
    "dbmate": "Say `-- migrate:up transaction:false`.",
    "sql-migrate": "Say `-- +migrate Up notransaction`.",
    "Flyway": "Leave every other statement out of the file, or set executeInTransaction=false in its `.sql.conf`.",
}


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

    Which statements are inside is up to the runner: Alembic and Django wrap a migration, goose, dbmate, Drizzle and
    Supabase a file, golang-migrate and Prisma send several statements of a file as one query, which is a transaction as
    well. Where the runner is not known, only an explicit BEGIN counts; where Alembic's `env.py` turns transactions off,
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

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_customer_id", "orders", ["customer_id"], postgresql_concurrently=True)
    ```
    """
    for found in project.migrations.refused():
        yield Finding(
            found.change.location, _message(found), _steps(found), fix=project.migrations.repairs.outside(found)
        )


def _message(found: Refused) -> str:
    name = getattr(found.change.operation, "name", "")
    of = f" (`{name}`)" if name else ""
    match found.place.opened:
        case "file":
            why = "the file's own BEGIN"
        case "query":
            why = f"{found.runner} sends the statements of this file as one query, which"
            return f"{found.words}{of} fails: {why} is a transaction"
        case _:
            why = f"the transaction that {found.runner or 'the runner'} opens"
    return f"{found.words}{of} fails inside {why}"


def _steps(found: Refused) -> str:
    if found.place.opened == "file":
        return "Move it out of BEGIN … COMMIT."
    match found.change.tree.tool:
        case "alembic":
            return "Put it into `with op.get_context().autocommit_block():`."
        case "django":
            return "Set `atomic = False` on the migration, and move everything else into another one."
        case _:
            return _MARKS.get(found.runner, "Give it a migration of its own, with no other statement in the file.")
