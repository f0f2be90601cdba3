"""balanced-transaction"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, Related, Unpaired, project_rule


@project_rule(
    summary="Every BEGIN has its COMMIT, and no transaction stands in another",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def balanced_transaction(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """A BEGIN that nothing closes is rolled back when the connection ends: the migration did nothing, or the runner's
    note that it ran is lost with it. A BEGIN inside a transaction does nothing but warn, and the COMMIT that belongs to
    it ends the outer one, so that the rest runs without any.

    Looked at are SQL files. goose, dbmate, Drizzle and Supabase open a transaction themselves. `COMMIT; …; BEGIN;`,
    with which a file leaves its runner's transaction and enters one again, is accepted.

    Repair: close what is opened, and leave BEGIN and COMMIT out where the runner says them.

    Bad:

    ```sql db/migrations/0002_plan.sql
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    ```

    Good:

    ```sql db/migrations/0002_plan.sql
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    COMMIT;
    ```

    Alembic and Django open the transaction and close it. What must stand outside says so in their own words:

    Good:

    ```python alembic/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text()))
        with op.get_context().autocommit_block():
            op.create_index("users_plan_idx", "users", ["plan"], postgresql_concurrently=True)
    ```

    Good:

    ```python users/migrations/0003_plan_index.py
    from django.contrib.postgres.operations import AddIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("users", "0002_plan")]
        operations = [AddIndexConcurrently("user", models.Index(fields=["plan"], name="user_plan_idx"))]
    ```
    """
    for found in project.migrations.unpaired():
        related = (Related(found.other.location, "this transaction is still open"),) if found.other is not None else ()
        yield Finding(found.change.location, _message(found), _steps(found), related)


def _message(found: Unpaired) -> str:
    match found.kind:
        case "unclosed":
            return "begins a transaction that the file never ends: what follows is rolled back, or left to the runner"
        case "nested" if found.runner:
            return f"begins a transaction inside the one that {found.runner} opens: the COMMIT behind it ends that one"
        case "nested":
            return (
                "begins a transaction while another one is open: PostgreSQL only warns, and the next COMMIT ends both"
            )
        case _:
            return "ends a transaction that the file never began"


def _steps(found: Unpaired) -> str:
    match found.kind:
        case "unclosed":
            return "End it with COMMIT."
        case "nested" if found.runner:
            return f"Leave BEGIN and COMMIT out: {found.runner} says them."
        case "nested":
            return "Leave the inner BEGIN out, or use a SAVEPOINT."
        case _:
            return "Leave it out, or say BEGIN before the first statement."
