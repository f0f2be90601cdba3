"""Creating, dropping and commenting on everything that is no column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bylaw.facts.migrations import (
    CreateIndex,
    CreateObject,
    DropIndex,
    DropObject,
    DropTable,
    Operation,
    SetComment,
)
from bylaw.readers.sql.postgres.dependencies import of_expressions, of_trigger
from bylaw.readers.sql.postgres.statement import (
    HANDLERS,
    Statement,
    dotted,
    names_of,
    object_kind,
    object_name,
    reads,
    string_of,
    table_name,
)
from bylaw.readers.sql.postgres.tree.nodes import Item
from bylaw.readers.sql.postgres.tree.schema import (
    CommentStmt,
    CompositeTypeStmt,
    CreatedbStmt,
    CreateDomainStmt,
    CreateEnumStmt,
    CreateExtensionStmt,
    CreatePolicyStmt,
    CreateRangeStmt,
    CreateRoleStmt,
    CreateSchemaStmt,
    CreateSeqStmt,
    CreateTrigStmt,
    DefineStmt,
    DropdbStmt,
    DropRoleStmt,
    DropStmt,
    IndexStmt,
    RuleStmt,
)
from bylaw.readers.sql.postgres.types import type_text
from bylaw.source import Span

_TAKING_NULL: Final = (b"CoalesceExpr", b"CaseExpr", b"NullTest", b"DISTINCT", b'"concat', b'"format"', b"json")
"""What has a value where a column of it has none."""
_PARTS_OF_TABLES: Final = frozenset({"OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"})


def created(
    kind: str, name: str, statement: Statement, *, replace: bool = False, if_not_exists: bool = False
) -> CreateObject:
    return CreateObject(kind, name, statement.span, replace, if_not_exists=if_not_exists)


@reads(IndexStmt)
def create_index(node: IndexStmt, statement: Statement) -> Iterator[Operation]:
    where = ""
    if bytes(node.where_clause):
        where = _last_clause(statement, "where")
    names = tuple(item.index_elem.name for item in node.index_params if item.index_elem is not None)
    yield CreateIndex(
        table_name(node.relation), node.idxname, names, statement.span, unique=node.unique,
        concurrently=node.concurrent, if_not_exists=node.if_not_exists, where=where, only=not node.relation.inh,
        method=node.access_method if _says(statement, "using") else "",
        reads=() if all(names) or not node.unique else _read_by(node),
    )  # fmt: skip


def _read_by(node: IndexStmt) -> tuple[str, ...]:
    from bylaw.readers.sql.postgres.dependencies import of_expressions  # noqa: PLC0415 - few indexes are over expressions

    elements = [item.index_elem for item in node.index_params if item.index_elem is not None]
    if any(mark in bytes(one.expr) for one in elements for mark in _TAKING_NULL):
        return ()
    return tuple(dict.fromkeys(column for one in elements for _, column in of_expressions("its own", one.expr)))


def _says(statement: Statement, keyword: str) -> bool:
    return keyword in statement.text[statement.start : statement.end].lower()


def _last_clause(statement: Statement, keyword: str) -> str:
    """What stands behind a keyword outside brackets, up to the end of the statement."""
    depth = 0
    for token in statement.tokens():
        mark = statement.text[token.start : token.end]
        depth += (mark == "(") - (mark == ")")
        if depth == 0 and token.kind == "word" and mark.lower() == keyword:
            return statement.source(token.end, statement.end)
    return ""


@reads(DropStmt)
def drop(node: DropStmt, statement: Statement) -> Iterator[Operation]:
    cascade = node.behavior == "DROP_CASCADE"
    spans = _object_spans(statement, len(node.objects))
    for item, span in zip(node.objects, spans, strict=True):
        if node.remove_type in {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}:
            yield DropTable(dotted(item), span, node.missing_ok, cascade)
        elif node.remove_type == "OBJECT_INDEX":
            yield DropIndex(dotted(item), span, concurrently=node.concurrent, if_exists=node.missing_ok)
        else:
            name, table = _name_and_table(item, node.remove_type)
            yield DropObject(
                object_kind(node.remove_type), name, span, node.missing_ok, cascade, table, _arguments(item, statement)
            )


def _arguments(item: Item, statement: Statement) -> tuple[str, ...] | None:
    """The types behind a function's name, where they are given."""
    reference = item.object_with_args
    if reference is None or reference.args_unspecified:
        return None
    return tuple(type_text(one.type_name, statement) for one in reference.objargs)


