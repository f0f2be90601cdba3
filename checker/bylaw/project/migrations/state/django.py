"""Django's operations speak of models and fields; here they become operations on tables and columns.

Which table and column those are follows from the schema so far: `bylaw.facts.migrations` says how the facts name them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.project.migrations.state.expressions import renamed
from bylaw.project.migrations.state.schema import Schema, TableState


def key_of(model: str) -> str:
    """The key of a model: `app.User` → `app_user`."""
    return model.replace(".", "_").lower()


def physical(operation: Operation, schema: Schema) -> Iterator[Operation]:
    """The operation as the database sees it: none, one, or several of them."""
    if isinstance(operation, ops.CreateTable):
        operation = joining_table(operation, schema)
    operation = _pointing_at_tables(operation, schema)
    table = getattr(operation, "table", "")
    if not table or isinstance(operation, ops.CreateTable):
        yield operation
        return
    name = schema.keys.get(table, table)
    state = schema.table(name)
    match operation:
        case ops.RenameTable() if operation.model:
            yield from _renamed(operation, name)
            if name != table and table != key_of(operation.model):  # `db_table` keeps the table's name
                yield from joining_columns(operation, schema)
        case ops.DropTable():
            yield msgspec.structs.replace(operation, table=name)
        case ops.DropColumn() if many_to_many(schema, table, operation.column) is not None:
            yield ops.DropTable(str(many_to_many(schema, table, operation.column)), operation.span)
        case ops.RenameColumn() if many_to_many(schema, table, operation.column) is not None:
            old = str(many_to_many(schema, table, operation.column))
            if old.lower() == f"{name}_{operation.column}".lower():
                yield ops.RenameTable(old, f"{name}_{operation.new_name.lower()}", operation.span)
        case ops.AlterColumn() if many_to_many(schema, table, operation.column) is not None:
            return
        case ops.RenameColumn():
            yield from _renamed_column(operation, name, state)
        case ops.AlterColumn():
            yield from _altered(operation, name, state)
        case ops.DropColumn() | ops.SetComment():
            yield msgspec.structs.replace(operation, table=name, column=_meant(state, operation.column))
        case ops.CreateIndex(if_not_exists=True, name="", columns=(field,)):
            if _gets_index(state, column_of_field(state, field)):
                yield msgspec.structs.replace(
                    operation, table=name, columns=(column_of_field(state, field),), if_not_exists=False
                )
        case ops.AddConstraint(kind="check"):
            columns = tuple(column_of_field(state, column) for column in operation.columns)
            yield msgspec.structs.replace(
                operation, table=name, columns=columns, expression=_with_columns(state, operation.expression)
            )
        case ops.CreateIndex():
            columns = tuple(column_of_field(state, column) for column in operation.columns)
            where = _with_columns(state, operation.where)
            yield msgspec.structs.replace(operation, table=name, columns=columns, where=where)
        case ops.AddConstraint():
            columns = tuple(column_of_field(state, column) for column in operation.columns)
            yield msgspec.structs.replace(operation, table=name, columns=columns)
        case _:
            yield msgspec.structs.replace(operation, table=name)


def _pointing_at_tables(operation: Operation, schema: Schema) -> Operation:
    """The operation with relations that name the tables of the models that they point at."""

    def pointing(spec: ops.ColumnSpec) -> ops.ColumnSpec:
        target = schema.keys.get(spec.references, spec.references)
        return spec if target == spec.references else replace(spec, references=target)

    match operation:
        case ops.CreateTable(columns=columns):
            return replace(operation, columns=tuple(map(pointing, columns)))
        case ops.AddColumn(column=column):
            return replace(operation, column=pointing(column))
        case ops.AlterColumn(definition=ops.ColumnSpec() as stated):
            return replace(operation, definition=pointing(stated))
        case _:
            return operation


def column_of_field(state: TableState | None, field: str) -> str:
    """The column of a field of the table; the field's own name where nothing else is known."""
    return state.fields.get(field, field) if state is not None else field


