"""schema-and-data-apart"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Mixture, Project, Related, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    code: bool = True
    """Count Python that moves data (`RunPython`, a session in `upgrade()`) as well."""
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) whose rows may be changed along with a schema."""


@project_rule(
    summary="A transaction changes the schema of tables in use, or their rows, but not both",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-46"),
    concern="robustness",
)
def schema_and_data_apart(project: Project, options: Options) -> Iterator[Finding]:
    """A change of rows can fail, and take long, for reasons that lie in the rows; a change of the schema locks tables
    until its transaction ends. Together the one undoes the other, everybody waits for both, and PostgreSQL refuses to
    alter a table for which checks of this transaction are still to come ("pending trigger events").

    Reported, once for each transaction, is its first change of rows, where the transaction also changes the schema of a
    table in use. Rows of tables that the same deployment creates may be written.

    Repair: a migration for the schema, and one for the rows, which runs before or behind it.

    Bad:

    ```python shop/migrations/0002_plan.py
    from django.db import migrations, models


    def fill(apps, schema_editor):
        apps.get_model("shop", "Customer").objects.update(plan="free")


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("customer", "plan", models.TextField(null=True)),
            migrations.RunPython(fill, migrations.RunPython.noop),
        ]
    ```

    Good:

    ```python shop/migrations/0002_plan.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.AddField("customer", "plan", models.TextField(null=True))]
    ```

    ```python shop/migrations/0003_fill_plan.py
    from django.db import migrations


    def fill(apps, schema_editor):
        apps.get_model("shop", "Customer").objects.update(plan="free")


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_plan")]
        operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
    ```

    In SQL and in Alembic, as two migrations as well:

    Good:

    ```sql supabase/migrations/20240102000000_plan.sql
    ALTER TABLE customers ADD COLUMN plan text;
    ```

    ```sql supabase/migrations/20240103000000_fill_plan.sql
    UPDATE customers SET plan = 'free' WHERE plan IS NULL;
    ```

    Good:

    ```python alembic/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("customers", sa.Column("plan", sa.Text()))
    ```

    ```python alembic/versions/c3_fill_plan.py
    from alembic import op

    revision = "c3"
    down_revision = "b2"


    def upgrade() -> None:
        op.execute("UPDATE customers SET plan = 'free' WHERE plan IS NULL")
    ```
    """
    for found in project.migrations.mixtures():
        if not found.table and not options.code:
            continue
        if not matches_any(options.small_tables, found.table):
            related = (Related(found.schema.location, "the schema is changed here"),)
            yield Finding(found.change.location, _message(found), _steps(found), related)


def _message(found: Mixture) -> str:
    rows = f"changes rows of `{found.table}`" if found.table else "moves data"
    return f"{rows} in the transaction that changes the schema: each fails with the other, and both keep their locks"


def _steps(found: Mixture) -> str:
    return f"Move it to a {'revision' if found.change.tree.tool == 'alembic' else 'migration'} of its own."
