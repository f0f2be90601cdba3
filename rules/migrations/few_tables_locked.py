"""few-tables-locked"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, Related, RuleOptions, project_rule


class Options(RuleOptions):
    most: int = 2
    """How many tables in use one transaction may lock. A foreign key locks two: its own and the one it points to."""
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that do not count."""


@project_rule(
    summary="A transaction of a migration locks few tables at once",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def few_tables_locked(project: Project, options: Options) -> Iterator[Finding]:
    """A transaction keeps all its locks until its end. One that locks several tables waits for each while it holds the
    others, so that their users wait along; and when running code locks two of them in the other order, one of the two
    transactions dies of a deadlock.

    Reported, once for each transaction, is the statement with which it locks more tables in use than `most`. Tables of
    the same deployment do not count.

    Alembic (unless `env.py` sets `transaction_per_migration`) and Drizzle run all migrations that are deployed together
    in one transaction.

    Repair: a migration (or a transaction) for each table, and for each foreign key.

    Bad:

    ```sql supabase/migrations/20240102000000_more.sql
    ALTER TABLE orders ADD COLUMN note text;
    ALTER TABLE customers ADD COLUMN note text;
    ALTER TABLE letters ADD COLUMN note text;
    ```

    Good:

    ```sql supabase/migrations/20240102000000_more.sql
    ALTER TABLE orders ADD COLUMN note text;
    ```

    ```sql supabase/migrations/20240103000000_more.sql
    ALTER TABLE customers ADD COLUMN note text;
    ```

    ```sql supabase/migrations/20240104000000_more.sql
    ALTER TABLE letters ADD COLUMN note text;
    ```

    In Alembic with `transaction_per_migration=True` in `env.py`, and in Django:

    Good:

    ```python alembic/versions/b2_order_note.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("orders", sa.Column("note", sa.Text()))
    ```

    Good:

    ```python shop/migrations/0002_order_note.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.AddField("order", "note", models.TextField(null=True))]
    ```
    """
    for found in project.migrations.crowds(options.most, options.small_tables):
        *others, last = found.tables
        held = ", ".join(f"`{name}`" for name in others)
        message = (
            f"locks `{last}` while the transaction keeps its locks on {held}: {len(found.tables)} tables at once, "
            "whose users wait for all of them, and code that locks them in another order deadlocks"
        )
        help_text = f"Give `{last}` a migration of its own."
        if found.first.step is not found.change.step:
            help_text = project.migrations.repairs.apart(found.first, found.change)
        related = (Related(found.first.location, f"the first lock, on `{found.tables[0]}`"),)
        yield Finding(found.change.location, message, help_text, related if found.first is not found.change else ())
