"""Calls of functions that another module defines: what their names and arguments tell, since their bodies are not
seen here.
"""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts.migrations import CreateObject, Operation, RunCode, UnreadOperation
from bylaw.facts.values import Call, Constant, Items, Ref, Value, text_of
from bylaw.readers.python.alembic.arguments import Arguments
from bylaw.readers.python.alembic.columns import is_column
from bylaw.readers.python.alembic.late import LIBRARIES, helper_call
from bylaw.readers.python.alembic.operations import operation_of, table_operations
from bylaw.readers.python.interpret.conditions import DIALECTS, Conditions
from bylaw.source import Span

_NOUNS: Final = frozenset({
    "table", "tables", "column", "columns", "col", "cols", "index", "indexes", "indices", "idx", "constraint",
    "constraints", "fk", "fks", "pk", "pks", "foreignkey", "foreignkeys", "key", "keys", "trigger", "triggers",
    "view", "views", "enum", "enums", "type", "schema", "sequence", "sequences", "extension", "ddl", "partition",
    "partitions", "unique", "nullable",
})  # fmt: skip
_VERBS: Final = frozenset({
    "create", "add", "drop", "remove", "alter", "rename", "modify", "change", "redefine", "cast", "convert", "make",
    "ensure", "sync", "replace", "recreate", "delete", "upgrade", "apply", "set", "install", "attach", "detach", "fix",
})  # fmt: skip
_QUESTIONS: Final = frozenset({
    "has", "get", "is", "find", "check", "exists", "exist", "list", "fetch", "inspect", "can", "should", "lookup",
    "generic", "load", "validate", "assert", "verify", "read", "needs", "contains", "generate", "build", "format",
    "quote", "resolve",
})  # fmt: skip
_DDL_MODULES: Final = frozenset({"constraints", "indexes", "ddl", "schema"})
_CONDITION: Final = re.compile(r"_if_(?:not_)?exists?\b")
_WORDS: Final = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+(?![a-z])")


def imported_call(call: Call, where: Span, conditions: Conditions, *, alone: bool) -> list[Operation]:
    """What a call of an imported function may do. `alone`: the call is a statement, its result is not used."""
    path = call.name
    if not path or path.partition(".")[0] in LIBRARIES:
        return []
    words = _words(_CONDITION.sub("", path.rpartition(".")[2]))
    if _for_another_dialect(words, conditions):
        return []
    plain = _plain_operation(call, where)
    if plain is not None:
        return plain
    if call.method == "sync_trigger" and (trigger := _search_trigger(call)):
        return [CreateObject("trigger", trigger, where, replace=True)]
    if not words & _QUESTIONS:
        if words & _NOUNS and words & _VERBS:
            return [_unread(call, where)]
        module = path.split(".")[-2] if path.count(".") else ""
        if alone and (_words(module) & _DDL_MODULES or any(_is_operations(argument) for argument in call.args)):
            return [_unread(call, where)]
    return [RunCode(where, call=helper_call(call))] if alone and not path.rpartition(".")[2][:1].isupper() else []


def is_schema_manager(call: Call) -> bool:
    """Whether an imported context manager may change the schema around what stands inside it."""
    if not call.name or call.name.partition(".")[0] in LIBRARIES:
        return False
    return bool(_words(call.method) & _NOUNS) or any(_is_operations(argument) for argument in call.args)


def _unread(call: Call, where: Span) -> UnreadOperation:
    module, _, name = call.name.rpartition(".")
    return UnreadOperation(where, f"{name} of {module} may change the schema", helper_call(call))


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(name))


def _for_another_dialect(words: frozenset[str], conditions: Conditions) -> bool:
    """`mysql_drop_foreignkey`, `disable_sqlite_fkeys`: helpers that are there for one database."""
    named = {DIALECTS[word] for word in words if word in DIALECTS}
    conditions.asked |= named
    return bool(named) and conditions.dialect not in named


def _is_operations(value: Value) -> bool:
    return (isinstance(value, Ref) and value.name == "alembic.op") or _is_batch(value)


def _is_batch(value: Value) -> bool:
    return isinstance(value, Call) and value.name == "alembic.op.batch_alter_table"


def _plain_operation(call: Call, where: Span) -> list[Operation] | None:
    """Wrappers that are called as the operation is: `create_table("t", sa.Column(…))`, `drop_columns("t", "a",
    "b")`.
    """
    args = call.args[1:] if call.args and _is_operations(call.args[0]) and not _is_batch(call.args[0]) else call.args
    table = text_of(args[0]) if args else None
    if table is None:
        return None
    rest = tuple(
        item for argument in args[1:] for item in (argument.items if isinstance(argument, Items) else (argument,))
    )
    placed = Call(call.function, args, call.keywords, where)
    match call.method:
        case "create_table" | "create_table_if_not_exists" if rest and is_column(rest[0]):
            return list(table_operations(table, rest, placed, if_not_exists="if_not" in call.method))
        case "drop_table" | "drop_table_if_exists" if not rest:
            return operation_of(Arguments(placed, "drop_table"))
        case "add_column" | "add_columns" if rest and all(is_column(item) for item in rest):
            return _each("add_column", table, rest, call, where)
        case "drop_column" | "drop_columns" if rest and all(text_of(item) for item in rest):
            return _each("drop_column", table, rest, call, where)
        case _:
            return None


def _each(operation: str, table: str, items: tuple[Value, ...], call: Call, where: Span) -> list[Operation]:
    found: list[Operation] = []
    for item in items:
        one = Call(call.function, (Constant(table, where), item), (), where)
        found.extend(operation_of(Arguments(one, operation)) or ())
    return found


def _search_trigger(call: Call) -> str:
    """The trigger that sqlalchemy-searchable's `sync_trigger(connection, table, column, …)` makes."""
    table, column = text_of(call.argument(1, "table_name")), text_of(call.argument(2, "tsvector_column"))
    return f"{table}_{column}_trigger" if table and column else ""


__all__ = ["imported_call"]
