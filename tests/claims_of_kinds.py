"""What statements change that the model knows by their kind alone."""

from __future__ import annotations

from collections.abc import Iterator

from claims import ANY, TABLES, Claim, Verb, kinds_of, moved
from server_catalogue import Entity

from bylaw.facts import migrations as ops

NOTHING = frozenset({
    "alter-collation", "alter-database-refresh-collation", "alter-extension", "alter-system", "analyze", "call",
    "check-point", "close-portal", "commit-prepared", "constraints-set", "deallocate", "declare-cursor", "discard",
    "drop-oids", "execute", "fetch", "listen", "load", "lock", "notify", "prepare", "release", "rollback-prepared",
    "rollback-to", "set-access-method", "set-session-characteristics", "set-transaction", "unlisten", "vacuum",
    "variable-show",
})  # fmt: skip
"""Kinds that change nothing in a catalogue."""
_OF_TABLES: dict[str, str] = {
    "enable-row-security": "row security", "disable-row-security": "row security", "force-row-security": "forced",
    "no-force-row-security": "forced", "replica-identity": "replica identity", "set-logged": "persistence",
    "set-unlogged": "persistence", "set-table-space": "tablespace",
    "add-of": "of", "drop-of": "of", "generic-options": "foreign", "cluster": "file", "vacuum-full": "file",
    "owner": "owner",
}  # fmt: skip
_OF_COLUMNS = {
    "set-statistics": "statistics", "set-storage": "storage", "set-compression": "compression",
    "alter-column-generic-options": "foreign", "alter-view-column-default": "default",
}  # fmt: skip
_OF_PARTS = {"trigger": "enabled", "rule": "enabled", "policy": "using", "constraint": "deferrable"}
_OF_OBJECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "alter-sequence": ("sequence", ("sequence", "file")), "alter-sequence-set-unlogged": ("sequence", ("persistence",)),
    "alter-function": ("function", ("volatile", "settings")), "alter-statistics": ("statistics", ("stxstattarget",)),
    "alter-type": ("type", ("analyze",)), "alter-operator": ("operator", ("oprrest",)),
    "alter-extension-contents": ("extension", ("members",)),
    "alter-operator-family": ("operator family", ("operators",)),
    "alter-text-search-configuration": ("text search configuration", ("mappings",)),
    "alter-event-trigger": ("event trigger", ("evtenabled",)), "alter-role": ("role", ("options",)),
    "alter-role-set": ("role", ("settings",)), "alter-database": ("database", ("datconnlimit",)),
    "alter-database-set": ("database", ("settings",)), "alter-server": ("server", ("srvoptions",)),
    "alter-text-search-dictionary": ("text search dictionary", ("dictinitoption",)),
    "alter-foreign-data-wrapper": ("foreign data wrapper", ("fdwoptions",)),
    "alter-user-mapping": ("user mapping", ("umoptions",)), "alter-tablespace": ("tablespace", ("spcoptions",)),
    "alter-subscription": ("subscription", ("subenabled", "subsynccommit")),
    "alter-view-set-options": ("view", ("options",)), "alter-index-set-options": ("index", ("options",)),
    "alter-view-owner": ("view", ("owner",)), "alter-materialized-view-owner": ("materialized view", ("owner",)),
    "alter-sequence-owner": ("sequence", ("owner",)), "owner": ("", ("owner",)),
    "refresh": ("materialized view", ("file",)), "alter-domain-default": ("domain", ("default",)),
    "alter-domain-set-not-null": ("domain", ("required",)), "alter-domain-drop-not-null": ("domain", ("required",)),
}  # fmt: skip
_MADE: dict[str, tuple[Verb, str]] = {
    "alter-domain-add-constraint": ("create", "domain constraint"),
    "alter-domain-drop-constraint": ("drop", "domain constraint"),
    "alter-domain-validate-constraint": ("alter", "domain constraint"),
}


