"""no-table-copy"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Copy, Finding, Project, RuleOptions, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that are copied in an instant."""
    allow: tuple[str, ...] = ()
    """Kinds that are not reported: `algorithm`, `lock`, `type`, `foreign-key`, `check`, `primary-key`,
    `character-set`, `generated`, `auto-increment`, `fulltext`, `spatial`, `partition`."""


@project_rule(
    summary="MySQL and MariaDB copy no table in use, and keep nobody from writing to it",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def no_table_copy(project: Project, options: Options) -> Iterator[Finding]:
    """MySQL and MariaDB make most changes of a table in place, while others go on reading and writing. For some they
    copy the whole table, and nobody may write to it until that is done: another type, a shorter varchar or one that
    grows beyond 255 bytes, an enum or set that does more than get labels at its end, a checked foreign key, a CHECK, a
    primary key that goes, another character set, a stored generated column, partitions. AUTO_INCREMENT columns and
    full-text or spatial indexes lock the writers out as well, and `ALGORITHM=COPY`, `LOCK=SHARED` and `LOCK=EXCLUSIVE`
    ask for it.

    Judged are trees of migrations that are known to run on MySQL or MariaDB (`migrations.dialect`, their own words, the
    drivers that the code imports, the image in a compose file), with InnoDB tables. The old type comes from the earlier
    migrations; where it is not known, nothing is said. MariaDB 11.2 and newer copies tables without locking anybody
    out, so that little is left to report there.

    Repair: say `ALGORITHM=INPLACE, LOCK=NONE`, and the server refuses what it cannot do so; then use gh-ost or
    pt-online-schema-change, or add a new column, fill it in batches and move over to it.

    Bad:

    ```sql db/migrations/mysql/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL);
    ```

    ```sql db/migrations/mysql/0002_totals.sql
    ALTER TABLE orders MODIFY total bigint NOT NULL;
    ```

    Good:

    ```sql db/migrations/mysql/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, state enum('new', 'paid') NOT NULL);
    ```

    ```sql db/migrations/mysql/0002_states.sql
    ALTER TABLE orders MODIFY state enum('new', 'paid', 'sent') NOT NULL;
    ```

    The first step towards another type, while the code writes both columns. In SQL, Alembic and Django:

    Good:

    ```sql db/migrations/mysql/0001_orders.sql
    CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL);
    ```

    ```sql db/migrations/mysql/0002_totals.sql
    ALTER TABLE orders ADD COLUMN exact_total bigint NULL, ALGORITHM=INPLACE, LOCK=NONE;
    ```

    Good:

    ```yaml compose.yml
    services:
      db:
        image: mysql:8.0
    ```

    ```python alembic/versions/b2_totals.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("orders", sa.Column("exact_total", sa.BigInteger(), nullable=True))
    ```

    Good:

    ```yaml compose.yml
    services:
      db:
        image: mariadb:10.11
    ```

    ```python shop/migrations/0002_totals.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.AddField("order", "exact_total", models.BigIntegerField(null=True))]
    ```
    """
    for copy in project.migrations.copies():
        if copy.cause in options.allow or matches_any(options.small_tables, copy.table):
            continue
        yield Finding(copy.change.location, _message(copy), _steps(copy))


def _message(copy: Copy) -> str:
    table = f"`{copy.table}`"
    columns = ", ".join(f"`{copy.table}.{name}`" for name in copy.columns if name)
    who = "whoever reads or writes it" if copy.blocks == "reads" else "whoever writes to it"
    server = f"{copy.server}{copy.server.source}"
    copies = f"{server} copies {table} for it, and {who} waits"
    locks = f"{server} locks {table} for it, and {who} waits"
    name = getattr(copy.change.operation, "name", "")
    a, named = ("the", f" `{name}`") if name else ("a", "")
    match copy.cause:
        case "algorithm":
            return f"asks for ALGORITHM=COPY: {copies}"
        case "lock":
            return f"asks for LOCK={copy.detail}: {locks}"
        case "type":
            return f"changes the type of {columns} from {copy.detail}: {copies}"
        case "foreign-key":
            target = f" to `{copy.detail}`" if copy.detail and copy.detail != "?" else ""
            return f"adds {a} foreign key{named}{target} on {columns or table} that is checked: {copies}"
        case "check":
            return f"adds {a} CHECK constraint{named} on {columns or table}: {copies}"
        case "primary-key":
            return f"drops the primary key of {table} without another one in its place: {copies}"
        case "character-set":
            return f"converts {table} to a character set: {copies}"
        case "generated":
            return f"adds {columns} as a stored generated column: {copies}"
        case "auto-increment":
            return f"adds {columns} with AUTO_INCREMENT, which numbers all rows: {locks}"
        case "fulltext" | "spatial":
            return f"builds {a} {copy.cause} index{named} on {columns or table}: {locks}"
        case _:
            return f"partitions {table}: {copies}"


def _steps(copy: Copy) -> str:
    tools = "gh-ost or pt-online-schema-change"
    match copy.cause:
        case "algorithm":
            return "Say ALGORITHM=INPLACE, LOCK=NONE, and see whether the server agrees."
        case "lock":
            return "Say LOCK=NONE, and see whether the server agrees."
        case "foreign-key":
            return (
                "Say SET foreign_key_checks = 0 before it, which adds the key in place and unchecked, and 1 behind it; "
                "look for rows without their target yourself."
            )
        case "generated":
            return "Make it VIRTUAL, which costs nothing, and index it if need be."
        case "primary-key":
            return "Add the new primary key in the same ALTER TABLE, which is done in place."
        case "type":
            return f"Use {tools}, or add a column of the new type, fill it in batches, and move over to it."
        case _:
            return f"Use {tools}, or do it while the table is idle."
