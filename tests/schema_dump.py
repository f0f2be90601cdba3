"""Everything that a schema holds, one line each, in the server's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from postgres_server import Connection

_OURS = "n.nspname !~ '^pg_|^information_schema$'"
_NOT_OURS = "('alembic_version', 'django_migrations')"
_QUERIES = {
    "table": """SELECT c.oid::regclass, c.relkind, c.relpersistence, c.relrowsecurity, c.reloptions,
                        obj_description(c.oid, 'pg_class'), pg_get_partkeydef(c.oid),
                        pg_get_expr(c.relpartbound, c.oid), am.amname
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
                 WHERE c.relkind IN ('r', 'p', 'f', 'S') AND <ours> AND c.relname NOT IN <not ours>""",
    "column": """SELECT c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                         pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attcollation::regcollation,
                         col_description(c.oid, a.attnum)
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                  WHERE c.relkind IN ('r', 'p', 'f') AND <ours> AND c.relname NOT IN <not ours>""",
    "constraint": """SELECT k.conrelid::regclass, k.contypid::regtype, k.conname, pg_get_constraintdef(k.oid),
                             k.condeferrable, k.condeferred, k.convalidated, k.conislocal, k.connoinherit
                      FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
                      WHERE <ours> AND k.conrelid::regclass::text NOT IN <not ours>""",
    "index": """SELECT pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indisclustered
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
                 WHERE <ours> AND i.indrelid::regclass::text NOT IN <not ours>""",
    "view": """SELECT c.oid::regclass, c.relkind, pg_get_viewdef(c.oid)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('v', 'm') AND <ours>""",
    "type": """SELECT t.oid::regtype, t.typtype, e.enumsortorder, e.enumlabel
                FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_enum e ON e.enumtypid = t.oid
                WHERE t.typtype IN ('e', 'd', 'r') AND <ours>""",
    "function": """SELECT p.oid::regprocedure, md5(p.prosrc)
                    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    WHERE <ours> AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')""",
    "trigger": """SELECT pg_get_triggerdef(g.oid), g.tgenabled FROM pg_trigger g
                   JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE NOT g.tgisinternal AND <ours>""",
    "policy": "SELECT schemaname, tablename, policyname, roles, cmd, qual, with_check FROM pg_policies",
    "extension": "SELECT extname FROM pg_extension",
    "schema": "SELECT n.nspname FROM pg_namespace n WHERE <ours>",
}


def dump(connection: Connection) -> list[str]:
    """One line for each table, column, constraint, index …, sorted. The tools' own tables are left out."""
    return sorted(
        f"{kind}: " + ", ".join(str(value) for value in row)
        for kind, query in _QUERIES.items()
        for row in connection.execute(_whole(query)).fetchall()
    )


def _whole(query: str) -> sql.Composable:
    return sql.SQL(query.replace("<ours>", _OURS).replace("<not ours>", _NOT_OURS))  # type: ignore[arg-type]  # constants


def validate(connection: Connection) -> None:
    """Validate what is NOT VALID: the step that the next migration would take."""
    rows = connection.execute(
        "SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint "
        "WHERE NOT convalidated"
    ).fetchall()
    for (statement,) in rows:
        connection.execute(statement)