def claims_of_kind(done: ops.OtherStatement) -> Iterator[Claim]:
    kind, table, name = done.kind, done.table, done.name
    part = next((one for one in _OF_PARTS if kind.endswith(f"-{one}")), "")
    if kind in NOTHING:
        return
    if kind in {"grant", "revoke", "revoke-grant-option"}:
        yield from _granted(done)
    elif kind in {"grant-role", "revoke-role"}:
        yield Claim("create" if kind == "grant-role" else "drop", ("member",), name)
    elif kind.startswith("set-schema-"):
        what = kind.removeprefix("set-schema-").replace("-", " ")
        new = {"schema": done.details[0]} if what == "extension" else {"name": moved(name, done.details[0])}
        yield Claim("alter", kinds_of(what), name, None, new)
    elif kind in {"attach-partition", "detach-partition", "detach-partition-finalize"}:
        yield _parent(name, table, joins=kind == "attach-partition")
        if done.concurrently:
            yield Claim("create", ("constraint",), None, name, {"kind": "c"})
    elif kind in {"inherit", "no-inherit"}:
        yield _parent(table, name, joins=kind == "inherit")
    elif kind.endswith("cluster-on") or kind == "drop-cluster":
        yield Claim("alter", ("index",), name or None, table, {"clustered": kind != "drop-cluster"})
    elif kind in {"set-options", "reset-options"}:
        yield (
            Claim("alter", ("column",), name, table, {"options": ANY})
            if name
            else Claim("alter", ("table",), table, None, {"options": ANY})
        )
    elif kind.startswith("alter-type-"):
        verbs: dict[str, Verb] = {"add": "create", "drop": "drop", "alter": "alter"}
        yield Claim(verbs[kind.split("-")[2]], ("attribute",), name, table, one_of=("type",))
    elif kind in _MADE:
        yield Claim(_MADE[kind][0], (_MADE[kind][1],), None, name, one_of=("valid",))
    elif kind in _OF_TABLES and table:
        told = {"set-table-space": name, "add-of": name}.get(kind, ANY)
        yield Claim("alter", TABLES, table, None, {_OF_TABLES[kind]: told})
        if kind == "replica-identity" and name:
            yield Claim("alter", ("index",), name, table, {"identity": True})
    elif kind in _OF_COLUMNS:
        yield Claim("alter", ("column",), name, table, {_OF_COLUMNS[kind]: ANY})
    elif kind in _OF_OBJECTS:
        what, fields = _OF_OBJECTS[kind]
        if not done.concurrently:
            yield Claim("alter", kinds_of(what) if what else (), name or table, None, one_of=fields)
    elif part:
        yield Claim("alter", (part,), name or None, table, {_OF_PARTS[part]: ANY})
    else:
        yield from _rare(done)


def _parent(child: str, parent: str, *, joins: bool) -> Claim:
    if joins:
        return Claim("alter", ("table",), child, None, {"parents": lambda found: parent in found})
    return Claim("alter", ("table",), child, None, {"parents": ANY}, about=lambda one: parent in one.fields["parents"])


def _rare(done: ops.OtherStatement) -> Iterator[Claim]:
    match done.kind:
        case "alter-publication":
            yield Claim("alter", ("publication",), done.name, None, one_of=("pubinsert", "pubdelete", "tables"))
        case "move-all-tables":
            moved = lambda one: one.fields["tablespace"] == done.name  # noqa: E731
            yield Claim("alter", ("table",), None, None, {"tablespace": ANY}, about=moved)
        case "alter-default-privileges":
            yield Claim("create", ("default privileges",), None)
        case "alter-object-depends":
            yield Claim("alter", (), None, None, {"depends": ANY})
        case "reindex":  # the name is that of an index, a schema, or the tests' database
            held = lambda one: not done.name or done.name in {one.name, _schema(one), "postgres"}  # noqa: E731
            yield Claim("alter", ("index",), None, done.table or None, {"file": ANY}, about=held)
        case "reassign-owned":
            yield Claim("alter", (), None, None, {"owner": ANY})
        case "drop-owned":
            yield Claim("drop", (), None)
        case _:
            yield Claim("alter", ("nobody says what",), done.kind)


def _schema(one: Entity) -> str:
    return one.name.rpartition(".")[0] or "public"


def _granted(done: ops.OtherStatement) -> Iterator[Claim]:
    def right(entries: list[str] | None) -> bool:
        """Whether the roles have, or have not, an entry now."""
        held = {entry.partition("=")[0] or "public" for entry in entries or ()}
        asked = {entry.partition("=")[0] for entry in entries or () if "*" in entry}
        if done.kind == "revoke-grant-option":
            return not asked & set(done.roles)
        return set(done.roles) <= held if done.kind == "grant" else not set(done.roles) & held

    one_kind = done.on.removeprefix("all ").removesuffix("s") if done.on.startswith("all ") else done.on
    kinds = {"table": (*TABLES, "column")}.get(one_kind, kinds_of(one_kind))

    def about(one: Entity) -> bool:
        if done.on.startswith("all "):
            return _schema(one) == done.name
        return (done.table or done.name) in {one.name, one.table}

    yield Claim("alter", kinds, None, None, {"acl": right}, about=about)
