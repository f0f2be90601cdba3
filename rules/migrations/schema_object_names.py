"""schema-object-names"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule

_SHORTENED = 60
"""Bytes: SQLAlchemy makes them so many where PostgreSQL's 63 are not enough."""


class Options(RuleOptions):
    tables: str = ""
    """A regular expression that the whole name of a new table must match (`[a-z_]+s`). Empty, here and below: any name
    will do. `{table}` stands for the table, `{columns}` for its columns joined by `_` (in `indexes` and below)."""
    columns: str = ""
    """The same for columns."""
    views: str = ""
    """The same for views."""
    types: str = ""
    """The same for enums and other types."""
    indexes: str = ""
    """The same for indexes: `ix_{table}_.+`."""
    unique_constraints: str = ""
    """The same for UNIQUE constraints: `uq_{table}_{columns}`."""
    primary_keys: str = ""
    """The same for primary keys: `pk_{table}`."""
    foreign_keys: str = ""
    """The same for foreign keys: `fk_{table}_{columns}_.+`."""
    checks: str = ""
    """The same for CHECK constraints."""


@project_rule(
    summary="New tables, columns, indexes and constraints are named by the house's patterns",
    severity="info",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def schema_object_names(project: Project, options: Options) -> Iterator[Finding]:
    """A constraint is dropped by its name, an error of the server says its name, and whoever meets it should know
    which table it belongs to. A house that has a pattern says so in the options; without one, nothing is reported.

    Compared are names that stand in a new migration, as the database keeps them: in SQL, letters without quotes are
    small ones. What a tool or the server makes up is left alone, and so are names that may have been shortened (of 60
    bytes and more), and what has run already.

    Repair: another name, in the migration and in the model that it was generated from.

    Bad:

    ```toml options
    indexes = "ix_{table}_.+"
    ```

    ```sql db/migrations/0002_orders.sql
    CREATE INDEX by_customer ON orders (customer_id);
    ```

    Good:

    ```toml options
    indexes = "ix_{table}_.+"
    ```

    ```sql db/migrations/0002_orders.sql
    CREATE INDEX ix_orders_customer_id ON orders (customer_id);
    ```

    In Alembic and Django:

    Good:

    ```toml options
    indexes = "ix_{table}_.+"
    ```

    ```python alembic/versions/b2_orders.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    ```

    Good:

    ```toml options
    indexes = "ix_{table}_.+"
    ```

    ```python shop/migrations/0002_orders.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddIndex("order", models.Index(fields=["customer"], name="ix_shop_order_customer"))
        ]
    ```
    """
    patterns = {
        "table": (options.tables, "the table"), "column": (options.columns, "the column"),
        "view": (options.views, "the view"), "type": (options.types, "the type"),
        "index": (options.indexes, "the index"), "unique": (options.unique_constraints, "the unique constraint"),
        "primary-key": (options.primary_keys, "the primary key"), "check": (options.checks, "the check"),
        "foreign-key": (options.foreign_keys, "the foreign key"),
    }  # fmt: skip
    if not any(pattern for pattern, _ in patterns.values()):
        return
    for found in project.migrations.new_names():
        pattern, what = patterns.get(found.kind, ("", ""))
        if not pattern or _matches(pattern, found.name, found.table, found.columns):
            continue
        of = f" of `{found.table}`" if found.table else ""
        message = f"{what} `{found.name}`{of} is not named by the pattern `{pattern}`"
        yield Finding(found.location, message, "Give it a name that the pattern takes, while it has run nowhere else.")


def _matches(pattern: str, name: str, table: str, columns: tuple[str, ...]) -> bool:
    """Expressions may be called anything, and so may columns that are not known; what was shortened fits no pattern."""
    if len(name.encode()) >= _SHORTENED:
        return True
    parts = [re.escape(column) if column else ".+" for column in columns]
    filled = pattern.replace("{table}", re.escape(table) or ".+").replace("{columns}", "_".join(parts) or ".+")
    return re.fullmatch(filled, name) is not None
