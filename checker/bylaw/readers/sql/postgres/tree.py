"""The nodes of libpg_query's parse tree that operations are made of, named and spelled as there. All others are
skipped unread.

A node stands wrapped in its name (`{"RangeVar": {…}}`). The small ones that stand in lists are fields of `Item`; a
statement stays
undecoded (`Wrapped`) until somebody knows its name. Locations are 0-based bytes: absent means 0, -1 unknown.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Wrapped: TypeAlias = dict[str, msgspec.Raw]
"""A node by its name, not yet decoded."""


class StringNode(msgspec.Struct, gc=False):
    sval: str = ""


class IntegerNode(msgspec.Struct, gc=False):
    ival: int = 0


class BooleanNode(msgspec.Struct, gc=False):
    boolval: bool = False


class FloatNode(msgspec.Struct, gc=False):
    fval: str = ""


class Const(msgspec.Struct):
    ival: IntegerNode | None = None
    sval: StringNode | None = None
    fval: FloatNode | None = None
    boolval: BooleanNode | None = None
    isnull: bool = False
    location: int = 0


class ListNode(msgspec.Struct):
    items: list[Item] = []


class RangeVar(msgspec.Struct, gc=False):
    relname: str = ""
    schemaname: str = ""
    catalogname: str = ""
    relpersistence: str = "p"
    inh: bool = False
    location: int = 0


class TypeName(msgspec.Struct, rename={"array_bounds": "arrayBounds"}):
    names: list[Item] = []
    typmods: list[Item] = []
    array_bounds: list[Item] = []
    setof: bool = False
    pct_type: bool = False
    location: int = 0


class CollateClause(msgspec.Struct, gc=False):
    location: int = 0


class Constraint(msgspec.Struct):
    contype: str = ""
    conname: str = ""
    keys: list[Item] = []
    fk_attrs: list[Item] = []
    pk_attrs: list[Item] = []
    pktable: RangeVar | None = None
    indexname: str = ""
    skip_validation: bool = False
    is_enforced: bool = False
    generated_when: str = ""
    generated_kind: str = ""
    exclusions: list[Item] = []
    location: int = 0


class ColumnDef(msgspec.Struct, rename={"type_name": "typeName", "coll_clause": "collClause"}):
    colname: str = ""
    type_name: TypeName | None = None
    constraints: list[Item] = []
    coll_clause: CollateClause | None = None
    location: int = 0


class TableLikeClause(msgspec.Struct):
    relation: RangeVar


class IndexElem(msgspec.Struct, gc=False):
    name: str = ""


class ResTarget(msgspec.Struct):
    name: str = ""
    val: Item | None = None


class FuncCall(msgspec.Struct):
    funcname: list[Item] = []
    args: list[Item] = []


class DefElem(msgspec.Struct):
    defname: str = ""
    arg: Item | None = None
    location: int = 0


class ObjectWithArgs(msgspec.Struct):
    objname: list[Item] = []


class PartitionCmd(msgspec.Struct):
    name: RangeVar | None = None
    concurrent: bool = False


class AlterTableCmd(msgspec.Struct):
    subtype: str = ""
    name: str = ""
    def_: Item | None = msgspec.field(name="def", default=None)
    behavior: str = ""
    missing_ok: bool = False


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
    of_typename: TypeName | None = None
    if_not_exists: bool = False


class CreateForeignTableStmt(msgspec.Struct):
    base: CreateStmt


class IntoClause(msgspec.Struct):
    rel: RangeVar


class CreateTableAsStmt(msgspec.Struct):
    into: IntoClause
    query: Wrapped = {}
    objtype: str = "OBJECT_TABLE"
    if_not_exists: bool = False


class RenameStmt(msgspec.Struct, rename={"rename_type": "renameType", "relation_type": "relationType"}):
    rename_type: str = ""
    relation_type: str = ""
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


class WithClause(msgspec.Struct):
    ctes: list[Item] = []


class CommonTableExpr(msgspec.Struct):
    ctequery: Wrapped = {}


class SelectStmt(
    msgspec.Struct,
    rename={
        "target_list": "targetList",
        "into_clause": "intoClause",
        "from_clause": "fromClause",
        "where_clause": "whereClause",
        "with_clause": "withClause",
    },
):
    target_list: list[Item] = []
    into_clause: IntoClause | None = None
    from_clause: list[Item] = []
    where_clause: msgspec.Raw = msgspec.Raw()
    with_clause: WithClause | None = None


class InsertStmt(msgspec.Struct, rename={"with_clause": "withClause"}):
    relation: RangeVar
    cols: list[Item] = []
    with_clause: WithClause | None = None


class UpdateStmt(
    msgspec.Struct, rename={"target_list": "targetList", "where_clause": "whereClause", "with_clause": "withClause"}
):
    relation: RangeVar
    target_list: list[Item] = []
    where_clause: msgspec.Raw = msgspec.Raw()
    with_clause: WithClause | None = None


class DeleteStmt(msgspec.Struct, rename={"where_clause": "whereClause", "with_clause": "withClause"}):
    relation: RangeVar
    where_clause: msgspec.Raw = msgspec.Raw()
    with_clause: WithClause | None = None


class MergeStmt(msgspec.Struct, rename={"with_clause": "withClause"}):
    relation: RangeVar
    with_clause: WithClause | None = None


class TruncateStmt(msgspec.Struct):
    relations: list[Item] = []
    behavior: str = ""


class CopyStmt(msgspec.Struct):
    relation: RangeVar | None = None
    attlist: list[Item] = []
    is_from: bool = False


class TransactionStmt(msgspec.Struct, gc=False):
    kind: str = ""


class VariableSetStmt(msgspec.Struct):
    kind: str = ""
    name: str = ""
    args: list[Item] = []
    is_local: bool = False


class ViewStmt(msgspec.Struct):
    view: RangeVar
    replace: bool = False


class RefreshMatViewStmt(msgspec.Struct):
    relation: RangeVar
    concurrent: bool = False


class CreateFunctionStmt(msgspec.Struct):
    funcname: list[Item] = []
    replace: bool = False
    is_procedure: bool = False


class CreateTrigStmt(msgspec.Struct):
    relation: RangeVar
    trigname: str = ""
    replace: bool = False


class CreatePolicyStmt(msgspec.Struct):
    table: RangeVar
    policy_name: str = ""


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


class CreateRangeStmt(msgspec.Struct, rename={"type_name": "typeName"}):
    type_name: list[Item] = []


class CreateSchemaStmt(msgspec.Struct, rename={"schema_elts": "schemaElts"}):
    schemaname: str = ""
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


class RoleSpec(msgspec.Struct, gc=False):
    rolename: str = ""


class DropdbStmt(msgspec.Struct, gc=False):
    dbname: str = ""
    missing_ok: bool = False


class CreatedbStmt(msgspec.Struct):
    dbname: str = ""


class DoStmt(msgspec.Struct):
    args: list[Item] = []


class GrantStmt(msgspec.Struct):
    is_grant: bool = False
    objtype: str = ""
    objects: list[Item] = []


class VacuumStmt(msgspec.Struct):
    options: list[Item] = []
    rels: list[Item] = []
    is_vacuumcmd: bool = False


class VacuumRelation(msgspec.Struct):
    relation: RangeVar | None = None


class ClusterStmt(msgspec.Struct):
    relation: RangeVar | None = None


class ReindexStmt(msgspec.Struct):
    kind: str = ""
    relation: RangeVar | None = None
    name: str = ""
    params: list[Item] = []


class LockStmt(msgspec.Struct):
    relations: list[Item] = []
    mode: int = 0


class AlterSeqStmt(msgspec.Struct):
    sequence: RangeVar


class AlterPolicyStmt(msgspec.Struct):
    table: RangeVar
    policy_name: str = ""


class AlterExtensionStmt(msgspec.Struct):
    extname: str = ""


class ExplainStmt(msgspec.Struct):
    query: Wrapped = {}


class PrepareStmt(msgspec.Struct):
    name: str = ""


def _node_name(field: str) -> str:
    special = {"const": "A_Const", "sequence": "List"}
    return special.get(field) or "".join(part.capitalize() for part in field.split("_"))


class Item(msgspec.Struct, rename=_node_name):
    """At most one of the fields is set: none for a node that is not of interest."""

    string: StringNode | None = None
    integer: IntegerNode | None = None
    const: Const | None = None
    sequence: ListNode | None = None
    range_var: RangeVar | None = None
    type_name: TypeName | None = None
    column_def: ColumnDef | None = None
    constraint: Constraint | None = None
    table_like_clause: TableLikeClause | None = None
    index_elem: IndexElem | None = None
    res_target: ResTarget | None = None
    func_call: FuncCall | None = None
    def_elem: DefElem | None = None
    object_with_args: ObjectWithArgs | None = None
    partition_cmd: PartitionCmd | None = None
    common_table_expr: CommonTableExpr | None = None
    alter_table_cmd: AlterTableCmd | None = None
    role_spec: RoleSpec | None = None
    vacuum_relation: VacuumRelation | None = None


class RawStmt(msgspec.Struct):
    stmt: Wrapped
    stmt_location: int = 0
    stmt_len: int = 0
    """0: to the end of the text."""


class ParseTree(msgspec.Struct):
    stmts: list[RawStmt] = []
