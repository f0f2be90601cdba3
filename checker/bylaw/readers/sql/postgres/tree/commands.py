"""Statements that move rows, open transactions, set parameters or maintain what there is."""

from __future__ import annotations

import msgspec

from bylaw.readers.sql.postgres.tree.nodes import FuncCall, IntoClause, Item, RangeVar, Wrapped


class WithClause(msgspec.Struct):
    ctes: list[Item] = []


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


class RefreshMatViewStmt(msgspec.Struct):
    relation: RangeVar
    concurrent: bool = False


class CallStmt(msgspec.Struct):
    funccall: FuncCall | None = None


class DoStmt(msgspec.Struct):
    args: list[Item] = []


class GrantStmt(msgspec.Struct):
    is_grant: bool = False
    objtype: str = ""
    targtype: str = ""
    objects: list[Item] = []
    privileges: list[Item] = []
    grantees: list[Item] = []
    grant_option: bool = False


class GrantRoleStmt(msgspec.Struct):
    granted_roles: list[Item] = []
    grantee_roles: list[Item] = []
    is_grant: bool = False


class DropOwnedStmt(msgspec.Struct):
    roles: list[Item] = []


class VacuumStmt(msgspec.Struct):
    options: list[Item] = []
    rels: list[Item] = []
    is_vacuumcmd: bool = False


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


class ExplainStmt(msgspec.Struct):
    query: Wrapped = {}


class PrepareStmt(msgspec.Struct):
    name: str = ""
