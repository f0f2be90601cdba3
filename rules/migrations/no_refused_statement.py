"""no-refused-statement"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, NoOptions, Project, Refusal, Related, project_rule


@project_rule(
    summary="No statement is one that PostgreSQL refuses in any case",
    severity="error",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def no_refused_statement(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """Some statements are well written, and PostgreSQL refuses them whatever the tables hold, so that the migration
    fails in the deployment:

    - a new label of an enum type that is used in the transaction that adds it: in an UPDATE, an INSERT or a condition,
      as a default. (A label of a type that the transaction creates may be used.) Alembic and Drizzle run all migrations
      of a deployment in one transaction, unless `env.py` sets `transaction_per_migration`.
    - an UPDATE or INSERT that names a column twice.
    - one ALTER TABLE that adds a column with a default and drops the default.
    - a table, view or column that is dropped without CASCADE while a view, a policy, a trigger's condition, a generated
      column or another table's foreign key needs it, and another type for a column that one of these reads.

    Repair: add the label in a migration of its own that runs before; say each column once; drop the default in an
    ALTER TABLE of its own; drop what needs the column before, and make it again afterwards where it stays.

    Bad:

    ```python migrations/versions/b2_sent.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("ALTER TYPE order_state ADD VALUE 'sent'")
        op.execute("UPDATE orders SET state = 'sent'::order_state WHERE sent_at IS NOT NULL")
    ```

    Good:

    In Alembic:

    ```python migrations/versions/b2_sent.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE order_state ADD VALUE IF NOT EXISTS 'sent'")
        op.execute("UPDATE orders SET state = 'sent'::order_state WHERE sent_at IS NOT NULL")
    ```

    In SQL:

    ```sql supabase/migrations/20240102000000_sent.sql
    ALTER TYPE order_state ADD VALUE IF NOT EXISTS 'sent';
    ```

    ```sql supabase/migrations/20240103000000_fill.sql
    UPDATE orders SET state = 'sent'::order_state WHERE sent_at IS NOT NULL;
    ```

    In Django:

    ```python shop/migrations/0002_sent.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunSQL("ALTER TYPE order_state ADD VALUE IF NOT EXISTS 'sent'", migrations.RunSQL.noop),
        ]
    ```

    ```python shop/migrations/0003_fill.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_sent")]
        operations = [
            migrations.RunSQL(
                "UPDATE shop_order SET state = 'sent'::order_state WHERE sent_at IS NOT NULL", migrations.RunSQL.noop
            ),
        ]
    ```
    """
    for found in project.migrations.refusals():
        message, help_text, there = _words(found)
        if found.other is not None and found.other.step is not found.change.step:
            there = f"added here, in `{found.other.step.name}`"
            help_text = project.migrations.repairs.apart(found.other, found.change)
        related = (Related(found.other.location, there),) if found.other is not None else ()
        related += tuple(Related(one.at, "made here") for one in found.dependents)
        yield Finding(found.change.location, message, help_text, related)


def _words(found: Refusal) -> tuple[str, str, str]:
    match found.kind:
        case "enum-value":
            return (
                f"uses the label '{found.name}' of `{found.of}` in the transaction that adds it{_from(found)}: "
                "PostgreSQL refuses that until the transaction is over",
                "Add the label in a migration of its own that runs before, or outside the transaction.",
                "added here",
            )
        case "assigned-twice":
            return (
                f"names the column `{found.name}` of `{found.of}` twice in one statement, which PostgreSQL refuses",
                "Say it once.",
                "",
            )
        case "needed-unique":
            return (
                f"lets `{found.name}` be unique no more, which {found.dependents[0].words}: PostgreSQL refuses that",
                "Point the foreign key to another field before.",
                "",
            )
        case "needed" | "needed-as-it-is":
            first, *others = (one.words for one in found.dependents)
            more = f" (and {' it, '.join(others)} it)" if others else ""
            if found.kind == "needed":
                return (
                    f"drops `{found.name}`, which {first}{more}: PostgreSQL refuses that without CASCADE",
                    "Drop what needs it before; what stays is made again without it.",
                    "",
                )
            return (
                f"changes the type of `{found.name}`, which {first}{more}: PostgreSQL refuses that",
                "Drop what reads it before, and make it again afterwards, in the same transaction.",
                "",
            )
        case _:
            return (
                f"drops the default of `{found.of}.{found.name}` in the ALTER TABLE that adds the column: PostgreSQL "
                "looks for the column before it is there, and refuses",
                "Drop the default in an ALTER TABLE of its own.",
                "added here",
            )


def _from(found: Refusal) -> str:
    if found.other is None or found.other.step is found.change.step:
        return ""
    return f" (by `{found.other.step.name}`, which is deployed along with this)"
