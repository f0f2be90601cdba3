"""no-unannounced-data-loss"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Loss, Project, Related, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    allow: tuple[str, ...] = ()
    """Kinds (`truncate`, `delete`, `update`, `type`, `remade`), or patterns of tables (`*_cache`) and columns
    (`users.legacy_*`), that are not reported."""


@project_rule(
    summary="No migration empties or overwrites what is there",
    severity="warning",
    since="0.1.0",
    sources=("S2-44", "S2-142"),
    concern="data-loss",
)
def no_unannounced_data_loss(project: Project, options: Options) -> Iterator[Finding]:
    """A migration that goes wrong can be undone, and what it threw away cannot. Reported are TRUNCATE, DELETE and
    UPDATE without a WHERE on tables that existed before, a change of type that cuts each value or does not look at it,
    and a table or column that is dropped and added again under its name.

    An UPDATE that only fills columns of the same deployment, or computes a column from itself, loses nothing; nor do
    statements behind others of the same migration that may have copied the rows. A plain DROP is the matter of
    `no-immediate-drop`.

    Repair: say which rows (WHERE), copy what goes into a table that stays for a release, rename instead of dropping and
    adding. Where it is meant, say so: `bylaw: ignore[no-unannounced-data-loss]: <reason>`.

    Bad:

    ```sql db/migrations/0002_clean.sql
    DELETE FROM sessions;
    ALTER TABLE users ALTER COLUMN name TYPE varchar(10) USING left(name, 10);
    ```

    Good:

    ```sql db/migrations/0002_clean.sql
    DELETE FROM sessions WHERE expires_at < now();
    ALTER TABLE users ALTER COLUMN name TYPE text;
    ```

    What has to go is copied first, to a table that stays for a release. In Alembic and Django:

    Good:

    ```python migrations/versions/b2_clean.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("CREATE TABLE sessions_before AS TABLE sessions")
        op.execute("DELETE FROM sessions")
    ```

    Good:

    ```python shop/migrations/0002_clean.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunSQL("CREATE TABLE shop_order_before AS TABLE shop_order"),
            migrations.RunSQL("DELETE FROM shop_order"),
        ]
    ```
    """
    for loss in project.migrations.losses():
        names = [loss.kind, loss.table, *(f"{loss.table}.{column}" for column in loss.columns)]
        if matches_any(options.allow, *names):
            continue
        related = (Related(loss.again.location, "added again here"),) if loss.again is not None else ()
        yield Finding(loss.change.location, _message(loss), _steps(project, loss), related)


def _message(loss: Loss) -> str:
    column = f"`{loss.table}.{loss.columns[0]}`" if loss.columns else f"`{loss.table}`"
    match loss.kind:
        case "truncate":
            also = ", and every table that refers to it" if loss.cascade else ""
            return f"empties `{loss.table}`{also}: its rows are gone"
        case "delete":
            return f"deletes every row of `{loss.table}`: no condition spares any"
        case "update":
            columns = ", ".join(f"`{name}`" for name in loss.columns)
            return f"overwrites {columns} in every row of `{loss.table}`: no condition spares any"
        case "type":
            old = f" from {loss.old}" if loss.old else ""
            return f"changes the type of {column}{old} to {loss.new} and loses a part of each value"
        case _:
            what = "column" if loss.columns else "table"
            if loss.new:
                return (
                    f"drops the table {column}, which was `{loss.new}` until this deployment made an empty one under "
                    "that name: what it holds is gone"
                )
            return f"drops the {what} {column} and adds it again under the same name: what it holds is gone"


def _steps(project: Project, loss: Loss) -> str:
    match loss.kind:
        case "type":
            return "Add a new column beside it, copy what fits, and drop the old one in a later release."
        case "remade" if loss.columns:
            return (
                "Alter the column, or rename it away, copy its values into the new one, and drop it in a later release."
            )
        case "remade":
            return "Alter the table, or rename it away, copy its rows into the new one, and drop it in a later release."
        case "update":
            return "Say with a WHERE which rows are meant, or write into a new column and switch the code over."
        case _:
            quoted = project.migrations.repairs.quoted
            copy = f"CREATE TABLE {quoted(f'{loss.table}_before')} AS TABLE {quoted(loss.table)}"
            return f"Say with a WHERE which rows are meant, or keep a copy: {copy}."
