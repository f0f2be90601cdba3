"""batched-backfill"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bylaw import Backfill, Finding, Project, project_rule


@dataclass(frozen=True)
class Options:
    small_tables: tuple[str, ...] = ()
    """Patterns of tables (`countries`, `*_settings`) whose rows are changed in an instant."""


@project_rule(
    summary="All rows of a table are changed in batches",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="locking",
)
def batched_backfill(project: Project, options: Options) -> Iterator[Finding]:
    """One statement that changes every row of a table keeps each of them locked until the last one is done, so that
    whoever writes to one of them waits; it doubles the table with old versions of its rows, and holds up replicas.

    Reported is an UPDATE or DELETE of a table in use that leaves out no row: without a WHERE, or with one that only
    asks whether a column of this deployment is filled already.

    Repair: a few thousand rows at a time, by ranges of the key, each batch in a transaction of its own; best outside
    the deployment.

    Bad:

    ```sql db/migrations/0002_plan.sql
    UPDATE users SET plan = 'free';
    ```

    Good:

    ```sql db/migrations/0002_plan.sql
    UPDATE users SET plan = 'free' WHERE id BETWEEN 1 AND 5000;
    ```
    """
    for found in project.migrations.backfills():
        if not any(fnmatchcase(found.table, pattern) for pattern in options.small_tables):
            yield Finding(found.change.location, _message(found), _steps(found))


def _message(found: Backfill) -> str:
    verb = "updates" if found.kind == "update" else "deletes"
    return (
        f"{verb} all rows of `{found.table}` in one statement: whoever writes to one of them waits until all are done"
    )


def _steps(found: Backfill) -> str:
    if found.kind == "delete":
        return f"Delete the rows of `{found.table}` by ranges of its key, each batch in a transaction of its own."
    columns = ", ".join(f"`{name}`" for name in dict.fromkeys(found.columns))
    return f"Fill {columns or f'`{found.table}`'} by ranges of the key, each batch in a transaction of its own."
