"""Statements handed to a connection: SQLAlchemy constructs that move data, or that create and drop things."""

from __future__ import annotations

from typing import Final, Literal

from bylaw.facts.migrations import DataChange
from bylaw.facts.values import Attr, Call, Constant, Entries, Ref, Value, text_of
from bylaw.source import Span

DataKind = Literal["insert", "update", "delete", "select"]
_KINDS: Final[dict[str, DataKind]] = {
    "insert": "insert", "update": "update", "delete": "delete", "select": "select", "exists": "select",
    "union": "select", "union_all": "select",
}  # fmt: skip
_CONTAINERS: Final = frozenset({"table", "Table", "create_table"})


def table_of(value: Value | None) -> str | None:
    """The name of the table that an expression is: `sa.table("x")`, `sa.Table("x", …)`, the result of
    `op.create_table("x")`.
    """
    if isinstance(value, Call) and value.method in _CONTAINERS and value.args:
        name = text_of(value.args[0])
        schema = text_of(value.keyword("schema"))
        return f"{schema}.{name}" if schema and name else name
    if isinstance(value, Call) and value.method == "alias" and isinstance(value.function, Attr):
        return table_of(value.function.value)
    return None


def data_change(value: Value, where: Span) -> DataChange | None:
    """What an `insert`, `update`, `delete` or `select` construct does, whatever is chained to it; None for
    anything else.
    """
    filtered = False
    current = value
    for _ in range(60):
        if not isinstance(current, Call):
            return None
        method = current.method
        filtered = filtered or method in {"where", "filter", "filter_by"}
        kind = _KINDS.get(method)
        if kind is not None and isinstance(current.function, Ref):
            table = current.args[0] if current.args else None
            return DataChange(kind, table_of(table) or "", where, filtered, _set(value, kind, filtered=filtered))
        if not isinstance(current.function, Attr):
            return None
        receiver = current.function.value
        if kind is not None and table_of(receiver) is not None:
            return DataChange(kind, table_of(receiver) or "", where, filtered, _set(value, kind, filtered=filtered))
        if kind is not None and not isinstance(receiver, Call):
            return DataChange(kind, "", where, filtered=filtered)
        current = receiver
    return None


def _set(value: Value, kind: DataKind, *, filtered: bool) -> tuple[str, ...]:
    """The columns that an UPDATE of all rows sets to constants; () where a value may come from the row itself."""
    if kind != "update" or filtered:
        return ()
    names: list[str] = []
    while isinstance(value, Call) and isinstance(value.function, Attr):
        if value.method == "values":
            pairs = [(keyword.name, keyword.value) for keyword in value.keywords]
            for argument in value.args:
                entries = argument.entries if isinstance(argument, Entries) else ((None, argument),)
                pairs.extend((_column(key), inner) for key, inner in entries)
            if any(not name or not isinstance(inner, Constant) for name, inner in pairs):
                return ()
            names.extend(name for name, _ in pairs)
        value = value.function.value
    return tuple(names)


def _column(key: Value | None) -> str:
    """The column that a key of `values({...})` names: a text, or `table.c.name`."""
    if isinstance(key, Attr) and isinstance(key.value, Attr) and key.value.name in {"c", "columns"}:
        return key.name
    return text_of(key) or ""
