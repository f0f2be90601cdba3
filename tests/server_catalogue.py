# ruff: noqa: S608  # all of it is constant
"""Everything that a PostgreSQL's catalogue holds beside the server's own, as entities with fields; and what differs
between two times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from psycopg import sql

if TYPE_CHECKING:
    from postgres_server import Connection

Key = tuple[str, int, int]
"""Kind, oid, and number of the part."""


class Entity(msgspec.Struct, frozen=True):
    kind: str
    """As the reader calls it: table, view, column, constraint …"""
    name: str
    """With its schema, where that is not `public`."""
    table: str
    """What it is a part of: '' for what stands alone."""
    fields: dict[str, Any]


Catalogue = dict[Key, Entity]


class Change(msgspec.Struct, frozen=True):
    """`before` is None for what was created, `after` for what was dropped."""

    before: Entity | None
    after: Entity | None

    @property
    def verb(self) -> Literal["create", "drop", "alter"]:
        return "create" if self.before is None else "drop" if self.after is None else "alter"

    @property
    def entity(self) -> Entity:
        """As it was before, or as it was made."""
        found = self.before or self.after
        assert found is not None
        return found

    @property
    def changed(self) -> dict[str, Any]:
        """The fields that have other values now; the new values. `name`, `schema` and `table` are among them."""
        if self.before is None or self.after is None:
            return {}
        old, new = (_flat(entity) for entity in (self.before, self.after))
        return {name: value for name, value in new.items() if old.get(name) != value}

    def __str__(self) -> str:
        one = self.entity
        return f"{self.verb} {one.kind} {one.name} of {one.table or '-'} {self.changed or ''}".strip()


def _flat(entity: Entity) -> dict[str, Any]:
    return {**entity.fields, "name": entity.name, "table": entity.table}


_NAME = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || {}"
_OF = "(SELECT CASE m.nspname WHEN 'public' THEN '' ELSE m.nspname || '.' END || r.relname FROM pg_class r"
_OF += " JOIN pg_namespace m ON m.oid = r.relnamespace WHERE r.oid = {})"
_FIRST_OF_OURS = 16384
_SIMPLE = (
    # (kind, catalogue, column of the name, of the schema, of the owner, fields)
    ("schema", "pg_namespace", "nspname", "", "nspowner", "nspacl"),
    ("collation", "pg_collation", "collname", "collnamespace", "collowner", "collversion"),
    ("conversion", "pg_conversion", "conname", "connamespace", "conowner", ""),
    ("operator class", "pg_opclass", "opcname", "opcnamespace", "opcowner", ""),
    ("access method", "pg_am", "amname", "", "", ""),
    ("language", "pg_language", "lanname", "", "lanowner", "lanacl"),
    ("text search dictionary", "pg_ts_dict", "dictname", "dictnamespace", "dictowner", "dictinitoption"),
    ("text search parser", "pg_ts_parser", "prsname", "prsnamespace", "", ""),
    ("text search template", "pg_ts_template", "tmplname", "tmplnamespace", "", ""),
    ("statistics", "pg_statistic_ext", "stxname", "stxnamespace", "stxowner", "stxstattarget"),
    ("foreign data wrapper", "pg_foreign_data_wrapper", "fdwname", "", "fdwowner", "fdwoptions fdwacl"),
    ("server", "pg_foreign_server", "srvname", "", "srvowner", "srvoptions srvacl"),
    ("event trigger", "pg_event_trigger", "evtname", "", "evtowner", "evtenabled"),
    ("subscription", "pg_subscription", "subname", "", "subowner", "subenabled subsynccommit"),
    ("tablespace", "pg_tablespace", "spcname", "", "spcowner", "spcoptions spcacl"),
)
_ROWS = (
    # Without a name: (kind, catalogue, its name as an expression, fields)
    ("cast", "pg_cast", "format_type(castsource, NULL)", "castcontext"),
    ("transform", "pg_transform", "format_type(trftype, NULL)", ""),
    ("default privileges", "pg_default_acl", "defaclobjtype::text", "defaclacl"),
    ("member", "pg_auth_members", "roleid::regrole::text", ""),
    ("user mapping", "pg_user_mapping", "umuser::regrole::text", "umoptions"),
)
_RELATION = """
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
       WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END, 'pg_class', c.oid, 0, <name:c.relname>,
       coalesce(<of:i.indrelid>, ''),
       jsonb_build_object('owner', c.relowner::regrole, 'options', c.reloptions, 'acl', c.relacl,
           'row security', c.relrowsecurity, 'forced', c.relforcerowsecurity, 'replica identity', c.relreplident,
           'method', am.amname, 'persistence', c.relpersistence,
           'of', c.reloftype::regtype,
           'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
           'parents', ARRAY(SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid),
           'bound', pg_get_expr(c.relpartbound, c.oid), 'partitioned', c.relkind = 'p', 'file', c.relfilenode,
           'unique', i.indisunique, 'valid', i.indisvalid, 'clustered', i.indisclustered,
           'where', i.indpred IS NOT NULL, 'constraint', k.conname, 'identity', i.indisreplident,
           'columns', ARRAY(SELECT coalesce(a.attname::text, '') FROM generate_series(0, i.indnkeyatts - 1) at
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at] ORDER BY at),
           'sequence', (SELECT to_jsonb(s) FROM pg_sequence s WHERE s.seqrelid = c.oid),
           'belongs to', (SELECT attrelid::regclass || '.' || attname FROM pg_depend JOIN pg_attribute
               ON attrelid = refobjid AND attnum = refobjsubid WHERE objid = c.oid AND classid = 'pg_class'::regclass
               AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND c.relkind = 'S'),
           'foreign', (SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = c.oid),
           'query', CASE WHEN c.relkind IN ('v', 'm') THEN md5(pg_get_viewdef(c.oid)) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
     LEFT JOIN pg_index i ON i.indexrelid = c.oid
     LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.oid >= <ours> AND c.relkind NOT IN ('t', 'c') AND n.nspname !~ '^pg_toast'
