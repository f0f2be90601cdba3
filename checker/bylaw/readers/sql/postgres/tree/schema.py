"""Statements that define, change, rename or drop something."""

from __future__ import annotations

import msgspec

from bylaw.readers.sql.postgres.tree.nodes import (
    IntoClause,
    Item,
    ObjectWithArgs,
    RangeVar,
    RoleSpec,
    TypeName,
    Wrapped,
)


class AlterTableStmt(msgspec.Struct):
    relation: RangeVar
    cmds: list[Item] = []
    objtype: str = "OBJECT_TABLE"
    missing_ok: bool = False


class CreateStmt(
    msgspec.Struct, rename={"table_elts": "tableElts", "inh_relations": "inhRelations", "of_typename": "ofTypename"}
):
    relation: RangeVar
    table_elts: list[Item] = []
    inh_relations: list[Item] = []
    constraints: list[Item] = []
    partbound: msgspec.Raw = msgspec.Raw()
    partspec: msgspec.Raw = msgspec.Raw()
    of_typename: TypeName | None = None
    if_not_exists: bool = False


class CreateForeignTableStmt(msgspec.Struct):
    base: CreateStmt


class CreateTableAsStmt(msgspec.Struct):
    into: IntoClause
    query: Wrapped = {}
    objtype: str = "OBJECT_TABLE"
    if_not_exists: bool = False


class RenameStmt(msgspec.Struct, rename={"rename_type": "renameType"}):
    rename_type: str = ""
    relation: RangeVar | None = None
    object: Item | None = None
    subname: str = ""
    newname: str = ""
    missing_ok: bool = False


class AlterObjectSchemaStmt(msgspec.Struct, rename={"object_type": "objectType"}):
    object_type: str = ""
    relation: RangeVar | None = None
    object: Item | None = None
    newschema: str = ""


class AlterOwnerStmt(msgspec.Struct, rename={"object_type": "objectType"}):
    object_type: str = ""
    relation: RangeVar | None = None
    object: Item | None = None


class AlterEnumStmt(
    msgspec.Struct,
    rename={
        "type_name": "typeName",
        "old_val": "oldVal",
        "new_val": "newVal",
        "new_val_neighbor": "newValNeighbor",
        "skip_if_new_val_exists": "skipIfNewValExists",
    },
):
    type_name: list[Item] = []
    old_val: str = ""
    new_val: str = ""
    new_val_neighbor: str | None = None
    skip_if_new_val_exists: bool = False


class AlterDomainStmt(msgspec.Struct, rename={"type_name": "typeName"}):
    type_name: list[Item] = []
    subtype: str = ""
    name: str = ""
    def_: Item | None = msgspec.field(name="def", default=None)


class DropStmt(msgspec.Struct, rename={"remove_type": "removeType"}):
    objects: list[Item] = []
    remove_type: str = ""
    behavior: str = ""
    missing_ok: bool = False
    concurrent: bool = False


class CommentStmt(msgspec.Struct):
    objtype: str = ""
    object: Item | None = None
    comment: str = ""


class IndexStmt(
    msgspec.Struct,
    rename={"index_params": "indexParams", "where_clause": "whereClause", "access_method": "accessMethod"},
):
    relation: RangeVar
    idxname: str = ""
    index_params: list[Item] = []
    where_clause: msgspec.Raw = msgspec.Raw()
    unique: bool = False
    concurrent: bool = False
    if_not_exists: bool = False
    access_method: str = ""


class QueryShape(msgspec.Struct, rename={"target_list": "targetList"}):
    """A SELECT as far as it names its result; `larg` is the first half of a UNION."""

    target_list: list[Item] = []
    larg: QueryShape | None = None


class ViewStmt(msgspec.Struct):
    view: RangeVar
    replace: bool = False
    aliases: list[Item] = []
    query: Wrapped = {}


class CreateFunctionStmt(msgspec.Struct, rename={"return_type": "returnType"}):
    funcname: list[Item] = []
    replace: bool = False
    is_procedure: bool = False
    parameters: list[Item] = []
    return_type: TypeName | None = None


class CreateTrigStmt(msgspec.Struct, rename={"when_clause": "whenClause"}):
    relation: RangeVar
    trigname: str = ""
    replace: bool = False
    funcname: list[Item] = []
    columns: list[Item] = []
    when_clause: msgspec.Raw = msgspec.Raw()


class CreatePolicyStmt(msgspec.Struct):
    table: RangeVar
    policy_name: str = ""
    permissive: bool = False
    qual: msgspec.Raw = msgspec.Raw()
    with_check: msgspec.Raw = msgspec.Raw()


class CreateExtensionStmt(msgspec.Struct):
    extname: str = ""
    if_not_exists: bool = False


class CreateSeqStmt(msgspec.Struct):
    sequence: RangeVar
    if_not_exists: bool = False


class CreateDomainStmt(msgspec.Struct, rename={"type_name": "typeName"}):
    domainname: list[Item] = []
    type_name: TypeName | None = None
    constraints: list[Item] = []


class CreateEnumStmt(msgspec.Struct, rename={"type_name": "typeName"}):
    type_name: list[Item] = []
    vals: list[Item] = []


class CompositeTypeStmt(msgspec.Struct):
    typevar: RangeVar
    coldeflist: list[Item] = []


class CreateRangeStmt(msgspec.Struct, rename={"type_name": "typeName"}):
    type_name: list[Item] = []


class CreateSchemaStmt(msgspec.Struct, rename={"schema_elts": "schemaElts"}):
    schemaname: str = ""
    authrole: RoleSpec | None = None
    schema_elts: list[Wrapped] = []
    if_not_exists: bool = False


class RuleStmt(msgspec.Struct):
    relation: RangeVar
    rulename: str = ""
    replace: bool = False


class DefineStmt(msgspec.Struct):
    kind: str = ""
    defnames: list[Item] = []
    replace: bool = False
    if_not_exists: bool = False


class CreateRoleStmt(msgspec.Struct):
    role: str = ""


class DropRoleStmt(msgspec.Struct):
    roles: list[Item] = []
    missing_ok: bool = False


class DropdbStmt(msgspec.Struct, gc=False):
    dbname: str = ""
    missing_ok: bool = False


class CreatedbStmt(msgspec.Struct):
    dbname: str = ""


class AlterSeqStmt(msgspec.Struct):
    sequence: RangeVar
    options: list[Item] = []


class AlterRoleStmt(msgspec.Struct):
    role: RoleSpec
    options: list[Item] = []


class AlterDatabaseStmt(msgspec.Struct):
    dbname: str = ""
    options: list[Item] = []


class AlterFunctionStmt(msgspec.Struct):
    objtype: str = ""
    func: ObjectWithArgs | None = None
    actions: list[Item] = []


class AlterPolicyStmt(msgspec.Struct):
    table: RangeVar
    policy_name: str = ""


class AlterExtensionStmt(msgspec.Struct):
    extname: str = ""
