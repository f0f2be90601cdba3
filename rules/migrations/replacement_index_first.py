"""replacement-index-first"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Gap, Project, Related, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) whose rows are found in an instant without an index."""


@project_rule(
    summary="An index is dropped when the one that replaces it is there, not before",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def replacement_index_first(project: Project, options: Options) -> Iterator[Finding]:
    """An index that is dropped and built anew in one deployment is missing in between: all queries that used it read
    the whole table, or, where both happen in one transaction, everybody waits: DROP INDEX locks the table for readers
    and writers, and the transaction keeps that lock while the new index is built.

    Reported is the drop of an index on a table in use when a later statement of the same deployment builds one that
    begins with the same column (a UNIQUE constraint does so as well), and no other index or key that begins so is
    there meanwhile.

    Repair: build the new index first, under another name and CONCURRENTLY; then drop the old one, and rename the new
    one if its name matters.

    Bad:

    ```sql db/migrations/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, day date);
    CREATE INDEX ix_orders_customer ON orders (customer_id);
    ```

    ```sql db/migrations/0002_index.sql
    DROP INDEX CONCURRENTLY ix_orders_customer;
    CREATE INDEX CONCURRENTLY ix_orders_customer ON orders (customer_id, day);
    ```

    Good:

    In SQL:

    ```sql db/migrations/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, day date);
    CREATE INDEX ix_orders_customer ON orders (customer_id);
    ```

    ```sql db/migrations/0002_index.sql
    CREATE INDEX CONCURRENTLY ix_orders_customer_day ON orders (customer_id, day);
    DROP INDEX CONCURRENTLY ix_orders_customer;
    ```

    In Alembic:

    ```python migrations/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_visits_page_day", "visits", ["page", "day"], postgresql_concurrently=True)
            op.drop_index("ix_visits_page", table_name="visits", postgresql_concurrently=True)
    ```

    In Django:

    ```python shop/migrations/0002_index.py
    from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0001_initial")]
        operations = [
            AddIndexConcurrently("letter", models.Index(fields=["sender", "day"], name="letter_sender_day")),
            RemoveIndexConcurrently("letter", "letter_sender"),
        ]
    ```
    """
    for gap in project.migrations.gaps():
        if not matches_any(options.small_tables, gap.table):
            related = (Related(gap.later.location, "the index that replaces it"),)
            yield Finding(gap.change.location, _message(gap), _steps(gap), related)


def _message(gap: Gap) -> str:
    gone = f"drops the index `{gap.name}` before the one that replaces it is built"
    if gap.together:
        return (
            f"{gone}: everybody waits for `{gap.table}`, because the transaction keeps the lock of the drop until then"
        )
    return f"{gone}: queries on `{gap.columns[0]}` read all of `{gap.table}` until it is"


def _steps(gap: Gap) -> str:
    place = f"`{gap.table}` ({', '.join(name or '…' for name in gap.new_columns)})"
    if gap.constraint:
        kind = gap.constraint.replace("-", " ").upper()
        return (
            f"First build a UNIQUE index on {place} under another name, CONCURRENTLY, and drop `{gap.name}` after it; "
            f"ADD CONSTRAINT … {kind} USING INDEX makes the constraint of it."
        )
    if gap.new_name not in {"", gap.name}:
        return (
            f"First build `{gap.new_name}` on {place}, otherwise as it is written, but CONCURRENTLY, and drop "
            f"`{gap.name}` after it."
        )
    return (
        f"First build the new index on {place}, otherwise as it is written, under another name, CONCURRENTLY, and drop "
        f"`{gap.name}` after it; ALTER INDEX … RENAME TO gives it the old name."
    )
