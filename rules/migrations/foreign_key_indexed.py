"""foreign-key-indexed"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that are read in no time: their own keys need no index."""
    unchanged_tables: tuple[str, ...] = ()
    """Patterns of tables whose rows nobody deletes: keys that point to them need no index."""


@project_rule(
    summary="A new foreign key has an index",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="locking",
)
def foreign_key_indexed(project: Project, options: Options) -> Iterator[Finding]:
    """PostgreSQL indexes what a foreign key points to, not the key itself. Without an index, every DELETE of a row
    there, and every change of its key, reads the whole referencing table to find the rows that point to it, and keeps
    its own locks for that long; so do joins from there.

    Judged is the schema that the migrations leave behind: an index that a later migration of the deployment builds is
    fine, and so is a primary key or a unique constraint that begins with a column of the key. A partial index does not
    count, unless it leaves out no more than NULL. Django indexes its keys itself, unless `db_index=False` forbids it,
    and MySQL does so always. Columns that no migration was seen to make may have an index that nobody sees: they are
    left out.

    Repair: an index on the columns of the key, built CONCURRENTLY where the table is in use.

    Bad:

    ```sql db/migrations/0002_orders.sql
    CREATE TABLE orders (
        id bigint PRIMARY KEY,
        customer_id bigint NOT NULL REFERENCES customers (id)
    );
    ```

    Good:

    ```sql db/migrations/0002_orders.sql
    CREATE TABLE orders (
        id bigint PRIMARY KEY,
        customer_id bigint NOT NULL REFERENCES customers (id)
    );
    CREATE INDEX orders_customer_id_idx ON orders (customer_id);
    ```

    In Alembic and Django, for a table in use:

    Good:

    ```python alembic/versions/b2_customer.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("orders", sa.Column("customer_id", sa.BigInteger()))
        op.create_foreign_key(
            "orders_customer_id_fkey", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True
        )
        with op.get_context().autocommit_block():
            op.create_index("orders_customer_id_idx", "orders", ["customer_id"], postgresql_concurrently=True)
    ```

    Good:

    ```python shop/migrations/0003_customer_index.py
    from django.contrib.postgres.operations import AddIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0002_customer")]  # which added the key with db_index=False
        operations = [AddIndexConcurrently("order", models.Index(fields=["customer"], name="order_customer_idx"))]
    ```
    """
    for key in project.migrations.unindexed_keys():
        target = key.target_name
        if _matches(key.table.name, options.small_tables) or _matches(target, options.unchanged_tables):
            continue
        name = key.table.name
        columns = ", ".join(key.columns)
        where = f"`{target}`" if target else "the table that it points to"
        key_name = getattr(key.change.operation, "name", "")
        message = (
            f"no index begins with the foreign key{f' `{key_name}`' if key_name else ''} of `{name}` ({columns}): "
            f"each DELETE of a row in {where} reads all of `{name}`"
        )
        yield Finding(key.location, message, f"Create an index on `{name}` ({columns}) in the same deployment.")


def _matches(table: str, patterns: tuple[str, ...]) -> bool:
    return matches_any(patterns, table, table.rpartition(".")[2])
