"""Statements that move rows, open transactions, set parameters or maintain tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from bylaw.facts.migrations import CreateTable, DataChange, Operation, OtherStatement, Setting, Transaction
from bylaw.patterns import regex
from bylaw.readers.sql.postgres.called import called
from bylaw.readers.sql.postgres.geometry import geometry_columns
from bylaw.readers.sql.postgres.statement import (
    HANDLERS,
    Statement,
    dotted,
    names_of,
    object_kind,
    reads,
    string_of,
    table_name,
)
from bylaw.readers.sql.postgres.tree.commands import (
    ClusterStmt,
    CopyStmt,
    DeleteStmt,
    DropOwnedStmt,
    ExplainStmt,
    GrantRoleStmt,
    GrantStmt,
    InsertStmt,
    LockStmt,
    MergeStmt,
    PrepareStmt,
    RefreshMatViewStmt,
    ReindexStmt,
    SelectStmt,
    TransactionStmt,
    TruncateStmt,
    UpdateStmt,
    VacuumStmt,
    VariableSetStmt,
    WithClause,
)
from bylaw.readers.sql.postgres.tree.nodes import FuncCall, Item
from bylaw.readers.sql.rows import is_literal

_TRANSACTIONS: Final[dict[str, Literal["begin", "commit", "rollback", "savepoint"]]] = {
    "TRANS_STMT_BEGIN": "begin", "TRANS_STMT_START": "begin", "TRANS_STMT_COMMIT": "commit",
    "TRANS_STMT_ROLLBACK": "rollback", "TRANS_STMT_SAVEPOINT": "savepoint",
}  # fmt: skip
_LONGEST_TRUTH: Final = 60
"""Characters."""
_ALWAYS: Final = regex(r"\bwhere\s{1,9}\(?(?:true|(\d{1,9})\s?=\s?\1|[1-9]\d{0,8})\)?\s{0,9};?\s{0,9}$", re.IGNORECASE)
_LOCK_MODES: Final = (
    "", "access-share", "row-share", "row-exclusive", "share-update-exclusive", "share", "share-row-exclusive",
    "exclusive", "access-exclusive",
)  # fmt: skip


def _with(clause: WithClause | None, statement: Statement) -> Iterator[Operation]:
    """The statements inside `WITH name AS (DELETE …)`; queries there change nothing."""
    for item in clause.ctes if clause is not None else ():
        query = item.common_table_expr.ctequery if item.common_table_expr is not None else {}
        for name, raw in query.items():
            if name != "SelectStmt" and name in HANDLERS:
                yield from HANDLERS[name](raw, statement)


@reads(SelectStmt)
def select(node: SelectStmt, statement: Statement) -> Iterator[Operation]:
    yield from _with(node.with_clause, statement)
    if node.into_clause is not None:
        relation = node.into_clause.rel
        yield CreateTable(
            table_name(relation), (), (), statement.span, temporary=relation.relpersistence == "t", partial=True
        )
        return
    calls = [
        item.res_target.val.func_call
        for item in node.target_list
        if item.res_target is not None and item.res_target.val is not None
    ]
    settings = [setting for call in calls if call is not None and (setting := _set_config(call, statement)) is not None]
    yield from settings
    for one in (*calls, *_alone_in_from(node)):
        if one is not None:
            yield from called(names_of(one.funcname), statement)
            yield from geometry_columns(one, statement)
    if len(settings) < len(node.target_list) or not settings:
        table = next((table_name(item.range_var) for item in node.from_clause if item.range_var is not None), "")
        yield DataChange("select", table, statement.span, filtered=bool(bytes(node.where_clause)))


def _alone_in_from(node: SelectStmt) -> Iterator[FuncCall]:
    """The function whose rows are all that a query reads: it runs once."""
    only = node.from_clause[0].range_function if len(node.from_clause) == 1 else None
    for function in only.functions[:1] if only is not None else ():
        parts = function.sequence.items if function.sequence is not None else ()
        yield from (part.func_call for part in parts[:1] if part.func_call is not None)


def _set_config(call: FuncCall, statement: Statement) -> Setting | None:
    names = names_of(call.funcname)
    if names[-1:] != ("set_config",) or len(call.args) != 3:
        return None
    name, value, local = (string_of(argument) for argument in call.args)
    return Setting(name.lower(), value, statement.span, local == "true")


@reads(InsertStmt)
def insert(node: InsertStmt, statement: Statement) -> Iterator[Operation]:
    yield from _with(node.with_clause, statement)
    columns = tuple(item.res_target.name for item in node.cols if item.res_target is not None)
    literal = is_literal(statement.text[statement.start : statement.end])
    yield DataChange("insert", table_name(node.relation), statement.span, columns=columns, literal=literal)


@reads(UpdateStmt)
def update(node: UpdateStmt, statement: Statement) -> Iterator[Operation]:
    yield from _with(node.with_clause, statement)
    columns = tuple(item.res_target.name for item in node.target_list if item.res_target is not None)
    filtered = bool(bytes(node.where_clause)) and not _means_every_row(statement)
    yield DataChange("update", table_name(node.relation), statement.span, filtered, columns)


@reads(DeleteStmt)
def delete(node: DeleteStmt, statement: Statement) -> Iterator[Operation]:
    yield from _with(node.with_clause, statement)
    filtered = bool(bytes(node.where_clause)) and not _means_every_row(statement)
    yield DataChange("delete", table_name(node.relation), statement.span, filtered)


def _means_every_row(statement: Statement) -> bool:
    """Whether it ends in a condition that always holds: `WHERE true`, `WHERE 1 = 1`, and `WHERE 1` elsewhere."""
    end = statement.text[max(statement.start, statement.end - _LONGEST_TRUTH) : statement.end]
    return _ALWAYS.search(end) is not None


@reads(MergeStmt)
def merge(node: MergeStmt, statement: Statement) -> Iterator[Operation]:
    yield from _with(node.with_clause, statement)
    yield DataChange("merge", table_name(node.relation), statement.span, filtered=True)


@reads(TruncateStmt)
def truncate(node: TruncateStmt, statement: Statement) -> Iterator[Operation]:
    cascade = node.behavior == "DROP_CASCADE"
    for item in node.relations:
        yield DataChange("truncate", dotted(item), statement.span, cascade=cascade)


@reads(CopyStmt)
def copy(node: CopyStmt, statement: Statement) -> Iterator[Operation]:
    if node.is_from:
        yield DataChange("copy", table_name(node.relation), statement.span, columns=names_of(node.attlist))
    else:
        yield DataChange("select", table_name(node.relation), statement.span)


@reads(TransactionStmt)
def transaction(node: TransactionStmt, statement: Statement) -> Iterator[Operation]:
    kind = _TRANSACTIONS.get(node.kind)
    if kind is not None:
        yield Transaction(kind, statement.span)
    else:
        yield OtherStatement(node.kind.removeprefix("TRANS_STMT_").lower().replace("_", "-"), statement.span)


@reads(VariableSetStmt)
def set_variable(node: VariableSetStmt, statement: Statement) -> Iterator[Operation]:
    if node.kind == "VAR_SET_MULTI":
        yield OtherStatement(f"set-{node.name.lower().replace(' ', '-')}", statement.span)
        return
    value = ", ".join(names_of(node.args)) if node.kind == "VAR_SET_VALUE" else "default"
    yield Setting(node.name.lower() or "all", value, statement.span, node.is_local)


@reads(GrantStmt)
def grant(node: GrantStmt, statement: Statement) -> Iterator[Operation]:
    """One operation for each object. `GRANT OPTION FOR` takes away no privilege but that to hand it on."""
    kind = "grant" if node.is_grant else "revoke-grant-option" if node.grant_option else "revoke"
    whole = node.targtype == "ACL_TARGET_ALL_IN_SCHEMA"
    what = object_kind(node.objtype)
    on_table = node.objtype == "OBJECT_TABLE" and not whole
    privileges = tuple(item.access_priv.priv_name for item in node.privileges if item.access_priv is not None)
    for item in node.objects or [Item()]:
        name = dotted(item)
        yield OtherStatement(
            kind, statement.span, name if on_table else "", "" if on_table else name, details=privileges,
            roles=_roles(node.grantees), on=f"all {what}s" if whole else what,
        )  # fmt: skip


@reads(GrantRoleStmt)
def grant_role(node: GrantRoleStmt, statement: Statement) -> Iterator[Operation]:
    kind = "grant-role" if node.is_grant else "revoke-role"
    for item in node.granted_roles:
        name = item.access_priv.priv_name if item.access_priv is not None else ""
        yield OtherStatement(kind, statement.span, name=name, roles=_roles(node.grantee_roles))


@reads(DropOwnedStmt)
def drop_owned(node: DropOwnedStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("drop-owned", statement.span, roles=_roles(node.roles))


def _roles(items: list[Item]) -> tuple[str, ...]:
    found = [item.role_spec for item in items if item.role_spec is not None]
    return tuple(role.rolename or role.roletype.removeprefix("ROLESPEC_").lower() for role in found)


@reads(VacuumStmt)
def vacuum(node: VacuumStmt, statement: Statement) -> Iterator[Operation]:
    options = {item.def_elem.defname for item in node.options if item.def_elem is not None}
    kind = "analyze" if not node.is_vacuumcmd else "vacuum-full" if "full" in options else "vacuum"
    relations = [item.vacuum_relation.relation for item in node.rels if item.vacuum_relation is not None]
    for relation in relations or [None]:
        yield OtherStatement(kind, statement.span, table_name(relation))


@reads(ClusterStmt)
def cluster(node: ClusterStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("cluster", statement.span, table_name(node.relation))


@reads(ReindexStmt)
def reindex(node: ReindexStmt, statement: Statement) -> Iterator[Operation]:
    options = {item.def_elem.defname for item in node.params if item.def_elem is not None}
    name = table_name(node.relation)
    on_table = node.kind == "REINDEX_OBJECT_TABLE"
    yield OtherStatement(
        "reindex", statement.span, name if on_table else "", node.name if not name else "" if on_table else name,
        concurrently="concurrently" in options,
    )  # fmt: skip


@reads(LockStmt)
def lock(node: LockStmt, statement: Statement) -> Iterator[Operation]:
    mode = _LOCK_MODES[node.mode] if 0 <= node.mode < len(_LOCK_MODES) else ""
    for item in node.relations:
        yield OtherStatement("lock", statement.span, dotted(item), mode)


@reads(RefreshMatViewStmt)
def refresh(node: RefreshMatViewStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("refresh", statement.span, table_name(node.relation), concurrently=node.concurrent)


@reads(ExplainStmt)
def explain(node: ExplainStmt, statement: Statement) -> Iterator[Operation]:
    """`EXPLAIN ANALYZE` runs its statement; a plain one runs nothing, and the difference does not matter in a
    migration.
    """
    for name, raw in node.query.items():
        if name in HANDLERS:
            yield from HANDLERS[name](raw, statement)


@reads(PrepareStmt)
def prepare(node: PrepareStmt, statement: Statement) -> Iterator[Operation]:
    yield OtherStatement("prepare", statement.span, name=node.name)