def _name_and_table(item: Item, kind: str) -> tuple[str, str]:
    if kind in _PARTS_OF_TABLES and item.sequence is not None:
        *table, name = names_of(item.sequence.items)
        return name, ".".join(table)
    return object_name(item, kind), ""


def _object_spans(statement: Statement, count: int) -> list[Span]:
    """The statement for a single object; for several, each object's own name."""
    if count == 1:
        return [statement.span]
    ranges = statement.pieces(count, statement.start)
    if ranges[0] == (statement.start, statement.end):
        return [statement.span] * count
    last = len(ranges) - 1
    ranges[0] = _last_name(statement, *ranges[0])
    start, end = ranges[last]
    ranges[last] = (start, _without_behavior(statement, start, end))
    return [statement.place(first, end) for first, end in ranges]


def _last_name(statement: Statement, start: int, end: int) -> tuple[int, int]:
    """The last dotted name (and its arguments) of a range: the first object behind `DROP TABLE IF EXISTS`."""
    first, depth, joined = start, 0, False
    for token in statement.tokens(start):
        if token.start >= end:
            break
        mark = statement.text[token.start : token.end]
        depth += (mark == "(") - (mark == ")")
        if depth == 0 and token.kind in {"word", "quoted"}:
            first = first if joined else token.start
        joined = mark == "."
    return first, end


def _without_behavior(statement: Statement, start: int, end: int) -> int:
    last = start
    for token in statement.tokens(start):
        if token.start >= end or statement.text[token.start : token.end].lower() in {"cascade", "restrict"}:
            break
        if token.kind != "comment":
            last = token.end
    return last


@reads(DropRoleStmt)
def drop_role(node: DropRoleStmt, statement: Statement) -> Iterator[Operation]:
    for role in node.roles:
        yield DropObject("role", dotted(role), statement.span, node.missing_ok)


@reads(DropdbStmt)
def drop_database(node: DropdbStmt, statement: Statement) -> Iterator[Operation]:
    yield DropObject("database", node.dbname, statement.span, node.missing_ok)


@reads(CommentStmt)
def comment(node: CommentStmt, statement: Statement) -> Iterator[Operation]:
    kind = object_kind(node.objtype)
    name = object_name(node.object, node.objtype)
    if node.objtype == "OBJECT_DOMCONSTRAINT" and node.object is not None and node.object.sequence is not None:
        domain, constraint = node.object.sequence.items
        yield SetComment(kind, dotted(domain), string_of(constraint), node.comment, statement.span)
    elif node.objtype in {"OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"}:
        table, _, part = name.rpartition(".")
        yield SetComment(kind, table, part, node.comment, statement.span)
    else:
        yield SetComment(kind, name, "", node.comment, statement.span)


@reads(CreateTrigStmt)
def create_trigger(node: CreateTrigStmt, statement: Statement) -> Iterator[Operation]:
    yield CreateObject(
        "trigger", node.trigname, statement.span, node.replace, table=table_name(node.relation),
        calls=".".join(names_of(node.funcname)),
        reads=(
            *((table_name(node.relation), column) for column in names_of(node.columns)),
            *of_trigger(table_name(node.relation), node.when_clause),
        ),
    )  # fmt: skip


