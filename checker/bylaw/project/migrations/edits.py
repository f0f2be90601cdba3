"""One table with one thing changed: every function takes a table's state and gives the next one."""

from __future__ import annotations

from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.expressions import is_null
from bylaw.project.migrations.state import ColumnState, ConstraintState, IndexState, Note, TableState
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
    )


def with_column(table: TableState, column: ColumnState) -> TableState:
    fields = {**table.fields, column.field: column.name} if column.field else table.fields
    return replace(table, columns={**table.columns, column.name: column}, fields=fields)


def named(table: TableState, name: str) -> str:
    """The column's name as the state has it."""
    column = table.column(name)
    return column.name if column is not None else name


def without_column(table: TableState, name: str) -> TableState:
    name = named(table, name)
    return replace(
        table,
        columns={key: column for key, column in table.columns.items() if key != name},
        constraints=tuple(c for c in table.constraints if name not in c.columns),
        indexes=tuple(index for index in table.indexes if name not in index.columns),
        fields={key: column for key, column in table.fields.items() if column != name},
    )


def with_renamed_column(table: TableState, name: str, new_name: str) -> TableState:
    name = named(table, name)
    column = table.columns.get(name, ColumnState(name))

    def swapped(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new_name if entry == name else entry for entry in columns)

    renamed = replace(column, name=new_name)
    return replace(
        table,
        columns={**{key: entry for key, entry in table.columns.items() if key != name}, new_name: renamed},
        constraints=tuple(replace(c, columns=swapped(c.columns)) for c in table.constraints),
        indexes=tuple(replace(index, columns=swapped(index.columns)) for index in table.indexes),
        fields={key: new_name if entry == name else entry for key, entry in table.fields.items()},
    )


def with_altered_column(table: TableState, operation: ops.AlterColumn, step: Step) -> TableState:
    name = named(table, operation.column)
    column = table.columns.get(name) or ColumnState(name, type=operation.old_type, nullable=operation.old_nullable)
    if operation.definition is not None:
        declared = column_of(operation.definition, step)
        same_note = column.comment is not None and column.comment.text == operation.definition.comment
        column = replace(
            declared,
            name=name,
            type=declared.type or column.type,
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
        column = replace(column, generated=True, generation="identity")
    elif operation.generated in {"drop-identity", "drop-expression"}:
        column = replace(column, generated=False, generation="", default_known=True)
    if operation.comment is not None:
        column = replace(column, comment=Note(operation.comment, step) if operation.comment else None)
    return with_column(table, column)


def with_constraint(table: TableState, operation: ops.AddConstraint, step: Step) -> TableState:
    columns = tuple(named(table, name) for name in operation.columns)
    if operation.kind == "not-null" and not operation.not_valid and columns:
        known = table.columns.get(columns[0], ColumnState(columns[0]))
        table = with_column(table, replace(known, nullable=False))
    constraint = ConstraintState(
        operation.kind, columns, operation.name, operation.expression,
        validated=not operation.not_valid and not operation.not_enforced, created=step,
        enforced=not operation.not_enforced, references=operation.references,
    )  # fmt: skip
    kept = table.constraints
    if operation.using_index:
        table = replace(table, indexes=tuple(index for index in table.indexes if index.name != operation.using_index))
    return replace(table, constraints=(*kept, constraint))


def without_constraint(table: TableState, operation: ops.DropConstraint) -> TableState:
    kept = tuple(c for c in table.constraints if not operation.name or c.name != operation.name)
    indexes = tuple(index for index in table.indexes if not operation.name or index.name != operation.name)
    return replace(table, constraints=kept, indexes=indexes)


def with_validated(table: TableState, name: str) -> TableState:
    return replace(
        table, constraints=tuple(replace(c, validated=True) if c.name == name else c for c in table.constraints)
    )


def with_index(table: TableState, operation: ops.CreateIndex, step: Step) -> TableState:
    if operation.if_not_exists and any(index.name == operation.name for index in table.indexes):
        return table
    columns = tuple(named(table, name) if name else "" for name in operation.columns)
    index = IndexState(operation.name.rpartition(".")[2], columns, operation.unique, operation.where, step)
    return replace(table, indexes=(*table.indexes, index))


def with_comment(table: TableState, operation: ops.SetComment, step: Step) -> TableState:
    note = Note(operation.comment, step) if operation.comment else None
    if operation.kind == "table":
        return replace(table, comment=note)
    name = named(table, operation.column)
    return with_column(table, replace(table.columns.get(name, ColumnState(name)), comment=note))
