"""What alembic-postgresql-enum adds to `op`."""

from __future__ import annotations

from bylaw.facts.migrations import AlterColumn, CreateObject, DropObject, Operation, RenameObject
from bylaw.facts.values import Call, Items, Ref, Value, text_of


def synced_enum(call: Call) -> list[Operation] | None:
    """What `op.sync_enum_values` sends: the type is put aside, made anew, given to each column, and the old one is
    dropped. None where labels or columns are computed, or labels get another name on the way.
    """
    name, labels = text_of(call.argument(1, "enum_name")), _texts(call.argument(2, "new_values"))
    columns, renamed = call.argument(3, "affected_columns"), call.argument(4, "enum_values_to_rename")
    if not name or labels is None or not isinstance(columns, Items) or (renamed is not None and not _is_empty(renamed)):
        return None
    places = [_place(item) for item in columns.items]
    enum = _qualified(text_of(call.argument(0, "enum_schema")), name)
    where, old = call.span, f"{enum}_old"
    made: list[Operation] = [
        RenameObject("type", enum, old, where), CreateObject("type", enum, where, labels=labels),
    ]  # fmt: skip
    for place in places:
        if place is None:
            return None
        table, column, array = place
        made.append(AlterColumn(table, column, where, type=enum + array, using=f"{column}::text{array}::{enum}{array}"))
    return [*made, DropObject("type", old, where)]


def _place(value: Value) -> tuple[str, str, str] | None:
    """The table and column of a `TableReference(…)`, or of `("table", "column")`, as older releases have it; and `[]`
    where the column is an array.
    """
    array = ""
    if isinstance(value, Items) and len(value.items) == 2:
        table, column = (text_of(item) for item in value.items)
    elif isinstance(value, Call) and value.method == "TableReference":
        table, column = text_of(value.argument(1, "table_name")), text_of(value.argument(2, "column_name"))
        table = _qualified(text_of(value.argument(0, "table_schema")), table) if table else None
        kind = value.argument(3, "column_type")
        array = "[]" if isinstance(kind, Ref) and kind.name.endswith("ARRAY") else ""
    else:
        return None
    return (table, column, array) if table and column else None


def _qualified(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema and schema != "public" else name


def _texts(value: Value | None) -> tuple[str, ...] | None:
    if not isinstance(value, Items):
        return None
    texts = tuple(text for item in value.items if (text := text_of(item)) is not None)
    return texts if len(texts) == len(value.items) else None


def _is_empty(value: Value) -> bool:
    return isinstance(value, Items) and not value.items
