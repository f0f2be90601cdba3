"""What one call inside a revision does to the database."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from bylaw.facts.migrations import (
    CreateObject,
    DropObject,
    HelperCall,
    Operation,
    RunCode,
    Transaction,
    UnreadOperation,
)
from bylaw.facts.values import Attr, Call, Constant, Index, Local, Ref, Text, Value
from bylaw.readers.python.alembic.arguments import Arguments
from bylaw.readers.python.alembic.columns import name_of
from bylaw.readers.python.alembic.enums import synced_enum
from bylaw.readers.python.alembic.imported import imported_call
from bylaw.readers.python.alembic.models import model_table, query_change, with_tables
from bylaw.readers.python.alembic.operations import knows, operation_of
from bylaw.readers.python.alembic.run import AUTOCOMMIT_BEGIN, AUTOCOMMIT_END, Run
from bylaw.readers.python.alembic.statements import created, executed

OP: Final = "alembic.op"
_COMPUTED: Final = "(computed)"
"""Stands for the name of an operation that is known at run time alone."""
_HARMLESS: Final = frozenset({
    "get_bind", "get_context", "f", "inline_literal", "batch_alter_table", "implementation_for", "register_operation",
})  # fmt: skip
_BLOCKS: Final[dict[str, Literal["autocommit-begin", "autocommit-end"]]] = {
    AUTOCOMMIT_BEGIN: "autocommit-begin", AUTOCOMMIT_END: "autocommit-end",
}  # fmt: skip
_EXECUTES: Final = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "executemany"})
_DATA_METHODS: Final = frozenset({
    "commit", "flush", "add_all", "merge", "query", "bulk_save_objects", "bulk_insert_mappings",
    "bulk_update_mappings", "exec", "to_sql", "run_sync", "bulk_create",
})  # fmt: skip
_SCHEMA_METHODS: Final = frozenset({
    "create_table", "drop_table", "drop_column", "alter_column", "create_index", "drop_index", "drop_constraint",
    "rename_table", "create_foreign_key", "create_unique_constraint", "create_check_constraint", "create_primary_key",
})  # fmt: skip
_OPERATIONS_TYPES: Final = frozenset({"alembic.operations.Operations", "alembic.operations.base.Operations"})
_NOUNS: Final = {
    "entity": "entity", "view": "view", "materialized_view": "materialized view", "mview": "materialized view",
    "sp": "function", "function": "function", "procedure": "procedure", "trigger": "trigger", "policy": "policy",
    "extension": "extension", "sequence": "sequence", "schema": "schema",
}  # fmt: skip
_ENTITIES: Final = {
    "PGFunction": "function", "PGView": "view", "PGMaterializedView": "materialized view", "PGTrigger": "trigger",
    "PGPolicy": "policy", "PGExtension": "extension", "PGGrantTable": "grant",
}  # fmt: skip


class Site(msgspec.Struct, frozen=True):
    """A call in a revision: as written (for its place), folded (for its meaning), and the run that meets it."""

    written: Call
    call: Call
    run: Run
    alone: bool = False
    """The call is a whole statement."""

    def execute(self, argument: Value | None, *, strict: bool) -> list[Operation]:
        dialect = self.run.conditions.dialect
        if argument is not None:
            argument = self.run.late.in_call(Call(self.call.function, (argument,), (), self.call.span)).args[0]
            argument = with_tables(argument, self.run.module)
        content, strings = self.run.module.content, self.run.strings
        return executed(argument, self.written.span, content, dialect, strings, strict=strict)


def effect_of(site: Site) -> bool:
    """Add what a call does to the run. True when the calls among its arguments need no look of their own."""
    call, run = site.call, site.run
    if call.name in _BLOCKS:
        run.add([Transaction(_BLOCKS[call.name], site.written.span)])
        return True
    operation, batch = _operation_name(call)
    if operation:
        run.add(_operation(operation, batch, site))
        return operation not in {"execute", "bulk_insert", "run_async", "invoke"}
    if _dispatches(call):
        run.follow_named(_prefix(call))
        return True
    if run.own_function(call) is not None:
        if not run.follow(call):
            run.add(run.unfollowed(call, site.written.span))
        return False
    found = _object_operation(site)
    run.add(found or ())
    return bool(found) or (isinstance(call.function, Ref) and call.function.name.startswith("sqlalchemy."))


def _operation_name(call: Call) -> tuple[str, Call | None]:
    """The name of an `op` or batch operation that a folded call is, with the call that opened the batch."""
    match call.function:
        case Ref(name) if name.startswith(f"{OP}."):
            return name[len(OP) + 1 :], None
        case Call(Ref("builtins.getattr"), (Ref("alembic.op"), named, *_)):
            return (named.value if isinstance(named, Constant) and isinstance(named.value, str) else _COMPUTED), None
        case Attr(Call(Ref("alembic.op.batch_alter_table")) as batch, name):
            return name, batch
        case Attr(Call(Ref(kind)), name) if kind in _OPERATIONS_TYPES:
            return name, None
        case Attr(Local("op" | "operations"), name) if knows(name) or name == "execute":
            return name, None
        case Attr(Local("batch_op" | "batch"), name) if knows(name):
            return name, Call(Ref("alembic.op.batch_alter_table", call.span), (), (), call.span)
        case _:
            return "", None


def _operation(name: str, batch: Call | None, site: Site) -> list[Operation]:
    late = site.run.late
    name = name.replace("_geospatial_", "_")
    named = late.in_call(site.call)
    call = Call(named.function, named.args, named.keywords, site.written.span)
    if name in _HARMLESS or "." in name:
        return []
    if name == "execute" and (kept := late.of_elsewhere(site.call.argument(0, "sqltext"))):
        return [UnreadOperation(call.span, "the SQL is put together at run time", HelperCall(kept))]
    if name == "execute":
        return site.execute(call.argument(0, "sqltext"), strict=True)
    if name == "run_async":
        return [RunCode(call.span)]
    table = Arguments(late.in_call(batch), "drop_table").table_name() if batch is not None else ""
    found = operation_of(Arguments(call, name, table))
    return found if found is not None else _extension(name, call)


def _extension(name: str, call: Call) -> list[Operation]:
    """Operations that plug-ins and recipes add to `op`: entities of alembic-utils, `create_view`, `replace_sp` …"""
    verb, _, noun = name.replace("create_or_replace", "replace").partition("_")
    kind = _NOUNS.get(noun, "")
    if kind and call.args and verb in {"create", "replace", "drop"}:
        target = call.args[0]
        kind, found = _entity(target) if kind == "entity" else (kind, name_of(target) or _replaceable(target))
        if verb == "drop":
            return [DropObject(kind, found, call.span)]
        return [CreateObject(kind, found, call.span, replace=verb == "replace")]
    if name == "sync_enum_values" and (exchanged := synced_enum(call)) is not None:
        return exchanged
    if name == _COMPUTED:
        return [UnreadOperation(call.span, "the operation is named at run time")]
    return [UnreadOperation(call.span, f"op.{name} is no operation of Alembic itself")]


def _replaceable(value: Value) -> str:
    """The name of a `ReplaceableObject("name", "body")`; a function's comes without its parameters."""
    if not isinstance(value, Call):
        return ""
    return (name_of(value.argument(0, "name")) or "").partition("(")[0]


