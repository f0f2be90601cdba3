"""Keeps track of Django's models and fields while operations run: which table a model has, which column a field.

What `bylaw.project.migrations.state.django` makes of an operation changes the database; here follows what the models
are told, by operations that change the database as well, and by those that do not.
"""

from __future__ import annotations

from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.project.migrations.state.django import column_of_field, joining_columns, joining_table, key_of, many_to_many
from bylaw.project.migrations.state.edits import with_column
from bylaw.project.migrations.state.replay import Replay
from bylaw.project.migrations.state.schema import ColumnState, Schema, TableState
from bylaw.project.migrations.step import Step
from bylaw.source import Span


def follow(operation: Operation, schema: Schema, replay: Replay, step: Step) -> None:
    """Keep track of models and fields, after `operation` (as the source wrote it) ran on `schema`."""
    match operation:
        case ops.CreateTable() if operation.model:
            replay.set_key(key_of(operation.model), joining_table(operation, schema).table)
            replay.set_untouched(key_of(operation.model), "")
        case ops.DropTable(table=table) if table in schema.keys:
            replay.set_key(table, None)
        case ops.RenameTable(table=table, new_name=new_name) if operation.model:
            if table != key_of(operation.model):
                name = schema.keys.get(table, table)
                replay.set_key(table, None)
                replay.set_key(new_name, new_name if name == table else name)
                for renamed in joining_columns(operation, schema) if name == table else ():
                    replay.apply(renamed, step)
                _rename_many_to_many(table, new_name, schema, replay, step)
            else:
                replay.set_key(table, new_name)
        case ops.RenameTable(new_name=new_name) if new_name in schema.keys:  # SQL puts a table in the place of another
            replay.set_key(new_name, new_name)
        case ops.DropColumn(table=table, column=field) if many_to_many(schema, table, field) is not None:
            replay.set_key(f"{table}_{field}".lower(), None)
        case ops.RenameColumn(table=table, column=field, new_name=new_field):
            if (old := many_to_many(schema, table, field)) is not None:
                owner = schema.keys.get(table, table)
                is_usual = old.lower() == f"{owner}_{field}".lower()
                replay.set_key(f"{table}_{field}".lower(), None)
                replay.set_key(f"{table}_{new_field}".lower(), f"{owner}_{new_field.lower()}" if is_usual else old)
            else:
                _rename_field(table, field, new_field, replay)
        case _:
            pass


def _rename_many_to_many(table: str, new_key: str, schema: Schema, replay: Replay, step: Step) -> None:
    """The tables of a model's many-to-many fields follow the model's name."""
    state = schema.of_model(table)
    if state is None or not state.model:
        return
    for key, physical_name in list(schema.keys.items()):
        member = schema.tables.get(physical_name)
        if member is None or not member.model.startswith(f"{state.model}_"):
            continue
        moved = f"{new_key}{key.removeprefix(table)}"
        replay.set_key(key, None)
        replay.set_key(moved, moved if physical_name == key else physical_name)
        if physical_name == key:
            replay.apply(ops.RenameTable(physical_name, moved, Span(0, 0)), step)


def _rename_field(table: str, field: str, new_field: str, replay: Replay) -> None:
    state = replay.schema().of_model(table)
    if state is not None and field in state.fields:
        fields = {new_field if name == field else name: column for name, column in state.fields.items()}
        replay.change_table(state.name, lambda known: replace(known, fields=fields))


def follow_untouched(operation: Operation, schema: Schema, replay: Replay) -> None:
    """A change of a model whose table migrations leave alone: a proxy, or one that is not managed."""
    key = getattr(operation, "table", "")
    match operation:
        case ops.DropTable():
            replay.set_key(key, None)
            replay.set_untouched(key, "")
        case ops.RenameTable(new_name=new_name) if operation.model and key != key_of(operation.model):
            replay.set_key(new_name, schema.keys.get(key, new_name))
            replay.set_key(key, None)
            replay.set_untouched(new_name, schema.untouched[key])
            replay.set_untouched(key, "")
        case ops.RenameTable(new_name=new_name):
            replay.set_key(key, new_name)
        case _:
            pass


