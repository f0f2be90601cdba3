"""What is handed to `execute`, and objects that are told to create or drop themselves."""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts.migrations import (
    CreateObject,
    DropIndex,
    DropObject,
    DropTable,
    Operation,
    RunCode,
    UnreadOperation,
)
from bylaw.facts.values import Attr, Call, Choice, Constant, Entries, Items, Local, Text, Value, text_of
from bylaw.readers.python.alembic.columns import name_of, table_constraint
from bylaw.readers.python.alembic.data import data_change, table_of
from bylaw.readers.python.alembic.operations import table_operations
from bylaw.readers.python.alembic.types import enum_labels, enum_name
from bylaw.readers.python.embedded_sql import SqlStrings, sql_of, sql_operations, unknown_sql
from bylaw.source import Span

_CHAINED: Final = frozenset({"bindparams", "params", "execution_options", "columns", "format", "strip"})
_TEXTS: Final = frozenset({"text", "DDL", "SQL"})
_IN_CONTEXT: Final = re.compile(r"%\((\w+)\)s")
_OBJECTS: Final = frozenset({"Sequence", "Schema", "View", "Extension", "Type", "EnumType"})


def executed(
    argument: Value | None, where: Span, content: bytes, dialect: str, strings: SqlStrings, *, strict: bool
) -> list[Operation]:
    """What a statement does that is handed to `execute`.

    `content` is the file, `where` the call, `strings` as in `sql_operations`. A computed statement is unread if
    `strict` (it was handed to `op.execute`), else it is Python that moves data.
    """
    if argument is None:
        return []
    said = _text_argument(argument)
    if isinstance(said, Choice):
        either = (said.then, said.otherwise)
        return [one for part in either for one in executed(part, where, content, dialect, strings, strict=strict)]
    if isinstance(argument, Items):
        each = (executed(item, where, content, dialect, strings, strict=strict) for item in argument.items)
        return [found for one in each for found in one]
    sql = sql_of(said)
    if sql is not None:
        return list(sql_operations(sql, content, dialect, strings))
    change = data_change(argument, where)
    if change is not None:
        return [change]
    construct = _construct(argument, where)
    if construct is not None:
        return construct
    return [unknown_sql(said, where)] if strict else [RunCode(where)]


def _text_argument(value: Value) -> Value:
    """The string inside `sa.text(...)` and the calls chained to it."""
    for _ in range(20):
        if not isinstance(value, Call):
            break
        if value.method == "DDL" and value.args:
            return _with_context(value.args[0], value.argument(1, "context"))
        if value.method in _TEXTS and value.args:
            return value.args[0]
        if value.method not in _CHAINED or not isinstance(value.function, Attr):
            break
        value = value.function.value
    return value


def _with_context(statement: Value, context: Value | None) -> Value:
    """The text of a `DDL` element, `%(name)s` in it replaced from its context; what that leaves open is computed."""
    text = text_of(statement)
    if text is None or "%(" not in text:
        return statement
    entries = context.entries if isinstance(context, Entries) else ()
    known = {text_of(key): value for key, value in entries}
    pieces = _IN_CONTEXT.split(text)
    parts = tuple(
        (known.get(piece) or Local(piece, statement.span)) if at % 2 else Constant(piece, statement.span)
        for at, piece in enumerate(pieces)
    )
    if all(isinstance(part, Constant) for part in parts):
        return Constant("".join(str(part.value) for part in parts if isinstance(part, Constant)), statement.span)
    return Text(parts, statement.span)


def _construct(value: Value, where: Span) -> list[Operation] | None:
    """`CreateSequence(...)`, `CreateTable(...)` and the other DDL elements of SQLAlchemy."""
    if not isinstance(value, Call) or not value.args:
        return None
    inner = value.args[0]
    for verb, method in (("Create", "create"), ("Drop", "drop")):
        noun = value.method.removeprefix(verb)
        if not value.method.startswith(verb):
            continue
        if noun in {"Table", "Index"} and isinstance(inner, Call):
            return created(inner, method, where)
        if noun in _OBJECTS:
            name = (name_of(inner.args[0]) if isinstance(inner, Call) and inner.args else name_of(inner)) or ""
            kind = {"EnumType": "type"}.get(noun, noun.lower())
            return [CreateObject(kind, name, where) if method == "create" else DropObject(kind, name, where)]
    return None


def created(receiver: Call, method: str, where: Span) -> list[Operation] | None:
    """`sa.Enum(...).create(bind)`, `table.drop(bind)`: `method` is create or drop. None for other objects."""
    word = receiver.method
    if word.upper() == "ENUM" or word == "DOMAIN":
        kind = "type" if word != "DOMAIN" else "domain"
        name = enum_name(receiver) if kind == "type" else text_of(receiver.argument(0, "name")) or ""
        if method == "create":
            return [CreateObject(kind, name, where, labels=enum_labels(receiver) if kind == "type" else ())]
        return [DropObject(kind, name, where)]
    if word == "Sequence":
        name = text_of(receiver.argument(0, "name")) or ""
        return [CreateObject("sequence", name, where) if method == "create" else DropObject("sequence", name, where)]
    if word == "Table":
        return _table(receiver, method, where)
    if word == "Index":
        return _index(receiver, method, where)
    return None


def _table(receiver: Call, method: str, where: Span) -> list[Operation]:
    table = table_of(receiver)
    if table is None:
        return [UnreadOperation(where, f"the name of the table to {method} is computed at run time")]
    if method == "drop":
        return [DropTable(table, where)]
    if any(keyword.name == "autoload_with" for keyword in receiver.keywords):
        return [UnreadOperation(where, "a table is created with what it looks like at run time")]
    placed = Call(receiver.function, receiver.args, receiver.keywords, where)
    return list(table_operations(table, receiver.args[2:], placed))


def _index(receiver: Call, method: str, where: Span) -> list[Operation]:
    """An Index object: its table is that of the columns it is given (`table.c.column`)."""
    name = name_of(receiver.argument(0, "name")) or ""
    if method == "drop":
        return [DropIndex(name, where)]
    for column in receiver.args[1:]:
        table = _column_table(column)
        if table is not None:
            created_index = table_constraint(table, receiver)
            return [created_index] if created_index is not None else []
    return [UnreadOperation(where, "the table of the index is computed at run time")]


def _column_table(value: Value) -> str | None:
    """The table of `table.c.column`."""
    if isinstance(value, Attr) and isinstance(value.value, Attr) and value.value.name in {"c", "columns"}:
        return table_of(value.value.value)
    return None


__all__ = ["created", "executed"]
