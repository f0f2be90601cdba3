"""Statements about what the model holds no more of than its kind and name."""

from __future__ import annotations

from typing import Final

import msgspec

from bylaw.facts.migrations import CreateObject, DropObject, Operation, OtherStatement
from bylaw.readers.sql.postgres.statement import Statement, kebab, names_of
from bylaw.readers.sql.postgres.tree.nodes import Item, ObjectWithArgs, RoleSpec

_CREATED: Final = {
    "CreateStatsStmt": ("statistics", "defnames"),
    "CreateConversionStmt": ("conversion", "conversion_name"),
    "CreateOpClassStmt": ("operator class", "opclassname"),
    "CreateOpFamilyStmt": ("operator family", "opfamilyname"),
    "CreateAmStmt": ("access method", "amname"),
    "CreatePLangStmt": ("language", "plname"),
    "CreateEventTrigStmt": ("event trigger", "trigname"),
    "CreateFdwStmt": ("foreign data wrapper", "fdwname"),
    "CreateForeignServerStmt": ("server", "servername"),
    "CreateUserMappingStmt": ("user mapping", "user"),
    "CreatePublicationStmt": ("publication", "pubname"),
    "CreateSubscriptionStmt": ("subscription", "subname"),
    "CreateTableSpaceStmt": ("tablespace", "tablespacename"),
    "CreateCastStmt": ("cast", ""),
    "CreateTransformStmt": ("transform", ""),
}
_DROPPED: Final = {
    "DropSubscriptionStmt": ("subscription", "subname"),
    "DropTableSpaceStmt": ("tablespace", "tablespacename"),
    "DropUserMappingStmt": ("user mapping", "user"),
}
_CHANGED: Final = {
    "AlterStatsStmt": ("alter-statistics", "defnames"),
    "AlterCollationStmt": ("alter-collation", "collname"),
    "AlterOperatorStmt": ("alter-operator", "opername"),
    "AlterOpFamilyStmt": ("alter-operator-family", "opfamilyname"),
    "AlterTypeStmt": ("alter-type", "typeName"),
    "AlterEventTrigStmt": ("alter-event-trigger", "trigname"),
    "AlterTSDictionaryStmt": ("alter-text-search-dictionary", "dictname"),
    "AlterTSConfigurationStmt": ("alter-text-search-configuration", "cfgname"),
    "AlterFdwStmt": ("alter-foreign-data-wrapper", "fdwname"),
    "AlterForeignServerStmt": ("alter-server", "servername"),
    "AlterUserMappingStmt": ("alter-user-mapping", "user"),
    "AlterPublicationStmt": ("alter-publication", "pubname"),
    "AlterSubscriptionStmt": ("alter-subscription", "subname"),
    "AlterTableSpaceOptionsStmt": ("alter-tablespace", "tablespacename"),
    "AlterTableMoveAllStmt": ("move-all-tables", "orig_tablespacename"),
    "AlterDatabaseSetStmt": ("alter-database-set", "dbname"),
    "AlterDatabaseRefreshCollStmt": ("alter-database-refresh-collation", "dbname"),
    "AlterRoleSetStmt": ("alter-role-set", "role"),
    "AlterExtensionContentsStmt": ("alter-extension-contents", "extname"),
}


def by_name(node: str, raw: msgspec.Raw, statement: Statement) -> Operation:
    """The operation of a statement without a handler of its own: its node says what it is, a field whose."""
    if node in _CREATED:
        kind, field = _CREATED[node]
        return CreateObject(kind, _name(raw, field), statement.span)
    if node in _DROPPED:
        kind, field = _DROPPED[node]
        cascade, if_exists = _behavior(raw)
        return DropObject(kind, _name(raw, field), statement.span, if_exists, cascade)
    if node in _CHANGED:
        kind, field = _CHANGED[node]
        return OtherStatement(kind, statement.span, name=_name(raw, field))
    word = kebab(node.removesuffix("Stmt"))
    verb, _, kind = word.partition("-")
    if verb == "create" and kind:
        return CreateObject(kind.replace("-", " "), "", statement.span)
    return OtherStatement(word, statement.span)


def _name(raw: msgspec.Raw, field: str) -> str:
    """What a field of a node names: a text, a list of name parts, a role, or a function and its inputs."""
    found = _fields(raw).get(field)
    if found is None:
        return ""
    text = bytes(found)
    if text[:1] == b'"':
        return msgspec.json.decode(text, type=str)
    if text[:1] == b"[":
        return ".".join(names_of(msgspec.json.decode(text, type=list[Item])))
    if b'"rolename"' in text:
        return msgspec.json.decode(text, type=RoleSpec).rolename
    return ".".join(names_of(msgspec.json.decode(text, type=ObjectWithArgs).objname))


def _fields(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])


def _behavior(raw: msgspec.Raw) -> tuple[bool, bool]:
    """(CASCADE, IF EXISTS)"""
    fields = _fields(raw)
    return bytes(fields.get("behavior", b"")) == b'"DROP_CASCADE"', bytes(fields.get("missing_ok", b"")) == b"true"
