"""no-in-place-rename"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, Related, Rename, RenamedObject, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    allow_tables: tuple[str, ...] = ()
    """Patterns of tables that may be renamed, or whose columns may; of views, functions, types … as well."""
    allow_if_created_in_same_revision: bool = True
    """Spare what the same deployment created: nobody uses the old name yet."""
    forbid_single_revision_expand_contract: bool = False
    """Report a column that one deployment adds, fills from another one of the table, and drops that: a rename in all
    but name.
    """


@project_rule(
    summary="No column, table, view, function or type is renamed in place",
    severity="error",
    since="0.1.0",
    sources=("S2-43", "S2-46", "S2-142"),
    concern="compatibility",
    fix="unsafe",
)
def no_in_place_rename(project: Project, options: Options) -> Iterator[Finding]:
    """A rename takes the old name away from the release that is still running: every statement that says it fails, and
    the new release cannot be rolled back either. A move to another schema does the same.

    A rename is done in steps: add the new column, write both, copy the values; read the new one; drop the old one in a
    later release. A table that gets a view of its old name in the same migration keeps working, and so does one that
    is rebuilt under its own name. Views, functions, types, sequences and schemas are held to the same, where
    statements name them; an index, a trigger or the sequence of a column may be called anything.

    Bad:

    ```python migrations/versions/b2_rename_login.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("users", "login", new_column_name="user_name")
    ```

    Good:

    ```python migrations/versions/b2_add_user_name.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("user_name", sa.Text(), nullable=True))
        op.execute("UPDATE users SET user_name = login")
    ```

    The whole way, in SQL; from the first file on the code writes both columns, from the second on it reads the new one:

    Bad:

    ```sql db/migrations/0002_release_1.sql
    ALTER TABLE users RENAME COLUMN login TO user_name;
    ALTER VIEW logins RENAME TO sessions;
    ```

    Good:

    ```sql db/migrations/0002_release_1.sql
    ALTER TABLE users ADD COLUMN user_name text;
    UPDATE users SET user_name = login WHERE user_name IS NULL;
    ALTER VIEW logins RENAME TO sessions;
    CREATE VIEW logins AS TABLE sessions;
    ```

    ```sql db/migrations/0003_release_2.sql
    UPDATE users SET user_name = login WHERE user_name IS NULL;
    COMMENT ON COLUMN users.login IS 'deprecated: user_name has taken its place';
    COMMENT ON VIEW logins IS 'deprecated: sessions has taken its place';
    ```

    ```sql db/migrations/0004_release_3.sql
    ALTER TABLE users DROP COLUMN login;
    DROP VIEW logins;
    ```

    In Django a field can be renamed and keep its column:

    Bad:

    ```python shop/migrations/0002_rename.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RenameField("order", "code", "number")]
    ```

    Good:

    ```python shop/migrations/0002_rename.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.SeparateDatabaseAndState(
                state_operations=[
                    migrations.RenameField("order", "code", "number"),
                    migrations.AlterField("order", "number", models.CharField(max_length=20, db_column="code")),
                ],
            ),
        ]
    ```
    """
    for rename in project.migrations.renames():
        if rename.own and options.allow_if_created_in_same_revision:
            continue
        if matches_any(options.allow_tables, rename.table):
            continue
        fix = project.migrations.expansion(rename) if not rename.own else None
        named = project.migrations.references(rename) if not rename.schema else ()
        yield Finding(rename.change.location, _message(rename), _steps(rename), named, fix)
    for moved in project.migrations.renamed_objects():
        if not matches_any(options.allow_tables, moved.name):
            yield Finding(moved.change.location, _object_message(moved), _object_steps(moved), moved.uses)
    if not options.forbid_single_revision_expand_contract:
        return
    for drop in project.migrations.drops():
        replacement = project.migrations.replacement(drop) if drop.column else None
        if replacement is None or not replacement.column or matches_any(options.allow_tables, drop.table):
            continue
        message = (
            f"adds `{drop.table}.{replacement.column}`, copies `{drop.column}` into it and drops that at once: "
            "the running release still reads and writes the old name"
        )
        related = (
            Related(replacement.added.location, "added here"),
            Related(replacement.copied.location, "copied here"),
        )
        steps = f"Keep `{drop.column}` in this deployment, let the code write both, and drop it in a later release."
        yield Finding(drop.change.location, message, steps, related)


def _message(rename: Rename) -> str:
    if rename.schema:
        return (
            f"moves the table `{rename.table}` to the schema `{rename.schema}`: "
            "every statement of the running release that looks for it in its old place fails"
        )
    if rename.column:
        return (
            f"renames the column `{rename.table}.{rename.column}` to `{rename.new_name}`: "
            f"every statement of the running release that says `{rename.column}` fails"
        )
    return (
        f"renames the table `{rename.table}` to `{rename.new_name}`: every statement of the running release that says "
        f"`{rename.table}` fails"
    )


def _steps(rename: Rename) -> str:
    if rename.column:
        return (
            f"Add `{rename.new_name}` as a new nullable column, copy the values of `{rename.column}` and let the code "
            f"write both; read `{rename.new_name}` in the next release, and drop `{rename.column}` in the one after."
        )
    if rename.change.tree.tool == "django":
        return f'Keep the table where it is: rename only the model and set db_table = "{rename.table}".'
    return (
        f"Create a view `{rename.table}` over `{rename.new_name}`, with all its columns, in the same transaction, "
        "and drop it in a later release; or keep the table's name and change only what the code calls it."
    )


def _object_message(moved: RenamedObject) -> str:
    if moved.kind == "attribute":
        return (
            f"renames the attribute `{moved.name}` of the type `{moved.table}` to `{moved.new_name}`: "
            f"every statement of the running release that says `({moved.table}).{moved.name}` fails"
        )
    if not moved.new_name:
        where = f"the schema `{moved.schema}`" if moved.schema else "another schema"
        return (
            f"moves the {moved.kind} `{moved.name}` to {where}: "
            "every statement of the running release that looks for it in its old place fails"
        )
    what = "names a table or function in it" if moved.kind == "schema" else f"says `{moved.name}`"
    return (
        f"renames the {moved.kind} `{moved.name}` to `{moved.new_name}`: "
        f"every statement of the running release that {what} fails"
    )


def _object_steps(moved: RenamedObject) -> str:
    new = moved.new_name or f"{moved.schema or 'new_schema'}.{moved.name.rpartition('.')[2]}"
    match moved.kind:
        case "view" | "materialized view":
            return (
                f"Leave a view of the old name in the same transaction, CREATE VIEW {moved.name} AS TABLE {new}, let "
                f"the code read `{new}`, and drop `{moved.name}` in a later release."
            )
        case "function" | "procedure" | "aggregate" | "routine":
            return (
                f"Create `{new}` beside it, let `{moved.name}` call it, switch the code over, and drop `{moved.name}` "
                "in a later release."
            )
        case "type" | "domain":
            return (
                f"Keep the name `{moved.name}`; or create `{new}`, give it to a new column that the code writes beside "
                "the old one, and drop both old ones in a later release."
            )
        case "schema" | "database":
            return (
                f"Keep the name `{moved.name}`; or create `{new}`, move one table at a time and leave a view of it in "
                f"`{moved.name}` for a release."
            )
        case "attribute":
            return f"Add `{new}` as a new attribute, write both, and drop `{moved.name}` in a later release."
        case _:
            return (
                f"Create `{new}` with a start beyond the last value, switch the code over, and drop the old one then."
            )
