"""migration-accompanies-schema-change"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import Finding, Project, Related, RuleOptions, project_rule
from bylaw.facts.drift import Drift


class Options(RuleOptions):
    mode: Literal["migrations", "push"] = "migrations"
    """`push`: the schema is pushed to the database by a command, so models and migrations are not compared."""
    generate_command: str = ""
    """The project's own command that writes a migration, for the help text; `{name}` stands for a name:
    `make migration-generate name={name}`."""
    forbid_create_all: bool = True
    """Report code that creates tables from the models (`metadata.create_all()`, `migrate --run-syncdb`) outside of
    tests."""
    forbid_create_all_in_tests: bool = False
    """Report it in tests as well: a database that is built from the models never runs a migration."""
    compare: tuple[
        Literal["nullability", "type", "foreign-key", "unique", "index", "constraint", "required", "removed"], ...
    ] = ("nullability", "type", "foreign-key", "unique", "index", "constraint", "required")
    """What is compared beside tables and columns: whether columns take NULL, of what kind (and length) they are; the
    foreign keys, unique constraints, indexes and (Django's) named constraints that models declare; `required`: columns
    that no model declares and that demand a value all the same; `removed`: all other columns that no model declares
    and no comment calls deprecated (Django's are reported in any case)."""
    believed: int = 0
    """So many places without a migration are believed, of tables and columns together and of each kind that `compare`
    names; of more, one remark says that the project's models or migrations are not understood, or have drifted apart
    long ago. 0 believes any number."""


@project_rule(
    summary="Every change of a model comes with its migration",
    severity="error",
    since="0.1.0",
    sources=("S2-39", "S3-58", "S3-68", "S4-70", "S4-71", "S4-103"),
    concern="compatibility",
)
def migration_accompanies_schema_change(project: Project, options: Options) -> Iterator[Finding]:
    """A model that declares a table or column which no migration creates works on the machine whose database was
    altered by hand, and fails with "no such column" wherever migrations build the schema.

    What the migrations come to, replayed without a database, is compared with what the models declare: SQLAlchemy and
    SQLModel with Alembic revisions or SQL files, Django's models with the migrations of their application (there the
    fields that no model declares any more are reported as well, as `makemigrations --check` does).

    Compared are tables and columns, and what `compare` names: whether a column takes NULL, its type (kinds of value
    that differ, texts of two stated lengths), foreign keys, unique constraints and indexes that a model declares
    and nothing stands for in the database, and Django's named constraints. So it is `alembic check` and
    `makemigrations --check` without a database, as far as both sides are known for certain.

    Left alone are tables that were there before the first migration, views, `managed = False`, what Alembic's
    `include_object` may hide, columns under a condition or with a computed name, what a library brings, types and
    fields of the house, variants for one dialect, indexes over expressions, and everything that a migration which
    could not be read, or which does it on one kind of database alone, may have done. Names of constraints and indexes
    are not compared (but Django's).

    What only the database has is no fault by itself: code stops using a column in one release, and a later one drops
    it. But a column that takes no NULL and has no default must not be left behind so, because the new code stores no
    row any more: such a one is reported. Let it take NULL (or give it a default) in the migration that comes with the
    model, and drop it one release later. Whoever wants to hear of every column that was left without announcement
    adds `removed` to `compare`.

    Repair: generate the migration (`alembic revision --autogenerate`, `manage.py makemigrations`), read it, and commit
    it together with the model.

    Bad:

    ```python app/models.py
    from sqlmodel import Field, SQLModel


    class User(SQLModel, table=True):
        user_id: int = Field(primary_key=True)
        phone: str | None
    ```

    ```python alembic/versions/a1_user.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("user", sa.Column("user_id", sa.Integer(), primary_key=True))
    ```

    Good:

    ```python app/models.py
    from sqlmodel import Field, SQLModel


    class User(SQLModel, table=True):
        user_id: int = Field(primary_key=True)
        phone: str | None
    ```

    ```python alembic/versions/a1_user.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("user", sa.Column("user_id", sa.Integer(), primary_key=True))
    ```

    ```python alembic/versions/b2_phone.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("user", sa.Column("phone", sa.String(), nullable=True))
    ```

    In Django and in SQL:

    Good:

    ```python users/models.py
    from django.db import models


    class User(models.Model):
        phone = models.TextField(null=True)
    ```

    ```python users/migrations/0001_initial.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        fields = [("id", models.AutoField(primary_key=True)), ("phone", models.TextField(null=True))]
        operations = [migrations.CreateModel("User", fields)]
    ```

    Good:

    ```python app/models.py
    from sqlmodel import Field, SQLModel


    class User(SQLModel, table=True):
        user_id: int = Field(primary_key=True)
        phone: str | None
    ```

    ```sql db/migrations/0001_user.sql
    CREATE TABLE "user" (user_id integer PRIMARY KEY);
    ALTER TABLE "user" ADD COLUMN phone text;
    ```
    """
    compares = options.mode == "migrations"
    if compares:
        compared = {"table", "column", "left-table", "left-column", *options.compare}
        yield from _believed(tuple(drift for drift in project.schema_drifts if drift.kind in compared), options)
    for push in project.schema_pushes():
        if options.forbid_create_all_in_tests if push.in_tests else options.forbid_create_all and compares:
            yield Finding(
                push.location,
                f"`{push.text}` creates tables beside the migrations",
                "Build the database from the migrations: `alembic upgrade head`, or `manage.py migrate`.",
            )


_DETAILS = {
    "nullability": "columns seem to differ from what migrations leave behind in whether they take NULL",
    "type": "columns seem to differ from what migrations leave behind in their type",
    "foreign-key": "foreign keys seem to have no migration",
    "unique": "unique constraints seem to have no migration",
    "constraint": "constraints seem to have no migration",
    "index": "indexes seem to have no migration",
    "required": "columns seem to demand values, and no model declares them",
    "removed": "columns seem to be declared by no model",
}


def _believed(drifts: tuple[Drift, ...], options: Options) -> Iterator[Finding]:
    """The drifts, those of one sort together: of the tables and columns, and of each detail of theirs."""
    sorts: dict[str, list[Drift]] = {}
    for drift in drifts:
        sorts.setdefault(_DETAILS.get(drift.kind, "tables and columns seem to have no migration"), []).append(drift)
    for words, members in sorts.items():
        if options.believed and len(members) > options.believed:
            yield Finding(
                min(drift.location for drift in members),
                f"{len(members)} {words}, too many for one that was forgotten",
                "Set `believed = 0` for this rule to see them all.",
                severity="info",
            )
        else:
            yield from _findings(members, options)


def _findings(drifts: list[Drift], options: Options) -> Iterator[Finding]:
    for drift in drifts:
        related = tuple(Related(location, message) for location, message in drift.related)
        yield Finding(drift.location, _message(drift), _help(drift, options), related)


def _message(drift: Drift) -> str:
    label = f"`{drift.model}`" if drift.model else f"the table `{drift.table}`"
    over = ", ".join(f"`{column}`" for column in drift.columns)
    column = f"`{drift.table}.{drift.column}`"
    match drift.kind:
        case "required":
            return f"{column} takes no NULL and has no default, and {label} does not fill it: its rows cannot be stored"
        case "removed":
            return f"migrations leave {column} behind, which {label} does not declare"
        case "nullability" | "type":
            return f"{column} is {drift.built} as migrations leave it, and {drift.wanted} in {label}"
        case "foreign-key":
            column = column if drift.column else f"{over} of `{drift.table}`"
            return f"no migration makes {column} a foreign key to `{drift.wanted}`, as {label} declares it"
        case "unique":
            return f"no migration makes {over} of `{drift.table}` unique, as {label} declares"
        case "index" | "constraint" if drift.wanted:
            return f"no migration creates the {drift.kind} `{drift.wanted}` of {label}"
        case "index":
            return f"no migration creates the index of {label} over {over}"
        case "table":
            table = f", the table of {label}" if drift.model else ""
            return f"no migration creates `{drift.table}`{table}"
        case "column" if drift.others:
            more = f"{len(drift.others)} more table{'s' if len(drift.others) > 1 else ''}"
            return f"no migration adds `{drift.column}` to `{drift.table}` and {more}"
        case "column":
            table = f", the table of {label}" if drift.model else ""
            return f"no migration adds `{drift.column}` to `{drift.table}`{table}"
        case _:
            return f"migrations give {label} a field `{drift.column}`, which the model does not declare"


def _help(drift: Drift, options: Options) -> str:
    if drift.kind in {"required", "removed"}:
        return _farewell(drift)
    name = _name(drift)
    if options.generate_command:
        return f"Generate the migration: `{options.generate_command.replace('{name}', name)}`."
    match drift.tool:
        case "django":
            return f"Generate the migration: `python manage.py makemigrations {drift.app}`."
        case "alembic":
            return f'Generate the migration: `alembic revision --autogenerate -m "{name.replace("_", " ")}"`.'
        case _ if drift.kind in _ALTERED:
            return f"Add a migration with `ALTER TABLE {drift.table} {_ALTERED[drift.kind]} …`."
        case _ if drift.kind == "index":
            return f"Add a migration with `CREATE INDEX … ON {drift.table} ({', '.join(drift.columns)})`."
        case _ if drift.kind == "column":
            return f"Add a migration with `ALTER TABLE {drift.table} ADD COLUMN {drift.column} …`."
        case _:
            return f"Add a migration with `CREATE TABLE {drift.table}`."


def _farewell(drift: Drift) -> str:
    """How a column goes that no model declares any more."""
    if drift.kind == "removed":
        return (
            f"Announce it: `COMMENT ON COLUMN {drift.table}.{drift.column} IS 'deprecated'`; drop it a release later."
        )
    match drift.tool:
        case "django":
            before = "Before the models forget the field, alter it to `null=True`, or give it a `db_default`"
        case "alembic":
            before = f'Add a migration with `op.alter_column("{drift.table}", "{drift.column}", nullable=True)`'
        case _:
            before = f"Add a migration with `ALTER TABLE {drift.table} ALTER COLUMN {drift.column} DROP NOT NULL`"
    return f"{before}; drop the column a release later."


_ALTERED = {
    "nullability": "ALTER COLUMN", "type": "ALTER COLUMN", "foreign-key": "ADD FOREIGN KEY", "unique": "ADD UNIQUE",
}  # fmt: skip


def _name(drift: Drift) -> str:
    match drift.kind:
        case "nullability" | "type":
            return f"alter_{drift.column}_of_{drift.table}"
        case "foreign-key" | "unique" | "index" | "constraint":
            return f"add_{drift.kind.replace('-', '_')}_{'_'.join(drift.columns)}_to_{drift.table}"
        case "column":
            return f"add_{drift.column}_to_{drift.table}"
        case "table":
            return f"add_{drift.table}"
        case _:
            return f"remove_{drift.column}_from_{drift.table}"
