"""SQL text inside Python strings, handed to the SQL reader, with places that point into the string."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from bylaw.facts.late import is_late
from bylaw.facts.migrations import (
    AddColumn,
    CreateTable,
    DataChange,
    DropObject,
    Operation,
    OtherStatement,
    RunCode,
    SetComment,
    Setting,
    Transaction,
    UnreadOperation,
)
from bylaw.facts.values import Constant, Opaque, Text, Value
from bylaw.readers.sql.text import Earlier
from bylaw.source import Span

PLACEHOLDER: Final = "bylaw_computed_value"
_SCHEMA_WORDS: Final = re.compile(r"\b(?:create|alter|drop|rename|comment)\b", re.IGNORECASE)
_NUMBERED: Final = re.compile(rf"\b((?:re)?start\s+with\s+){PLACEHOLDER}\b", re.IGNORECASE)
"""Where only a number may stand: the next one of a sequence."""
_MOVES_DATA: Final = re.compile(r"\s*(?:select|insert|update|delete|with|merge|replace)\b", re.IGNORECASE)
_PRAGMA: Final = re.compile(r"\s*pragma\b", re.IGNORECASE)
_CUT: Final = "the SQL has a string of more than 200,000 characters"
_LITERAL_STARTS: Final = ('"""', "'''", '"', "'")


class SqlText(msgspec.Struct, frozen=True):
    """A statement text and where it stands. `computed` says that parts of it are placeholders, `cut` that one of these
    stands for a string that is too long to be kept.
    """

    text: str
    span: Span
    computed: bool = False
    cut: bool = False


class SqlStrings(msgspec.Struct):
    """The SQL of a migration's strings, in the order in which it runs."""

    statements: list[Span] = []
    """As in `Migration.embedded`."""
    earlier: Earlier = msgspec.field(default_factory=Earlier)
    computed: bool = False
    """Whether parts of what ran so far are placeholders."""


def sql_of(value: Value) -> SqlText | None:
    """The SQL that a folded string expression is, with placeholders for what is computed; None for anything else."""
    match value:
        case Constant(str(text), where):
            return SqlText(text, where)
        case Text(parts, where):
            pieces = [str(part.value) if isinstance(part, Constant) else PLACEHOLDER for part in parts]
            text = _NUMBERED.sub(r"\g<1>1", "".join(pieces))
            return SqlText(text, where, computed=True, cut=any(map(_is_cut, parts)))
        case _:
            return None


def unknown_sql(value: Value | None, where: Span) -> UnreadOperation:
    """What is said of a statement that is none for `sql_of`."""
    return UnreadOperation(where, _CUT if _is_cut(value) else "the SQL is computed at run time")


def _is_cut(value: Value | None) -> bool:
    return isinstance(value, Opaque) and value.kind == "long-string"


def changes_schema(text: str) -> bool:
    """Whether an SQL text seems to hold a statement that changes the schema, not just rows."""
    return _SCHEMA_WORDS.search(text) is not None


def sql_operations(sql: SqlText, content: bytes, dialect: str, strings: SqlStrings) -> tuple[Operation, ...]:
    """The operations of an SQL text that stands in a Python file with this content. `strings`, what ran before it, get
    the places of its statements, where there are several operations, and the functions that it defines.
    """
    place = _places(sql, content)
    earlier = None if is_late(sql.text) else strings.earlier
    operations, whole = _read(sql.text, _dialect_of(sql.text, dialect), place, earlier)
    strings.computed = strings.computed or sql.computed
    if len(operations) > 1:
        strings.statements.extend(whole)
    if _MOVES_DATA.match(sql.text) and not changes_schema(sql.text):
        operations = tuple(_as_data(one) if sql.span.contains(one.span) else one for one in operations)
    if strings.computed:
        operations = tuple(_without_placeholders(operation) for operation in operations)
    if is_late(sql.text):
        operations = tuple(_with_plain_reason(operation) for operation in operations)
    if sql.cut:
        operations = tuple(UnreadOperation(o.span, _CUT) if isinstance(o, UnreadOperation) else o for o in operations)
    return operations


def _dialect_of(text: str, dialect: str) -> str:
    """The dialect asked for, where that is not PostgreSQL; else what the text gives away, and '' (PostgreSQL is tried
    first) where that is nothing: code that asks for no database is only held to be for that one.
    """
    if dialect != "postgres":
        return dialect
    return "sqlite" if _PRAGMA.match(text) else "mysql" if _quotes_with_backticks(text) else ""


def _quotes_with_backticks(text: str) -> bool:
    """Whether backticks stand in the SQL itself: a comment or a string may have some as well."""
    if "`" not in text:
        return False
    from bylaw.readers.sql.lexer import ANY, pieces  # noqa: PLC0415 - rarely needed

    return any(kind == "quoted" and text[start] == "`" for kind, start, _, _ in pieces(text, ANY))


