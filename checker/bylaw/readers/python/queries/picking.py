"""What a statement asks for: rows of a model, some of its columns, their number, or what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from bylaw.facts.values import Attr, Call, Local, Ref, Value, walk

_WRAPPING = frozenset({"label", "distinct", "desc", "asc", "cast"})
_COMPUTING = frozenset({
    "count", "sum", "min", "max", "avg", "array_agg", "json_agg", "jsonb_agg", "string_agg", "group_concat", "bool_or",
    "bool_and", "stddev", "variance", "percentile_cont", "row_number", "rank", "dense_rank", "any_value", "every",
})  # fmt: skip
_COLUMNS = frozenset({"c", "columns"})
"""Where a `Table` keeps its columns."""
_MAX_DEPTH = 6


class Picked(msgspec.Struct, frozen=True):
    """The first thing that is asked for, and of which entity; '' where only `select_from` says it. `model` is the
    expression that names the entity.
    """

    kind: Literal["select", "columns", "count", "aggregate"]
    entity: str
    model: Value | None = None
    column: bool = False
    """The model is only a part of what is written: a column of it is asked for."""


def picked(arguments: Sequence[Value], entity: Callable[[Value | None], str]) -> Picked | None:
    """What `select(…)` is told to read; None for anything that names no model. `entity` tells the name of a model."""
    arguments = _without_windows(arguments, entity)
    first = _bare(arguments[0]) if arguments else None
    if first is None:
        return None
    owner, named = _owner(first, entity), entity(first)
    if named and not owner:
        return Picked("select", named, first)
    if any(_computes(argument) for argument in arguments):
        kind: Literal["count", "aggregate"] = "count" if len(arguments) == 1 and _counts(first) else "aggregate"
        model = next((found for argument in arguments for found in _owners(argument, entity)), "")
        return Picked(kind, model, column=True)
    return Picked("columns", owner, first, column=True) if owner else None


def _without_windows(arguments: Sequence[Value], entity: Callable[[Value | None], str]) -> Sequence[Value]:
    """`select(func.count().over(), Book)` reads books, and numbers beside them."""
    others = [each for each in arguments if not _is_windowed(each)]
    return others if others and _model(others[0], entity) and not _owner(others[0], entity) else arguments


def _is_windowed(value: Value) -> bool:
    return any(isinstance(part, Call) and part.method == "over" for part in walk(value))


def _bare(value: Value) -> Value:
    """`Book.title` of `Book.title.label("name")` or `distinct(Book.title)`."""
    for _ in range(_MAX_DEPTH):
        if not isinstance(value, Call) or value.method not in _WRAPPING:
            break
        if isinstance(value.function, Attr):
            value = value.function.value
        elif isinstance(value.function, Ref) and _is_column(head := value.function.name.rpartition(".")[0]):
            value = Ref(head, value.function.span)
        elif value.args:
            value = value.args[0]
    return value


def _computes(value: Value) -> bool:
    return any(isinstance(part, Call) and part.method in _COMPUTING for part in walk(value))


def _counts(value: Value) -> bool:
    return isinstance(value, Call) and value.method == "count"


def _owners(value: Value, entity: Callable[[Value | None], str]) -> list[str]:
    """The models that a computed value names: `func.count(Book.book_id)`."""
    found = []
    for part in walk(value):
        if isinstance(part, Call):
            continue
        if isinstance(part, Ref) and part.name.rpartition(".")[2] in _COMPUTING:
            continue
        if name := _owner(part, entity) or _model(part, entity):
            found.append(name)
    return found


def _model(value: Value, entity: Callable[[Value | None], str]) -> str:
    named = entity(value) if isinstance(value, Ref) else ""
    return named if named.rpartition(".")[2][:1].isupper() else ""


def _owner(value: Value, entity: Callable[[Value | None], str]) -> str:
    """The model of a column: `app.models.Book` of `Book.title`, `Books.model` of `self.model.title`."""
    match value:
        case Ref(name):
            return _column_owner(name)
        case Attr(Attr(Local()) as model, _):
            return entity(model)
        case _:
            return ""


def _is_column(name: str) -> bool:
    return bool(_column_owner(name))


def _column_owner(name: str) -> str:
    """`app.models.Book` of `app.models.Book.title`, what is written in small letters below a class; `app.tables.books`
    of `app.tables.books.c.title`; '' for anything else.
    """
    owner, _, last = name.rpartition(".")
    table, _, kept = owner.rpartition(".")
    if kept in _COLUMNS:
        return table.removesuffix(".__table__")
    return owner if last[:1].islower() and kept[:1].isupper() else ""
