# ruff: noqa: S608  # the names come from the catalogue, and are quoted there
"""The release that is still running, as far as its schema tells: it reads and writes everything in every way that
the schema allows.

What it does is a list of statements. `old-release.sql` in a case's notes adds some, a line each; what a case's
`unused` names (`table` or `table.column`, a line each) the old release does not touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from postgres_server import Connection

Outcome = str | list[tuple[object, ...]]
"""Rows, or the error."""


_CONNECT = "\\connect "


@dataclass(frozen=True)
class Statement:
    """SQL statements, separated by `;;`, of which the last one's rows count; or `\\connect` and a database."""

    sql: str

    def outcome(self, database: Connection) -> Outcome:
        """In a transaction that is rolled back."""
        found: Outcome = []
        with database.transaction(force_rollback=True):
            try:
                with database.transaction():
                    for part in self.sql.split(";;"):
                        if part.startswith(_CONNECT):
                            self._connect(part.removeprefix(_CONNECT), database)
                            continue
                        cursor = database.execute(part)
                        found = cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                found = str(error).partition("\n")[0]
        return found

    def _connect(self, name: str, database: Connection) -> None:
        info = database.info
        psycopg.connect(host=info.host, user=info.user, dbname=name).close()


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str
    category: str
    length: int
    required: bool
    """NOT NULL, and nothing fills it."""
    nullable: bool
    generated: bool
    default: str
    labels: tuple[str, ...]
    references: tuple[str, str] | None
    unique: bool


_COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, NULL), t.typcategory::text, a.atttypmod,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', NOT a.attnotnull,
       a.attidentity <> '' OR a.attgenerated <> '', coalesce(pg_get_expr(d.adbin, d.adrelid), ''),
       ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = a.atttypid ORDER BY enumsortorder),
       (SELECT ARRAY[k.confrelid::regclass::text,
                     (SELECT attname::text FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1])]
        FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1),
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indkey[0] = a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_TABLES = """
SELECT c.oid::regclass::text, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_schema$'
      AND c.relname NOT IN ('alembic_version', 'django_migrations') ORDER BY 1
"""


def statements(database: Connection, unused: Iterable[str] = ()) -> list[Statement]:
    """All that work now."""
    left = set(unused)
    tables = {
        name: [c for c in _columns(database, name) if f"{name}.{c.name}" not in left]
        for name, kind in database.execute(_TABLES).fetchall()
        if name not in left
    }
    kinds: dict[str, str] = dict(database.execute(_TABLES).fetchall())
    found = []
    for name, columns in tables.items():
        found += [f'SELECT "{column.name}" FROM {name}' for column in columns] or [f"SELECT FROM {name}"]
        if kinds[name] in {"r", "p"}:
            found += _inserts(name, tables)
            found.append(f"DELETE FROM {name}")
        found += [
            f'UPDATE {name} SET "{c.name}" = "{c.name}"' for c in columns if not c.generated and kinds[name] == "r"
        ]
    made = [Statement(sql) for sql in found]
    return [statement for statement in made if not isinstance(statement.outcome(database), str)]


def _columns(database: Connection, table: str) -> list[_Column]:
    found = []
    for name, kind, category, mod, required, nullable, generated, default, labels, target, unique in database.execute(
        _COLUMNS, (table,)
    ).fetchall():
        references = (target[0], target[1]) if target else None
        found.append(
            _Column(
                name, kind, category, mod, required, nullable, generated, default, tuple(labels), references, unique
            )
        )
    return found


def _inserts(table: str, tables: dict[str, list[_Column]]) -> Iterator[str]:
    columns = tables[table]
    least = {c.name: _sample(c, 0) for c in columns if c.required}
    yield _insert(table, least, tables, list(least))
    nothing = {c.name: "NULL" for c in columns if c.nullable and not c.generated}
    yield _insert(table, {**least, **nothing}, tables, [*least, *nothing])
    for column in columns:
        if column.generated:
            continue
        if column.nullable:
            yield _insert(table, {**least, column.name: "NULL"}, tables, [column.name])
        for value in _samples(column):
            yield _insert(table, {**least, column.name: value}, tables, [column.name])
    full = {c.name: _sample(c, 0) for c in columns if not c.generated}
    yield _insert(table, full, tables, list(full))
    other = {c.name: _sample(c, 1 if c.unique else 0) for c in columns if not c.generated}
    yield f"{_insert(table, full, tables, [])};;{_insert(table, other, tables, [])}"


