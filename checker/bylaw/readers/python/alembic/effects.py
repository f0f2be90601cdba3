"""What one call inside a revision does to the database."""

from __future__ import annotations

import sys
from typing import Final

from bylaw.facts.migrations import CreateObject, DropObject, DropTable, Operation, OtherStatement, RunCode, UnreadOperation
from bylaw.facts.values import Attr, Call, Items, Local, Opaque, Ref, Value
from bylaw.readers.python.alembic.arguments import Arguments
from bylaw.readers.python.alembic.columns import name_of, sql_text
from bylaw.readers.python.alembic.data import data_change, table_of
from bylaw.readers.python.alembic.interpreter import Effects, Interpreter
from bylaw.readers.python.alembic.operations import knows, operation_of, table_operations
from bylaw.readers.python.alembic.types import enum_labels, enum_name
from bylaw.readers.python.embedded_sql import sql_of, sql_operations
from bylaw.source import Span

OP: Final = "alembic.op"
_HARMLESS_OPS: Final = frozenset({
    "get_bind", "get_context", "f", "inline_literal", "batch_alter_table", "implementation_for", "register_operation", "run_async",
    "invoke",
})  # fmt: skip
_EXECUTES: Final = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "executemany"})
_DATA_METHODS: Final = frozenset({
    "commit", "flush", "add_all", "merge", "query", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "rollback",
    "exec",
})  # fmt: skip


def effect_of(written: Call, call: Call, effects: Effects, interpreter: Interpreter) -> bool:
    """Add what `call` (folded) does. True when the calls among its arguments need no look of their own."""
    operation, batch = _operation_name(call)
    if operation:
        effects.add(_operation(operation, batch, written, call, effects.dialect, interpreter))
        return operation not in {"execute", "bulk_insert"}
    if interpreter.own_function(call) is not None:
        if not interpreter.follow(call):
            effects.add([UnreadOperation(written.span, f"{call.method} is nested too deeply to follow")])
        return False
    found = _object_operation(written, call, effects.dialect, interpreter)
    if found is not None:
        effects.add(found)
        return True
    return _is_pure(call)


def _operation_name(call: Call) -> tuple[str, Call | None]:
    """The name of an `op` or batch operation that a folded call is, with the call that opened the batch."""
    match call.function:
        case Ref(name) if name.startswith(f"{OP}."):
            return name[len(OP) + 1 :], None
        case Attr(Call(Ref("alembic.op.batch_alter_table")) as batch, name):
            return name, batch
        case Attr(Call(Ref("alembic.operations.Operations" | "alembic.operations.base.Operations")), name):
            return name, None
        case Attr(Local("op" | "operations"), name) if knows(name) or name == "execute":
            return name, None
        case Attr(Local("batch_op" | "batch"), name) if knows(name):
            return name, Call(Ref("alembic.op.batch_alter_table", call.span), (), (), call.span)
        case _:
            return "", None


def _operation(
    name: str, batch: Call | None, written: Call, call: Call, dialect: str, interpreter: Interpreter
) -> list[Operation]:
    placed = Call(call.function, call.args, call.keywords, written.span)
    if name in _HARMLESS_OPS or "." in name:
        return []
    if name == "execute":
        return _execute(placed.argument(0, "sqltext"), written.span, dialect, interpreter, strict=True)
    arguments = Arguments(placed, name)
    if batch is not None:
        opened = Arguments(batch, "drop_table")
        arguments = Arguments(placed, name, opened.table_name())
    found = operation_of(arguments)
    if found is not None:
        return found
    return _extension(name, placed)


def _extension(name: str, call: Call) -> list[Operation]:
    """Operations that plug-ins add to `op`."""
    verb, _, noun = name.partition("_")
    if noun == "entity" and call.args:
        kind, target = _entity(call.args[0])
        if verb in {"create", "replace"}:
            return [CreateObject(kind, target, call.span, replace=verb == "replace")]
        if verb == "drop":
            return [DropObject(kind, target, call.span)]
    return [UnreadOperation(call.span, f"op.{name} is no operation of Alembic itself")]


