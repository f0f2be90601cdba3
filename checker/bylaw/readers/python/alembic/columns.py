"""`sa.Column(...)` as a ColumnSpec, and the constraints that stand beside columns in `create_table`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, Literal

from bylaw.facts.late import only_token
from bylaw.facts.migrations import SERIAL_TYPES, AddConstraint, ColumnSpec, CreateIndex, Generation, Operation
from bylaw.facts.values import Attr, Call, Constant, Items, Operator, Ref, Text, Value, flag_of, is_none, text_of
from bylaw.readers.python.alembic.types import labels_of, type_text
from bylaw.source import Span

_GENERATED: Final = frozenset({"Identity", "Computed", "Sequence"})
_INLINE: Final = {"ForeignKey": "foreign-key", "CheckConstraint": "check", "UniqueConstraint": "unique"}
_OWN: Final = ("sqlalchemy.", "sqlmodel.")
_SHORTENED: Final = frozenset({"f", "conv", "_truncated_label"})
_LONGEST: Final = 63
"""Characters of a name, to SQLAlchemy for PostgreSQL."""


def name_of(value: Value | None) -> str | None:
    """An identifier: a literal, or one inside `op.f(...)`; None where it is computed, '' for a literal None."""
    if isinstance(value, Call) and value.method in _SHORTENED and value.args:
        name = name_of(value.args[0])
        return shortened(name) if name else name
    if isinstance(value, Call) and value.method == "quoted_name" and value.args:
        return name_of(value.args[0])
    if value is None or is_none(value):
        return ""
    return text_of(value)


def names_of(value: Value | None) -> tuple[str, ...] | None:
    """Column names in a list; '' for an expression. None where the list itself is computed."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return (value.value,)
    if not isinstance(value, Items):
        return None
    return tuple(_column_name(item) for item in value.items)


def _column_name(value: Value) -> str:
    """The column that an index or constraint element names; '' for an expression."""
    if isinstance(value, Call):
        if value.method in {"desc", "asc", "nullsfirst", "nullslast", "nulls_first", "nulls_last"}:
            if isinstance(value.function, Attr):
                return _column_name(value.function.value)
            return _column_name(value.args[0]) if value.args else ""
        if value.method in {"column", "quoted_name"} and value.args:
            return text_of(value.args[0]) or ""
        if value.method in {"text", "literal_column"} and value.args:
            return _plain_word(text_of(value.args[0]) or "")
    return text_of(value) or ""


def _plain_word(text: str) -> str:
    """The column of `name DESC`; '' for any other expression."""
    first, *rest = text.replace('"', "").split() or [""]
    directions = {"asc", "desc", "nulls", "first", "last"}
    return first if first.isidentifier() and all(word.lower() in directions for word in rest) else ""


def is_column(value: Value | None) -> bool:
    """Whether an expression makes a column: `sa.Column(...)`, or a subclass called with a name."""
    return isinstance(value, Call) and value.method.endswith("Column") and value.method[:1].isupper()


def late_column(value: Value | None) -> list[ColumnSpec]:
    """A column that is a helper's parameter, named by its token; nothing for anything else."""
    text = text_of(value)
    return [ColumnSpec(text)] if text is not None and only_token(text) is not None else []


def column_spec(call: Call) -> ColumnSpec | None:
    """The column that a `Column(...)` call declares; None where its name is computed."""
    positional = list(call.args)
    name = text_of(call.keyword("name"))
    if name is None:
        name = name_of(positional.pop(0)) if positional else None
    if not name:
        return None
    type_value = call.keyword("type_")
    if type_value is None and positional and not _is_item(positional[0]):
        type_value = positional.pop(0)
    column_type = type_text(type_value)
    server_default = call.keyword("server_default")
    primary_key = flag_of(call.keyword("primary_key")) or False
    counts = primary_key and flag_of(call.keyword("autoincrement")) is True
    generation = _generation(positional, column_type, counts=counts)
    return ColumnSpec(
        name,
        type=column_type,
        nullable=_takes_null(call, positional, primary_key=primary_key),
        server_default=default_text(server_default),
        client_default=not is_none(call.keyword("default")) and call.keyword("default") is not None,
        primary_key=primary_key,
        unique=bool(flag_of(call.keyword("unique")) and not flag_of(call.keyword("index"))),
        references=_references(positional),
        generated=bool(generation) or _called(server_default) in _GENERATED,
        check=_check(positional),
        comment=text_of(call.keyword("comment")) or "",
        span=call.span,
        generation=generation,
        constraint_names=tuple(_constraint_names(positional)),
        labels=labels_of(type_value),
        always=any(takes_no_value(item) for item in (*positional, server_default)),
    )


def takes_no_value(value: Value | None) -> bool:
    """Whether it is an `Identity(always=True)`."""
    return isinstance(value, Call) and value.method == "Identity" and flag_of(value.keyword("always")) is True


def identity_change(
    default: Value | None, existing: Value | None
) -> Literal["", "add-identity", "set-identity", "drop-identity"]:
    """What `server_default=Identity(…)` does to a column, beside what it is said to have."""
    had = isinstance(existing, Call) and existing.method == "Identity"
    if isinstance(default, Call) and default.method == "Identity":
        return "set-identity" if had else "add-identity"
    return "drop-identity" if had and default is not None and is_none(default) else ""


def _takes_null(call: Call, items: list[Value], *, primary_key: bool) -> bool | None:
    """What `nullable=` says (None forbids it as well); where it is not there, SQLAlchemy's own columns take NULL
    unless they are keys.
    """
    stated = call.keyword("nullable")
    if stated is not None:
        return False if is_none(stated) else flag_of(stated)
    if call.spreads or not call.name.startswith(_OWN):
        return None
    return not primary_key and not any(_called(item) == "Identity" for item in items)