@reads(CreatePolicyStmt)
def create_policy(node: CreatePolicyStmt, statement: Statement) -> Iterator[Operation]:
    yield CreateObject(
        "policy", node.policy_name, statement.span, table=table_name(node.table), restrictive=not node.permissive,
        reads=of_expressions(table_name(node.table), node.qual, node.with_check),
    )  # fmt: skip


@reads(RuleStmt)
def create_rule(node: RuleStmt, statement: Statement) -> Iterator[Operation]:
    yield CreateObject("rule", node.rulename, statement.span, node.replace, table=table_name(node.relation))


@reads(CreateExtensionStmt)
def create_extension(node: CreateExtensionStmt, statement: Statement) -> Iterator[Operation]:
    yield created("extension", node.extname, statement, if_not_exists=node.if_not_exists)


@reads(CreateSeqStmt)
def create_sequence(node: CreateSeqStmt, statement: Statement) -> Iterator[Operation]:
    yield created("sequence", table_name(node.sequence), statement, if_not_exists=node.if_not_exists)


@reads(CreateDomainStmt)
def create_domain(node: CreateDomainStmt, statement: Statement) -> Iterator[Operation]:
    kinds = {item.constraint.contype for item in node.constraints if item.constraint is not None}
    yield CreateObject(
        "domain", ".".join(names_of(node.domainname)), statement.span,
        constrained=not kinds.isdisjoint({"CONSTR_CHECK", "CONSTR_NOTNULL"}),
        required="CONSTR_NOTNULL" in kinds and "CONSTR_DEFAULT" not in kinds,
    )  # fmt: skip


@reads(CreateEnumStmt)
def create_enum(node: CreateEnumStmt, statement: Statement) -> Iterator[Operation]:
    labels = tuple(string_of(item) for item in node.vals)
    yield CreateObject("type", ".".join(names_of(node.type_name)), statement.span, labels=labels)


@reads(CompositeTypeStmt)
def create_composite(node: CompositeTypeStmt, statement: Statement) -> Iterator[Operation]:
    columns = tuple(item.column_def.colname for item in node.coldeflist if item.column_def is not None)
    yield msgspec.structs.replace(created("type", table_name(node.typevar), statement), columns=columns)


@reads(CreateRangeStmt)
def create_range(node: CreateRangeStmt, statement: Statement) -> Iterator[Operation]:
    yield created("type", ".".join(names_of(node.type_name)), statement)


@reads(CreateSchemaStmt)
def create_schema(node: CreateSchemaStmt, statement: Statement) -> Iterator[Operation]:
    schema = node.schemaname or (node.authrole.rolename if node.authrole is not None else "")
    yield created("schema", schema, statement, if_not_exists=node.if_not_exists)
    for element in node.schema_elts:
        for name, raw in element.items():
            if name in HANDLERS:
                for operation in HANDLERS[name](raw, statement):
                    yield _inside(schema, operation)


def _inside(schema: str, operation: Operation) -> Operation:
    """What CREATE SCHEMA makes stands in that schema, where it names no other."""
    named = {field: getattr(operation, field, "") for field in ("table", "name")}
    if named["table"] or not isinstance(operation, CreateObject):
        named.pop("name")  # a part of a table: it stands where the table does
    return msgspec.structs.replace(
        operation, **{field: f"{schema}.{name}" for field, name in named.items() if name and "." not in name}
    )


@reads(DefineStmt)
def define(node: DefineStmt, statement: Statement) -> Iterator[Operation]:
    name = ".".join(names_of(node.defnames))
    yield created(object_kind(node.kind), name, statement, replace=node.replace, if_not_exists=node.if_not_exists)


@reads(CreateRoleStmt)
def create_role(node: CreateRoleStmt, statement: Statement) -> Iterator[Operation]:
    yield created("role", node.role, statement)


@reads(CreatedbStmt)
def create_database(node: CreatedbStmt, statement: Statement) -> Iterator[Operation]:
    yield created("database", node.dbname, statement)
