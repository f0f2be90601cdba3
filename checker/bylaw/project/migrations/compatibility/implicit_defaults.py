"""Required columns that MySQL and MariaDB fill without a default."""

from __future__ import annotations

from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.servers import Servers


def takes_first_label(change: Change, column_type: str, servers: Servers) -> bool:
    """Whether the server gives the column, where an INSERT leaves it out, the first label of its enum type. It does so
    in strict mode as well, and after DROP DEFAULT; a SET, a number or a text gets nothing there.
    """
    if not (column_type.lower().startswith("enum") or _is_enum(change, column_type)):
        return False
    return servers.dialect(change.tree, change.step) in {"mysql", "mariadb"}


def _is_enum(change: Change, name: str) -> bool:
    return name in change.before.enums or name in change.deployment.after.enums
