"""Tools whose SQL files are known by where they lie and what they are called."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.layout import Layout, SqlFile, in_full, in_no_part

_FOLDERS: Final = frozenset({
    "migrations", "migration", "migrate", "versions", "evolutions", "changelog", "committed", "sqls", "db_migrations",
    "dbmigrations", "db-migrations", "sql-migrations", "sql_migrations", "database-migrations", "database_migrations",
    "schema_migrations", "schema-migrations", "schemamigrations", "patches", "upgrades",
})  # fmt: skip
_FRESH: Final = frozenset({"init", "initdb", "initdb.d", "docker-entrypoint-initdb.d"})
"""Folders of scripts that fill an empty database: what they lock and refuse, nobody waits for."""
_NUMBERED_ONLY: Final = frozenset({
    "sql", "schema", "ddl", "db", "database", "deltas", "delta", "updates", "scripts", "up", "deploy", "changes",
})  # fmt: skip
"""Folders where a numbered file is a migration, and any other is not."""
_BEHIND: Final = frozenset({"sql", "db", "database", "schema", "script", "scripts", "file", "files", "up"})
"""Words that may stand behind `migrations` in the name of their folder; behind others it is about a migration."""
NO_MIGRATION_NAMES: Final = re.compile(
    r"(?:^|[_\-. ])(?:seed(?:s|er|ing)?|dump|fixtures?|schema|structure|snapshot|quer(?:y|ies)|test(?:s|data)?|mock"
    r"|sample|example|all|full|latest|drop_all|reset|cleanup)$",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"^[vV]?\d")
ORDINAL: Final = re.compile(r"^(?:0\d*|\d{1,3}|\d{8,}|[vV]\d+)(?:[_.\-]|$)")
"""A number that orders files: `2024_report` has none."""
_VERSION: Final = re.compile(r"^v?\d+(?:[._]\d+)*$")
_UNDOING: Final = frozenset({
    "down", "downs", "rollback", "rollbacks", "undo", "revert", "reverts", "downgrade", "downgrades",
})  # fmt: skip
"""Folders of what takes migrations back."""
_LASTING: Final = re.compile(
    r"\b(?:create|alter|drop|truncate|insert|update|delete|merge|replace|rename|comment|grant|revoke|reindex|vacuum"
    r"|refresh|do|call|exec|execute|copy|load|set|use|begin|pragma)\b(?!\s{0,9}\()"
    r"|\b(?:reindex|vacuum)\s{0,9}\(\s{0,9}(?:verbose|full|concurrently|tablespace|analyze|freeze|parallel)\b",
    re.IGNORECASE | re.ASCII,
)
"""Words of which a migration has one, no call of a function of that name."""
_PASSING: Final = re.compile(r"\s{1,9}(?:into\s{1,9}|table\s{1,9})?(?:if\s{1,9}exists\s{1,9})?#\w", re.IGNORECASE)
"""What follows such a word where it is about a table `#t`, which is gone when the session ends."""
_CALLS: Final = re.compile(r"\s*select\b(?!.{0,10000}\bfrom\b)", re.IGNORECASE | re.ASCII | re.DOTALL)
"""A statement that asks no table, and may do anything: `SELECT f()`."""
FLYWAY: Final = re.compile(r"^(?:([VvBbUu])(\d+(?:[._]\d+)*)__|([Rr])__)")
_UNPREFIXED: Final = re.compile(r"^\d+(?:[._]\d+)*__\w")
_LOOKED_AT: Final = 50_000
"""Characters of a file that nobody's tool claims."""
DOWN_NAME: Final = re.compile(r"[._\-](?:down|undo|rollback|revert|downgrade)$", re.IGNORECASE)
UP_NAME: Final = re.compile(r"[._\-](?:up|do)$", re.IGNORECASE)
DIALECTS: Final = {
    "postgres": "postgres", "postgresql": "postgres", "pg": "postgres", "psql": "postgres", "pgsql": "postgres",
    "cockroach": "postgres",
    "cockroachdb": "postgres", "crdb": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite",
    "sqlite3": "sqlite", "libsql": "sqlite", "hiqlite": "sqlite", "d1": "sqlite",
    "mssql": "tsql", "sqlserver": "tsql", "tsql": "tsql",
    "oracle": "oracle", "clickhouse": "clickhouse", "snowflake": "snowflake", "bigquery": "bigquery",
    "redshift": "redshift", "duckdb": "duckdb", "hsqldb": "hsqldb", "hsql": "hsqldb", "h2": "h2", "derby": "derby",
    "db2": "db2", "firebird": "firebird",
}  # fmt: skip


