"""data-migration-hygiene"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Careless, Finding, Project, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    live_models: bool = True
    """Report functions that work with models as the code has them now."""
    require_reverse: bool = False
    """Report what knows no way back: `RunPython` without `reverse_code`, `RunSQL` without `reverse_sql`, an Alembic
    revision whose `downgrade` is missing or empty."""
    argument_names: bool = False
    """Report functions of `RunPython` whose arguments are not called `apps` and `schema_editor`."""
    allow: tuple[str, ...] = ()
    """Patterns of models (`ContentType`, `Legacy*`) that migrations may work with."""


@project_rule(
    summary="Python in migrations works with the tables of its time, not with the models of today",
    severity="warning",
    since="0.1.0",
    sources=("S2-46", "S2-48"),
    concern="robustness",
)
def data_migration_hygiene(project: Project, options: Options) -> Iterator[Finding]:
    """A migration is written once and run for years: on every new machine, in every test database. A model that it
    imports is the model of the day on which it runs. As soon as a later release adds a column to that, the migration
    asks for a column that its database does not have yet, and every fresh set-up fails; a save() or default that
    changed since does something else than was reviewed.

    So a migration brings its own picture of the table: Django's `apps.get_model`, in Alembic `sa.table(…)` with the
    columns it needs, or plain SQL. Constants and functions of the project may be used. Two further checks are matters
    of taste and off unless asked for: that every step knows its way back, and how Django's arguments are called.

    Bad:

    ```python shop/models.py
    from django.db import models


    class Order(models.Model):
        code = models.CharField(max_length=20)
    ```

    ```python shop/migrations/0002_fill.py
    from django.db import migrations

    from shop.models import Order


    def fill(apps, schema_editor):
        Order.objects.filter(code="").update(code="none")


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
    ```

    Bad:

    ```python app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
    ```

    ```python migrations/versions/b2_fill.py
    from alembic import op
    from sqlalchemy.orm import Session

    from app.models import User

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        for user in Session(op.get_bind()).query(User):
            user.name = "none"
    ```

    Good:

    ```python shop/migrations/0002_fill.py
    from django.db import migrations


    def fill(apps, schema_editor):
        apps.get_model("shop", "Order").objects.filter(code="").update(code="none")


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
    ```

    ```python migrations/versions/b2_fill.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"

    users = sa.table("users", sa.column("name"))


    def upgrade() -> None:
        op.execute(users.update().where(users.c.name.is_(None)).values(name="none"))
    ```

    ```sql db/migrations/0002_fill.sql
    UPDATE users SET name = 'none' WHERE name IS NULL;
    ```
    """
    for found in project.migrations.careless():
        if matches_any(options.allow, found.name):
            continue
        match found.kind:
            case "live-model" if options.live_models:
                yield Finding(found.location, _live(found), _picture(found))
            case "one-way" if options.require_reverse:
                yield _one_way(found)
            case "arguments" if options.argument_names:
                message = f"`{found.name}` does not call its arguments `apps` and `schema_editor`, as readers expect"
                yield Finding(found.location, message, f"Write `def {found.name}(apps, schema_editor):`.")
            case _:
                pass


def _live(found: Careless) -> str:
    return (
        f"`{found.function}` works with the model `{found.name}` of today: once a later release adds a column to it, "
        "or renames one, this migration may ask for one that is not there yet, and fail wherever it still has to run"
    )


def _picture(found: Careless) -> str:
    if found.tree.tool == "django":
        return f'Take the model of this moment: {found.name} = apps.get_model("{found.label}", "{found.name}").'
    table = found.table or found.name.lower()
    return (
        f'Say in the migration what it needs of the table: {table} = sa.table("{table}", sa.column("id"), …); or write '
        "the statement as SQL in op.execute."
    )


def _one_way(found: Careless) -> Finding:
    if found.tree.tool == "django":
        message = "says nothing of the way back: `migrate` to an earlier migration stops here"
        help_text = "Give it reverse_code (reverse_sql), or RunPython.noop (RunSQL.noop) where nothing is to be undone."
        return Finding(found.location, message, help_text)
    message = "has no way back: `alembic downgrade` leaves in the database what `upgrade` did"
    return Finding(
        found.location, message, "Undo in `downgrade` what `upgrade` does, or raise an error that says why not."
    )
