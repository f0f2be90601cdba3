"""no-blocking-constraint"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Fix, Project, RuleOptions, ServerVersion, Work, project_rule
from bylaw.facts.migrations import AddColumn, AlterColumn
from bylaw.facts.naming import listed, matches_any

_CAUSES = frozenset({
    "unique", "primary-key", "exclude", "foreign-key", "check", "not-null", "attach", "recheck", "domain-check",
})  # fmt: skip
_BELIEVES_CHECKS = 12
"""From this version on PostgreSQL takes a CHECK for NOT NULL."""


class Options(RuleOptions):
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) that are read through in an instant, whatever the lock."""
    allow: tuple[str, ...] = ()
    """Kinds that are not reported: `unique`, `primary-key`, `exclude`, `foreign-key`, `check`, `not-null`, `attach`,
    `recheck` (a CHECK whose column takes another type), `domain-check` (a constraint that a domain gets)."""
    detach: bool = False
    """Report DETACH PARTITION without CONCURRENTLY too (PostgreSQL 14 and newer). Its lock on the whole partitioned
    table is short, but has to wait for every query."""


@project_rule(
    summary="A constraint on a table in use is checked without locking it out",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    fix="safe",
    concern="locking",
)
def no_blocking_constraint(project: Project, options: Options) -> Iterator[Finding]:
    """On PostgreSQL, a new constraint is checked against every row while its lock is held: CHECK, NOT NULL, UNIQUE,
    PRIMARY KEY and EXCLUDE lock out readers and writers, FOREIGN KEY the writers of both tables.

    What needs no look at the rows is spared: constraints that are NOT VALID or NOT ENFORCED, UNIQUE and PRIMARY KEY
    `USING INDEX`, SET NOT NULL where a validated CHECK says so already (PostgreSQL 12 and newer), a nullable column
    that comes with its foreign key, and everything on tables of the same deployment.

    Repair: FOREIGN KEY and CHECK are added NOT VALID, which looks at no row, and validated in a later migration, under
    a lock that stops nobody. NOT NULL is proved by such a CHECK first. UNIQUE and PRIMARY KEY take over an index built
    CONCURRENTLY before. In Django, foreign keys, UNIQUE and NOT NULL take these steps by `RunSQL` inside
    `SeparateDatabaseAndState`.

    Bad:

    ```sql db/migrations/0002_link.sql
    ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id);
    ```

    Good:

    In SQL:

    ```sql db/migrations/0002_link.sql
    ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
    ALTER TABLE orders ADD CONSTRAINT orders_email_check CHECK (email IS NOT NULL) NOT VALID;
    ```

    ```sql db/migrations/0003_validate.sql
    ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_email_check;
    ```

    ```sql db/migrations/0004_required.sql
    ALTER TABLE orders ALTER COLUMN email SET NOT NULL;
    ALTER TABLE orders DROP CONSTRAINT orders_email_check;
    ```

    ```sql db/migrations/0005_index.sql
    CREATE UNIQUE INDEX CONCURRENTLY orders_email_key ON orders (email);
    ```

    ```sql db/migrations/0006_unique.sql
    ALTER TABLE orders ADD CONSTRAINT orders_email_key UNIQUE USING INDEX orders_email_key;
    ```

    In Alembic:

    ```python migrations/versions/b2_link.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_foreign_key(
            "orders_customer_fk", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True
        )
        with op.get_context().autocommit_block():
            op.create_index("orders_email_key", "orders", ["email"], unique=True, postgresql_concurrently=True)
    ```

    ```python migrations/versions/c3_validate.py
    from alembic import op

    revision = "c3"
    down_revision = "b2"


    def upgrade() -> None:
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk")
        op.execute("ALTER TABLE orders ADD CONSTRAINT orders_email_key UNIQUE USING INDEX orders_email_key")
    ```

    In Django:

    ```python shop/migrations/0002_positive.py
    from django.contrib.postgres.operations import AddConstraintNotValid
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            AddConstraintNotValid("order", models.CheckConstraint(condition=models.Q(number__gt=0), name="order_ck")),
        ]
    ```

    ```python shop/migrations/0003_validate.py
    from django.contrib.postgres.operations import ValidateConstraint
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_positive")]
        operations = [
            ValidateConstraint("order", "order_ck"),
        ]
    ```
    """
    version = project.migrations.postgres
    for work in project.migrations.works():
        detached = options.detach and work.cause == "detach"
        if (work.cause not in _CAUSES and not detached) or work.cause in options.allow:
            continue
        if not matches_any(options.small_tables, work.table):
            message, help_text = _message(work, version), _steps(project, work, version)
            yield Finding(work.change.location, message, help_text, fix=_fix(project, work))


