"""Operations on models: their tables, and what their options bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    ColumnSpec,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    OtherStatement,
    RenameTable,
    SetComment,
)
from bylaw.facts.values import Call, Entries, Items, Value, flag_of, is_none, text_of
from bylaw.readers.python.django.constraints import constraint, index
from bylaw.readers.python.django.fields import column_of, field_index, is_many_to_many, join_table, model_key
from bylaw.readers.python.django.naming import computed, groups, key_of, listed


def create_model(app: str, call: Call) -> Iterator[Operation]:
    """`CreateModel`: the table, its indexes and constraints, and the tables of its many-to-many fields."""
    model = text_of(call.argument(0, "name"))
    options = _options(call.argument(2, "options"))
    if not model:
        yield computed(call)
    elif not _left_alone(options):
        yield from _created(app, model, options, call)


def told_of_model(app: str, call: Call) -> Iterator[Operation]:
    """`CreateModel` of a model whose table migrations leave alone: what the models are told, and `proxy-model` or
    `unmanaged-model`, which names the key.
    """
    model = text_of(call.argument(0, "name"))
    options = _options(call.argument(2, "options"))
    kind = _left_alone(options)
    if model and kind:
        if kind == "unmanaged-model":
            yield from (one for one in _created(app, model, options, call) if isinstance(one, CreateTable))
        yield OtherStatement(kind, call.span, model_key(app, model))


def told_of_options(app: str, call: Call) -> Iterator[Operation]:
    """`AlterModelOptions` states all options anew, `managed` among them: `unmanaged-model` or `managed-model`."""
    key, value = key_of(app, call, "name"), call.argument(1, "options")
    if key and isinstance(value, Entries):
        kind = "unmanaged-model" if _is_unmanaged(_options(value)) else "managed-model"
        yield OtherStatement(kind, call.span, key)


def _left_alone(options: dict[str, Value]) -> str:
    if flag_of(options.get("proxy")):
        return "proxy-model"
    return "unmanaged-model" if _is_unmanaged(options) else ""


def _is_unmanaged(options: Mapping[str, Value]) -> bool:
    """Whether Django surely does not make the table, or only where a setting says so: in tests."""
    return "managed" in options and flag_of(options["managed"]) is not True


def _created(app: str, model: str, options: dict[str, Value], call: Call) -> Iterator[Operation]:
    fields = call.argument(1, "fields")
    key = model_key(app, model)
    table = text_of(options.get("db_table")) or key
    pairs, partial = _fields(fields)
    columns: list[ColumnSpec] = []
    beside: list[Operation] = []
    for name, call_of_field in pairs:
        column = column_of(name, call_of_field, app, model)
        if column is not None:
            columns.append(column)
            beside.extend(field_index(key, name, call_of_field, call_of_field))
        elif is_many_to_many(call_of_field):
            beside.extend(join_table(name, call_of_field, app, model, table))
    keys = tuple(column.name for column in columns if column.primary_key)
    comment = text_of(options.get("db_table_comment")) or ""
    yield CreateTable(table, tuple(columns), keys, call.span, comment=comment, model=f"{app}.{model}", partial=partial)
    yield from beside
    for option, kind in (("constraints", constraint), ("indexes", index)):
        for item in listed(options.get(option)):
            if isinstance(item, Call):
                yield from kind(key, item, item)
    for names in groups(options.get("unique_together")):
        yield AddConstraint(key, "unique", names, call.span)
    for names in groups(options.get("index_together")):
        yield CreateIndex(key, "", names, call.span)


def _options(value: Value | None) -> dict[str, Value]:
    if not isinstance(value, Entries):
        return {}
    named = ((text_of(key), inner) for key, inner in value.entries)
    return {key: inner for key, inner in named if key is not None}


def _fields(value: Value | None) -> tuple[list[tuple[str, Call]], bool]:
    """The (name, field) pairs of a model, and whether some could not be read."""
    pairs: list[tuple[str, Call]] = []
    partial = not isinstance(value, Items)
    for item in listed(value):
        parts = listed(item)
        name = text_of(parts[0]) if len(parts) == 2 else None
        if name and isinstance(parts[1], Call):
            pairs.append((name, parts[1]))
        else:
            partial = True
    return pairs, partial


def delete_model(app: str, call: Call) -> Iterator[Operation]:
    """`DeleteModel`."""
    key = key_of(app, call, "name")
    yield DropTable(key, call.span) if key else computed(call)


def rename_model(app: str, call: Call) -> Iterator[Operation]:
    """`RenameModel`."""
    old, new = text_of(call.argument(0, "old_name")), text_of(call.argument(1, "new_name"))
    if not old or not new:
        yield computed(call)
        return
    yield RenameTable(model_key(app, old), model_key(app, new), call.span, model=f"{app}.{new}")


def alter_model_table(app: str, call: Call) -> Iterator[Operation]:
    """`AlterModelTable`."""
    model, table = text_of(call.argument(0, "name")), call.argument(1, "table")
    if not model:
        yield computed(call)
        return
    key = model_key(app, model)
    name = key if table is None or is_none(table) else text_of(table)
    yield RenameTable(key, name, call.span, model=f"{app}.{model}") if name else computed(call)


def table_comment(app: str, call: Call) -> Iterator[Operation]:
    """`AlterModelTableComment`."""
    key = key_of(app, call, "name")
    yield (
        SetComment("table", key, "", text_of(call.argument(1, "table_comment")) or "", call.span)
        if key
        else computed(call)
    )


def alter_together(app: str, call: Call) -> Iterator[Operation]:
    """`AlterUniqueTogether` and `AlterIndexTogether`: every group is stated anew."""
    key, unique = key_of(app, call, "name"), call.method == "AlterUniqueTogether"
    if not key:
        yield computed(call)
        return
    for names in groups(call.argument(1, "unique_together" if unique else "index_together")):
        yield AddConstraint(key, "unique", names, call.span) if unique else CreateIndex(key, "", names, call.span)


def order_with_respect_to(app: str, call: Call) -> Iterator[Operation]:
    """`AlterOrderWithRespectTo` adds a column."""
    key, target = key_of(app, call, "name"), call.argument(1, "order_with_respect_to")
    if not key:
        yield computed(call)
    elif target is None or is_none(target):
        yield DropColumn(key, "_order", call.span)
    else:
        yield AddColumn(
            key, ColumnSpec("_order", type="integer", nullable=False, client_default=True, span=call.span), call.span
        )