def _entity(value: Value) -> tuple[str, str]:
    """Kind and name of an alembic-utils entity."""
    if isinstance(value, Call):
        schema, name = name_of(value.argument(0, "schema")), name_of(value.argument(1, "signature"))
        if name:
            bare = name.partition("(")[0]
            return _ENTITIES.get(value.method, "entity"), f"{schema}.{bare}" if schema else bare
    return "entity", value.name.rpartition(".")[2] if isinstance(value, Ref) else ""


def _dispatches(call: Call) -> bool:
    """`globals()["upgrade_%s" % engine]()` and `eval("upgrade_" + engine)()`, as templates for several databases do."""
    match call.function:
        case Index(Call(Ref("builtins.globals")), _):
            return True
        case Call(Ref("builtins.eval"), (_,)):
            return True
        case _:
            return False


def _prefix(call: Call) -> str:
    """The literal beginning of the name that a dispatching call computes."""
    match call.function:
        case Index(_, index):
            name = index
        case Call(_, (argument,)):
            name = argument
        case _:
            return ""
    first = name.parts[0] if isinstance(name, Text) and name.parts else name
    return first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""


def _object_operation(site: Site) -> list[Operation] | None:
    """Calls on connections, sessions, types and tables, and of imported functions; None for any other call."""
    call, where = site.call, site.written.span
    method = call.method
    if not isinstance(call.function, Attr | Ref):
        return None
    receiver = call.function.value if isinstance(call.function, Attr) else None
    if method in _EXECUTES and (receiver is not None or "." in call.name):
        return site.execute(call.argument(0, "statement"), strict=False)
    if (
        method in {"create", "drop"}
        and isinstance(receiver, Call)
        and (found := created(receiver, method, where)) is not None
    ):
        return found
    if method in {"create_all", "drop_all"}:
        return [UnreadOperation(where, f"{method} changes every table of a metadata object")]
    if receiver is None:
        if method in {"create", "drop"} and call.name.endswith((".__table__.create", ".__table__.drop")):
            table = model_table(site.run.module, call.name.removesuffix(f".__table__.{method}"))
            reason = f"a model's table is told to {method} itself"
            return [UnreadOperation(where, reason)] if table is None else created(table, method, where)
        return imported_call(call, where, site.run.conditions, alone=site.alone)
    if (change := query_change(call, where, site.run.module)) is not None:
        return [change]
    if method in _SCHEMA_METHODS:
        return [UnreadOperation(where, f"{method} on something that is not Alembic's op")]
    return [RunCode(where)] if method in _DATA_METHODS else None
