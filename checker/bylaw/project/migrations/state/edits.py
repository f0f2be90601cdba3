"""One table with one thing changed: every function takes a table's state and gives the next one."""

from __future__ import annotations

from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.state.expressions import is_null, renamed, words
from bylaw.project.migrations.state.schema import ColumnState, IndexState, Note, TableState
from bylaw.project.migrations.step import Step


def column_of(spec: ColumnSpec, step: Step | None, identity: int = 0) -> ColumnState:
    """A column as it is declared. In a file of SQL, which hides nothing, one that says nothing of NULL takes it."""
    said = spec.nullable
    if said is None and spec.generation in {"identity", "serial"}:
        said = False
    elif said is None and step is not None and step.migration.tool == "sql":
        said = None if spec.generated and not spec.generation else True
    return ColumnState(
        spec.name,
        type=spec.type,
        nullable=False if spec.primary_key else said,
        default=None if is_null(spec.server_default) else spec.server_default,
        default_known=True,
        declared_default=spec.server_default,
        generated=spec.generated,
        primary_key=spec.primary_key,
        unique=spec.unique,
        references=spec.references,
        created=step,
        comment=Note(spec.comment, step) if spec.comment and step is not None else None,
        field=spec.field,
        identity=identity,
        generation=spec.generation,
        check=spec.check,
        compared=spec.compared,
        computed_from=spec.computed_from,
        always=spec.always,
    )


def with_column(table: TableState, column: ColumnState) -> TableState:
    """The table with a column added, or put in the place of the one of that name."""
    fields = {**table.fields, column.field: column.name} if column.field else table.fields
    return replace(table, columns={**table.columns, column.name: column}, fields=fields)


def named(table: TableState, name: str) -> str:
    """The column's name as the state has it."""
    column = table.column(name)
    return column.name if column is not None else name


def without_column(table: TableState, name: str) -> TableState:
    """The table without a column, and without what goes with it: its key, constraints and indexes."""
    name = named(table, name)
    key = next((c.columns for c in table.constraints if c.kind == "primary-key" and name in c.columns), ())
    columns = {
        other: replace(column, primary_key=False) if other in key else column
        for other, column in table.columns.items()
        if other != name
    }
    return replace(
        table,
        columns=columns,
        constraints=tuple(c for c in table.constraints if name not in c.columns),
        indexes=tuple(index for index in table.indexes if name not in index.columns and name not in words(index.where)),
        fields={key: column for key, column in table.fields.items() if column != name},
    )


def with_renamed_column(table: TableState, name: str, new_name: str) -> TableState:
    """The table with a column under another name, also where keys, constraints and indexes name it."""
    name = named(table, name)
    column = table.columns.get(name, ColumnState(name))

    def swapped(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new_name if entry == name else entry for entry in columns)

    return replace(
        table,
        columns={
            **{key: _reading(entry, name, new_name) for key, entry in table.columns.items() if key != name},
            new_name: replace(column, name=new_name),
        },
        constraints=tuple(
            replace(c, columns=swapped(c.columns), expression=renamed(c.expression, name, new_name))
            for c in table.constraints
        ),
        indexes=tuple(
            replace(index, columns=swapped(index.columns), where=renamed(index.where, name, new_name))
            for index in table.indexes
        ),
        fields={key: new_name if entry == name else entry for key, entry in table.fields.items()},
    )


def _reading(column: ColumnState, name: str, new_name: str) -> ColumnState:
    if name not in column.computed_from:
        return column
    return replace(column, computed_from=tuple(new_name if one == name else one for one in column.computed_from))


def with_renamed_type(table: TableState, name: str, new_name: str) -> TableState:
    """A type of the database's own has another name: so has the type of the columns."""
    columns = {
        key: replace(column, type=new_name + column.type[len(name) :]) if column.type.rstrip("[]") == name else column
        for key, column in table.columns.items()
    }
    return replace(table, columns=columns)


def with_altered_column(table: TableState, operation: ops.AlterColumn, step: Step) -> TableState:
    """The table with a column changed. A column that was never seen is made up."""
    name = named(table, operation.column)
    column = table.columns.get(name) or ColumnState(name, type=operation.old_type, nullable=operation.old_nullable)
    if operation.definition is not None:
        if not operation.definition.field and table.fields.get(name) == name:
            table = replace(table, fields={field: other for field, other in table.fields.items() if field != name})
        declared = column_of(operation.definition, step)
        same_note = column.comment is not None and column.comment.text == operation.definition.comment
        whole = step.migration.tool == "django"  # SQL leaves indexes and keys as they are
        if whole and not operation.definition.indexed:
            kept = tuple(index for index in table.indexes if index.name or index.columns != (name,))
            table = replace(table, indexes=kept)
        column = replace(
            declared,
            name=name,
            type=declared.type or column.type,
            unique=declared.unique or (column.unique and not whole),
            references=declared.references or ("" if whole else column.references),
            primary_key=declared.primary_key or column.primary_key,
            created=column.created,
            identity=column.identity,
            comment=column.comment if same_note else declared.comment,
        )
    if operation.type is not None:
        column = replace(column, type=operation.type)
    if operation.nullable is not None:
        column = replace(column, nullable=operation.nullable)
    if operation.drop_default or (operation.server_default is not None and is_null(operation.server_default)):
        column = replace(column, default=None, default_known=True)
        if column.generation == "serial":
            column = replace(column, generated=False, generation="")
    elif operation.server_default is not None:
        column = replace(column, default=operation.server_default, default_known=True)
    if operation.generated in {"add-identity", "set-identity"}:
        always = column.always if operation.always is None else operation.always
        column = replace(column, generated=True, generation="identity", always=always)
    elif operation.generated == "set-expression":
        column = replace(column, computed_from=())
    elif operation.generated in {"drop-identity", "drop-expression"}:
        column = replace(column, generated=False, generation="", default_known=True, computed_from=(), always=False)
    if operation.comment is not None:
        column = replace(column, comment=Note(operation.comment, step) if operation.comment else None)
    return with_column(table, column)


def with_index(table: TableState, operation: ops.CreateIndex, step: Step, name: str) -> TableState:
    """The table with one more index, of that bare name."""
    if operation.if_not_exists and any(index.name == name for index in table.indexes):
        return table
    columns = tuple(named(table, column) if column else "" for column in operation.columns)
    index = IndexState(name, columns, operation.unique, operation.where, step)
    return replace(table, indexes=(*table.indexes, index))


def with_comment(table: TableState, operation: ops.SetComment, step: Step) -> TableState:
    """The table with another comment on it or on one of its columns; none where the comment is empty."""
    note = Note(operation.comment, step) if operation.comment else None
    if operation.kind == "table":
        return replace(table, comment=note)
    name = named(table, operation.column)
    return with_column(table, replace(table.columns.get(name, ColumnState(name)), comment=note))
