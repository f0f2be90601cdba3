"""no-ignored-reference"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, project_rule


@project_rule(
    summary="On MySQL, a foreign key is declared in a way that makes one",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def no_ignored_reference(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """MySQL before 9.0 reads a REFERENCES behind a column and forgets it: there is no foreign key, and no error. (So
    does MariaDB before 10.5.)

    Judged is the SQL of migrations that are known to run on one of these. A column for which a FOREIGN KEY is declared
    as well is left out.

    Repair: `FOREIGN KEY (column) REFERENCES …` as an element of its own. Alembic's `sa.ForeignKey` and Django's
    `ForeignKey` are sent to MySQL so; in `op.execute` and `RunSQL` the SQL has to say it.

    Bad:

    ```sql db/migrations/mysql/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    ```

    Good:

    ```sql db/migrations/mysql/0001_orders.sql
    CREATE TABLE orders (
        id bigint PRIMARY KEY,
        customer_id bigint,
        FOREIGN KEY (customer_id) REFERENCES customers (id)
    );
    ```

    In Alembic and Django:

    Good:

    ```yaml compose.yml
    services:
      db:
        image: mysql:8.0
    ```

    ```python alembic/versions/a1_orders.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table(
            "orders",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.Column("customer_id", sa.BigInteger(), sa.ForeignKey("customers.id")),
        )
    ```

    Good:

    ```yaml compose.yml
    services:
      db:
        image: mysql:8.0
    ```

    ```python shop/migrations/0002_customer.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("order", "customer", models.ForeignKey("shop.customer", models.CASCADE, null=True))
        ]
    ```
    """
    for found in project.migrations.ignored_references():
        server = f"{found.server}{found.server.source}"
        message = (
            f"declares that `{found.table}.{found.column}` references `{found.references}` behind the column: {server} "
            "ignores that, and makes no foreign key"
        )
        help_text = f"Say FOREIGN KEY ({found.column}) REFERENCES … as an element of its own."
        yield Finding(found.change.at(found.span), message, help_text)
