"""What tables consist of, as SQLite and MariaDB tell it and as migrations were replayed, as far as all of them know."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from bylaw.project.migrations.compatibility.types import parse_type
from bylaw.project.migrations.state.schema import Schema, TableState

if TYPE_CHECKING:
    from mariadb_server import MariaConnection


class Column(msgspec.Struct, frozen=True):
    type: str
    nullable: bool
    default: bool
    """Whether the database fills it with a value: NULL is none."""
    generated: bool


class Table(msgspec.Struct, frozen=True):
    columns: dict[str, Column]
    primary_key: frozenset[str]
    unique: frozenset[frozenset[str]]
    indexes: frozenset[tuple[str, tuple[str, ...]]]
    """Name and columns of those that are not unique, and that no foreign key brought along."""
    foreign_keys: frozenset[tuple[tuple[str, ...], str]]


Content = dict[str, Table]


# --- the replay -------------------------------------------------------------------------------------


def of_replay(schema: Schema) -> tuple[Content, frozenset[str]]:
    """The tables, and the names of the views."""
    tables = {name.lower(): _replayed(table) for name, table in schema.tables.items() if not table.temporary}
    return tables, frozenset(name.lower() for kind, name in schema.objects if kind == "view")


def _replayed(table: TableState) -> Table:
    columns = {
        column.name.lower(): Column(
            _type(column.type),
            bool(column.nullable),
            _is_value(column.default),
            column.generation in {"stored", "virtual"},
        )
        for column in table.columns.values()
    }
    named = {c.columns for c in table.constraints if c.kind == "primary-key"}
    single = {column.name for column in table.columns.values() if column.primary_key}
    primary = _lower(next(iter(named), tuple(single)))
    unique = {_lower(names) for names in table.unique_columns()} - {primary}
    plain = {
        ((i.name or i.columns[0]).lower(), tuple(map(str.lower, i.columns))) for i in table.indexes if not i.unique
    }
    keys = {
        (tuple(c.lower() for c in constraint.columns), constraint.references.partition(".")[0].lower())
        for constraint in table.constraints
        if constraint.kind == "foreign-key"
    }
    keys |= {
        ((column.name.lower(),), column.references.partition(".")[0].lower())
        for column in table.columns.values()
        if column.references
    }
    return Table(columns, primary, frozenset(unique), frozenset(plain), frozenset(keys))


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _is_value(default: str | None) -> bool:
    return default is not None and default.strip().lower() != "null"


def _type(text: str) -> str:
    parsed = parse_type(text)
    return msgspec.json.encode(parsed).decode() if parsed is not None else text.lower()


# --- SQLite -----------------------------------------------------------------------------------------


def of_sqlite(connection: sqlite3.Connection) -> tuple[Content, frozenset[str]]:
    names = connection.execute("SELECT name, type FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    tables = {name.lower(): _sqlite_table(connection, name) for name, kind in names if kind == "table"}
    return tables, frozenset(name.lower() for name, kind in names if kind == "view")


def _sqlite_table(connection: sqlite3.Connection, name: str) -> Table:
    def pragma(function: str, argument: str) -> list[Any]:
        return connection.execute(f"SELECT * FROM pragma_{function}(?)", (argument,)).fetchall()  # noqa: S608

    rows = pragma("table_xinfo", name)
    primary = frozenset(row[1].lower() for row in rows if row[5])
    columns = {
        row[1].lower(): Column(
            _type(row[2].replace("GENERATED ALWAYS", "").strip()),
            not row[3] and not row[5],
            _is_value(row[4]),
            row[6] > 1,
        )
        for row in rows
    }
    unique, plain = set(), set()
    for _, index, is_unique, origin, *_ in pragma("index_list", name):
        members = tuple((row[2] or "").lower() for row in pragma("index_info", index))
        if is_unique and origin != "pk":
            unique.add(frozenset(members))
        elif not is_unique:
            plain.add((index.lower(), members))
    keys: dict[int, tuple[str, list[str]]] = {}
    for number, _, target, column, *_ in pragma("foreign_key_list", name):
        keys.setdefault(number, (target.lower(), []))[1].append(column.lower())
    found = frozenset((tuple(members), target) for target, members in keys.values())
    return Table(columns, primary, frozenset(unique), frozenset(plain), found)


# --- MariaDB ----------------------------------------------------------------------------------------


def of_mariadb(connection: MariaConnection) -> tuple[Content, frozenset[str]]:
    names = _ask(connection, "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'test'")
    tables = {name.lower(): _mariadb_table(connection, name) for name, kind in names if kind == "BASE TABLE"}
    return tables, frozenset(name.lower() for name, kind in names if kind == "VIEW")


def _ask(connection: MariaConnection, query: str, *values: object) -> list[Any]:
    cursor = connection.cursor()
    cursor.execute(query, values)
    return list(cursor.fetchall())


def _mariadb_table(connection: MariaConnection, name: str) -> Table:
    columns = {
        column.lower(): Column(
            _type(re.sub(r"\bint\(\d+\)", "int", kind)), null == "YES", _is_value(default), bool(how)
        )
        for column, kind, null, default, how in _ask(
            connection,
            """SELECT column_name, column_type, is_nullable, column_default, generation_expression
               FROM information_schema.columns WHERE table_schema = 'test' AND table_name = %s""",
            name,
        )
    }
    indexes: dict[str, tuple[bool, list[str]]] = {}
    for index, several, column in _ask(
        connection,
        """SELECT index_name, non_unique, column_name FROM information_schema.statistics
           WHERE table_schema = 'test' AND table_name = %s ORDER BY index_name, seq_in_index""",
        name,
    ):
        indexes.setdefault(index, (not several, []))[1].append(column.lower())
    keys: dict[str, tuple[str, list[str]]] = {}
    for key, target, column in _ask(
        connection,
        """SELECT constraint_name, referenced_table_name, column_name FROM information_schema.key_column_usage
           WHERE table_schema = 'test' AND table_name = %s AND referenced_table_name IS NOT NULL
           ORDER BY constraint_name, ordinal_position""",
        name,
    ):
        keys.setdefault(key, (target.lower(), []))[1].append(column.lower())
    brought = {(key.lower(), tuple(members)) for key, (_, members) in keys.items()}
    brought |= {(members[0], tuple(members)) for _, members in keys.values()}
    plain = {(index.lower(), tuple(members)) for index, (unique, members) in indexes.items() if not unique} - brought
    return Table(
        columns,
        frozenset(indexes.get("PRIMARY", (True, []))[1]),
        frozenset(frozenset(members) for index, (unique, members) in indexes.items() if unique and index != "PRIMARY"),
        frozenset(plain),
        frozenset((tuple(members), target) for target, members in keys.values()),
    )
