"""Which database a folder of SQL files is for, by the drivers that the program around it is made of.

SQL files are run by programs in other languages as well, whose code is not read; what they are made of stands in a file
of its own: `go.mod`, `Cargo.toml`, `package.json`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from bylaw.patterns import regex
from bylaw.project.paths import inside, upwards

_MOST_CHARACTERS: Final = 200_000
_GO: Final = regex(r"^[ \t]*(?:require[ \t]+)?(?P<name>[\w.-]+\.\w+/[\w./-]+)[ \t]+v[^\n]*$", re.MULTILINE)
_GO_DRIVERS: Final = {
    "github.com/lib/pq": "postgres", "github.com/jackc/pgx": "postgres", "gorm.io/driver/postgres": "postgres",
    "github.com/uptrace/bun/driver/pgdriver": "postgres", "github.com/go-pg/pg": "postgres",
    "github.com/go-sql-driver/mysql": "mysql", "gorm.io/driver/mysql": "mysql",
    "github.com/mattn/go-sqlite3": "sqlite", "modernc.org/sqlite": "sqlite", "gorm.io/driver/sqlite": "sqlite",
    "github.com/glebarez/go-sqlite": "sqlite", "github.com/glebarez/sqlite": "sqlite",
    "github.com/ncruces/go-sqlite3": "sqlite", "zombiezen.com/go/sqlite": "sqlite",
    "github.com/microsoft/go-mssqldb": "tsql", "github.com/denisenkom/go-mssqldb": "tsql",
    "github.com/ClickHouse/clickhouse-go": "clickhouse", "github.com/cockroachdb/cockroach-go": "cockroach",
}  # fmt: skip
_CARGO: Final = regex(r"^[ \t]*(?P<name>[\w-]+)[ \t]*=|^\[[\w.-]*dependencies\.(?P<table>[\w-]+)\]", re.MULTILINE)
_CARGO_DRIVERS: Final = {
    "rusqlite": "sqlite", "libsqlite3-sys": "sqlite", "libsql": "sqlite", "tokio-postgres": "postgres",
    "postgres": "postgres", "mysql": "mysql", "mysql_async": "mysql", "tiberius": "tsql",
}  # fmt: skip
_FEATURES: Final = regex(r"\bfeatures[ \t]*=[ \t]*\[(?P<listed>[^\]]{0,2000})\]")
_FEATURE: Final = regex(r"[\"'](?:sqlx-)?(?P<server>postgres|mysql|sqlite)")
_NODE: Final = regex(r"\"(?P<name>[\w@/.-]+)\"[ \t]*:[ \t]*\"")
_NODE_DRIVERS: Final = {
    "pg": "postgres", "postgres": "postgres", "pg-promise": "postgres", "slonik": "postgres", "mysql": "mysql",
    "mysql2": "mysql", "mariadb": "mysql", "better-sqlite3": "sqlite", "sqlite3": "sqlite", "sqlite": "sqlite",
    "@libsql/client": "sqlite", "tedious": "tsql", "mssql": "tsql",
}  # fmt: skip


def server_of_drivers(folder: str, read: Callable[[str], str | None]) -> str:
    """postgres, mysql, sqlite … where what stands nearest above the folder names drivers of one server only; '' where
    it names none, or several. `read` gives the text of a file by its path from the root.
    """
    return _nearest(folder, read)[0]


def server_of_a_part(folder: str, read: Callable[[str], str | None]) -> str:
    """The same for a part of the project that lists by itself what it is made of, below the root: a crate, a module, a
    package. It tells more than what the project as a whole starts.
    """
    server, place = _nearest(folder, read)
    return server if place else ""


def _nearest(folder: str, read: Callable[[str], str | None]) -> tuple[str, str]:
    """The server, and the folder of the files that say so."""
    for above in upwards(folder):
        found: set[str] = set()
        for name, servers in (("go.mod", _of_go), ("Cargo.toml", _of_cargo), ("package.json", _of_node)):
            text = read(inside(above, name))
            found.update(servers(text[:_MOST_CHARACTERS]) if text else ())
        if "cockroach" in found:
            found.discard("postgres")  # it speaks to CockroachDB through a driver of PostgreSQL's
        if found:
            return (found.pop() if len(found) == 1 else "", above)
    return "", ""


def _of_go(text: str) -> Iterator[str]:
    for match in _GO.finditer(text):
        if "// indirect" not in match[0]:
            name = re.sub(r"/v\d+$", "", match["name"])
            if name in _GO_DRIVERS:
                yield _GO_DRIVERS[name]


def _of_cargo(text: str) -> Iterator[str]:
    for match in _CARGO.finditer(text):
        server = _CARGO_DRIVERS.get(match["name"] or match["table"])
        if server:
            yield server
    for match in _FEATURES.finditer(text):
        yield from (one["server"] for one in _FEATURE.finditer(match["listed"]))


def _of_node(text: str) -> Iterator[str]:
    for match in _NODE.finditer(text):
        if match["name"] in _NODE_DRIVERS:
            yield _NODE_DRIVERS[match["name"]]
