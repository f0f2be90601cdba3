"""What sqlglot makes of a statement, in the words of our operations: a second opinion that knows nothing of ours.

Both sides become the same plain tuples, `Fact`; texts of expressions and types become what sqlglot writes for them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import sqlglot
from sqlglot import ErrorLevel, exp

from bylaw.facts import migrations as ops

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
Fact = tuple[object, ...]
_MISREAD = re.compile(r"\bRENAME\s+(?!TO\b|COLUMN\b)", re.IGNORECASE)
"""A renamed column without the word, which sqlglot takes for a renamed table."""


def _sql(node: Any) -> str:
    return str(node.sql("postgres", comments=False)) if isinstance(node, exp.Expression) else ""


# --- our side -----------------------------------------------------------------------------------------


def of_operations(found: tuple[ops.Operation, ...]) -> list[Fact]:
    return [fact for one in found for fact in _ours(one)]


def _ours(one: ops.Operation) -> Iterator[Fact]:
    match one:
        case ops.CreateTable(table=table, columns=columns):
            yield "create table", table, one.if_not_exists, one.temporary, one.partial, one.partitioned
            for column in columns:
                yield _our_column("column", table, column)
            inline = {column.name for column in columns if column.primary_key}
            if one.primary_key and not inline:
                yield "constraint", table, "primary-key", one.primary_key_name, one.primary_key, False
            elif inline != set(one.primary_key):
                yield "constraint", table, "two primary keys"
        case ops.AddColumn(table=table, column=column):
            yield _our_column("add column", table, column, one.if_not_exists)
        case ops.AlterColumn(table=table, column=column):
            types, texts = _type(one.type), (_expression(one.server_default), _expression(one.using))
            yield "alter column", table, column, types, one.nullable, one.drop_default, *texts
        case ops.DropColumn(table=table, column=column):
            yield "drop column", table, column, one.if_exists, one.cascade
        case ops.RenameColumn(table=table, column=column, new_name=new):
            yield "rename column", table, column, new
        case ops.RenameTable(table=table, new_name=new):
            yield "rename table", table, new.rpartition(".")[2]
        case ops.AddConstraint(table=table, kind=kind, name=name, columns=columns):
            what = _expression(one.expression) if kind == "check" else columns
            target = (one.references, one.referenced_columns) if kind == "foreign-key" else ()
            yield ("constraint", table, kind, name, what, one.not_enforced, *target)
            if one.not_valid:
                yield ("not valid",)
        case ops.DropConstraint(table=table, name=name):
            yield "drop constraint", table, name, one.if_exists, one.cascade
        case _:
            yield _our_object(one)


def _our_object(one: ops.Operation) -> Fact:
    match one:
        case ops.DropTable(table=name):
            return "drop", "table", name, one.if_exists, one.cascade, ""
        case ops.DropObject(kind=kind, name=name):
            return "drop", kind, name, one.if_exists, one.cascade, one.table
        case ops.CreateIndex(table=table, name=name, columns=columns):
            words = one.unique, one.concurrently, one.if_not_exists, one.only
            return "index", table, name, columns, *words, _expression(one.where)
        case ops.CreateObject(kind=kind, name=name, columns=columns):
            words = one.replace, one.if_not_exists, one.restrictive, one.constrained, one.required
            return "create", kind, name, columns, *words
        case ops.DataChange(kind=kind, table=table, columns=columns):
            return kind, table, one.filtered, columns, one.cascade, one.literal
        case _:
            return type(one).__name__, ""


def _our_column(word: str, table: str, column: ops.ColumnSpec, *more: object) -> Fact:
    return (
        word, table, column.name, _type(column.type), column.nullable, _expression(column.server_default),
        column.primary_key, column.unique, _expression(column.check), column.references, column.generated,
        tuple(sorted(column.constraint_names)), *more,
    )  # fmt: skip


def _type(text: str | None) -> str:
    try:
        return _sql(exp.DataType.build(text, dialect="postgres")) if text else ""
    except sqlglot.errors.SqlglotError:
        return str(text)


def _expression(text: str | None) -> str:
    try:
        return _sql(sqlglot.parse_one(text, dialect="postgres")) if text else ""
    except sqlglot.errors.SqlglotError:
        return str(text)


# --- sqlglot's ----------------------------------------------------------------------------------------


class OpaqueError(Exception):
    """sqlglot does not understand the statement, or leaves something of it out."""


def of_sqlglot(sql: str) -> list[Fact]:
    """What a single statement says. Raises OpaqueError."""
    try:
        trees = sqlglot.parse(sql, dialect="postgres", error_level=ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as problem:
        raise OpaqueError(str(problem)) from problem
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Create | exp.Alter | exp.Drop | exp.Update | exp.Delete | exp.Insert):
        raise OpaqueError(type(tree).__name__)
    if tree.args.get("with_") or _MISREAD.search(sql):
        raise OpaqueError("a part is left out")
    return list(_theirs(tree))


def _theirs(tree: exp.Expression) -> Iterator[Fact]:
    kind = tree.args.get("kind")
    match tree:
        case exp.Update() | exp.Delete() | exp.Insert():
            yield _rows(tree)
        case exp.Drop() if kind in {"TABLE", "VIEW", "SCHEMA", "SEQUENCE"} and not tree.args["materialized"]:
            for one in tree.args["tables"]:
                yield "drop", str(kind).lower(), _name(one), *_flags(tree, "exists", "cascade"), ""
        case exp.Create() if kind == "INDEX":
            yield _index(tree)
        case exp.Create() if kind == "VIEW":
            yield _view(tree)
        case exp.Create() if kind == "TABLE":
            yield from _table(tree)
        case exp.Alter() if kind == "TABLE":
            for action in tree.args.get("actions") or []:
                yield from _action(action, _name(tree.this))
            if tree.args.get("not_valid"):
                yield ("not valid",)
        case _:
            raise OpaqueError(str(kind))


def _kind(node: Any) -> str:
    return _sql(node).replace('"', "")  # our types are not quoted


def _name(node: Any) -> str:
    return ".".join(part.name for part in node.parts)


def _names(nodes: list[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in nodes)


def _flags(tree: exp.Expression, *names: str) -> tuple[bool, ...]:
    return tuple(bool(tree.args.get(name)) for name in names)


def _rows(tree: exp.Expression) -> Fact:
    columns: tuple[str, ...] = ()
    target = tree.this
    if isinstance(target, exp.Schema):
        target, columns = target.this, _names(target.expressions)
    if isinstance(tree, exp.Update):
        columns = _names([one.this for one in tree.expressions])
        if "" in columns:
            raise OpaqueError("several columns at once")
    literal = isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Values)
    literal &= "select" not in _sql(tree).lower()  # a table of that name is doubt enough
    return type(tree).__name__.lower(), _name(target), *_flags(tree, "where"), columns, False, literal


def _index(tree: exp.Expression) -> Fact:
    index = tree.this
    parameters = index.args["params"]
    ordered = parameters.args.get("columns") or []
    columns = tuple(one.this.name if isinstance(one.this, exp.Column) else "" for one in ordered)
    where = parameters.args.get("where")
    words = *_flags(tree, "unique", "concurrently", "exists"), *_flags(index.args["table"], "only")
    return "index", _name(index.args["table"]), index.name, columns, *words, _sql(where.this if where else None)


def _view(tree: exp.Expression) -> Fact:
    if isinstance(tree.this, exp.Schema) or tree.find(exp.Star) or tree.args.get("properties"):
        raise OpaqueError("a view of another kind")
    found = tuple(
        one.alias_or_name if isinstance(one, exp.Column | exp.Alias) else "" for one in tree.expression.selects
    )
    return (
        "create",
        "view",
        _name(tree.this),
        found if any(found) else (),
        *_flags(tree, "replace"),
        False,
        False,
        False,
        False,
    )


def _table(tree: exp.Expression) -> Iterator[Fact]:
    properties = tree.args.get("properties")
    known = properties.expressions if properties is not None else []
    schema = tree.this
    if any(not isinstance(one, exp.TemporaryProperty) for one in known) or schema.find(exp.LikeProperty):
        raise OpaqueError("a table with properties")
    named = schema.this if isinstance(schema, exp.Schema) else schema
    partial = tree.expression is not None
    table = _name(named)
    yield "create table", table, *_flags(tree, "exists"), bool(known), partial, False
    parts = schema.expressions if isinstance(schema, exp.Schema) else []
    found = [fact for one in parts if not isinstance(one, exp.ColumnDef) for fact in _constraint(one, table)]
    for one in parts:
        if isinstance(one, exp.ColumnDef):
            yield _column("column", one, table)
    yield from sorted(found, key=lambda fact: fact[2:3] != ("primary-key",))  # which a table says of itself


_INLINE = {
    exp.PrimaryKeyColumnConstraint: "primary-key", exp.UniqueColumnConstraint: "unique",
    exp.CheckColumnConstraint: "check", exp.Reference: "foreign-key",
}  # fmt: skip


def _column(word: str, one: Any, table: str, *more: object) -> Fact:
    nullable: bool | None = None
    default = ""
    said: dict[str, list[str]] = {}
    names = []
    for constraint in one.args["constraints"]:
        kind = constraint.kind
        what = _INLINE.get(type(kind), "")
        match kind:
            case exp.NotNullColumnConstraint():
                nullable = bool(kind.args.get("allow_null"))
                what = "" if nullable else "not-null"
            case exp.DefaultColumnConstraint():
                default = _sql(kind.this)
            case exp.CheckColumnConstraint():
                said.setdefault(what, []).append(_sql(kind.this))
            case exp.Reference():
                said[what] = _target(kind)
            case _ if what:
                said[what] = []
            case _:
                raise OpaqueError(type(kind).__name__)
        if constraint.this is not None and constraint.name and what:
            names.append((what, constraint.name))
    checks = said.get("check", [])
    check = " AND ".join(f"({one})" for one in checks) if len(checks) > 1 else "".join(checks)
    return (
        word, table, one.name, _kind(one.kind), nullable, default, "primary-key" in said, "unique" in said, check,
        ".".join(said.get("foreign-key", [])), False, tuple(sorted(names)), *more,
    )  # fmt: skip


def _target(reference: Any) -> list[str]:
    target = reference.this
    if not isinstance(target, exp.Schema):
        return [_name(target)]
    columns = _names(target.expressions)
    return [_name(target.this), *(columns if len(columns) == 1 else ())]


def _constraint(node: Any, table: str) -> Iterator[Fact]:
    name = ""
    if isinstance(node, exp.Constraint):
        name = node.name
        (node,) = node.expressions
    match node:
        case exp.PrimaryKey():
            yield "constraint", table, "primary-key", name, _names(node.expressions), False
        case exp.UniqueColumnConstraint():
            yield "constraint", table, "unique", name, _names(node.this.expressions), False
        case exp.CheckColumnConstraint():
            yield "constraint", table, "check", name, _sql(node.this), False
        case exp.ForeignKey():
            target = node.args["reference"]
            there = _names(target.this.expressions) if isinstance(target.this, exp.Schema) else ()
            columns = _names(node.expressions)
            yield "constraint", table, "foreign-key", name, columns, False, ".".join(_target(target)), there
        case _:
            raise OpaqueError(type(node).__name__)


def _action(action: Any, table: str) -> Iterator[Fact]:
    match action:
        case exp.ColumnDef():
            yield _column("add column", action, table, bool(action.args.get("exists")))
        case exp.AlterColumn():
            forbids = action.args.get("allow_null")
            dropped = bool(action.args.get("drop"))
            texts = _sql(action.args.get("default")), _sql(action.args.get("using"))
            nullable, drops_default = (None if forbids is None else dropped), dropped and forbids is None
            yield "alter column", table, action.name, _kind(action.args.get("dtype")), nullable, drops_default, *texts
        case exp.Drop() if action.args["kind"] in {"COLUMN", "CONSTRAINT"}:
            for one in action.args["tables"]:
                yield f"drop {action.args['kind'].lower()}", table, one.name, *_flags(action, "exists", "cascade")
        case exp.AddConstraint():
            for one in action.expressions:
                yield from _constraint(one, table)
        case exp.RenameColumn():
            yield "rename column", table, action.this.name, action.args["to"].name
        case exp.AlterRename():
            yield "rename table", table, _name(action.this).rpartition(".")[2]
        case _:
            raise OpaqueError(type(action).__name__)
