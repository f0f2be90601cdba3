"""Folds operations into a schema, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.facts.naming import bare
from bylaw.project.migrations.state.constraints import (
    declared,
    names_constraints,
    names_of,
    with_constraint,
    with_inline,
    with_moved_references,
    with_renamed_constraint,
    with_validated,
    without_constraint,
    without_index,
    without_references,
)
from bylaw.project.migrations.state.default_names import default_name
from bylaw.project.migrations.state.edits import (
    column_of,
    with_altered_column,
    with_column,
    with_comment,
    with_index,
    with_renamed_column,
    with_renamed_type,
    without_column,
)  # fmt: skip
from bylaw.project.migrations.state.objects import Objects
from bylaw.project.migrations.state.schema import Note, Schema, TableState
from bylaw.project.migrations.step import Step


class Replay:
    """The schema while it is being built. `schema()` gives the present state, which later operations do not change.

    Operations name tables and columns physically (see `bylaw.project.migrations.state.django`). Every operation is
    accepted, also one on a table that was never seen: the table then was there before, with columns that are not known.
    """

    def __init__(self) -> None:
        self._tables: dict[str, TableState] = {}
        self._keys: dict[str, str] = {}
        self._untouched: dict[str, str] = {}
        self._objects = Objects()
        self._identities = 0
        self._bare: dict[str, tuple[str, ...]] = {}
        self._handed_out: Schema | None = None

    def schema(self) -> Schema:
        if self._handed_out is None:
            self._handed_out = self._reader
        return self._handed_out

    def has_table(self, name: str) -> bool:
        """Whether `schema()` would have it; to ask so costs nothing."""
        return self._reader.table(name) is not None

    def _write(self) -> None:
        """Before a change: leave what was handed out to its readers."""
        if self._handed_out is not None:
            self._tables = dict(self._tables)
            self._keys = dict(self._keys)
            self._untouched = dict(self._untouched)
            self._objects.leave()
            self._bare = dict(self._bare)
            self._handed_out = None

    def set_key(self, key: str, table: str | None) -> None:
        """Django: the model's key now means `table`, or nothing."""
        self._write()
        if table is None:
            self._keys.pop(key, None)
        else:
            self._keys[key] = table

    def set_untouched(self, key: str, why: str) -> None:
        """Django: migrations leave the table of the model with that key alone, or ('') do not any more."""
        if why != self._untouched.get(key, ""):
            self._write()
            self._untouched[key] = why
            if not why:
                del self._untouched[key]

    def change_table(self, name: str, change: Callable[[TableState], TableState]) -> None:
        """Replace the state of one table, which is made up when it was never seen."""
        self._put(change(self._table(name)))

    @property
    def _reader(self) -> Schema:
        if self._handed_out is not None:
            return self._handed_out
        objects = self._objects
        names = (self._bare, objects.views, self._untouched)
        return Schema(self._tables, self._keys, objects.enums, objects.steps, *names)

    def _put(self, state: TableState) -> None:
        self._write()
        if state.name not in self._tables:
            last = bare(state.name)
            self._bare[last] = (*self._bare.get(last, ()), state.name)
        self._tables[state.name] = state

    def _take(self, name: str) -> None:
        self._write()
        if self._tables.pop(name, None) is not None:
            last = bare(name)
            self._bare[last] = tuple(other for other in self._bare[last] if other != name)

    def _table(self, name: str) -> TableState:
        """The table as it is known; one that was never seen is made up."""
        return self._reader.table(name) or TableState(name, identity=self._next())

    def _next(self) -> int:
        self._identities += 1
        return self._identities

    def apply(self, operation: Operation, step: Step) -> None:
        """Take one operation in."""
        match operation:
            case ops.CreateTable():
                self._create_table(operation, step)
            case ops.DropTable():
                self._drop_table(operation)
            case ops.RenameTable(table=table, new_name=new_name):
                self._rename_table(table, new_name)
            case ops.MoveTable(table=table, schema=schema):
                self._rename_table(table, f"{schema}.{table.rpartition('.')[2]}")
            case ops.AddColumn():
                self._add_column(operation, step)
            case ops.DropColumn():
                self._drop_column(operation)
            case ops.RenameColumn(table=table, column=column, new_name=new_name):
                self.change_table(table, lambda state: with_renamed_column(state, column, new_name))
            case ops.AlterColumn():
                self.change_table(operation.table, lambda state: with_altered_column(state, operation, step))
            case ops.AddConstraint():
                self.change_table(operation.table, lambda state: with_constraint(state, operation, step))
            case ops.DropConstraint():
                self.change_table(operation.table, lambda state: without_constraint(state, operation))
            case ops.ValidateConstraint(table=table):
                self.change_table(table, lambda state: with_validated(state, operation.name))
            case ops.CreateIndex() if operation.table:
                self._create_index(operation, step)
            case ops.DropIndex():
                self._drop_index(operation)
            case ops.SetComment(kind="table" | "column") if operation.table:
                self.change_table(operation.table, lambda state: with_comment(state, operation, step))
            case ops.AlterEnum() if operation.type in self._objects.enums:
                self._write()
                self._objects.alter(operation)
            case ops.CreateObject():
                self._write()
                self._objects.create(operation, step)
            case ops.DropObject():
                self._drop_object(operation)
            case ops.RenameObject():
                self._rename_object(operation)
            case _:
                pass

    def _create_table(self, operation: ops.CreateTable, step: Step) -> None:
        by_hand = step.migration.tool == "django" and not operation.model  # by code that saw that it is missing
        if (operation.if_not_exists or by_hand) and self._reader.table(operation.table) is not None:
            return
        columns = {spec.name: column_of(spec, step, self._next()) for spec in operation.columns}
        for name in operation.primary_key:
            if name in columns:
                columns[name] = replace(columns[name], primary_key=True, nullable=False)
        made = TableState(
            operation.table,
            columns,
            complete=not operation.partial and bool(operation.columns),
            created=step,
            temporary=operation.temporary,
            comment=Note(operation.comment, step) if operation.comment else None,
            model=operation.model,
            partition_of=operation.partition_of,
            partitioned=operation.partitioned,
            identity=self._next(),
            fields={spec.field: spec.name for spec in operation.columns if spec.field},
        )
        self._put(declared(made, operation, step) if names_constraints(step) else made)
        self._objects.state_labels(operation.columns)

    def _drop_table(self, operation: ops.DropTable) -> None:
        state = self._reader.table(operation.table)
        if state is None:
            return
        self._take(state.name)
        if operation.cascade:
            self._drop_references(lambda target: target == state.name or target.rpartition(".")[0] == state.name)

    def _drop_column(self, operation: ops.DropColumn) -> None:
        state = self._table(operation.table)
        column = state.column(operation.column)
        left = without_column(state, operation.column)
        for computed in state.computed_from(operation.column) if operation.cascade else ():
            left = without_column(left, computed)
        self._put(left)
        if operation.cascade and column is not None:
            gone = {f"{state.name}.{column.name}", *([state.name] if column.primary_key else [])}
            self._drop_references(gone.__contains__)

    def _drop_references(self, to: Callable[[str], bool]) -> None:
        """Foreign keys of other tables go with what they point to."""
        for table in list(self._tables.values()):
            left = without_references(table, to)
            if left is not table:
                self._put(left)

    def _rename_table(self, table: str, new_name: str) -> None:
        state = self._table(table)
        schema, _, _ = state.name.rpartition(".")
        if schema and "." not in new_name:
            new_name = f"{schema}.{new_name}"
        self._take(state.name)
        self._put(replace(state, name=new_name))
        self._redirect(state.name, new_name)
        self._objects.rename_view(table, new_name)
        for key, physical in self._keys.items():
            if physical == state.name:
                self._keys[key] = new_name

    def _add_column(self, operation: ops.AddColumn, step: Step) -> None:
        state = self._reader.table(operation.table)
        if operation.if_not_exists and state is not None and state.column(operation.column.name) is not None:
            return
        state = with_column(self._table(operation.table), column_of(operation.column, step, self._next()))
        if names_constraints(step):
            state = with_inline(state, operation.column, step)
        self._put(state)
        self._objects.state_labels((operation.column,))

    def _redirect(self, name: str, new_name: str) -> None:
        """Foreign keys follow the table that they point to."""
        for table in list(self._tables.values()):
            moved = with_moved_references(table, name, new_name)
            if moved is not table:
                self._put(moved)

    def _create_index(self, operation: ops.CreateIndex, step: Step) -> None:
        name = operation.name.rpartition(".")[2]
        if not name and names_constraints(step) and all(operation.columns):
            state = self._table(operation.table)
            name = default_name("index", state.name, operation.columns, names_of(state))
        self.change_table(operation.table, lambda state: with_index(state, operation, step, name))

    def _drop_object(self, operation: ops.DropObject) -> None:
        self._write()
        if operation.kind.endswith("view"):
            self._drop_indexes_of_view(operation.name)
        was_enum = self._objects.drop(operation.kind, operation.name)
        if was_enum and operation.cascade:
            for table in list(self._tables.values()):
                for column in table.columns.values():
                    if column.type.rstrip("[]") == operation.name:
                        table = without_column(table, column.name)  # noqa: PLW2901 - one after the other
                self._put(table)

    def _drop_indexes_of_view(self, name: str) -> None:
        """A materialized view's indexes go with it: they are kept as those of a table that was made up for them."""
        state = self._reader.table(name)
        if state is not None and state.created is None:
            self._take(state.name)

    def _rename_object(self, operation: ops.RenameObject) -> None:
        kind, name, new_name = operation.kind, operation.name, operation.new_name
        if kind == "constraint":
            self.change_table(operation.table, lambda state: with_renamed_constraint(state, name, new_name))
            return
        if kind == "index":
            last = name.rpartition(".")[2]
            for table in list(self._tables.values()):
                if last in names_of(table):
                    self._put(with_renamed_constraint(table, last, new_name.rpartition(".")[2]))
            return
        self._write()
        self._objects.rename(kind, name, new_name)
        if kind == "type":
            for table in list(self._tables.values()):
                self._put(with_renamed_type(table, name, new_name))

    def _drop_index(self, operation: ops.DropIndex) -> None:
        last = operation.name.rpartition(".")[2]
        owner = self._reader.table(operation.table) if operation.table else None
        for state in [owner] if owner is not None else list(self._tables.values()):
            left = without_index(state, last)
            if left is not state:
                self._put(left)
                return
