"""What statements are made of, and the tree that holds them.

A node stands wrapped in its name (`{"RangeVar": {…}}`). The small ones that stand in lists are fields of `Item`; a
statement stays undecoded (`Wrapped`) until somebody knows its name. Locations are 0-based bytes: absent means 0, -1
unknown.
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
    pct_type: bool = False
    location: int = 0
    setof: bool = False


class CollateClause(msgspec.Struct, gc=False):
    location: int = 0


class Constraint(msgspec.Struct):
    contype: str = ""
    conname: str = ""
    keys: list[Item] = []
    fk_attrs: list[Item] = []
    pk_attrs: list[Item] = []
    exclusions: list[Item] = []
    pktable: RangeVar | None = None
    indexname: str = ""
    skip_validation: bool = False
    is_enforced: bool = False
    generated_kind: str = ""
    generated_when: str = ""
    location: int = 0
    raw_expr: msgspec.Raw = msgspec.Raw()


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
    expr: msgspec.Raw = msgspec.Raw()


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
    objargs: list[Item] = []
    args_unspecified: bool = False


class PartitionCmd(msgspec.Struct):
    name: RangeVar | None = None
    concurrent: bool = False


class AlterTableCmd(msgspec.Struct):
    subtype: str = ""
    name: str = ""
    def_: Item | None = msgspec.field(name="def", default=None)
    behavior: str = ""
    missing_ok: bool = False


class IntoClause(msgspec.Struct, rename={"col_names": "colNames", "skip_data": "skipData"}):
    rel: RangeVar
    col_names: list[Item] = []
    skip_data: bool = False


class CommonTableExpr(msgspec.Struct):
    ctequery: Wrapped = {}


class RoleSpec(msgspec.Struct, gc=False):
    rolename: str = ""
    roletype: str = ""


class AccessPriv(msgspec.Struct):
    priv_name: str = ""


class ColumnRef(msgspec.Struct):
    fields: list[Item] = []


class FunctionParameter(msgspec.Struct, rename={"arg_type": "argType"}):
    name: str = ""
    arg_type: TypeName | None = None
    mode: str = ""
    defexpr: msgspec.Raw = msgspec.Raw()


class VacuumRelation(msgspec.Struct):
    relation: RangeVar | None = None


def _node_name(field: str) -> str:
    special = {
        "const": "A_Const",
        "sequence": "List",
        "altered_constraint": "ATAlterConstraint",
        "replica_identity": "ReplicaIdentityStmt",
    }
    return special.get(field) or "".join(part.capitalize() for part in field.split("_"))


class RangeFunction(msgspec.Struct):
    functions: list[Item] = []


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
    access_priv: AccessPriv | None = None
    column_ref: ColumnRef | None = None
    function_parameter: FunctionParameter | None = None
    boolean: BooleanNode | None = None
    altered_constraint: AlteredConstraint | None = None
    replica_identity: ReplicaIdentity | None = None
    range_function: RangeFunction | None = None


class AlteredConstraint(msgspec.Struct, gc=False):
    conname: str = ""


class ReplicaIdentity(msgspec.Struct, gc=False):
    name: str = ""


class RawStmt(msgspec.Struct):
    stmt: Wrapped
    stmt_location: int = 0
    stmt_len: int = 0
    """0: to the end of the text."""


class ParseTree(msgspec.Struct):
    stmts: list[RawStmt] = []
