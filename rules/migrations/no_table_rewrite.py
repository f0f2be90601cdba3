"""no-table-rewrite"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, ServerVersion, Work, project_rule
from bylaw.facts.migrations import AddColumn
from bylaw.facts.naming import matches_any

_CAUSES = frozenset({
    "type", "default", "generated", "serial", "identity", "domain", "storage", "vacuum-full", "cluster",
    "refresh",
})  # fmt: skip
_MOMENTS = frozenset({"timestamp", "timestamp with time zone"})
_PRECISION = re.compile(r"\(\d\)")
_FREE_DEFAULTS = 11
_FREE_MOMENTS = 12
_VIRTUAL = 18
_TEXTS = frozenset({"text", "varchar", "char", "citext"})
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that are rewritten in an instant."""
    allow: tuple[str, ...] = ()
    """Kinds that are not reported: `type`, `default`, `generated`, `serial`, `identity`, `domain`, `storage`,
    `vacuum-full`, `cluster`, `refresh`."""


@project_rule(
    summary="No table in use is rewritten under a lock",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def no_table_rewrite(project: Project, options: Options) -> Iterator[Finding]:
    """Some changes make PostgreSQL write every row of a table anew, and all its indexes, while nobody may read or write
    it: most changes of a type, a new column whose default differs from row to row, serial, identity and stored
    generated columns, columns of a domain with a constraint, VACUUM FULL, CLUSTER, and moving a table to another
    tablespace, access method or to LOGGED. REFRESH MATERIALIZED VIEW without CONCURRENTLY does it to a view that an
    earlier migration made and filled.

    The old type comes from the earlier migrations; where it is not known, only a type that nothing else can become for
    free is reported. A longer varchar, varchar to text, a numeric with more digits, and constant defaults cost nothing.

    Repair: add a new nullable column, let the code write both, fill it in batches, read it in the next release, and
    drop the old one after that. For a default: add the column without it, set the default, and fill the old rows in
    batches.

    Bad:

    ```python migrations/versions/b2_grow.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("orders", "number", existing_type=sa.Integer(), type_=sa.BigInteger())
        op.add_column("orders", sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_token.sql
    ALTER TABLE orders ADD COLUMN number_new bigint;
    ALTER TABLE orders ADD COLUMN token uuid;
    ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
    ```

    In Alembic:

    ```python migrations/versions/b2_grow.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("orders", sa.Column("number_new", sa.BigInteger(), nullable=True))
        op.add_column("orders", sa.Column("token", sa.Uuid(), nullable=True))
        op.alter_column("orders", "token", server_default=sa.text("gen_random_uuid()"))
    ```

    In Django:

    ```python shop/migrations/0002_grow.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("order", "number_new", models.BigIntegerField(null=True)),
            migrations.AddField("order", "token", models.UUIDField(null=True)),
        ]
    ```
    """
    server = project.migrations.postgres
    for work in project.migrations.works():
        if work.cause not in _CAUSES or work.cause in options.allow:
            continue
        if not matches_any(options.small_tables, work.table):
            yield Finding(work.change.location, _message(work, server), _steps(project, work, server))


def _message(work: Work, server: ServerVersion) -> str:
    column = f"`{work.table}.{work.columns[0]}`" if work.columns else ""
    table = f"`{work.table}`" if work.table else "every table"
    who = "whoever reads or writes it waits"
    waits = f"PostgreSQL writes all of {table} anew, and {who}"
    this_one = f"{server}{server.source} writes all of {table} anew for"
    match work.cause:
        case "type":
            old = f" from {work.name}" if work.name else ""
            computed = "at time zone" in getattr(work.change.operation, "using", "").lower()
            zoned = {_PRECISION.sub("", name) for name in (work.name, work.detail)} == _MOMENTS
            rounded = _PRECISION.search(work.detail) is not None and "(6)" not in work.detail
            free = zoned and not computed and not rounded
            if free and server.major < _FREE_MOMENTS:
                return f"changes the type of {column}{old} to {work.detail}: {this_one} it, and {who}"
            unless = " (unless the session's time zone is UTC)" if free else ""
            return f"changes the type of {column}{old} to {work.detail}: {waits}{unless}"
        case "default" if server.major < _FREE_DEFAULTS and not work.detail.endswith("()"):
            return f"adds {column} with a default: {this_one} it, and {who}"
        case "default":
            return f"adds {column} with the default {work.detail}, another value for each row: {waits}"
        case "generated" if _depends_on_version(work):
            return f"adds the generated column {column}: {this_one} its values, and {who}"
        case "generated":
            return f"makes {column} a stored generated column: {waits}"
        case "serial" | "identity":
            kind = "a serial" if work.cause == "serial" else "an identity"
            return f"adds {column} as {kind} column, which numbers all rows: {waits}"
        case "domain":
            return f"adds {column} of the domain {work.detail}, which has a constraint: {waits}"
        case "refresh":
            return f"refreshes {table} without CONCURRENTLY: whoever reads it waits until its query is done"
        case "storage":
            return f"{work.detail} on {table}: {waits}"
        case _:
            return f"{'VACUUM FULL' if work.cause == 'vacuum-full' else 'CLUSTER'} in a migration: {waits}"


def _converted(work: Work, column: str, new_type: str) -> str:
    """The old value as the new type takes it: as the migration says, or by a cast where kinds of values differ."""
    using = getattr(work.change.operation, "using", "")
    kinds = {type_.partition("(")[0] for type_ in (work.name, work.detail)}
    alike = len(kinds) == 1 or kinds <= _TEXTS or kinds <= _NUMBERS
    return using or (column if alike else f"{column}::{new_type}")


def _depends_on_version(work: Work) -> bool:
    """Whether nothing but the server decides that a generated column is stored."""
    operation = work.change.operation
    return isinstance(operation, AddColumn) and operation.column.generation == "computed"


def _is_required(work: Work) -> bool:
    """Whether the new column refuses NULL, which rows have until they are filled."""
    operation = work.change.operation
    return isinstance(operation, AddColumn) and operation.column.nullable is False


def _steps(project: Project, work: Work, server: ServerVersion) -> str:
    """The sequence that writes no row under a lock, with the names of this statement."""
    quoted, table, column = project.migrations.repairs.quoted, work.table, work.columns[0] if work.columns else ""
    own = quoted(column)

    def alter(action: str) -> str:
        return project.migrations.repairs.said(work.change, f"ALTER TABLE {quoted(table)} {action}")

    def fill(name: str, value: str) -> str:
        statement = ("UPDATE", quoted(table), "SET", name, "=", value, "WHERE", name, "IS NULL")
        return f"`{' '.join(statement)}` in batches, each in a transaction of its own"

    match work.cause:
        case "type" if column:
            new, new_type = quoted(f"{column}_new"), project.migrations.repairs.as_type(work.detail)
            value = _converted(work, own, new_type)
            return (
                f"First {alter(f'ADD COLUMN {new} {new_type}')} and let the code write both; then "
                f"{fill(new, value)}; read `{new}` in the next release, and drop `{own}` in the one after."
            )
        case "default":
            value = alter(f"ALTER COLUMN {own} SET DEFAULT {work.detail}")
            bare = "the default or NOT NULL" if _is_required(work) else "the default"
            return f"First add `{own}` without {bare}, and {value}; then {fill(own, work.detail)}."
        case "generated" if server.major >= _VIRTUAL:
            return f"Make `{own}` VIRTUAL, which costs nothing on {server}{server.source}."
        case "generated":
            return f"First add `{own}` as a plain column that the code or a trigger fills; then fill it in batches."
        case "serial" | "identity":
            sequence = quoted(f"{table}_{column}_seq")
            count = f"nextval('{sequence}')"
            return (
                f"First add `{own}` as a plain nullable column, create the sequence `{sequence}`, and "
                f"{alter(f'ALTER COLUMN {own} SET DEFAULT {count}')}; then {fill(own, count)}."
            )
        case "domain":
            name = quoted(f"{table.rpartition('.')[2]}_{column}_check")
            return (
                f"First add `{own}` with the base type of `{work.detail}`, and the condition of that by "
                f"{alter(f'ADD CONSTRAINT {name} CHECK (…) NOT VALID')}; in a later migration "
                f"{alter(f'VALIDATE CONSTRAINT {name}')}."
            )
        case "refresh":
            statement = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {quoted(table)}"
            return (
                f"Let them read the old rows: `{statement}`, which needs a unique index over plain columns of the view."
            )
        case "vacuum-full" | "cluster":
            return (
                "Leave it out of migrations: plain VACUUM does not block, and pg_repack rewrites without locking out."
            )
        case _:
            return "Do it outside the deployment, while the table is idle, or move the rows to a new table in batches."
