"""no-truncated-name"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, project_rule


@project_rule(
    summary="No new name is longer than PostgreSQL keeps it",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def no_truncated_name(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """PostgreSQL keeps 63 bytes of a name and drops the rest with no more than a notice. The object is there under
    another name than the one that stands in the migration, two long names that begin alike are one, and whoever looks
    for the whole name does not find it. SQLAlchemy does not even send an index's or constraint's name that is too long.

    Names that SQLAlchemy shortens (`op.f(…)`), and the tables and columns that Django shortens, are left out.

    Repair: a shorter name.

    Bad:

    ```sql db/migrations/0002_index.sql
    CREATE INDEX idx_subscriptions_on_customer_and_plan_and_region_and_currency_and_state ON subscriptions (state);
    ```

    Good:

    ```sql db/migrations/0002_index.sql
    CREATE INDEX idx_subscriptions_customer ON subscriptions (customer_id);
    ```

    In Alembic and Django:

    Good:

    ```python alembic/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index(
                "idx_subscriptions_customer", "subscriptions", ["customer_id"], postgresql_concurrently=True
            )
    ```

    Good:

    ```python shop/migrations/0002_check.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunSQL("ALTER TABLE plans ADD CONSTRAINT plans_seats CHECK (seats > 0) NOT VALID"),
        ]
    ```
    """
    for found in project.migrations.long_names():
        of = f" of `{found.table}`" if found.table else ""
        what = f"names a new {found.kind}{of} `{found.name}`, which has {found.size} bytes"
        kept = f"PostgreSQL keeps 63 of them and calls it `{found.kept}`"
        consequence = "SQLAlchemy refuses more than 63" if found.refused else kept
        yield Finding(found.change.location, f"{what}: {consequence}", "Give it a shorter name.")