def follow_state_only(operation: Operation, schema: Schema, replay: Replay, step: Step) -> None:
    """A change of the models that leaves the database alone (`SeparateDatabaseAndState`)."""
    match operation:
        case ops.OtherStatement(kind="proxy-model" | "unmanaged-model" as kind, table=key):
            replay.set_untouched(key, kind)
        case ops.OtherStatement(kind="managed-model", table=key) if schema.untouched.get(key) == "unmanaged-model":
            replay.set_untouched(key, "")
        case ops.CreateTable() if operation.model:
            replay.set_key(key_of(operation.model), joining_table(operation, schema).table)
            replay.set_untouched(key_of(operation.model), "")
            if schema.table(operation.table) is not None:  # a model that is made of a table that is there
                own = {spec.field: spec.name for spec in operation.columns if spec.field}
                replay.change_table(operation.table, lambda state: replace(state, fields={**state.fields, **own}))
        case ops.DropTable(table=table):
            name = schema.keys.get(table, table)
            replay.set_key(table, None)
            replay.change_table(name, lambda state: replace(state, unmapped=step))
        case ops.RenameTable(table=table, new_name=new_name) if operation.model:
            name = schema.keys.get(table, table)
            if table == key_of(operation.model):
                replay.set_key(table, new_name)
            else:
                replay.set_key(table, None)
                replay.set_key(new_name, name)
        case ops.AddColumn(table=table, column=spec) if spec.field:
            name = schema.keys.get(table, table)
            replay.change_table(name, lambda state: replace(state, fields={**state.fields, spec.field: spec.name}))
        case ops.AlterColumn(table=table, column=field, definition=ops.ColumnSpec(name=new_name)):
            name = schema.keys.get(table, table)
            replay.change_table(name, lambda state: _with_other_column(state, field, new_name, step))
            follow_told(operation, schema, replay, step)
        case ops.DropColumn(table=table, column=field):
            if (joined := many_to_many(schema, table, field)) is not None:
                replay.set_key(f"{table}_{field}".lower(), None)
                replay.change_table(joined, lambda state: replace(state, unmapped=step))
                return
            name = schema.keys.get(table, table)
            replay.change_table(name, lambda state: _with_unmapped(state, column_of_field(state, field), step))
        case _:
            pass


def follow_told(operation: Operation, schema: Schema, replay: Replay, step: Step) -> None:  # noqa: ARG001 - as above
    """What SQL does, as the models are told (`RunSQL(state_operations=…)`): Django compares with that afterwards."""
    spec = operation.column if isinstance(operation, ops.AddColumn) else None
    spec = operation.definition if isinstance(operation, ops.AlterColumn) else spec
    name = schema.keys.get(getattr(operation, "table", ""), "") if spec is not None else ""
    if spec is not None and name:
        compared, column = spec.compared, spec.name
        replay.change_table(name, lambda state: _compared_with(state, column, compared))


def _compared_with(state: TableState, name: str, compared: tuple[tuple[str, str], ...]) -> TableState:
    column = state.column(name)
    return with_column(state, replace(column, compared=compared)) if column is not None else state


def _with_other_column(state: TableState, field: str, name: str, step: Step) -> TableState:
    """A field that is told of another column, as by `db_column`: nothing names the one that it had."""
    old = column_of_field(state, field)
    if name == old or old not in state.columns or name not in state.columns:
        return state
    state = _with_unmapped(state, old, step)
    return replace(state, fields={**state.fields, field: name})


def _with_unmapped(state: TableState, name: str, step: Step) -> TableState:
    if state.complete and name not in state.columns:
        return state  # the database is rid of it already
    column = replace(state.columns.get(name) or ColumnState(name), unmapped=step)
    return replace(state, columns={**state.columns, name: column})
