"""What an operation says will change in a server's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from claims import ANY, Claim, exists, kinds_of, moved
from claims_of_kinds import claims_of_kind
from server_catalogue import Catalogue

from bylaw.facts import migrations as ops

TypeText = Callable[[str], str]
"""A type as the server spells it."""
_CONSTRAINTS = {"primary-key": "p", "unique": "u", "foreign-key": "f", "check": "c", "exclude": "x"}


def claims(operation: ops.Operation, before: Catalogue, type_text: TypeText) -> list[Claim]:
    """What has to change. Nothing where IF [NOT] EXISTS finds that it is so already."""
    found = list(_claims(operation, before, type_text))
    if getattr(operation, "if_not_exists", False) and any(exists(claim, before) for claim in found[:1]):
        return []
    if getattr(operation, "if_exists", False) and not any(exists(claim, before) for claim in found[:1]):
        return []
    return found


def _claims(operation: ops.Operation, before: Catalogue, type_text: TypeText) -> Iterator[Claim]:
    match operation:
        case ops.CreateTable():
            yield from _table(operation, type_text)
        case ops.DropTable(table=table):
            yield Claim("drop", ("table",), table)
        case ops.RenameTable(table=table, new_name=new):
            yield Claim("alter", ("table",), table, fields={"name": new})
        case ops.MoveTable(table=table, schema=schema):
            yield Claim("alter", ("table",), table, fields={"name": moved(table, schema)})
        case ops.AddColumn(table=table, column=column):
            yield from _column(table, column, type_text)
        case ops.DropColumn(table=table, column=column):
            yield Claim("drop", ("column",), column, table)
        case ops.RenameColumn(table=table, column=column, new_name=new):
            yield Claim("alter", ("column",), column, table, {"name": new})
        case ops.AlterColumn():
            yield from _altered(operation, type_text)
        case _:
            yield from _of_the_rest(operation, before, type_text)


def _of_the_rest(operation: ops.Operation, before: Catalogue, type_text: TypeText) -> Iterator[Claim]:
    match operation:
        case ops.AddConstraint():
            yield from _constraint(operation)
        case ops.DropConstraint(table=table, name=name):
            if exists(Claim("drop", ("constraint",), name, table), before) or operation.if_exists:
                yield Claim("drop", ("constraint",), name, table)
            else:  # NOT NULL is a field of its column
                yield Claim("alter", ("column",), _required(before, table, name), table, {"nullable": True})
        case ops.ValidateConstraint(table=table, name=name):
            if exists(Claim("alter", ("constraint",), name, table), before):
                yield Claim("alter", ("constraint",), name, table, {"valid": True})
            else:
                yield Claim("alter", ("column",), _required(before, table, name), table, {"nullable": False})
        case ops.CreateIndex():
            fields = {"unique": operation.unique, "columns": list(operation.columns), "where": bool(operation.where)}
            method = {"method": operation.method} if operation.method else {}
            yield Claim("create", ("index",), operation.name or None, operation.table, {**fields, **method})
        case ops.DropIndex(name=name):
            yield Claim("drop", ("index",), name)
        case ops.AlterEnum(type=kind, change="rename", value=value, new_value=new):
            yield Claim("alter", ("label",), value, kind, {"name": new})
        case ops.AlterEnum(type=kind, value=value, placed=placed):
            yield Claim("create", ("label",), value, kind, {"last": not placed})
        case ops.CreateObject():
            yield from _object(operation, before, type_text)
        case ops.DropObject(kind=kind, name=name, table=table, arguments=arguments):
            inputs = {} if arguments is None else {"arguments": [type_text(one) for one in arguments]}
            yield Claim("drop", kinds_of(kind), name or None, table or None, inputs)
        case ops.RenameObject(kind=kind, name=name, new_name=new, table=table):
            yield Claim("alter", kinds_of(kind), name, table or None, {"name": new})
        case ops.SetComment(kind=kind, table=table, column=part, comment=text):
            of = table if part else None
            yield Claim("alter", kinds_of(kind), part or table or None, of, {"comment": text or None})
        case ops.DataChange(kind="truncate", table=table):
            yield Claim("alter", ("table",), table, None, {"file": ANY})
        case ops.OtherStatement():
            yield from claims_of_kind(operation)
        case _:
            pass  # rows, settings and transactions are in no catalogue


def _required(before: Catalogue, table: str, constraint: str) -> str:
    """The column that a NOT NULL constraint of that name is about."""
    return next(
        (
            one.name
            for one in before.values()
            if one.kind == "column" and one.table == table and str(one.fields["not null"]).startswith(constraint)
        ),
        "",
    )


def _table(made: ops.CreateTable, type_text: TypeText) -> Iterator[Claim]:
    parent = (lambda found: made.partition_of in found) if made.partition_of else (lambda _: True)
    fields = {"partitioned": made.partitioned, "parents": parent, "persistence": lambda p: (p == "t") == made.temporary}
    yield Claim("create", ("table",), made.table, None, fields, loose=made.partial)
    for column in made.columns:
        key = column.name in made.primary_key
        yield from _column(made.table, msgspec.structs.replace(column, primary_key=False), type_text, key=key)
    if made.primary_key:
        name = made.primary_key_name or dict(_names(made.columns)).get("primary-key")
        yield Claim("create", ("constraint",), name, made.table, {"kind": "p", "columns": list(made.primary_key)})


def _names(columns: Iterable[ops.ColumnSpec]) -> Iterator[tuple[str, str]]:
    for column in columns:
        yield from column.constraint_names


_SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def _column(table: str, column: ops.ColumnSpec, type_text: TypeText, *, key: bool = False) -> Iterator[Claim]:
    required = column.nullable is False or key or column.primary_key or column.generation in {"serial", "identity"}
    filled = column.generation in {"serial", "stored", "virtual"}
    filled |= column.server_default is not None and column.server_default.lower() != "null"
    fields = {
        "type": type_text(_SERIAL.get(column.type, column.type)),
        "nullable": not required,
        "default": lambda text: (text is not None) == filled,
        "generated": {"stored": "s", "virtual": "v"}.get(column.generation, ""),
        "identity": ("a" if column.always else "d") if column.generation == "identity" else "",
    }
    yield Claim("create", ("column",), column.name, table, fields)
    names = dict(column.constraint_names)
    inline = {
        "primary-key": column.primary_key, "unique": column.unique, "check": column.check,
        "foreign-key": column.references,
    }  # fmt: skip
    for kind in [kind for kind, there in inline.items() if there]:
        target = {"target": lambda found: found == column.references.partition(".")[0]} if kind == "foreign-key" else {}
        what = {"kind": _CONSTRAINTS[kind], "columns": [column.name], **target}
        yield Claim("create", ("constraint",), names.get(kind), table, what)


def _altered(change: ops.AlterColumn, type_text: TypeText) -> Iterator[Claim]:
    fields: dict[str, Any] = {}
    if change.type is not None:
        fields["type"] = type_text(change.type)
    if change.nullable is not None:
        fields["nullable"] = change.nullable
    if change.server_default is not None:
        fields["default"] = lambda text: text is not None
    if change.drop_default:
        fields["default"] = None
    match change.generated:
        case "add-identity":
            fields["identity"] = "a" if change.always else "d"
        case "drop-identity":
            fields["identity"] = ""
        case "set-expression":
            fields["default"] = ANY
        case "drop-expression":
            fields |= {"generated": "", "default": None}
        case _:
            pass
    if change.generated == "set-identity":
        here = f"{change.table}.{change.column}"
        yield Claim(
            "alter", ("column", "sequence"), None, None, one_of=("identity", "sequence"),
            about=lambda one: here in {f"{one.table}.{one.name}", one.fields.get("belongs to")},
        )  # fmt: skip
    else:
        yield Claim("alter", ("column",), change.column, change.table, fields)


def _constraint(made: ops.AddConstraint) -> Iterator[Claim]:
    if made.kind == "not-null":
        named = {"not null": lambda text: str(text).startswith(made.name)} if made.name else {}
        valid = {} if made.not_valid else {"nullable": False}
        yield Claim("alter", ("column",), made.columns[0], made.table, {**named, **valid} or {"not null": ANY})
        return
    fields = {
        "kind": _CONSTRAINTS[made.kind], "enforced": not made.not_enforced,
        "valid": lambda valid: made.not_enforced or valid == (not made.not_valid),
    }  # fmt: skip
    columns = {"columns": list(made.columns)} if made.columns else {}
    target = {"target": made.references.partition(".")[0]} if made.references else {}
    yield Claim("create", ("constraint",), made.name or None, made.table, {**fields, **columns, **target})
    if made.using_index and made.name and made.using_index != made.name:
        yield Claim("alter", ("index",), made.using_index, made.table, {"name": made.name})


def _object(made: ops.CreateObject, before: Catalogue, type_text: TypeText) -> Iterator[Claim]:
    fields: dict[str, Any] = {"restrictive": made.restrictive} if made.kind == "policy" else {}
    if made.parameters is not None:
        fields["arguments"] = [type_text(one.type) for one in made.parameters]
        fields["optional"] = sum(one.optional for one in made.parameters)
        fields["results"] = list(made.columns)
        fields["returns"] = (lambda text: text == _returned(made.returns, type_text)) if made.returns else ANY
    if made.calls:
        fields["calls"] = made.calls
    there = Claim("alter", kinds_of(made.kind), made.name or None, made.table or None)
    if (made.replace or made.kind == "type") and exists(there, before):
        yield msgspec.structs.replace(there, one_of=("query", "body", "owner", "file", "storage", "defined"))
    else:
        loose = made.kind.endswith("view") and not made.columns
        yield Claim("create", kinds_of(made.kind), made.name or None, made.table or None, fields, loose=loose)
    parts = {"type": "attribute"}.get(made.kind, "column") if made.parameters is None else ""
    for kind, name in [*(("label", one) for one in made.labels), *((parts, one) for one in made.columns if parts)]:
        claim = Claim("create", (kind,), name, made.name)
        if not exists(claim, before):
            yield claim
    if made.constrained:
        yield Claim("create", ("domain constraint",), None, made.name)


def _returned(text: str, type_text: TypeText) -> str:
    several = text.startswith("setof ")
    return ("setof " if several else "") + type_text(text.removeprefix("setof "))
