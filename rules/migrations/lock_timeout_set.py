"""lock-timeout-set"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import Finding, Project, RuleOptions, Untimed, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    timeout: str = "5s"
    """The limit that the fix sets."""
    settings: tuple[Literal["lock_timeout", "statement_timeout", "transaction_timeout"], ...] = ("lock_timeout",)
    """What a migration has to set: `lock_timeout` limits how long it waits for a lock, `statement_timeout` how long it
    keeps others waiting with one statement, `transaction_timeout` (PostgreSQL 17) with all of them."""
    small_tables: tuple[str, ...] = ()
    """Patterns of tables for whose lock nobody needs a limit."""


@project_rule(
    summary="A migration limits how long it waits for a lock",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    fix="unsafe",
    concern="robustness",
)
def lock_timeout_set(project: Project, options: Options) -> Iterator[Finding]:
    """A change that takes an instant still has to wait for every running query of its table, and everybody else waits
    behind it. With a `lock_timeout` it gives up instead, and can be tried again.

    Reported is the first such lock of a migration that does not set `lock_timeout` before; 0 sets none, and what SET
    LOCAL says ends with its transaction. Alembic's `env.py`, the settings, or the module that connects may set it for
    all migrations. Where a role or the runner does so, leave this rule off: that is not seen here.

    Repair: `SET lock_timeout = '5s'` as the first statement.

    Bad:

    ```sql db/migrations/0002_plan.sql
    ALTER TABLE users ADD COLUMN plan text;
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_plan.sql
    SET lock_timeout = '5s';
    ALTER TABLE users ADD COLUMN plan text;
    ```

    In Alembic:

    ```python migrations/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("SET lock_timeout = '5s'")
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    ```

    In Django:

    ```python shop/migrations/0002_plan.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunSQL("SET lock_timeout = '5s'", migrations.RunSQL.noop),
            migrations.AddField("user", "plan", models.TextField(null=True)),
        ]
    ```
    """
    for found in project.migrations.untimed(options.settings):
        if not matches_any(options.small_tables, found.table):
            message = f"waits for its lock on `{found.table}` without a limit, and everybody else waits behind it"
            if found.setting != "lock_timeout":
                message = f"may keep its lock on `{found.table}` without a limit: nothing sets {found.setting}"
            fix = project.migrations.repairs.timed(found, options.timeout)
            yield Finding(found.change.location, message, _steps(found, options), fix=fix)


def _steps(found: Untimed, options: Options) -> str:
    setting = f"SET {found.setting} = '{options.timeout}'"
    match found.change.tree.tool:
        case "alembic":
            return f'Begin with `op.execute("{setting}")`.'
        case "django":
            return f'Begin with `migrations.RunSQL("{setting}")`.'
        case _:
            return f"Begin with `{setting};`."
