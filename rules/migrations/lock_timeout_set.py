"""lock-timeout-set"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bylaw import Finding, Project, Untimed, project_rule


@dataclass(frozen=True)
class Options:
    timeout: str = "5s"
    """The limit that the fix sets."""
    small_tables: tuple[str, ...] = ()
    """Patterns of tables for whose lock nobody needs a limit."""


@project_rule(
    summary="A migration limits how long it waits for a lock",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    fix="unsafe",
    concern="robustness",
)
def lock_timeout_set(project: Project, options: Options) -> Iterator[Finding]:
    """A change that takes an instant still has to wait for every running query of its table, and everybody else waits
    behind it. With a `lock_timeout` it gives up instead, and can be tried again.

    Reported is the first such lock of a migration that does not set `lock_timeout` before. Where the connection, the
    role or `env.py` sets it for all migrations, leave this rule off: that is not seen here.

    Repair: `SET lock_timeout = '5s'` as the first statement.

    Bad:

    ```sql db/migrations/0002_plan.sql
    ALTER TABLE users ADD COLUMN plan text;
    ```

    Good:

    ```sql db/migrations/0002_plan.sql
    SET lock_timeout = '5s';
    ALTER TABLE users ADD COLUMN plan text;
    ```
    """
    for found in project.migrations.untimed():
        if not any(fnmatchcase(found.table, pattern) for pattern in options.small_tables):
            message = f"waits for its lock on `{found.table}` without a limit, and everybody else waits behind it"
            fix = project.migrations.repairs.timed(found, options.timeout)
            yield Finding(found.change.location, message, _steps(found, options), fix=fix)


def _steps(found: Untimed, options: Options) -> str:
    setting = f"SET lock_timeout = '{options.timeout}'"
    match found.change.tree.tool:
        case "alembic":
            return f'Begin with `op.execute("{setting}")`.'
        case "django":
            return f'Begin with `migrations.RunSQL("{setting}")`.'
        case _:
            return f"Begin with `{setting};`."
