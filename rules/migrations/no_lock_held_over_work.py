"""no-lock-held-over-work"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Held, Project, Related, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) whose rows are changed in an instant, and that may be locked."""
    code: bool = False
    """Count Python that moves data (`RunPython`, a session in `upgrade()`) as long work too: it may be, or not."""


@project_rule(
    summary="No lock is kept while rows are filled or checked",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    fix="unsafe",
    concern="locking",
)
def no_lock_held_over_work(project: Project, options: Options) -> Iterator[Finding]:
    """A lock is kept until its transaction ends. ADD COLUMN takes a strong one for an instant; with an UPDATE of all
    rows behind it in the same transaction, everybody waits for the UPDATE.

    Reported is an UPDATE of all rows (also one that fills a column of this deployment), a DELETE of all rows, or a
    VALIDATE CONSTRAINT that follows such a lock in one transaction. Which statements share one is up to the runner:
    Django wraps a migration, goose, dbmate and Supabase a file; Alembic (unless `env.py` sets
    `transaction_per_migration`) and Drizzle wrap all that are deployed together, which are those that the default
    branch does not hold yet; where the runner is not known, only an explicit BEGIN counts.

    Repair: put the work into a migration of its own that runs afterwards, in batches if the table is large.

    Bad:

    ```python migrations/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
        op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_plan.sql
    ALTER TABLE users ADD COLUMN plan text;
    ```

    ```sql db/migrations/0003_fill_plan.sql
    UPDATE users SET plan = 'free' WHERE plan IS NULL;
    ```

    In Alembic:

    ```python migrations/versions/b2_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    ```

    ```python migrations/versions/c3_fill_plan.py
    from alembic import op

    revision = "c3"
    down_revision = "b2"


    def upgrade() -> None:
        op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
    ```

    In Django:

    ```python shop/migrations/0002_plan.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("user", "plan", models.TextField(null=True)),
        ]
    ```

    ```python shop/migrations/0003_fill_plan.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_plan")]
        operations = [
            migrations.RunSQL("UPDATE shop_user SET plan = 'free' WHERE plan IS NULL", migrations.RunSQL.noop),
        ]
    ```
    """
    for held in project.migrations.held():
        if held.kind == "code" and not options.code:
            continue
        tables = [name for name in (held.table, held.lock.table) if name]
        if not matches_any(options.small_tables, *tables):
            related = Related(held.by.location, f"the lock on `{held.lock.table}` is taken here")
            fix = project.migrations.repairs.released(held)
            yield Finding(held.work.location, _message(held), _steps(project, held), (related,), fix)


def _message(held: Held) -> str:
    who = "reads or writes" if held.lock.blocks == "reads" else "writes to"
    name = getattr(held.work.operation, "name", "")
    work = {
        "update": f"updates the rows of `{held.table}`",
        "delete": f"deletes all rows of `{held.table}`",
        "validate": f"checks every row of `{held.table}`{f' for `{name}`' if name else ''}",
        "code": "moves data",
    }[held.kind]
    taken = f", taken in `{held.by.step.name}`, which is deployed along with this" if held.is_apart else ""
    return (
        f"{work} while the transaction keeps its lock on `{held.lock.table}`{taken}: whoever {who} that table waits "
        "until it is done"
    )


def _steps(project: Project, held: Held) -> str:
    """Where this very statement belongs."""
    if held.is_apart:
        return project.migrations.repairs.apart(held.by, held.work)
    written = project.migrations.repairs.as_written(held.work)
    what = f"`{written}`" if written else "the work"
    tool = held.work.tree.tool
    where = f"into a {'revision' if tool == 'alembic' else 'migration'} of its own behind this one"
    if held.kind == "validate":
        return f"Move {what} {where}: by then the lock of ADD CONSTRAINT … NOT VALID is gone."
    rest = ", and what needs it from here into one behind that" if held.is_needed else ""
    match tool:
        case "django":
            return f"Move {what} {where}, with `atomic = False` and in batches{rest}."
        case "alembic":
            each = "transaction_per_migration in env.py commits each by itself"
            return f"Move {what} {where}, in batches{rest}; {each}."
        case _:
            return f"Move {what} {where}, in batches{rest}."
