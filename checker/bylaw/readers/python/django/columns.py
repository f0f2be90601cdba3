"""Operations on fields."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bylaw.facts.migrations import AddColumn, AlterColumn, ColumnSpec, DropColumn, Operation, RenameColumn
from bylaw.facts.values import Call, flag_of, text_of
from bylaw.readers.python.django.fields import column_of, field_index, is_many_to_many, join_table, model_key
from bylaw.readers.python.django.naming import computed, key_of


def _field(call: Call) -> tuple[str, Call] | None:
    name, value = text_of(call.argument(1, "name")), call.argument(2, "field")
    return (name, value) if name and isinstance(value, Call) else None


def _kept(column: ColumnSpec | None, call: Call) -> ColumnSpec | None:
    """The column as Django compares it with a later one: `preserve_default=False` takes its default back."""
    if column is None or flag_of(call.argument(3, "preserve_default")) is not False:
        return column
    return replace(column, compared=tuple(pair for pair in column.compared if pair[0] != "default"))


def add_field(app: str, call: Call) -> Iterator[Operation]:
    """`AddField`."""
    model, pair = text_of(call.argument(0, "model_name")), _field(call)
    if not model or pair is None:
        yield computed(call)
        return
    key = model_key(app, model)
    name, value = pair
    column = _kept(column_of(name, value, app, model), call)
    if column is not None:
        yield AddColumn(key, column, call.span)
        yield from field_index(key, name, value, call)
    elif is_many_to_many(value):
        yield from join_table(name, value, app, model, key)


def remove_field(app: str, call: Call) -> Iterator[Operation]:
    """`RemoveField`."""
    key, name = key_of(app, call), text_of(call.argument(1, "name"))
    yield DropColumn(key, name, call.span) if key and name else computed(call)


def alter_field(app: str, call: Call) -> Iterator[Operation]:
    """`AlterField` states the whole new column; the index that it asks for may be there already."""
    model, pair = text_of(call.argument(0, "model_name")), _field(call)
    if not model or pair is None:
        yield computed(call)
        return
    definition = _kept(column_of(*pair, app, model), call)
    if definition is not None:
        if not definition.unique:
            indexes = field_index(model_key(app, model), *pair, call)
            yield from (replace(index, if_not_exists=True) for index in indexes)
        yield AlterColumn(model_key(app, model), pair[0], call.span, definition=definition)


def rename_field(app: str, call: Call) -> Iterator[Operation]:
    """`RenameField`."""
    key, old, new = key_of(app, call), text_of(call.argument(1, "old_name")), text_of(call.argument(2, "new_name"))
    yield RenameColumn(key, old, new, call.span) if key and old and new else computed(call)
