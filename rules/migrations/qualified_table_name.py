"""qualified-table-name"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    exempt: tuple[str, ...] = ()
    """Patterns of tables that need no schema."""


@project_rule(
    summary="SQL migrations name the schema of a table",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def qualified_table_name(project: Project, options: Options) -> Iterator[Finding]:
    """A table's name without a schema means another table when `search_path` is another one: for another role, in
    another database, behind a connection pool that remembers it.

    Reported, once for each statement, is a table that SQL for PostgreSQL creates, alters, renames or drops without
    its schema. Temporary tables, and files that set `search_path` themselves, are left out. Meant for houses that keep
    several schemas; off unless asked for.

    Repair: say the schema.

    Bad:

    ```sql db/migrations/0002_plan.sql
    ALTER TABLE users ADD COLUMN plan text;
    ```

    Good:

    ```sql db/migrations/0002_plan.sql
    ALTER TABLE app.users ADD COLUMN plan text;
    ```

    The SQL in Alembic and Django says it likewise. Alembic's operations have `schema=` for it; Django's have no schema
    of their own, and take the one of the connection.

    Good:

    ```python alembic/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text()), schema="app")
        op.execute("ALTER TABLE app.users ADD COLUMN plan_until date")
    ```

    Good:

    ```python users/migrations/0002_plan.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("users", "0001_initial")]
        operations = [
            migrations.RunSQL(
                "ALTER TABLE app.users ADD COLUMN plan text", "ALTER TABLE app.users DROP COLUMN plan"
            )
        ]
    ```
    """
    for change, table in project.migrations.unqualified():
        if not matches_any(options.exempt, table):
            message = f"names the table `{table}` without its schema: which one that is, the search_path decides"
            name = project.migrations.repairs.quoted(table)
            yield Finding(change.location, message, f"Say the schema: `public.{name}`, for instance.")