"""
_PARTS = (
    """SELECT CASE c.relkind WHEN 'c' THEN 'attribute' ELSE 'column' END, 'pg_class', c.oid, a.attnum, a.attname,
              <of:c.oid>,
              jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'default', pg_get_expr(d.adbin, c.oid),
                  'nullable', NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid
                      AND contype = 'n' AND conkey = ARRAY[a.attnum] AND NOT convalidated),
                  'identity', a.attidentity, 'generated', a.attgenerated, 'statistics', a.attstattarget,
                  'storage', a.attstorage, 'compression', a.attcompression, 'options', a.attoptions, 'acl', a.attacl,
                  'foreign', a.attfdwoptions, 'of', c.relkind,
                  'not null', (SELECT conname || convalidated FROM pg_constraint WHERE conrelid = c.oid
                      AND contype = 'n' AND conkey = ARRAY[a.attnum]))
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.oid >= <ours> AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')""",
    """SELECT CASE k.conrelid WHEN 0 THEN 'domain constraint' ELSE 'constraint' END, 'pg_constraint', k.oid, 0,
              k.conname, CASE k.conrelid WHEN 0 THEN (SELECT <name:t.typname> FROM pg_type t JOIN pg_namespace n
                  ON n.oid = t.typnamespace WHERE t.oid = k.contypid) ELSE <of:k.conrelid> END,
              jsonb_build_object('kind', k.contype, 'valid', k.convalidated, 'enforced', k.conenforced,
                  'deferrable', k.condeferrable, 'target', <of:k.confrelid>,
                  'columns', ARRAY(SELECT attname FROM pg_attribute JOIN unnest(k.conkey) WITH ORDINALITY
                      AS one (num, at) ON attnum = num WHERE attrelid = k.conrelid ORDER BY at))
       FROM pg_constraint k WHERE k.oid >= <ours> AND k.contype NOT IN ('n', 't')""",
    """SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, 'pg_type', t.oid, 0, <name:t.typname>, '',
              jsonb_build_object('owner', t.typowner::regrole, 'acl', t.typacl, 'default', t.typdefault,
                  'required', t.typnotnull, 'defined', t.typisdefined, 'storage', t.typstorage, 'analyze', t.typanalyze,
                  'attributes', ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0
                                      AND NOT attisdropped ORDER BY attnum))
       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
       WHERE t.oid >= <ours> AND t.typtype IN ('b', 'c', 'd', 'e', 'p', 'r') AND t.typcategory <> 'A'
             AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class WHERE oid = t.typrelid AND relkind = 'c'))""",
    """SELECT 'label', 'pg_enum', e.oid, 0, e.enumlabel, (SELECT <name:t.typname> FROM pg_type t JOIN pg_namespace n
                  ON n.oid = t.typnamespace WHERE t.oid = e.enumtypid),
              jsonb_build_object('last', e.enumsortorder = (SELECT max(enumsortorder) FROM pg_enum
                                                            WHERE enumtypid = e.enumtypid))
       FROM pg_enum e""",
    """SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, 'pg_proc', p.oid,
              0, <name:p.proname>, '',
              jsonb_build_object('owner', p.proowner::regrole, 'acl', p.proacl, 'body', md5(p.prosrc),
                  'volatile', p.provolatile, 'settings', p.proconfig, 'depends', (SELECT count(*) FROM pg_depend
                      WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'x'),
                  'arguments', ARRAY(SELECT format_type(one, NULL) FROM unnest(p.proargtypes) one),
                  'optional', p.pronargdefaults, 'returns', CASE WHEN p.proretset THEN 'setof ' ELSE '' END
                      || format_type(p.prorettype, NULL),
                  'results', ARRAY(SELECT name FROM unnest(p.proargnames, p.proargmodes) AS one (name, mode)
                                   WHERE mode IN ('o', 't', 'b')))
       FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= <ours>""",
    """SELECT 'trigger', 'pg_trigger', g.oid, 0, g.tgname, <of:g.tgrelid>,
              jsonb_build_object('enabled', g.tgenabled, 'calls', g.tgfoid::regproc, 'depends', (SELECT count(*)
                  FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid = g.oid AND deptype = 'x'))
       FROM pg_trigger g WHERE NOT g.tgisinternal AND g.tgparentid = 0""",
    """SELECT 'policy', 'pg_policy', p.oid, 0, p.polname, <of:p.polrelid>,
              jsonb_build_object('restrictive', NOT p.polpermissive, 'using', pg_get_expr(p.polqual, p.polrelid))
       FROM pg_policy p""",
    """SELECT 'extension', 'pg_extension', e.oid, 0, e.extname, '',
              jsonb_build_object('schema', e.extnamespace::regnamespace, 'version', e.extversion, 'members',
                  (SELECT count(*) FROM pg_depend WHERE refobjid = e.oid AND deptype = 'e'))
       FROM pg_extension e WHERE e.oid >= <ours>""",
    """SELECT 'publication', 'pg_publication', p.oid, 0, p.pubname, '',
              jsonb_build_object('owner', p.pubowner::regrole, 'pubdelete', p.pubdelete, 'tables',
                  ARRAY(SELECT prrelid::regclass FROM pg_publication_rel WHERE prpubid = p.oid))
       FROM pg_publication p""",
    """SELECT 'rule', 'pg_rewrite', w.oid, 0, w.rulename, <of:w.ev_class>, jsonb_build_object('enabled', w.ev_enabled)
       FROM pg_rewrite w WHERE w.oid >= <ours> AND w.rulename <> '_RETURN'""",
    """SELECT 'role', 'pg_authid', a.oid, 0, a.rolname, '',
              jsonb_build_object('options', to_jsonb(a) - 'rolname' - 'oid', 'settings',
                  (SELECT array_agg(setconfig::text) FROM pg_db_role_setting WHERE setrole = a.oid))
       FROM pg_authid a WHERE a.oid >= <ours>""",
    """SELECT 'database', 'pg_database', d.oid, 0, d.datname, '',
              jsonb_build_object('owner', d.datdba::regrole, 'acl', d.datacl, 'datconnlimit', d.datconnlimit,
                  'settings', (SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = d.oid))
       FROM pg_database d""",
    """SELECT 'text search configuration', 'pg_ts_config', c.oid, 0, <name:c.cfgname>, '',
              jsonb_build_object('owner', c.cfgowner::regrole, 'mappings',
                  (SELECT count(*) FROM pg_ts_config_map WHERE mapcfg = c.oid))
       FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE c.oid >= <ours>""",
    """SELECT 'operator', 'pg_operator', o.oid, 0, <name:o.oprname>, '',
              jsonb_build_object('owner', o.oprowner::regrole, 'oprrest', o.oprrest,
                  'arguments', ARRAY[format_type(o.oprleft, NULL), format_type(o.oprright, NULL)])
       FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= <ours>""",
    """SELECT 'large object', 'pg_largeobject', l.oid, 0, l.oid::text, '',
              jsonb_build_object('owner', l.lomowner::regrole, 'acl', l.lomacl)
       FROM pg_largeobject_metadata l""",
    """SELECT 'operator family', 'pg_opfamily', f.oid, 0, <name:f.opfname>, '',
              jsonb_build_object('owner', f.opfowner::regrole, 'operators',
                  (SELECT count(*) FROM pg_amop WHERE amopfamily = f.oid))
       FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace WHERE f.oid >= <ours>""",
)