def _entity(value: Value) -> tuple[str, str]:
    """Kind and name of an alembic-utils entity."""
    kinds = {
        "PGFunction": "function", "PGView": "view", "PGMaterializedView": "materialized view", "PGTrigger": "trigger",
        "PGPolicy": "policy", "PGExtension": "extension", "PGGrantTable": "grant",
    }  # fmt: skip
    if isinstance(value, Call):
        schema, name = name_of(value.argument(0, "schema")), name_of(value.argument(1, "signature"))
        if name:
            bare = name.partition("(")[0]
            return kinds.get(value.method, "entity"), f"{schema}.{bare}" if schema else bare
    return "entity", value.name.rpartition(".")[2] if isinstance(value, Ref) else ""


def _execute(
    argument: Value | None, where: Span, dialect: str, interpreter: Interpreter, *, strict: bool
) -> list[Operation]:
    """What a statement does that is handed to `execute`. `strict`: an unknown one is unread (else it is Python that moves data)."""
    if argument is None:
        return []
    if isinstance(argument, Items):
        return [found for item in argument.items for found in _execute(item, where, dialect, interpreter, strict=strict)]
    inner = _sql_argument(argument)
    sql = sql_of(inner)
    if sql is not None:
        return list(sql_operations(sql, interpreter.module.content, dialect))
    change = data_change(argument, where)
    if change is not None:
        return [change]
    construct = _construct(argument, where)
    if construct is not None:
        return construct
    if strict:
        return [UnreadOperation(where, "the SQL is computed at run time")]
    return [RunCode(where)]


def _sql_argument(value: Value) -> Value:
    """The string inside `sa.text(...)` and the calls chained to it."""
    for _ in range(20):
        if not isinstance(value, Call):
            break
        if value.method in {"text", "DDL", "SQL"} and value.args:
            return value.args[0]
        if value.method in {"bindparams", "execution_options", "columns", "format", "strip"} and isinstance(value.function, Attr):
            value = value.function.value
        else:
            break
    return value


def _construct(value: Value, where: Span) -> list[Operation] | None:
    """`CreateSequence(...)`, `CreateTable(...)` and the other DDL elements of SQLAlchemy."""
    if not isinstance(value, Call):
        return None
    for verb, action in (("Create", CreateObject), ("Drop", DropObject)):
        noun = value.method.removeprefix(verb)
        if value.method.startswith(verb) and noun in {"Sequence", "Schema", "View"} and value.args:
            inner = value.args[0]
            target = name_of(inner.args[0]) if isinstance(inner, Call) and inner.args else name_of(inner)
            return [action(noun.lower(), target or "", where)]
    return None


def _object_operation(written: Call, call: Call, dialect: str, interpreter: Interpreter) -> list[Operation] | None:
    """Calls on connections, sessions, types and tables; None for any other call."""
    if not isinstance(call.function, Attr):
        return _imported(written, call)
    receiver, method = call.function.value, call.function.name
    if method in _EXECUTES:
        return _execute(call.argument(0, "statement"), written.span, dialect, interpreter, strict=False)
    if method in {"create", "drop"} and isinstance(receiver, Call):
        return _created(receiver, method, written.span)
    if method in {"create_all", "drop_all"}:
        return [UnreadOperation(written.span, f"{method} changes every table of a metadata object")]
    return [RunCode(written.span)] if method in _DATA_METHODS else None


def _created(receiver: Call, method: str, where: Span) -> list[Operation] | None:
    """`sa.Enum(...).create(bind)`, `table.drop(bind)`."""
    if receiver.method.upper() == "ENUM":
        name = enum_name(receiver)
        if method == "create":
            return [CreateObject("type", name, where, labels=enum_labels(receiver))]
        return [DropObject("type", name, where)]
    if receiver.method == "Table":
        table = table_of(receiver)
        if table is None:
            return [UnreadOperation(where, f"the name of the table to {method} is computed at run time")]
        if method == "drop":
            return [DropTable(table, where)]
        return list(table_operations(table, receiver.args[2:], Call(receiver.function, receiver.args, receiver.keywords, where)))
    if receiver.method == "Index":
        return [UnreadOperation(where, f"an Index object is told to {method} itself")]
    return None


def _imported(written: Call, call: Call) -> list[Operation] | None:
    return None


def _is_pure(call: Call) -> bool:
    return isinstance(call.function, Ref) and call.function.name.startswith("sqlalchemy.")


__all__ = ["Opaque", "OtherStatement", "effect_of", "sql_text", "sys"]
