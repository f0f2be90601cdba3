"""rerunnable-outside-transaction"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, Unguarded, project_rule


class Options(RuleOptions):
    everywhere: bool = False
    """Ask for IF [NOT] EXISTS inside transactions as well, and of a migration's last statement."""


@project_rule(
    summary="A migration that runs outside a transaction can be run again",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    fix="safe",
    concern="robustness",
)
def rerunnable_outside_transaction(project: Project, options: Options) -> Iterator[Finding]:
    """When a migration that has no transaction stops half-way, its first statements are done and it is not: the next
    run begins with them again, and fails at the first one that is there already.

    Reported are CREATE, ADD and DROP without IF [NOT] EXISTS that are known to run outside a transaction and have
    another statement behind them. Django's operations have no such form and are left out, unlike the SQL in `RunSQL`.

    Repair: say `IF NOT EXISTS` or `IF EXISTS`, or give every statement a migration of its own.

    Bad:

    ```python migrations/versions/b2_indexes.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_day", "orders", ["day"], postgresql_concurrently=True)
            op.create_index("ix_orders_state", "orders", ["state"], postgresql_concurrently=True)
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_indexes.sql
    -- +goose NO TRANSACTION
    -- +goose Up
    CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_day ON orders (day);
    ALTER TABLE orders ADD COLUMN IF NOT EXISTS state text;
    ```

    In Alembic:

    ```python migrations/versions/b2_indexes.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_day", "orders", ["day"], postgresql_concurrently=True, if_not_exists=True)
            op.create_index("ix_orders_state", "orders", ["state"], postgresql_concurrently=True, if_not_exists=True)
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
    for found in project.migrations.unguarded(everywhere=options.everywhere):
        message = (
            f"runs outside a transaction without {found.guard}: when a later statement of this migration fails, the "
            f"next run fails here, at `{found.name}`"
        )
        if options.everywhere:
            message = f"says no {found.guard}: a run of it where it was done already fails here, at `{found.name}`"
        yield Finding(found.change.location, message, _steps(found), fix=project.migrations.repairs.rerunnable(found))


def _steps(found: Unguarded) -> str:
    if found.change.tree.tool == "alembic":
        return f"Pass {found.keyword}=True, or give it a revision of its own."
    return f"Say {found.guard}, or give it a migration of its own."