def _insert(
    table: str, values: dict[str, str], tables: dict[str, list[_Column]], shown: list[str], deep: int = 0
) -> str:
    """With the rows that its foreign keys name before it."""
    before = []
    for column in tables[table]:
        if (
            column.references
            and values.get(column.name, "NULL") != "NULL"
            and deep < 3
            and column.references[0] != table
        ):
            parent, key = column.references
            if parent in tables:
                row = {c.name: _sample(c, 0) for c in tables[parent] if c.required}
                row[key] = values[column.name]
                before.append(f"{_insert(parent, row, tables, [], deep + 1)} ON CONFLICT DO NOTHING;;")
    names = ", ".join(f'"{name}"' for name in values)
    given = f"({names}) VALUES ({', '.join(values.values())})" if values else "DEFAULT VALUES"
    always = "OVERRIDING SYSTEM VALUE VALUES" if deep else "VALUES"
    returned = ", ".join(f'"{name}"' for name in shown)
    text = f"INSERT INTO {table} {given.replace('VALUES', always, 1) if values else given}"
    return "".join(before) + text + (f" RETURNING {returned}" if returned else "")


def _sample(column: _Column, number: int) -> str:
    values = _samples(column)
    return values[number % len(values)] if values else "NULL"


_EXTREMES = {
    "smallint": ("1", "32767", "-32768"), "integer": ("1", "2147483647", "-2147483648"),
    "bigint": ("1", "9223372036854775807"), "real": ("1.5", "-2.25"), "double precision": ("1.5", "1e300", "-2.25"),
    "boolean": ("true", "false"), "date": ("'2020-01-31'", "'1999-12-31'"), "uuid": (
        "'6f2c1d7e-0b5e-4f6a-9a57-0c5f0a4b1e11'", "'7f2c1d7e-0b5e-4f6a-9a57-0c5f0a4b1e11'",
    ),
    "timestamp without time zone": ("'2020-01-31 10:11:12.123456'", "'1999-12-31 23:59:59'"),
    "timestamp with time zone": ("'2020-01-31 10:11:12.123456+03'", "'1999-12-31 23:59:59+00'"),
    "time without time zone": ("'10:11:12.123456'", "'23:59:59'"), "interval": ("'1 day'", "'1.123456 seconds'"),
    "json": ("'{\"a\": 1}'", "'[]'"), "jsonb": ("'{\"a\": 1}'", "'[]'"), "bytea": ("'\\x00ff'", "'\\x01'"),
    "inet": ("'10.0.0.1/8'", "'10.0.0.2'"), "cidr": ("'10.0.0.0/8'", "'11.0.0.0/8'"), "money": ("'1.50'", "'2.50'"),
    "xml": ("'<a/>'", "'<b/>'"), "time with time zone": ("'10:11:12.123456+03'", "'23:59:59+00'"),
}  # fmt: skip


def _samples(column: _Column) -> tuple[str, ...]:
    if column.labels:
        return tuple(f"'{label}'" for label in column.labels)
    if column.kind in _EXTREMES:
        return _EXTREMES[column.kind]
    if column.kind == "numeric":
        whole, scale = _precision(column.length)
        return ("1", "9" * (whole - scale) + (f".{'9' * scale}" if scale else ""), "-1")
    if column.category == "S":
        longest = column.length - 4 if column.length > 0 else 3000
        return ("'1'", "'b'", f"'{'x' * longest}'", "''", "'Ab'")
    if column.category == "A":
        return ("'{}'", "'{NULL}'", "'{1}'")
    return ()


def _precision(modifier: int) -> tuple[int, int]:
    """Of a numeric; its greatest where it has none."""
    return (((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0xFFFF) if modifier > 0 else (40, 20)
