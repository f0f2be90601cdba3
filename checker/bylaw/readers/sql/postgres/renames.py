"""RENAME, SET SCHEMA, OWNER TO, and the changes of types and domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts.migrations import (
    AlterEnum,
    MoveTable,
    Operation,
    OtherStatement,
    RenameColumn,
    RenameObject,
    RenameTable,
)
from bylaw.readers.sql.postgres.statement import (
    Statement,
    dotted,
    names_of,
    object_kind,
    object_name,
    options_of,
    reads,
    table_name,
)
from bylaw.readers.sql.postgres.tree.schema import (
    AlterDatabaseStmt,
    AlterDomainStmt,
    AlterEnumStmt,
    AlterExtensionStmt,
    AlterFunctionStmt,
    AlterObjectSchemaStmt,
    AlterOwnerStmt,
    AlterPolicyStmt,
    AlterRoleStmt,
    AlterSeqStmt,
    RenameStmt,
)

_TABLES: Final = frozenset({"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"})
_PARTS_OF_TABLES: Final = frozenset({"OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"})
_DOMAIN_CHANGES: Final = {
    "T": "alter-domain-default", "N": "alter-domain-drop-not-null", "O": "alter-domain-set-not-null",
    "C": "alter-domain-add-constraint", "X": "alter-domain-drop-constraint", "V": "alter-domain-validate-constraint",
}  # fmt: skip


@reads(RenameStmt)
def rename(node: RenameStmt, statement: Statement) -> Iterator[Operation]:
    span = statement.span
    table = table_name(node.relation)
    if node.rename_type in _TABLES:
        yield RenameTable(table, _in_same_schema(table, node.newname), span)
    elif node.rename_type == "OBJECT_COLUMN":
        yield RenameColumn(table, node.subname, node.newname, span)
    elif node.rename_type in _PARTS_OF_TABLES:
        yield RenameObject(object_kind(node.rename_type), node.subname, node.newname, span, table)
    elif node.rename_type == "OBJECT_ATTRIBUTE":
        yield RenameObject("attribute", node.subname, node.newname, span, table)
    else:
        old = table or object_name(node.object, node.rename_type) or node.subname
        kind = object_kind(node.rename_type)
        if node.object is not None and node.subname:
            yield RenameObject(kind, node.subname, node.newname, span, dotted(node.object))
        else:
            yield RenameObject(kind, old, _in_same_schema(old, node.newname), span)


def _in_same_schema(old: str, new: str) -> str:
    schema, dot, _ = old.rpartition(".")
    return f"{schema}{dot}{new}"


@reads(AlterObjectSchemaStmt)
def set_schema(node: AlterObjectSchemaStmt, statement: Statement) -> Iterator[Operation]:
    if node.object_type in _TABLES:
        yield MoveTable(table_name(node.relation), node.newschema, statement.span)
    else:
        name = table_name(node.relation) or object_name(node.object, node.object_type)
        kind = object_kind(node.object_type).replace(" ", "-")
        yield OtherStatement(f"set-schema-{kind}", statement.span, name=name, details=(node.newschema,))


@reads(AlterOwnerStmt)
def owner(node: AlterOwnerStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement(
        "owner", statement.span, name=table_name(node.relation) or object_name(node.object, node.object_type)
    )


@reads(AlterEnumStmt)
def alter_enum(node: AlterEnumStmt, statement: Statement) -> Iterator[Operation]:
    name = ".".join(names_of(node.type_name))
    if node.old_val:
        yield AlterEnum(name, "rename", node.old_val, statement.span, node.new_val)
        return
    yield AlterEnum(
        name, "add", node.new_val, statement.span, placed=node.new_val_neighbor is not None,
        if_not_exists=node.skip_if_new_val_exists,
    )  # fmt: skip


@reads(AlterDomainStmt)
def alter_domain(node: AlterDomainStmt, statement: Statement) -> Iterator[Operation]:
    made = node.def_.constraint if node.def_ is not None else None
    yield OtherStatement(
        _DOMAIN_CHANGES.get(node.subtype, "alter-domain"), statement.span, name=".".join(names_of(node.type_name)),
        details=("not-valid",) if made is not None and made.skip_validation else (),
    )  # fmt: skip


@reads(AlterSeqStmt)
def alter_sequence(node: AlterSeqStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement(
        "alter-sequence", statement.span, name=table_name(node.sequence), details=options_of(node.options)
    )


@reads(AlterRoleStmt)
def alter_role(node: AlterRoleStmt, statement: Statement) -> Iterator[Operation]:
    """Passwords are left out."""
    told = [item for item in node.options if item.def_elem is not None and item.def_elem.defname != "password"]
    yield OtherStatement("alter-role", statement.span, name=node.role.rolename, details=options_of(told))


@reads(AlterDatabaseStmt)
def alter_database(node: AlterDatabaseStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("alter-database", statement.span, name=node.dbname, details=options_of(node.options))


@reads(AlterFunctionStmt)
def alter_function(node: AlterFunctionStmt, statement: Statement) -> Iterator[Operation]:
    name = ".".join(names_of(node.func.objname)) if node.func is not None else ""
    yield OtherStatement("alter-function", statement.span, name=name, details=options_of(node.actions))


@reads(AlterPolicyStmt)
def alter_policy(node: AlterPolicyStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("alter-policy", statement.span, table_name(node.table), node.policy_name)


@reads(AlterExtensionStmt)
def alter_extension(node: AlterExtensionStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("alter-extension", statement.span, name=node.extname)
