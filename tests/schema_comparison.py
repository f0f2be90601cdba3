"""What a schema consists of, once as the server's catalogue tells it and once as migrations were replayed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import sql

from bylaw.project.migrations.state.schema import ColumnState, Schema, TableState

if TYPE_CHECKING:
    from postgres_server import Connection

_MANY = 99


class Column(msgspec.Struct, frozen=True):
    type: str
    nullable: bool
    default: str | None
    """As the server would print it; 'a default' where it differs from one time to the next."""
    generation: str
    comment: str


class Table(msgspec.Struct, frozen=True):
    columns: dict[str, Column]
    constraints: frozenset[tuple[object, ...]]
    """(kind, name, columns, validated, enforced); columns are sorted."""
    indexes: frozenset[tuple[object, ...]]
    """(name, columns, unique, partial); an expression is ''. Those that a constraint owns are left out."""
    comment: str


class Content(msgspec.Struct, frozen=True):
    """Everything, by name; names in `public` are bare."""

    tables: dict[str, Table]
    enums: dict[str, frozenset[str]]
    views: frozenset[str]
    objects: frozenset[tuple[str, str]]
    """(kind, name) of functions, sequences that no column owns, triggers, domains, policies, rules."""


# --- the server -------------------------------------------------------------------------------------


def of_server(connection: Connection) -> Content:
    tables = {
        _bare(schema, name): Table(
            dict(_columns(connection, oid)),
            frozenset(_constraints(connection, oid)),
            frozenset(_indexes(connection, oid)),
            comment or "",
        )
        for oid, schema, name, comment in connection.execute(
            """SELECT c.oid, n.nspname, c.relname, obj_description(c.oid, 'pg_class')
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_|^information_schema$'"""
        ).fetchall()
    }
    enums = connection.execute(
        """SELECT n.nspname, t.typname, array_agg(e.enumlabel::text)
           FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid
           GROUP BY 1, 2"""
    ).fetchall()
    views = connection.execute(
        """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_|^information_schema$'"""
    ).fetchall()
    return Content(
        tables,
        {_bare(schema, name): frozenset(labels) for schema, name, labels in enums},
        frozenset(_bare(*view) for view in views),
        frozenset((kind, _bare(schema, name)) for kind, schema, name in connection.execute(_OBJECTS).fetchall()),
    )


_KINDS_OF_OBJECTS = frozenset({"function", "sequence", "trigger", "domain", "policy", "rule"})
_OBJECTS = r"""
SELECT kind, n.nspname, name FROM (
    SELECT 'function', pronamespace, proname::text FROM pg_proc WHERE prokind = 'f'
    UNION ALL SELECT 'sequence', relnamespace, relname::text FROM pg_class WHERE relkind = 'S'
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype IN ('a', 'i'))
    UNION ALL SELECT 'trigger', c.relnamespace, tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
              WHERE NOT tgisinternal
    UNION ALL SELECT 'domain', typnamespace, typname::text FROM pg_type WHERE typtype = 'd'
    UNION ALL SELECT 'policy', c.relnamespace, polname::text FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
    UNION ALL SELECT 'rule', c.relnamespace, rulename::text FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
              WHERE rulename <> '_RETURN'
) AS found (kind, namespace, name) JOIN pg_namespace n ON n.oid = namespace
WHERE n.nspname !~ '^pg_|^information_schema$'
"""


def _bare(schema: str, name: str) -> str:
    return name if schema == "public" else f"{schema}.{name}"


def _columns(connection: Connection, table: int) -> Iterator[tuple[str, Column]]:
    for name, kind, not_null, default, identity, generated, serial, comment in connection.execute(
        """SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT EXISTS (
                      SELECT FROM pg_constraint WHERE conrelid = a.attrelid AND contype = 'n'
                      AND conkey = ARRAY[a.attnum] AND NOT convalidated),
                  pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
                  EXISTS (SELECT FROM pg_depend p WHERE p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
                          AND p.deptype = 'a' AND p.classid = 'pg_class'::regclass
                          AND (SELECT relkind FROM pg_class WHERE oid = p.objid) = 'S'),
                  col_description(a.attrelid, a.attnum)
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped""",
        (table,),
    ).fetchall():
        generation = "identity" if identity else {"s": "stored", "v": "virtual"}.get(generated, "")
        if serial and default and not generation:
            generation = "serial"
        kept = None if generation else _value(connection, default, kind)
        yield name, Column(kind, not not_null, kept, generation, comment or "")


