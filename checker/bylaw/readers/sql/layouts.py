"""Which tool runs an SQL file, as far as its path and its own comments tell, and which part of it is the way up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

Range = tuple[int, int]


class Layout(msgspec.Struct, frozen=True):
    """`name` is the tool, '' where it is not known. `up` are the ranges to read, in characters of the bytewise text:
    none for a file that undoes or only checks.
    """

    name: str
    revision: str
    up: tuple[Range, ...]
    transactional: bool | None = None
    dialect: str = ""


class _Marker(msgspec.Struct, frozen=True):
    """How a tool marks the halves of a file: `up` and `down` match whole comment lines that hold the `hint`."""

    name: str
    hint: str
    up: str
    down: str
    starts_up: bool = False
    """What stands before the first mark belongs to the way up."""


@cache
def _line(pattern: str) -> re.Pattern[str]:
    """A whole line that begins so. Compiled when first needed: most projects use one tool."""
    return re.compile(rf"^[ \t]*{pattern}[^\n]*$", re.MULTILINE | re.IGNORECASE | re.ASCII)


_MARKERS: Final = (
    _Marker("goose", "+goose", r"--[ \t]*\+goose[ \t]+up\b", r"--[ \t]*\+goose[ \t]+down\b"),
    _Marker("dbmate", "migrate:", r"--[ \t]*migrate:up\b", r"--[ \t]*migrate:down\b"),
    _Marker("sql-migrate", "+migrate", r"--[ \t]*\+migrate[ \t]+up\b", r"--[ \t]*\+migrate[ \t]+down\b"),
    _Marker("node-pg-migrate", "igration", r"--[ \t-]*up migration", r"--[ \t-]*down migration", True),
    _Marker("tern", "drop below", r"-{4} create above \?{3}", r"-{4} create above / drop below", True),
    _Marker("aerich", "grade --", r"-- upgrade --", r"-- downgrade --"),
    _Marker("play", "!ups", r"(?:#|--)[ \t]*(?:---[ \t]*)?!ups", r"(?:#|--)[ \t]*(?:---[ \t]*)?!downs"),
    _Marker("mybatis", "@undo", r"--[ \t]*//[ \t]*@do\b", r"--[ \t]*//[ \t]*@undo\b", True),
    _Marker("rambler", "rambler", r"--[ \t]*rambler[ \t]+up\b", r"--[ \t]*rambler[ \t]+down\b"),
    _Marker("shmig", "====", r"--[ \t]*={4}[ \t]*up[ \t]*={4}", r"--[ \t]*={4}[ \t]*down[ \t]*={4}"),
)
_NO_TRANSACTION: Final = r"""^[ \t]*--[ \t]*(?:
        \+goose[ \t]+no[ \t]+transaction
      | migrate:up[^\n]*\btransaction:[ \t]*false
      | \+migrate[ \t]+up[^\n]*\bnotransaction
      | (?:sqlx:[ \t]*)?no-transaction\b
      | !?[ \t]*disable-transaction\b
      | !?[ \t]*no-transaction\b
      | flyway:executeintransaction=false
      | changeset[^\n]*\brunintransaction:[ \t]*false
      | atlas:txmode[ \t]+none
      | transactional:[ \t]*false
      | --[ \t]*tern:[ \t]*disable-tx\b
)"""
_TRANSACTION: Final = ("transaction", "txmode", "disable-tx")
"""Words of which every such mark has one."""
_LIQUIBASE: Final = r"--[ \t]*liquibase[ \t]+formatted[ \t]+sql"
_SQITCH: Final = r"--[ \t]*(deploy|revert|verify)[ \t]+(?:\S+:\S+|[\w@.:/-]+[ \t]+(?:to|from|on)[ \t]+\w+)"
_BREAKPOINT: Final = "--> statement-breakpoint"

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
_NO_MIGRATION_PARTS: Final = frozenset({
    "test", "tests", "testdata", "test_data", "__tests__", "fixtures", "fixture", "testing", "spec", "specs",
    "node_modules", "vendor", "third_party", "mocks", "e2e", "queries", "seeds", "seeders", "seed", "dumps",
    "snapshots", "snaplet",
})  # fmt: skip
_NO_MIGRATION_NAMES: Final = re.compile(
    r"(?:^|[_\-. ])(?:seed(?:s|er|ing)?|dump|fixtures?|schema|structure|snapshot|quer(?:y|ies)|test(?:s|data)?|mock"
    r"|sample|example|all|full|latest|drop_all|reset|cleanup)$",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"^[vV]?\d")
_ORDINAL: Final = re.compile(r"^(?:0\d*|\d{1,3}|\d{8,}|[vV]\d+)(?:[_.\-]|$)")
"""A number that orders files: `2024_report` has none."""
_DATED: Final = re.compile(r"^\d{4}[-_.]\d\d?[-_.]\d\d?(?:[_.\- ]|$)")
_TABLE_CHANGE: Final = re.compile(r"\b(?:create|alter|drop)\s{1,9}table\b", re.IGNORECASE | re.ASCII)
_LARGEST_UNKNOWN: Final = 500_000
"""Characters: what is larger is a dump."""
_VERSION: Final = re.compile(r"^v?\d+(?:[._]\d+)*$")
_FLYWAY: Final = re.compile(r"^(?:([VvBbUu])(\d+(?:[._]\d+)*)__|([Rr])__)")
_DOWN_NAME: Final = re.compile(r"[._\-](?:down|undo|rollback|revert|downgrade)$", re.IGNORECASE)
_UP_NAME: Final = re.compile(r"[._\-](?:up|do)$", re.IGNORECASE)
_DIALECTS: Final = {
    "postgres": "postgres", "postgresql": "postgres", "pg": "postgres", "psql": "postgres", "cockroach": "postgres",
    "cockroachdb": "postgres", "crdb": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite",
    "sqlite3": "sqlite", "libsql": "sqlite", "d1": "sqlite", "mssql": "tsql", "sqlserver": "tsql", "tsql": "tsql",
    "oracle": "oracle", "clickhouse": "clickhouse", "snowflake": "snowflake", "bigquery": "bigquery",
    "redshift": "redshift", "duckdb": "duckdb",
}  # fmt: skip


class _File(msgspec.Struct, frozen=True):
    stem: str
    folder: str
    """The name of the folder it lies in, as written."""


def layout_of(path: str, text: str) -> Layout | None:
    """The layout of a file that is a migration; None for any other SQL file (queries, dumps, seeds, fixtures)."""
    *folders, name = path.split("/")
    parts = [part.lower() for part in folders]
    if not _NO_MIGRATION_PARTS.isdisjoint(parts):
        return None
    file = _File(name.rpartition(".")[0] or name, folders[-1] if folders else "")
    found = _by_content(file, text) or _by_path(file, parts, text)
    if found is None:
        return None
    transactional = found.transactional
    if transactional is None:
        lowered = text.lower()
        if any(word in lowered for word in _TRANSACTION) and _says_no_transaction(text):
            transactional = False
    return Layout(found.name, found.revision, found.up, transactional, found.dialect or _dialect(file, parts))


def unknown_layout(path: str, text: str) -> Layout | None:
    """For a file that `layout_of` knows nothing of: how to read it, if it may be a migration all the same."""
    *folders, name = path.split("/")
    parts = [part.lower() for part in folders]
    file = _File(name.rpartition(".")[0] or name, folders[-1] if folders else "")
    numbered = _ORDINAL.match(file.stem) or _DATED.match(file.stem)
    if not numbered or not _NO_MIGRATION_PARTS.isdisjoint(parts) or any("init" in part for part in parts):
        return None
    if _NO_MIGRATION_NAMES.search(file.stem) or _DOWN_NAME.search(file.stem) or len(text) > _LARGEST_UNKNOWN:
        return None
    if _TABLE_CHANGE.search(text) is None:
        return None
    return Layout("", _UP_NAME.sub("", file.stem), ((0, len(text)),), dialect=_dialect(file, parts))


def _says_no_transaction(text: str) -> bool:
    flags = re.MULTILINE | re.IGNORECASE | re.ASCII | re.VERBOSE
    return re.search(_NO_TRANSACTION, text, flags) is not None


def _whole(name: str, revision: str, text: str, dialect: str = "") -> Layout:
    return Layout(name, revision, ((0, len(text)),), dialect=dialect)


def _nothing(name: str, revision: str) -> Layout:
    return Layout(name, revision, ())


def _by_content(file: _File, text: str) -> Layout | None:
    """Tools whose files bear their own marks, wherever they lie."""
    if "--" not in text and "#" not in text:
        return None
    lowered = text.lower() if len(text) < 1_000_000 else text[:100_000].lower()
    for marker in _MARKERS:
        if marker.hint in lowered and (_line(marker.up).search(text) or _line(marker.down).search(text)):
            return Layout(marker.name, file.stem, tuple(_up_ranges(marker, text)))
    if "liquibase" in lowered and re.match(_LIQUIBASE, text.lstrip(), re.IGNORECASE):
        return _whole("liquibase", file.stem, text)
    if ("deploy" in lowered or "revert" in lowered or "verify" in lowered) and (
        header := re.match(_SQITCH, text.lstrip(), re.IGNORECASE)
    ):
        direction = (header[1] or header[2]).lower()
        return _whole("sqitch", file.stem, text) if direction == "deploy" else _nothing("sqitch", file.stem)
    if _BREAKPOINT in text and file.stem != "migration":
        return _whole("drizzle", file.stem, text)
    if _BREAKPOINT in text:
        return _whole("drizzle", file.folder, text)
    return None


def _up_ranges(marker: _Marker, text: str) -> Iterator[Range]:
    marks = [(match.start(), match.end(), True) for match in _line(marker.up).finditer(text)]
    marks += [(match.start(), match.end(), False) for match in _line(marker.down).finditer(text)]
    marks.sort()
    position, up = 0, marker.starts_up
    for start, end, is_up in marks:
        if up and start > position:
            yield position, start
        position, up = end, is_up
    if up and position < len(text):
        yield position, len(text)


def _by_path(file: _File, parts: list[str], text: str) -> Layout | None:
    for rule in (_own_folder, _flyway, _supabase, _sqitch, _halves, _drizzle, _plain):
        found = rule(file, parts, text)
        if found is not None:
            return found
    return None


def _own_folder(file: _File, parts: list[str], text: str) -> Layout | None:
    """A folder for each migration: Prisma, Diesel, Hasura, D1 …"""
    folder = file.folder
    if file.stem == "migration" and (_NUMBERED.match(folder) or "migrations" in parts[:-1]):
        return _whole("drizzle" if "drizzle" in parts else "prisma", folder, text)
    if file.stem in {"up", "down"} and (_NUMBERED.match(folder) or "migrations" in parts[:-1]):
        name = "hasura" if "hasura" in parts or (len(parts) > 1 and parts[-2] == "default") else "diesel"
        return _whole(name, folder, text) if file.stem == "up" else _nothing(name, folder)
    return None


def _flyway(file: _File, _parts: list[str], text: str) -> Layout | None:
    match = _FLYWAY.match(file.stem)
    if match is None:
        return None
    undo = (match[1] or "").lower() == "u"
    return _nothing("flyway", file.stem) if undo else _whole("flyway", file.stem, text)


def _supabase(file: _File, parts: list[str], text: str) -> Layout | None:
    if parts[-2:] != ["supabase", "migrations"]:
        return None
    return _whole("supabase", file.stem, text, "postgres")


def _sqitch(file: _File, parts: list[str], text: str) -> Layout | None:
    if "sqitch" not in parts:
        return None
    if any(part in {"revert", "verify"} for part in parts):
        return _nothing("sqitch", file.stem)
    return _whole("sqitch", file.stem, text) if "deploy" in parts else None


def _halves(file: _File, parts: list[str], text: str) -> Layout | None:
    """Two files for each migration, `….up.sql` and `….down.sql`."""
    stem = file.stem
    if "." in stem and re.match(r"^\d+\.(?:do|undo)\.", stem):
        return _whole("postgrator", stem, text) if ".do." in stem else _nothing("postgrator", stem)
    if not (_NUMBERED.match(stem) or set(parts) & _FOLDERS):
        return None
    if _DOWN_NAME.search(stem) and (_NUMBERED.match(stem) or stem[0].isalpha()):
        return _nothing(_halves_tool(stem, parts), _DOWN_NAME.sub("", stem))
    if (up := _UP_NAME.search(stem)) and up[0][0] in ".-":
        return _whole(_halves_tool(stem, parts), _UP_NAME.sub("", stem), text)
    return None


def _halves_tool(stem: str, parts: list[str]) -> str:
    if parts[-1:] == ["sqls"]:
        return "db-migrate"
    return "golang-migrate" if re.search(r"\.(?:up|down)$", stem) else ""


def _drizzle(file: _File, parts: list[str], text: str) -> Layout | None:
    if any("drizzle" in part for part in parts) and _NUMBERED.match(file.stem):
        return _whole("drizzle", file.stem, text)
    return None


def _plain(file: _File, parts: list[str], text: str) -> Layout | None:
    """Files in a folder that is named for migrations."""
    numbered = _NUMBERED.match(file.stem) is not None
    if parts[-1:] == ["down"] or parts[-1:] == ["downs"]:
        return _nothing("", file.stem) if numbered else None
    if not _FRESH.isdisjoint(parts[-2:]) and "migrat" not in parts[-1]:
        return None
    if numbered and any(part in _FOLDERS or "migrat" in part for part in parts[-3:]):
        return _whole("", file.stem, text)
    inner = next((part for part in reversed(parts) if part not in _DIALECTS and not _VERSION.match(part)), "")
    if inner in _NUMBERED_ONLY and _ORDINAL.match(file.stem):
        return _whole("", file.stem, text)
    if parts and (parts[-1] in _FOLDERS or "migrat" in parts[-1]) and not _NO_MIGRATION_NAMES.search(file.stem):
        return _whole("", file.stem, text)
    return None


def _dialect(file: _File, parts: list[str]) -> str:
    """What a folder or the name's suffix says: `migrations/sqlite/0001_x.sql`, `0001_x.mysql.up.sql`."""
    for word in file.stem.lower().split(".")[1:]:
        if word in _DIALECTS:
            return _DIALECTS[word]
    for part in reversed(parts[-4:]):
        if part in _DIALECTS:
            return _DIALECTS[part]
    for part in reversed(parts[-3:]):
        for word in re.split(r"[._\-]", part):
            if len(word) > 2 and word in _DIALECTS:
                return _DIALECTS[word]
    return ""
