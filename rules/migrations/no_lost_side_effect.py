"""no-lost-side-effect"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, SideEffect, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    allow: tuple[str, ...] = ()
    """Kinds (`trigger`, `rule`, `inheritance`, `sequence`, `function`, `view`, `setting`, `replica`), or patterns of
    tables (`audit_*`) and of triggers, sequences or functions, that are not reported."""
    strict: bool = False
    """Report also changed options of sequences, functions, views, roles and databases, of the replica identity, and
    partitions that are detached: whether the running release notices cannot be seen."""


@project_rule(
    summary="No trigger or rule that the running release relies on is dropped or disabled",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="compatibility",
)
def no_lost_side_effect(project: Project, options: Options) -> Iterator[Finding]:
    """The running release knows which columns it need not fill, because a trigger does. When the trigger goes, or is
    switched off, its writes still succeed, and leave `updated_at`, a search vector or an audit row behind as they were:
    nobody notices until the data is needed. The same is true of rules, and of tables that leave an inheritance.

    First release code that does itself what the trigger did, and drop it in a later release. A trigger that is made
    again, that only refused rows, or that served a column or table which the same deployment drops is missed by nobody.

    In SQL the drop stands in a file of a later release; Alembic says the same in `op.execute`, Django in `RunSQL`.

    Bad:

    ```sql db/migrations/0001_users.sql
    CREATE TABLE users (id bigint PRIMARY KEY, name text, updated_at timestamptz);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.updated_at := now();
        RETURN NEW;
    END $$;
    CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    ```

    ```sql db/migrations/0002_change.sql
    DROP TRIGGER users_touch ON users;
    ```

    Bad:

    ```python migrations/versions/b2_import.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("ALTER TABLE users DISABLE TRIGGER users_touch")
        op.execute("UPDATE users SET name = trim(name) WHERE name <> trim(name)")
    ```

    Bad:

    ```python shop/migrations/0002_import.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunSQL("ALTER TABLE shop_order DISABLE TRIGGER USER")]
    ```

    Good:

    ```sql db/migrations/0001_users.sql
    CREATE TABLE users (id bigint PRIMARY KEY, name text, updated_at timestamptz);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.updated_at := now();
        RETURN NEW;
    END $$;
    CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    ```

    ```sql db/migrations/0002_change.sql
    DROP TRIGGER users_touch ON users;
    CREATE TRIGGER users_touch BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    ```

    Good:

    ```python migrations/versions/b2_import.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("ALTER TABLE users DISABLE TRIGGER users_touch")
        op.execute("UPDATE users SET name = trim(name) WHERE name <> trim(name)")
        op.execute("ALTER TABLE users ENABLE TRIGGER users_touch")
    ```

    Good:

    ```python shop/migrations/0002_import.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunSQL("ALTER TABLE shop_order ENABLE TRIGGER USER")]
    ```
    """
    for found in project.migrations.side_effects():
        names = (found.kind, found.table, found.name)
        if found.strict and not options.strict:
            continue
        if not matches_any(options.allow, *filter(None, names)):
            yield Finding(found.change.location, f"{_change(found)}: {_consequence(found)}", _steps(found))


def _change(found: SideEffect) -> str:
    match found.kind:
        case "trigger" | "rule" if found.done == "disabled":
            which = f"the {found.kind} `{found.name}`" if found.name else f"all {found.kind}s"
            return f"switches {which} on `{found.table}` off and not on again"
        case "trigger" | "rule":
            return f"drops the {found.kind} `{found.name}` on `{found.table}`"
        case "inheritance":
            return f"takes `{found.name}` out of `{found.table}`"
        case "replica":
            return f"changes the replica identity of `{found.table}`"
        case "setting":
            return f"changes a setting of `{found.name}`" if found.name else "changes a setting of the server"
        case _:
            detail = f" ({found.detail})" if found.detail else ""
            return f"changes the options of the {found.kind} `{found.name}`{detail}"


def _consequence(found: SideEffect) -> str:
    match found.kind:
        case "trigger" if found.columns:
            columns = ", ".join(f"`{name}`" for name in found.columns)
            return f"writes of the running release leave {columns} as it was, because they rely on it"
        case "trigger" | "rule":
            return "writes of the running release succeed, and what it did beside them is not done"
        case "inheritance":
            return f"the running release no longer finds its rows in `{found.table}`"
        case "replica":
            return "an UPDATE or DELETE of the running release may be refused, or not reach the subscribers"
        case "sequence":
            return "the running release may be given numbers that are taken, or none"
        case _:
            return "statements of the running release may see or do other things than before"


def _steps(found: SideEffect) -> str:
    match found.kind:
        case "trigger" if found.done == "disabled" and not found.name:
            return f"Switch them on again in the same migration: ALTER TABLE {found.table} ENABLE TRIGGER ALL."
        case "trigger" | "rule" if found.done == "disabled":
            word = found.kind.upper()
            return (
                f"Switch it on again in the same migration: ALTER TABLE {found.table} ENABLE {word} {found.name}; or "
                "do without it in the code of an earlier release."
            )
        case "trigger" | "rule":
            does = (
                f"fills {', '.join(f'`{name}`' for name in found.columns)} itself"
                if found.columns
                else "does it itself"
            )
            return f"First release code that {does}; drop `{found.name}` on `{found.table}` in a later release."
        case "inheritance":
            return f"First release code that reads `{found.name}` as well, and take it out in a later release."
        case _:
            return "First release code that can deal with it, and change it in a later release."
