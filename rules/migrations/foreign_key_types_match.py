"""foreign-key-types-match"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule

_COUNTED = {"bigserial": "bigint", "smallserial": "smallint"}


class Options(RuleOptions):
    wider: bool = True
    """Report also a whole number that is larger than its target (`bigint` for an `integer`): every value fits, and
    PostgreSQL takes it; MySQL does not."""


@project_rule(
    summary="A new foreign key has the type of what it points to",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def foreign_key_types_match(project: Project, options: Options) -> Iterator[Finding]:
    """A key of another type than its target works until it does not: an `integer` that points to a `bigint` is full
    after two billion rows, of which the other table may have more. PostgreSQL compares such columns with a conversion
    in each row, and refuses types that it cannot compare; MySQL refuses them all.

    Compared are types that are written out on both sides, and what they come to when the last migration has run:
    whole numbers by their size, `numeric`, `uuid`, texts, and so on. Lengths and digits do not matter, and a `serial`
    is the number that it fills. Django gives a key the type of its target itself.

    Repair: declare the key with the type of its target.

    Bad:

    ```sql db/migrations/0001_orders.sql
    CREATE TABLE customers (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer REFERENCES customers (id));
    ```

    Good:

    ```sql db/migrations/0001_orders.sql
    CREATE TABLE customers (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    ```

    In Alembic, and in Django, which takes the type over:

    Good:

    ```python alembic/versions/a1_orders.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("customers", sa.Column("id", sa.BigInteger(), primary_key=True))
        op.create_table(
            "orders",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.Column("customer_id", sa.BigInteger(), sa.ForeignKey("customers.id")),
        )
    ```

    Good:

    ```python shop/migrations/0002_order.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("order", "customer", models.ForeignKey("shop.Customer", models.CASCADE, null=True)),
        ]
    ```
    """
    for found in project.migrations.mismatched_keys():
        if found.wider and not options.wider:
            continue
        column, referenced = found.column, found.referenced
        own = f"`{found.key.table.name}.{column.name}`"
        consequence = ": not every value fits" if found.narrower else ""
        message = (
            f"the foreign key {own} is of the type `{column.type}`, and `{found.target}.{referenced.name}`, which it "
            f"points to, is `{referenced.type}`{consequence}"
        )
        yield Finding(found.key.location, message, f"Declare {own} as `{_plain(referenced.type)}` too.")


def _plain(type_name: str) -> str:
    """The type that a column has which does not count by itself: `bigint` for a `bigserial`."""
    return _COUNTED.get(type_name.lower(), type_name)
