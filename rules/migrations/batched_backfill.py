"""batched-backfill"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Backfill, Finding, Project, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) whose rows are changed in an instant."""


@project_rule(
    summary="All rows of a table are changed in batches",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def batched_backfill(project: Project, options: Options) -> Iterator[Finding]:
    """One statement that changes every row of a table keeps each of them locked until the last one is done, so that
    whoever writes to one of them waits; it doubles the table with old versions of its rows, and holds up replicas.

    Reported is an UPDATE or DELETE of a table in use that leaves out no row: without a WHERE, or with one that only
    asks whether a column of this deployment is filled already.

    Repair: a few thousand rows at a time, by ranges of the key, each batch in a transaction of its own; best outside
    the deployment.

    Bad:

    ```sql db/migrations/0002_plan.sql
    UPDATE users SET plan = 'free';
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_plan.sql
    UPDATE users SET plan = 'free' WHERE id BETWEEN 1 AND 5000;
    ```

    In Alembic:

    ```python migrations/versions/b2_fill_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        batch = sa.text(
            "UPDATE users SET plan = 'free' WHERE id IN (SELECT id FROM users WHERE plan IS NULL LIMIT 5000)"
        )
        with op.get_context().autocommit_block():
            while op.get_bind().execute(batch).rowcount:
                pass
    ```

    In Django:

    ```python shop/migrations/0002_fill_plan.py
    from django.db import migrations


    def fill(apps, schema_editor):
        customers = apps.get_model("shop", "Customer").objects
        while keys := list(customers.filter(plan=None).values_list("pk", flat=True)[:5000]):
            customers.filter(pk__in=keys).update(plan="free")


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
    ```
    """
    for found in project.migrations.backfills():
        if not matches_any(options.small_tables, found.table):
            yield Finding(found.change.location, _message(found), _steps(found))


def _message(found: Backfill) -> str:
    verb = "updates" if found.kind == "update" else "deletes"
    return (
        f"{verb} all rows of `{found.table}` in one statement: whoever writes to one of them waits until all are done"
    )


def _steps(found: Backfill) -> str:
    if found.kind == "delete":
        return f"Delete the rows of `{found.table}` by ranges of its key, each batch in a transaction of its own."
    columns = ", ".join(f"`{name}`" for name in dict.fromkeys(found.columns))
    return f"Fill {columns or f'`{found.table}`'} by ranges of the key, each batch in a transaction of its own."
