"""SQLAlchemy's own types in the words of SQL, where nothing about them is left open."""

from __future__ import annotations

from typing import Final

from bylaw.facts.values import Call, Constant, Value, flag_of, is_none
from bylaw.project.tables.meaning import Meanings

_PACKAGES: Final = frozenset({"sqlalchemy", "sqlmodel", "facade", "flask_sqlalchemy"})
_PLAIN: Final = {
    "Integer": "integer", "INTEGER": "integer", "BigInteger": "bigint", "BIGINT": "bigint", "SmallInteger": "smallint",
    "SMALLINT": "smallint", "Boolean": "boolean", "BOOLEAN": "boolean", "Text": "text", "TEXT": "text",
    "UnicodeText": "text", "Date": "date", "DATE": "date", "Float": "double precision", "FLOAT": "double precision",
    "Double": "double precision", "Uuid": "uuid", "UUID": "uuid", "JSON": "json", "JSONB": "jsonb",
    "LargeBinary": "bytea", "BYTEA": "bytea", "Interval": "interval", "INTERVAL": "interval",
    "Numeric": "numeric", "NUMERIC": "numeric", "DECIMAL": "numeric",
}  # fmt: skip
_SIZED: Final = {"String": "varchar", "VARCHAR": "varchar", "Unicode": "varchar", "AutoString": "varchar"}
_TIMES: Final = {"DateTime": "timestamp", "DATETIME": "timestamp", "TIMESTAMP": "timestamp", "Time": "time"}
_PYTHON: Final = {
    "builtins.str": "varchar", "builtins.int": "integer", "builtins.bool": "boolean",
    "builtins.float": "double precision", "builtins.bytes": "bytea", "datetime.datetime": "timestamp",
    "datetime.date": "date", "datetime.time": "time", "datetime.timedelta": "interval", "uuid.UUID": "uuid",
    "decimal.Decimal": "numeric",
}  # fmt: skip


def sql_type(value: Value, meanings: Meanings, near: str) -> str:
    """The text of a type expression of SQLAlchemy, written in the module `near`; '' for any other type, and for one
    whose length is computed.
    """
    package, _, last = meanings.short(value, near).partition(".")
    if package not in _PACKAGES:
        return ""
    if last in _PLAIN:
        return _PLAIN[last]
    if last in _SIZED:
        return _sized(_SIZED[last], value)
    return _TIMES.get(last, "")


def _sized(word: str, value: Value) -> str:
    length = value.argument(0, "length") if isinstance(value, Call) else None
    if isinstance(value, Call) and value.spreads:
        return ""
    if length is None or is_none(length):
        return word
    return f"{word}({length.value})" if isinstance(length, Constant) and flag_of(length) is None else ""


def python_type(value: Value, meanings: Meanings, near: str) -> str:
    """The type that SQLAlchemy gives to a column annotated with a type of Python's own; '' for any other."""
    return _PYTHON.get(meanings.short(value, near), "")