def by_path(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    """The layout of a file whose place or name is that of a tool's, or of migrations. `parts`: the names of all its
    folders, in lower case.
    """
    for rule in (_own_folder, _flyway, _supabase, _sqitch, _halves, _drizzle, _plain):
        found = rule(file, parts, text)
        if found is not None:
            return found
    return None


def _own_folder(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    """A folder for each migration: Prisma, Diesel, Hasura, D1 …"""
    folder = file.folder
    if file.stem == "migration" and (_NUMBERED.match(folder) or "migrations" in parts[:-1]):
        return in_full("drizzle" if "drizzle" in parts else "prisma", folder, text)
    if file.stem in {"up", "down"} and (_NUMBERED.match(folder) or "migrations" in parts[:-1]):
        name = "hasura" if "hasura" in parts or (len(parts) > 1 and parts[-2] == "default") else "diesel"
        return in_full(name, folder, text) if file.stem == "up" else in_no_part(name, folder)
    return None


def _flyway(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    match = FLYWAY.match(file.stem)
    if match is None:
        # `sql-migration-prefix` may be empty: where Flyway looks unless told otherwise, its separator is enough
        at_home = "resources" in parts and "db/migration" in "/".join(parts)
        undoes = parts[-1:] != [] and parts[-1] in _UNDOING
        return in_full("flyway", file.stem, text) if at_home and not undoes and _UNPREFIXED.match(file.stem) else None
    undo = (match[1] or "").lower() == "u"
    return in_no_part("flyway", file.stem) if undo else in_full("flyway", file.stem, text)


def _supabase(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    if parts[-2:] != ["supabase", "migrations"]:
        return None
    return in_full("supabase", file.stem, text, "postgres")


def _sqitch(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    if "sqitch" not in parts:
        return None
    if any(part in {"revert", "verify"} for part in parts):
        return in_no_part("sqitch", file.stem)
    return in_full("sqitch", file.stem, text) if "deploy" in parts else None


def _halves(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    """Two files for each migration, `….up.sql` and `….down.sql`."""
    stem = file.stem
    if "." in stem and re.match(r"^\d+\.(?:do|undo)\.", stem):
        return in_full("postgrator", stem, text) if ".do." in stem else in_no_part("postgrator", stem)
    if not (_NUMBERED.match(stem) or set(parts) & _FOLDERS):
        return None
    if DOWN_NAME.search(stem) and (_NUMBERED.match(stem) or stem[0].isalpha()):
        return in_no_part(_halves_tool(stem, parts), DOWN_NAME.sub("", stem))
    if (up := UP_NAME.search(stem)) and up[0][0] in ".-":
        return in_full(_halves_tool(stem, parts), UP_NAME.sub("", stem), text)
    return None


def _halves_tool(stem: str, parts: list[str]) -> str:
    if parts[-1:] == ["sqls"]:
        return "db-migrate"
    return "golang-migrate" if re.search(r"\.(?:up|down)$", stem) else ""


def _drizzle(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    if any("drizzle" in part for part in parts) and _NUMBERED.match(file.stem):
        return in_full("drizzle", file.stem, text)
    return None


def _plain(file: SqlFile, parts: list[str], text: str) -> Layout | None:
    """Files in a folder that is named for migrations."""
    numbered = _NUMBERED.match(file.stem) is not None
    if parts and parts[-1] in _UNDOING:
        return in_no_part("", file.stem) if numbered else None
    if not _FRESH.isdisjoint(parts[-2:]) and "migrat" not in parts[-1]:
        return None
    if numbered and any(part in _FOLDERS or "migrat" in part for part in parts[-3:]):
        return in_full("", file.stem, text)
    inner = next((part for part in reversed(parts) if part not in DIALECTS and not _VERSION.match(part)), "")
    named = parts and _is_named_for_them(parts[-1]) and not NO_MIGRATION_NAMES.search(file.stem)
    if (named or (inner in _NUMBERED_ONLY and ORDINAL.match(file.stem))) and _lasts(text):
        return in_full("", file.stem, text)
    return None


def _lasts(text: str) -> bool:
    """Whether something of what a file does stays, or there is nothing in it; queries of a report leave nothing."""
    from bylaw.readers.sql.templates import code_of  # noqa: PLC0415 - and its lexer, which few files ask for

    code = code_of(text[:_LOOKED_AT])
    if not code.strip() or any(not _PASSING.match(text, match.end()) for match in _LASTING.finditer(code)):
        return True
    return any(_CALLS.match(statement) for statement in code.split(";"))


def _is_named_for_them(folder: str) -> bool:
    """`migrations`, `db-migrations`, `migrations_sqlite`; not `old-shop-migration-backfill`, a folder of scripts."""
    if folder in _FOLDERS:
        return True
    words = [word for word in re.split(r"[._\- ]", folder) if word]
    at = next((at for at, word in enumerate(words) if "migrat" in word), None)
    return at is not None and all(
        word in _BEHIND or word in DIALECTS or _VERSION.match(word) is not None for word in words[at + 1 :]
    )