def _with_columns(state: TableState | None, expression: str) -> str:
    for field, column in state.fields.items() if state is not None else ():
        expression = renamed(expression, field, column) if field != column else expression
    return expression


def _meant(state: TableState | None, field: str) -> str:
    """The field's column, unless there is one of that very name that the field has left."""
    own = state.column(field) if state is not None else None
    return field if own is not None and own.unmapped is not None else column_of_field(state, field)


def _gets_index(state: TableState | None, name: str) -> bool:
    """Whether a field that is altered had none, or one that goes with its UNIQUE: known of Django's own fields."""
    column = state.column(name) if state is not None else None
    if state is None or column is None or column.created is None or column.primary_key:
        return False
    plain = bool(column.type or column.references) and not column.type.endswith("field")
    return plain and not any(index.columns == (name,) for index in state.indexes)


def many_to_many(schema: Schema, table: str, field: str) -> str | None:
    """The table of a many-to-many field, which has no column."""
    state = schema.of_model(table)
    if state is not None and (field in state.fields or field in state.columns):
        return None
    return schema.keys.get(f"{table}_{field}".lower())


def joining_table(operation: ops.CreateTable, schema: Schema) -> ops.CreateTable:
    """The table of a many-to-many field that a model gets later is called after the model's own (`db_table`)."""
    owner = operation.columns[1].references if operation.model and len(operation.columns) == 3 else ""
    table = schema.keys.get(owner, owner)
    if table == owner or not operation.table.startswith(f"{owner}_"):
        return operation
    return replace(operation, table=table + operation.table.removeprefix(owner))


def joining_columns(operation: ops.RenameTable, schema: Schema) -> Iterator[ops.RenameColumn]:
    """The columns that point at a model which is renamed, in tables of many-to-many fields: they bear its name."""
    app = operation.model.rpartition(".")[0].lower()
    old, new = (key.removeprefix(f"{app}_") for key in (operation.table, operation.new_name))
    target = schema.keys.get(operation.table, operation.table)
    for name in dict.fromkeys(schema.keys.values()):
        table = schema.tables.get(name)
        if table is None or len(table.columns) != 3 or table.fields:
            continue  # a model's own table knows its fields
        for column in table.columns.values():
            place = column.name.removesuffix(f"{old}_id")
            if column.references == target and place in {"", "from_", "to_"}:
                yield ops.RenameColumn(name, column.name, f"{place}{new}_id", operation.span)


def _renamed(operation: ops.RenameTable, name: str) -> Iterator[Operation]:
    if operation.table == key_of(operation.model):
        if name != operation.new_name:
            yield msgspec.structs.replace(operation, table=name)
    elif name == operation.table:
        yield msgspec.structs.replace(operation, table=name)


def _renamed_column(operation: ops.RenameColumn, table: str, state: TableState | None) -> Iterator[Operation]:
    old = column_of_field(state, operation.column)
    known = state.column(old) if state is not None else None
    if state is not None and state.fields.get(operation.column) == operation.column:
        return  # its `db_column` says the name, and stays
    if old == operation.column and known is not None and known.references:
        return  # a foreign key without `_id` of its own has a `db_column`, which stays
    if old == operation.column:
        new = operation.new_name
    elif old == f"{operation.column}_id":
        new = f"{operation.new_name}_id"
    else:
        return
    yield ops.RenameColumn(table, old, new, operation.span)


def _altered(operation: ops.AlterColumn, table: str, state: TableState | None) -> Iterator[Operation]:
    """A changed `db_column`, or a field that became a foreign key, renames the column first."""
    old = column_of_field(state, operation.column)
    new = operation.definition.name if operation.definition is not None else old
    known = state.column(old) if state is not None else None
    if known is not None and new and new != old:
        yield ops.RenameColumn(table, old, new, operation.span)
        old = new
    yield msgspec.structs.replace(operation, table=table, column=old)
