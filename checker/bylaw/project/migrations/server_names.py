"""Which database server the name of a migration's file, or of its folder, says."""

from __future__ import annotations

from functools import cache
from typing import Final

from bylaw.patterns import regex

NAMES: Final = {"postgresql": "postgres", "pg": "postgres", "cockroachdb": "cockroach", "sqlite3": "sqlite"}
_SERVERS: Final = frozenset({
    "postgres", "postgresql", "pg", "mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "oracle",
    "cockroach", "hsqldb", "h2", "derby", "db2",
})  # fmt: skip
_BESIDE: Final = frozenset({
    "versions", "version", "revisions", "migrations", "migration", "migrate", "alembic", "sql", "schema", "scripts",
})  # fmt: skip
_BETWEEN: Final = regex(r"[-_.]")


@cache
def server_of_file(path: str) -> str:
    """The server a file's name ends with: `0012_orders.mysql.up.sql`, `009_add_partition_sqlite.py`; '' for none."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".sql"):
        found = [part for part in name.split(".")[1:-1] if part in _SERVERS or part in NAMES]
    else:
        found = [part for part in ("mysql", "mariadb", "sqlite") if name.removesuffix(".py").endswith(f"_{part}")]
    return NAMES.get(found[0], found[0]) if found else ""


def server_of_folder(folder: str) -> str:
    """The server of the innermost folder that is named after one, alone (`migrations/mysql`) or beside a word for
    migrations (`alembic/mariadb_versions`, `migrations-sqlite`). '' for none.
    """
    for part in reversed(folder.lower().split("/")):
        words = [word for word in _BETWEEN.split(part) if word not in _BESIDE]
        if len(words) == 1 and words[0] in _SERVERS:
            return NAMES.get(words[0], words[0])
    return ""
