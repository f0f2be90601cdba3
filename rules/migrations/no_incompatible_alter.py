"""no-incompatible-alter"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import Finding, Project, Restriction, RuleOptions, Severity, project_rule
from bylaw.facts.naming import listed, matches_any


class Options(RuleOptions):
    allow: tuple[str, ...] = ()
    """Kinds of change (`type`, `not-null`, `drop-default`, `unique`, `enum-value`, `view`, `function` …), or patterns
    of tables (`audit_*`) and columns (`users.legacy_*`), that are not reported."""
    widening_types_ok: bool = True
    """Spare type changes that keep every old value and statement: a longer varchar, varchar to text, more digits."""
    strict: bool = False
    """Report also what may or may not hit the running release: a new CHECK, FOREIGN KEY or EXCLUDE, a concurrently
    built unique index, SET DEFAULT, a new enum label or attribute of a type, int to bigint, another result type of a
    function."""
    drop_not_null: bool = False
    """Report DROP NOT NULL, as a warning: code that reads the column as required may meet NULL."""
    deploy: Literal["start-first", "stop-first"] = "start-first"
    """`stop-first`: no old release runs while the schema changes, and nothing is reported."""


@project_rule(
    summary="No change of a column, constraint, view or function that the running release cannot live with",
    severity="error",
    since="0.1.0",
    sources=("S2-43", "S2-47", "S2-142"),
    concern="compatibility",
)
def no_incompatible_alter(project: Project, options: Options) -> Iterator[Finding]:
    """While a deployment runs, the old release still writes what it always wrote and reads what it always read. A
    narrower or different type, NOT NULL on a column it leaves empty, a default that is gone, a new UNIQUE, or an enum
    value that is gone make its statements fail.

    The old type, and whether a column was nullable, unique or had a default, come from the earlier migrations; where
    they do not say, a change that may be harmless is not reported. New tables and new columns restrict nobody.

    A view that is made anew keeps its columns, a function still takes its calls (new inputs come last and have
    defaults), a composite type keeps its attributes; what their bodies do is not judged.

    Bad:

    ```python migrations/versions/a1_users.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(200)))
    ```

    ```python migrations/versions/b2_tighten.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("users", "name", type_=sa.String(50))
        op.create_unique_constraint("uq_users_name", "users", ["name"])
    ```

    Good:

    ```python migrations/versions/a1_users.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(200)))
    ```

    ```python migrations/versions/b2_widen.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("users", "name", type_=sa.Text())
    ```

    Another type is another column, in SQL and in Django; a view keeps what is read of it for one more release:

    Good:

    ```sql db/migrations/0001_init.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, amount text, state text);
    CREATE VIEW open_orders AS SELECT id, state FROM orders;
    ```

    ```sql db/migrations/0002_release_1.sql
    ALTER TABLE orders ADD COLUMN exact_amount numeric(12, 2);
    UPDATE orders SET exact_amount = amount::numeric WHERE exact_amount IS NULL;
    CREATE OR REPLACE VIEW open_orders AS SELECT id, NULL::text AS state FROM orders;
    ```

    Good:

    ```python shop/migrations/0002_release_1.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("order", "exact", models.DecimalField(max_digits=12, decimal_places=2, null=True)),
            migrations.RunSQL("UPDATE shop_order SET exact = amount::numeric", migrations.RunSQL.noop),
        ]
    ```
    """
    for found in project.migrations.restrictions() if options.deploy == "start-first" else ():
        if found.strict and not options.strict:
            continue
        if found.verdict == "wider" and options.widening_types_ok:
            continue
        if found.kind == "drop-not-null" and not options.drop_not_null:
            continue
        if not _is_allowed(found, options):
            milder: Severity | None = "warning" if found.kind == "drop-not-null" else None
            yield Finding(found.change.location, _message(found), _steps(found), found.seen, severity=milder)


def _is_allowed(found: Restriction, options: Options) -> bool:
    names = [found.kind, found.table, *(f"{found.table}.{column}" for column in found.columns)]
    return matches_any(options.allow, *names)


def _message(found: Restriction) -> str:
    if found.kind in {"view", "function", "attribute"}:
        return f"{_object_change(found)}: {_object_consequence(found)}"
    return f"{_change(found)}: {_consequence(found)}"


def _object_change(found: Restriction) -> str:
    match found.kind:
        case "view":
            return f"makes the view `{found.table}` without {listed(found.columns)}"
        case "function" if found.verdict == "other":
            return f"makes a second function `{found.table}` that takes the call `{found.old}` as well"
        case "function" if found.new:
            return f"lets `{found.table}` give back {found.new}, not {found.old}"
        case "function":
            without = f" whose result has no {listed(found.columns)}" if found.columns else ""
            return f"replaces the function `{found.old}` by one{without or ' with other inputs'}"
        case "attribute" if found.strict:
            return f"adds the attribute `{found.columns[0]}` to the type `{found.table}`"
        case "attribute" if found.new:
            return f"changes the type of the attribute `{found.columns[0]}` of `{found.table}`"
        case _:
            return f"takes the attribute `{found.columns[0]}` from the type `{found.table}`"


def _object_consequence(found: Restriction) -> str:
    match found.kind:
        case "view":
            return "every statement of the running release that reads that column of it fails"
        case "function" if found.new:
            return "the running release expects what it gave back until now"
        case "function" if found.columns:
            return "every statement of the running release that reads that of its result fails"
        case "function" if found.verdict == "other":
            return "a call of the running release is refused, because the server cannot tell which one is meant"
        case "function":
            return "a call of the running release finds no function that suits"
        case "attribute" if found.strict:
            return "a row that the running release writes for the type has too few values"
        case _:
            return "a statement of the running release that reads or writes it fails"


def _change(found: Restriction) -> str:
    column = f"`{found.table}.{found.columns[0]}`" if found.columns else f"`{found.table}`"
    on = f"{listed(found.columns)} of `{found.table}`" if found.columns else f"`{found.table}`"
    name = getattr(found.change.operation, "name", "")
    named = f" `{name}`" if name else ""
    match found.kind:
        case "type":
            old, new = ("an enum" if name == "enum" else name for name in (found.old, found.new))
            return f"changes the type of {column}{f' from {old}' if old else ''} to {'another ' * (old == new)}{new}"
        case "not-null":
            return f"makes {column} NOT NULL"
        case "drop-not-null":
            return f"allows NULL in {column}"
        case "drop-default" | "drop-identity":
            what = "identity of" if found.kind == "drop-identity" else "default of the required column"
            return f"drops the {what} {column}"
        case "identity":
            return f"makes {column} GENERATED ALWAYS"
        case "drop-expression":
            return f"makes a plain column of the generated {column}"
        case "set-default":
            return f"changes the default of {column}"
        case "unique" | "primary-key":
            what = "uniqueness" if found.kind == "unique" else "a primary key"
            return f"demands {what} of {on}{f' (`{name}`)' if name else ''}"
        case "foreign-key":
            return (
                f"adds {'the' if name else 'a'} foreign key{named}{f' to `{found.new}`' if found.new else ''} on {on}"
            )
        case "enum-value" if found.strict:
            return f"adds the value '{found.old}' to {column if found.table else 'an enum'}"
        case "enum-value" if found.new:
            return f"renames the value '{found.old}' of {column if found.table else 'an enum'} to '{found.new}'"
        case "enum-value":
            return f"removes the value '{found.old}' of {column if found.table else 'an enum'}"
        case _:
            article = "the" if name else "an" if found.kind == "exclude" else "a"
            return f"adds {article} {found.kind.upper()} constraint{named} to {on}"


def _consequence(found: Restriction) -> str:
    match found.kind:
        case "type" if found.verdict == "narrower":
            return "the running release still writes values that no longer fit"
        case "type" if found.verdict == "other":
            return "the running release still reads and writes the old type"
        case "type" if found.verdict == "wider":
            return "the running release may read values of another type than it expects"
        case "not-null":
            return "an INSERT or UPDATE of the running release that leaves it empty fails"
        case "drop-default" | "drop-identity":
            return "an INSERT of the running release that relies on it fails"
        case "identity":
            return "an INSERT or UPDATE of the running release that gives it a value is refused"
        case "drop-expression":
            return "an INSERT of the running release leaves it empty, and an UPDATE leaves it as it is"
        case "set-default":
            return "an INSERT of the running release stores another value than before"
        case "drop-not-null":
            return "code of the running release that reads it as required may fail"
        case "unique" | "primary-key":
            return "an INSERT or UPDATE of the running release that repeats a value fails"
        case "enum-value" if not found.strict:
            return f"every statement of the running release that says '{found.old}' fails"
        case "type" | "enum-value":
            return "the running release may meet values that it cannot hold"
        case _:
            return "a write of the running release that breaks it fails"


def _steps(found: Restriction) -> str:
    column = f"`{found.columns[0]}`" if found.columns else "the column"
    match found.kind:
        case "view":
            return (
                f"Keep {listed(found.columns)} in `{found.table}` for this release (as NULL, if need be), and leave it "
                "out in a later one, when no running code reads it."
            )
        case "function":
            return (
                f"Leave `{found.table}` as it is and make the new one beside it under another name, or give new inputs "
                "defaults and put them last; drop the old one in a later release."
            )
        case "attribute":
            return (
                f"Make a new type beside `{found.table}` for a new column, write both, and drop the old column and "
                "type in a later release."
            )
        case "type":
            new = "the new type" if found.new == "enum" else f"the type {found.new}"
            return (
                f"Add a new column of {new}, let the code write both, copy the values, read the new one in the next "
                f"release, and drop {column} in the one after."
            )
        case "not-null":
            return f"First release code that always writes {column}, and fill the empty rows; then set NOT NULL."
        case "drop-default" | "drop-identity":
            return f"First release code that always writes {column}; drop the default in a later release."
        case "identity":
            return f"Make {column} GENERATED BY DEFAULT for now, and ALWAYS when no running code gives it a value."
        case "drop-expression":
            return f"Let a trigger compute {column} from now on, until all running code writes it."
        case "unique" | "primary-key" | "check" | "exclude" | "foreign-key":
            return "First release code that keeps to it, and clean up the rows that do not; add it in a later release."
        case "enum-value" if not found.strict:
            return (
                "Add the new value, release code that no longer says the old one, and remove that in a later release."
            )
        case "set-default":
            return "Let the code write the value it wants, and change the default in a later release."
        case _:
            return "First release code that can deal with it."