def _as_data(operation: Operation) -> Operation:
    """A statement on rows that cannot be parsed (a driver's parameter, a computed list) is no riddle about the
    schema.
    """
    return RunCode(operation.span) if isinstance(operation, UnreadOperation) else operation


def _with_plain_reason(operation: Operation) -> Operation:
    if isinstance(operation, UnreadOperation) and is_late(operation.reason):
        return UnreadOperation(operation.span, "the SQL is put together at run time")
    return operation


def _read(
    text: str, dialect: str, place: Callable[[int, int], Span], earlier: Earlier | None
) -> tuple[tuple[Operation, ...], tuple[Span, ...]]:
    """The operations of a text, and its statements, those inside of others behind them."""
    try:
        from bylaw.readers.sql.statements import reading_of  # noqa: PLC0415
    except ImportError:
        return (UnreadOperation(place(0, len(text)), "sql"),), ()
    reading = reading_of(text, dialect, place, earlier)
    return tuple(reading.operations), (*reading.statements, *reading.within)


def _places(sql: SqlText, content: bytes) -> Callable[[int, int], Span]:
    """Character offsets in the SQL to spans: exact inside a single plain literal, else the whole expression."""
    start = None if sql.computed else _text_start(sql, content)
    if start is None:
        return lambda _first, _last: sql.span
    if sql.text.isascii():
        return lambda first, last: Span(start + first, start + last)

    def place(first: int, last: int) -> Span:
        before = start + len(sql.text[:first].encode())
        return Span(before, before + len(sql.text[first:last].encode()))

    return place


def _text_start(sql: SqlText, content: bytes) -> int | None:
    """Byte offset at which the text stands verbatim in the file, None where escapes or concatenation change it."""
    literal = content[sql.span.start : sql.span.end]
    prefix = 0
    while prefix < len(literal) and literal[prefix : prefix + 1].isalpha():
        prefix += 1
    body = literal[prefix:].decode("utf-8", "replace")
    quote = next((mark for mark in _LITERAL_STARTS if body.startswith(mark)), None)
    if quote is None or not body.endswith(quote) or b"f" in literal[:prefix].lower():
        return None
    inner = body[len(quote) : -len(quote)]
    return sql.span.start + prefix + len(quote) if inner == sql.text else None


def _without_placeholders(operation: Operation) -> Operation:
    """The operation, or an unread one where what it changes is computed; a computed name of a constraint is just
    unknown.
    """
    operation = _without_schema(operation)
    if isinstance(operation, DataChange):
        return msgspec.structs.replace(operation, table="") if PLACEHOLDER in operation.table else operation
    if isinstance(operation, UnreadOperation) and PLACEHOLDER in operation.reason:
        return UnreadOperation(operation.span, "the SQL is put together at run time")
    if isinstance(operation, UnreadOperation | RunCode | Setting | Transaction | OtherStatement):
        return operation
    if isinstance(operation, SetComment) and PLACEHOLDER in f"{operation.table}{operation.column}":
        return OtherStatement("comment", operation.span)
    if any(PLACEHOLDER in str(getattr(operation, field, "")) for field in ("table", "column", "new_name", "new_value")):
        return UnreadOperation(operation.span, "the SQL names a table or column that is computed at run time")
    if isinstance(operation, DropObject) and PLACEHOLDER in operation.name:
        return UnreadOperation(operation.span, f"the SQL drops a {operation.kind} whose name is computed at run time")
    nested = operation.columns if isinstance(operation, CreateTable) else ()
    if isinstance(operation, AddColumn):
        nested = (operation.column,)
    if any(PLACEHOLDER in column.name for column in nested):
        return UnreadOperation(operation.span, "the SQL names a column that is computed at run time")
    return _blanked(operation)


def _without_schema(operation: Operation) -> Operation:
    """A table in a schema that is computed is known well enough by its own name."""
    changes: dict[str, object] = {}
    for field in ("table", "name", "references"):
        value = getattr(operation, field, "")
        if (
            isinstance(value, str)
            and value.startswith(f"{PLACEHOLDER}.")
            and PLACEHOLDER not in value[len(PLACEHOLDER) :]
        ):
            changes[field] = value.partition(".")[2]
    return msgspec.structs.replace(operation, **changes) if changes else operation


def _blanked(operation: Operation) -> Operation:
    changes: dict[str, object] = {}
    for field in operation.__struct_fields__:
        value = getattr(operation, field)
        if isinstance(value, str) and PLACEHOLDER in value:
            changes[field] = ""
        elif isinstance(value, tuple) and any(isinstance(item, str) and PLACEHOLDER in item for item in value):
            changes[field] = tuple("" if isinstance(item, str) and PLACEHOLDER in item else item for item in value)
    return msgspec.structs.replace(operation, **changes) if changes else operation