def _message(work: Work, version: ServerVersion) -> str:
    on = f"{listed(work.columns)} of `{work.table}`" if work.columns else f"`{work.table}`"
    named = f" `{work.name}`" if work.name else ""
    all_wait = f"everything that reads or writes `{work.table}` waits until"
    server = f"{version}{version.source}"
    read = f"{server} reads every row" if version.major < _BELIEVES_CHECKS else "every row is read"
    match work.cause:
        case "foreign-key" if work.inline and not isinstance(work.change.operation, AddColumn):
            return (
                f"changes the field of the foreign key on {on}, which Django drops for that and adds again, checking "
                "every row at once: all writes to both tables wait until that is done"
            )
        case "foreign-key":
            target = f" to `{work.detail}`" if work.detail else ""
            return (
                f"adds the foreign key{named}{target} on {on} and checks every row at once: all writes to both tables "
                "wait until that is done"
            )
        case "not-null" if not work.inline:
            return f"makes {on} NOT NULL, for which {read}: {all_wait} that is done"
        case "recheck":
            return (
                f"changes the type of {on}, so that the CHECK constraint{named} is checked again in every row: "
                f"{all_wait} that is done"
            )
        case "domain-check":
            return (
                f"gives the domain `{work.name}` a constraint and checks every row of {on} at once: everything that "
                f"writes to `{work.table}` waits until that is done"
            )
        case "detach":
            return (
                f"detaches `{work.name}` from `{work.table}` under a lock that has to wait for every query of the "
                f"whole table, while everybody else waits behind it; {server} can do without"
            )
        case "attach":
            return f"attaches `{work.table}` to `{work.detail}`, for which every row is read: {all_wait} that is done"
        case "primary-key" if work.does == "scan":
            return (
                f"makes nullable columns of `{work.table}` the primary key{named}, for which {read}: {all_wait} that "
                "is done"
            )
        case "unique" | "primary-key" | "exclude":
            word = {"unique": "UNIQUE", "primary-key": "PRIMARY KEY", "exclude": "EXCLUDE"}[work.cause]
            return (
                f"adds the {word} constraint{named} on {on}, which builds its index under a lock: {all_wait} it is "
                "complete"
            )
        case _:
            return f"adds the CHECK constraint{named} on {on} and checks every row at once: {all_wait} that is done"


def _steps(project: Project, work: Work, version: ServerVersion) -> str:
    """The sequence that keeps nobody waiting, with the names of this statement."""
    return _other_way(work, version) or _later_check(project, work, version)


def _other_way(work: Work, version: ServerVersion) -> str:
    """What to do where adding NOT VALID and validating later is not the way; '' where it is."""
    if work.cause == "recheck":
        return (
            f"First drop the CHECK `{work.name}`, and add it again NOT VALID behind the change; in a later migration "
            "VALIDATE CONSTRAINT."
        )
    if work.cause == "domain-check":
        return (
            f"Say NOT VALID, and let ALTER DOMAIN {work.name} VALIDATE CONSTRAINT check the rows in a later migration, "
            "while little is written: it keeps writers out as well."
        )
    if work.cause == "detach":
        return f"On {version}{version.source}: DETACH PARTITION {work.name} CONCURRENTLY, outside a transaction."
    if work.cause == "attach":
        return (
            f"First give `{work.table}` a CHECK that implies the bounds and says IS NOT NULL, NOT VALID; in a later "
            "migration VALIDATE CONSTRAINT; then attaching reads nothing, and the CHECK can go."
        )
    if work.does == "scan" and work.cause in {"not-null", "primary-key"} and version.major < _BELIEVES_CHECKS:
        return (
            f"{version}{version.source} reads every row for NOT NULL in any case: let a CHECK say it instead, added "
            "NOT VALID and validated in a later migration."
        )
    state = work.change.table(work.table)
    if work.cause == "foreign-key" and state is not None and state.partitioned and version.major < 18:
        return (
            f"A key of a partitioned table cannot be NOT VALID on {version}{version.source}: add it so to each "
            "partition, validate these in a later migration, then add it here."
        )
    return ""


def _later_check(project: Project, work: Work, version: ServerVersion) -> str:
    steps = project.migrations.repairs.constraint_steps(work, version.major)
    django = work.change.tree.tool == "django"
    if work.cause == "foreign-key" and work.inline and not isinstance(work.change.operation, AddColumn):
        if not steps:
            return (
                "Put it among the `state_operations` of SeparateDatabaseAndState: nothing of it concerns the database, "
                "and the key can stay."
            )
        outside = ", outside a transaction" if any("CONCURRENTLY" in step for step in steps) else ""
        return (
            f"Run {' and '.join(steps)} inside SeparateDatabaseAndState{outside}, with this operation as its state: "
            "the key can stay."
        )
    alone = work.cause in {"unique", "primary-key"} and work.brings_column
    is_new = isinstance(work.change.operation, AddColumn) or alone
    match steps:
        case (build, constraint) if work.cause in {"unique", "primary-key"}:
            start = "Add the column alone; then" if is_new else "First"
            state_too = " (inside SeparateDatabaseAndState, with this operation as its state)" if django else ""
            return f"{start}, outside a transaction, {build}; in a later migration {constraint}{state_too}."
        case (check, validate, last):
            return (
                f"First {check}; in a later migration {validate}; then {last}: on {version}{version.source} no row is "
                "read."
            )
        case (add, validate):
            start = "Add the column alone, then" if is_new else "First"
            when = f" (on {version}{version.source})" if work.cause == "not-null" else ""
            by_hand = django and work.cause != "not-null" and isinstance(work.change.operation, AlterColumn)
            state = " (inside SeparateDatabaseAndState, with this operation as its state)" if by_hand else ""
            return f"{start} {add}{state}; in a later migration {validate}{when}."
        case _ if work.cause == "exclude":
            return "There is no way to build it concurrently: do it while the table is idle, or fill a new table."
        case _ if work.cause in {"unique", "primary-key"}:
            return (
                "First build a unique index CONCURRENTLY, outside a transaction; then add the constraint USING INDEX."
            )
        case _:
            return "Give it a name and add it NOT VALID; in a later migration VALIDATE CONSTRAINT."


def _fix(project: Project, work: Work) -> Fix | None:
    """Nothing is read or built under the lock: NOT VALID, or an index that is built before."""
    repairs = project.migrations.repairs
    return repairs.not_valid(work) or repairs.using_index(work)