def _generation(items: list[Value], column_type: str, *, counts: bool) -> Generation:
    """How the database fills a column. `counts`: it is a primary key with `autoincrement=True`."""
    for item in items:
        word = _called(item)
        if word == "Computed" and isinstance(item, Call):
            persisted = flag_of(item.keyword("persisted"))
            return "computed" if persisted is None else "stored" if persisted else "virtual"
        if word == "Identity":
            return "identity"
        if word == "Sequence":
            return "serial"
    return "serial" if counts or column_type in SERIAL_TYPES else ""


def _constraint_names(items: list[Value]) -> Iterator[tuple[str, str]]:
    for item in items:
        kind = _INLINE.get(_called(item))
        if kind and isinstance(item, Call) and (name := name_of(item.keyword("name"))):
            yield kind, name


def column_extras(table: str, call: Call, spec: ColumnSpec) -> list[Operation]:
    """What a column brings beside itself: the index of `index=True`, which is the unique one where that is said too."""
    if flag_of(call.keyword("index")):
        name = shortened(f"ix_{table.replace('.', '_')}_{spec.name}")
        return [CreateIndex(table, name, (spec.name,), call.span, unique=flag_of(call.keyword("unique")) or False)]
    return []


def shortened(name: str) -> str:
    """A name that SQLAlchemy makes, or is told (by `op.f`) that it may shorten, as it does so for PostgreSQL."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 8]}_{hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}"


def _called(value: Value | None) -> str:
    return value.method if isinstance(value, Call) else ""


def _is_item(value: Value) -> bool:
    """Whether a positional argument is a schema item (a key, a constraint, a generator), not the type."""
    word = _called(value)
    return word in _GENERATED or word.endswith("Constraint") or word == "ForeignKey"


def _references(items: list[Value]) -> str:
    for item in items:
        if isinstance(item, Call) and item.method.endswith("ForeignKey"):
            target = item.argument(0, "column")
            return text_of(target) or _attribute_target(target)
    return ""


def _attribute_target(value: Value | None) -> str:
    """The table of `ForeignKey(some_table.c.column)`; its name is not known from here."""
    return "" if value is None else "?" if isinstance(value, Ref | Attr) else ""


def _check(items: list[Value]) -> str:
    for item in items:
        if isinstance(item, Call) and item.method == "CheckConstraint" and item.args:
            return sql_text(item.args[0]) or "?"
    return ""


def sql_text(value: Value | None) -> str | None:
    """The SQL inside a string or `sa.text("…")`; None where it is computed or an expression."""
    if isinstance(value, Call) and value.method in {"text", "DDL", "literal_column"} and value.args:
        return text_of(value.args[0])
    if isinstance(value, Call) and isinstance(value.function, Attr) and value.method in {"bindparams", "columns"}:
        return sql_text(value.function.value)
    return text_of(value)


def default_text(value: Value | None) -> str | None:
    """A server default as SQL: None for none, '' for one that cannot be written down."""
    if value is None or is_none(value):
        return None
    match value:
        case Constant(str(text)):
            return "'" + text.replace("'", "''") + "'"
        case Constant(bool(flag)):
            return "true" if flag else "false"
        case Constant(number):
            return str(number)
        case Call():
            return _default_call(value)
        case _:
            return ""


def _default_call(call: Call) -> str | None:
    word = call.method
    if word in {"text", "literal_column"}:
        return sql_text(call) or ""
    if word in {"true", "false", "null"} and not call.args:
        return word
    path = call.function.name if isinstance(call.function, Ref) else ""
    if path.rpartition(".")[0].endswith("func") and not call.args:
        return {"current_timestamp": "CURRENT_TIMESTAMP"}.get(word, f"{word}()")
    return None if word in _GENERATED else ""


def table_constraint(table: str, call: Call) -> Operation | None:
    """A constraint or index beside the columns of `create_table`; None for a primary key and what is no constraint."""
    name = name_of(call.keyword("name")) or ""
    match call.method:
        case "UniqueConstraint":
            return AddConstraint(table, "unique", tuple(_column_name(arg) for arg in call.args), call.span, name)
        case "CheckConstraint":
            expression = sql_text(call.argument(0, "sqltext")) or ""
            return AddConstraint(table, "check", (), call.span, name, expression=expression)
        case "ForeignKeyConstraint":
            columns = names_of(call.argument(0, "columns")) or ()
            targets = names_of(call.argument(1, "refcolumns")) or ()
            return AddConstraint(
                table, "foreign-key", columns, call.span, name, references=_target(targets),
                referenced_columns=tuple(target.rpartition(".")[2] for target in targets),
            )  # fmt: skip
        case "ExcludeConstraint":
            return AddConstraint(table, "exclude", (), call.span, name)
        case "Index":
            index = name_of(call.argument(0, "name")) or ""
            unique = flag_of(call.keyword("unique")) or False
            return CreateIndex(
                table, index, tuple(_column_name(arg) for arg in call.args[1:]), call.span, unique=unique
            )
        case _:
            return None


def _target(columns: tuple[str, ...]) -> str:
    """`table.column` of a single target, the table alone of several."""
    if len(columns) == 1:
        return columns[0]
    return columns[0].rpartition(".")[0] if columns else ""


def expression_text(value: Value | None) -> str:
    """SQL of a condition: literal text, or '?' for an expression that exists but is not text; '' for none."""
    if value is None or is_none(value):
        return ""
    return sql_text(value) or "?"


__all__ = [
    "Operator", "Span", "Text", "column_extras", "column_spec", "default_text", "expression_text", "is_column",
    "name_of", "names_of", "sql_text", "table_constraint",
]  # fmt: skip