def _simple(kind: str, catalogue: str, name: str, schema: str, owner: str, fields: str) -> str:
    pairs = [f"'{'acl' if field.endswith('acl') else field}', x.{field}" for field in fields.split()]
    pairs += [f"'owner', x.{owner}::regrole"] if owner else []
    full = _NAME.format(f"x.{name}") if schema else f"x.{name}"
    join = f"JOIN pg_namespace n ON n.oid = x.{schema}" if schema else ""
    return (
        f"SELECT '{kind}', '{catalogue}', x.oid, 0, {full}, '', jsonb_build_object({', '.join(pairs)})"
        f" FROM {catalogue} x {join} WHERE x.oid >= <ours>" + (" AND x.nspname !~ '^pg_'" if kind == "schema" else "")
    )


def _row(kind: str, catalogue: str, name: str, fields: str) -> str:
    pairs = [f"'{'acl' if field.endswith('acl') else field}', x.{field}" for field in fields.split()]
    return (
        f"SELECT '{kind}', '{catalogue}', x.oid, 0, {name}, '', jsonb_build_object({', '.join(pairs)})"
        f" FROM {catalogue} x WHERE x.oid >= <ours>"
    )


def _whole() -> str:
    queries = [_RELATION, *_PARTS, *(_simple(*one) for one in _SIMPLE), *(_row(*one) for one in _ROWS)]
    text = " UNION ALL ".join(f"({query})" for query in queries).replace("<ours>", str(_FIRST_OF_OURS))
    while "<" in text and (at := max(text.find("<name:"), text.find("<of:"))) >= 0:
        end = text.index(">", at)
        kind, _, argument = text[at + 1 : end].partition(":")
        text = text[:at] + (_NAME if kind == "name" else _OF).format(argument) + text[end + 1 :]
    return f"""
SELECT kind, catalogue, id, part, name, of, fields || jsonb_build_object('comment', coalesce(
    (SELECT description FROM pg_description
     WHERE classoid = to_regclass(catalogue) AND objoid = id AND objsubid = part),
    (SELECT description FROM pg_shdescription WHERE classoid = to_regclass(catalogue) AND objoid = id)))
FROM ({text}) AS found (kind, catalogue, id, part, name, of, fields)
WHERE catalogue = 'pg_class' OR NOT EXISTS (  -- members of an extension, and of other things
    SELECT FROM pg_depend WHERE classid = to_regclass(catalogue) AND objid = id AND deptype IN ('e', 'i'))"""


_QUERY = sql.SQL(_whole())


def catalogue(connection: Connection) -> Catalogue:
    """All entities of the database, and of those that databases share."""
    return {
        (kind, of, part): Entity(kind, name, table or "", fields)
        for kind, of, part, name, table, fields in (
            (kind, oid, part, name, table, fields)
            for kind, _, oid, part, name, table, fields in connection.execute(_QUERY).fetchall()
        )
    }


def changes(before: Catalogue, after: Catalogue) -> list[Change]:
    """What differs. What was made anew under its old name counts as altered."""
    gone = {key: before[key] for key in before.keys() - after.keys()}
    made = {key: after[key] for key in after.keys() - before.keys()}
    again = {(one.kind, one.name, one.table): key for key, one in gone.items()}
    found = [Change(before[key], after[key]) for key in before.keys() & after.keys() if before[key] != after[key]]
    for _, one in sorted(made.items()):
        old = again.get((one.kind, one.name, one.table))
        found.append(Change(gone.pop(old) if old in gone else None, one))
    found += [Change(one, None) for one in gone.values()]
    return [change for change in found if change.before != change.after]
