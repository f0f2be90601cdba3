"""Operations on indexes and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts.migrations import (
    AddConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Operation,
    RenameObject,
    UnreadOperation,
    ValidateConstraint,
)
from bylaw.facts.values import Call, is_none, text_of
from bylaw.readers.python.django.conditions import fields_of, sql_of
from bylaw.readers.python.django.naming import computed, key_of, listed

_METHODS: Final = {
    "BTreeIndex": "btree", "BrinIndex": "brin", "GinIndex": "gin", "GistIndex": "gist", "HashIndex": "hash",
    "SpGistIndex": "spgist", "BloomIndex": "bloom",
}  # fmt: skip


def index(key: str, value: Call, where: Call, *, concurrently: bool = False) -> Iterator[Operation]:
    """What an `Index(…)` makes; `where` is the operation, or the index itself inside a model's options."""
    fields = [text_of(item) or "" for item in listed(value.keyword("fields"))]
    columns = (*(name.lstrip("-") for name in fields), *("" for _ in value.args))
    yield CreateIndex(
        key, text_of(value.keyword("name")) or "", columns, where.span, concurrently=concurrently,
        where=_condition(value), method=_METHODS.get(value.method, ""),
    )  # fmt: skip


def _condition(value: Call) -> str:
    """In SQL, the condition under which an index or constraint holds; '?' for one that is not translated."""
    condition = value.keyword("condition")
    return sql_of(condition) if condition is not None and not is_none(condition) else ""


def add_index(app: str, call: Call) -> Iterator[Operation]:
    """`AddIndex`, also concurrently."""
    key, value = key_of(app, call), call.argument(1, "index")
    if key and isinstance(value, Call):
        yield from index(key, value, call, concurrently=call.method == "AddIndexConcurrently")
    else:
        yield computed(call)


def remove_index(app: str, call: Call) -> Iterator[Operation]:
    """`RemoveIndex`, also concurrently."""
    key, name = key_of(app, call), text_of(call.argument(1, "name"))
    concurrently = call.method == "RemoveIndexConcurrently"
    yield DropIndex(name, call.span, table=key, concurrently=concurrently) if key and name else computed(call)


def rename_index(app: str, call: Call) -> Iterator[Operation]:
    """`RenameIndex`."""
    key, new, old = key_of(app, call), text_of(call.argument(1, "new_name")), text_of(call.keyword("old_name")) or ""
    yield RenameObject("index", old, new, call.span, table=key) if key and new else computed(call)


def constraint(key: str, value: Call, where: Call, *, not_valid: bool = False) -> Iterator[Operation]:
    """What a constraint makes: a conditional unique one is a unique index."""
    name = text_of(value.argument(2, "name")) or text_of(value.keyword("name")) or ""
    fields = tuple(text_of(item) or "" for item in listed(value.keyword("fields")))
    match value.method:
        case "UniqueConstraint":
            condition = _condition(value)
            if condition or value.args:
                columns = (*fields, *("" for _ in value.args))
                yield CreateIndex(key, name, columns, where.span, unique=True, where=condition)
            else:
                yield AddConstraint(key, "unique", fields, where.span, name)
        case "CheckConstraint":
            stated = value.keyword("condition") or value.keyword("check")
            yield AddConstraint(
                key, "check", fields_of(stated), where.span, name, expression=sql_of(stated), not_valid=not_valid
            )
        case "ExclusionConstraint":
            yield AddConstraint(key, "exclude", (), where.span, name)
        case other:
            yield UnreadOperation(where.span, f"{other} is no constraint of Django itself")


def add_constraint(app: str, call: Call) -> Iterator[Operation]:
    """`AddConstraint`, also not valid."""
    key, value = key_of(app, call), call.argument(1, "constraint")
    if key and isinstance(value, Call):
        yield from constraint(key, value, call, not_valid=call.method == "AddConstraintNotValid")
    else:
        yield computed(call)


def remove_constraint(app: str, call: Call) -> Iterator[Operation]:
    """`RemoveConstraint`."""
    key, name = key_of(app, call), text_of(call.argument(1, "name"))
    yield DropConstraint(key, name, call.span) if key and name else computed(call)


def validate_constraint(app: str, call: Call) -> Iterator[Operation]:
    """`ValidateConstraint`."""
    key, name = key_of(app, call), text_of(call.argument(1, "name"))
    yield ValidateConstraint(key, name, call.span) if key and name else computed(call)