def _value(connection: Connection, default: str | None, kind: str) -> str | None:
    """What a default gives, in the column's type."""
    if default is None:
        return None
    try:
        query = sql.SQL("SELECT (({})::{})::text").format(_raw(default), _raw(kind))
        with connection.transaction():
            first, second = (connection.execute(query).fetchone() for _ in range(2))
    except psycopg.Error as error:
        return f"broken: {error}"
    if first == (None,):
        return None  # the server keeps a NULL that is cast to the column's length
    varies = first != second or any(word in default.lower() for word in ("now()", "current_timestamp", "nextval"))
    return "a default" if varies or first is None else str(first[0])


def _raw(text: str) -> sql.Composable:
    return sql.SQL(text)  # type: ignore[arg-type]  # from the catalogue, or from the test's own statements


_KINDS = {"p": "primary-key", "u": "unique", "f": "foreign-key", "c": "check", "x": "exclude"}


def _constraints(connection: Connection, table: int) -> Iterator[tuple[object, ...]]:
    for kind, name, columns, validated, enforced in connection.execute(
        """SELECT contype, conname, ARRAY(SELECT attname::text FROM pg_attribute
                  WHERE attrelid = conrelid AND attnum = ANY (conkey) ORDER BY 1), convalidated, conenforced
           FROM pg_constraint WHERE conrelid = %s AND contype IN ('p', 'u', 'f', 'c', 'x')""",
        (table,),
    ).fetchall():
        yield _KINDS[kind], name, tuple(columns), validated, enforced


def _indexes(connection: Connection, table: int) -> Iterator[tuple[object, ...]]:
    for name, columns, unique, partial in connection.execute(
        """SELECT c.relname, ARRAY(SELECT coalesce(a.attname::text, '') FROM generate_series(0, indnkeyatts - 1) at
                  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at] ORDER BY at),
                  i.indisunique, i.indpred IS NOT NULL
           FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
           WHERE i.indrelid = %s AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid
                                                 AND contype IN ('p', 'u', 'x'))""",
        (table,),
    ).fetchall():
        yield name, tuple(columns), unique, partial


# --- the replay -------------------------------------------------------------------------------------


def of_replay(schema: Schema, connection: Connection) -> Content:
    """Types and defaults are shown to the server, so that both sides spell them alike."""
    return Content(
        {_short(table.name): _table(table, connection) for table in schema.tables.values() if not table.temporary},
        {_short(name): frozenset(labels) for name, labels in schema.enums.items()},
        frozenset(_short(name) for kind, name in schema.objects if kind.endswith("view")),
        frozenset((kind, _short(name)) for kind, name in schema.objects if kind in _KINDS_OF_OBJECTS),
    )


def _short(name: str) -> str:
    return name.removeprefix("public.")


def _table(table: TableState, connection: Connection) -> Table:
    return Table(
        {name: _column(column, connection) for name, column in table.columns.items()},
        frozenset(
            (c.kind, c.name, tuple(sorted(c.columns)), c.validated, c.enforced)
            for c in table.constraints
            if c.kind != "not-null"
        ),
        frozenset((index.name, index.columns, index.unique, bool(index.where)) for index in table.indexes),
        table.comment.text if table.comment is not None else "",
    )


def _column(column: ColumnState, connection: Connection) -> Column:
    kind = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}.get(column.type, column.type)
    found: Any = connection.execute(
        "SELECT format_type(to_regtype(%(kind)s), to_regtypemod(%(kind)s))", {"kind": kind}
    ).fetchone()
    spelled = found[0] or f"no type: {kind}"
    default = None if column.generation else _value(connection, column.default, spelled)
    comment = column.comment.text if column.comment is not None else ""
    return Column(spelled, bool(column.nullable), default, column.generation, comment)


def differences(ours: object, theirs: object, where: str = "") -> list[str]:
    """What differs between two contents, each place with both sides."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = [f"{where}: ours has {key}" for key in sorted(ours.keys() - theirs.keys())]
        found += [f"{where}: the server has {key}" for key in sorted(theirs.keys() - ours.keys())]
        return found + [
            line
            for key in sorted(ours.keys() & theirs.keys())
            for line in differences(ours[key], theirs[key], f"{where}.{key}")
        ]
    if isinstance(ours, msgspec.Struct) and isinstance(theirs, msgspec.Struct):
        return differences(msgspec.structs.asdict(ours), msgspec.structs.asdict(theirs), where)
    if isinstance(ours, frozenset) and isinstance(theirs, frozenset):
        return [f"{where}: only we have {one}" for one in sorted(ours - theirs, key=str)] + [
            f"{where}: only the server has {one}" for one in sorted(theirs - ours, key=str)
        ]
    return [] if ours == theirs else [f"{where}: we say {ours!r}, the server {theirs!r}"]
