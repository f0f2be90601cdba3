"""no-corrupt-index-build"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, project_rule

_FIXED = (14, 4)


@project_rule(
    summary="No index is built CONCURRENTLY on a PostgreSQL that may get it wrong",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def no_corrupt_index_build(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """PostgreSQL 14.0 to 14.3 can leave rows out of an index that is built or rebuilt CONCURRENTLY while others write:
    queries then do not find them, and nothing says so. 14.4 repaired that.

    The version is the one that compose files, CI services or Dockerfiles start (`image: postgres:14.2`). Where nothing
    names one of these, nothing is reported.

    Repair: upgrade to 14.4 or newer first, and REINDEX what was built before.

    Bad:

    ```yaml docker-compose.yml
    services:
      db:
        image: postgres:14.2
    ```

    ```sql db/migrations/0002_index.sql
    CREATE INDEX CONCURRENTLY ix_orders_day ON orders (day);
    ```

    Good:

    ```yaml docker-compose.yml
    services:
      db:
        image: postgres:14.4
    ```

    ```sql db/migrations/0002_index.sql
    CREATE INDEX CONCURRENTLY ix_orders_day ON orders (day);
    ```

    The same holds for Alembic and Django, here on a newer version:

    Good:

    ```yaml docker-compose.yml
    services:
      db:
        image: postgres:14.4
    ```

    ```python alembic/versions/b2_index.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_day", "orders", ["day"], postgresql_concurrently=True)
    ```

    ```python shop/migrations/0002_index.py
    from django.contrib.postgres.operations import AddIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0001_initial")]
        operations = [AddIndexConcurrently("order", models.Index(fields=["day"], name="order_day"))]
    ```
    """
    server = project.migrations.postgres
    if len(server.version) < 2 or not (14,) <= server.version < _FIXED:
        return
    version = ".".join(map(str, server.version[:2]))
    for change, name, table in project.migrations.concurrent_builds():
        of = f"{f' `{name}`' if name else ''}{f' of `{table}`' if table else ''}"
        message = (
            f"builds the index{of} CONCURRENTLY on PostgreSQL {version}{server.source}, "
            "which may leave rows out of it that are written meanwhile"
        )
        yield Finding(change.location, message, "Upgrade to PostgreSQL 14.4 or newer first.")
