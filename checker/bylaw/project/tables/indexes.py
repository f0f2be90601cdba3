"""The unique constraints and indexes that tables declare beside their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bylaw.facts.database import Column, TableIndex
from bylaw.facts.values import Attr, Call, Ref, Value, flag_of, text_of
from bylaw.project.tables.meaning import Meanings
from bylaw.source import Location

_ORDERS: Final = frozenset({"desc", "asc", "nullsfirst", "nullslast", "nulls_first", "nulls_last"})
_HARMLESS: Final = frozenset({
    "name", "unique", "comment", "info", "deferrable", "initially", "postgresql_concurrently",
})  # fmt: skip
_PACKAGES: Final = frozenset({"sqlalchemy", "sqlmodel", "facade"})


def table_indexes(
    calls: Iterable[Call], meanings: Meanings, near: str, path: str, columns: list[Column]
) -> Iterator[TableIndex]:
    """What `UniqueConstraint(...)` and `Index(...)` among `calls`, written in the module `near` at `path`, declare
    over these columns. Those over expressions, or over columns that are not known, are left out.
    """
    names = {column.name: column.name for column in columns}
    names.update({column.attribute: column.name for column in columns if column.attribute not in names})
    for call in calls:
        package, _, kind = meanings.short(call, near).partition(".")
        if (
            package not in _PACKAGES
            or kind not in {"UniqueConstraint", "Index"}
            or call.spreads
            or call.keyword("info")
        ):
            continue
        index = kind == "Index"
        parts = call.args[1:] if index else call.args
        members = tuple(names.get(_column(part), "") for part in parts)
        if not members or not all(members):
            continue
        unique = not index or flag_of(call.keyword("unique")) is True
        name = text_of(call.args[0] if index else call.keyword("name")) or ""
        partial = any(keyword.name not in _HARMLESS for keyword in call.keywords)
        yield TableIndex(members, Location(path, call.span), unique, not index, name, partial)


def _column(value: Value) -> str:
    """The column that is meant: its name, an attribute of the class, either way round."""
    if (text := text_of(value)) is not None:
        return text
    match value:
        case Ref(name) | Attr(_, name):
            return name.rpartition(".")[2]
        case Call(Attr(inner, order), ()) if order in _ORDERS:
            return _column(inner)
        case Call(Ref(name), ()) if name.rpartition(".")[2] in _ORDERS:
            return name.rpartition(".")[0].rpartition(".")[2]
        case _:
            return ""
