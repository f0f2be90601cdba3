"""What a table says beside its columns: keys and foreign keys as constraints, and its schema."""

from __future__ import annotations

import msgspec

from bylaw.facts.database import Column, ForeignKey, TableIndex
from bylaw.facts.values import Call, Entries, Items, Operator, Ref, Value, text_of
from bylaw.project.tables.columns import Columns
from bylaw.project.tables.indexes import table_indexes
from bylaw.project.tables.inheritance import Kin, Kinship


class Arguments:
    """Lays `__table_args__`, and the constraints in a `Table(...)` call, over columns."""

    def __init__(self, kinship: Kinship, columns: Columns) -> None:
        self.kinship = kinship
        self.columns = columns

    def apply(self, kin: Kin, columns: list[Column]) -> tuple[list[Column], str]:
        """The columns with what the class and its bases say in `__table_args__`, and the schema they name."""
        schema = ""
        for k in kin.lineage():
            values: list[Value] = [
                v.value for v in k.fact.variables if v.name == "__table_args__" and v.value is not None
            ]
            for method in self.kinship.methods(k):
                if method.name == "__table_args__":
                    values.extend(method.returns)
            for value in values:
                calls, found = _table_args(value)
                schema = schema or found
                columns = self.constrain(columns, calls, k.module)
        return columns, schema

    def indexes(self, lineage: list[Kin], columns: list[Column]) -> tuple[TableIndex, ...]:
        """The unique constraints and indexes of the nearest `__table_args__`. `lineage` are the classes that share the
        table, nearest first; `columns` those of the table.
        """
        for k in lineage:
            values = [v.value for v in k.fact.variables if v.name == "__table_args__" and v.value is not None]
            for method in self.kinship.methods(k):
                if method.name == "__table_args__":
                    values.extend(method.returns)
            if values:
                calls = [call for value in values for call in _table_args(value)[0]]
                return tuple(table_indexes(calls, self.columns.meanings, k.module, k.file.path, columns))
        return ()

    def constrain(self, columns: list[Column], calls: list[Call], near: str) -> list[Column]:
        """The columns with the constraints among `calls`, which are written in module `near`."""
        for call in calls:
            last = self.columns.meanings.short(call, near).rpartition(".")[2]
            if last == "PrimaryKeyConstraint":
                names = {_column_name(arg) for arg in call.args}
                columns = [c.as_key() if names & {c.name, c.attribute} else c for c in columns]
            elif last == "ForeignKeyConstraint":
                columns = self._point(columns, call, near)
        return columns

    def _point(self, columns: list[Column], call: Call, near: str) -> list[Column]:
        here, there = call.argument(0, "columns"), call.argument(1, "refcolumns")
        if not isinstance(here, Items) or not isinstance(there, Items):
            return columns
        several = len(here.items) > 1
        targets: dict[str, ForeignKey] = {}
        for name, target in zip(here.items, there.items, strict=False):
            key = self.columns.foreign_key(target, near)
            if key is not None:
                targets[_column_name(name)] = msgspec.structs.replace(key, constraint=several)
        return [_pointing(column, targets) for column in columns]


def _pointing(column: Column, targets: dict[str, ForeignKey]) -> Column:
    """A column's own target says more than a constraint over several columns, which it may take part in besides."""
    key = targets.get(column.name) or targets.get(column.attribute)
    keeps = key is None or (key.constraint and column.foreign_key is not None)
    return column if keeps else msgspec.structs.replace(column, foreign_key=key)


def _table_args(value: Value) -> tuple[list[Call], str]:
    match value:
        case Items(_, items):
            schema = next((_schema(item) for item in items if isinstance(item, Entries)), "")
            return [item for item in items if isinstance(item, Call)], schema
        case Entries():
            return [], _schema(value)
        case Operator("+", left, right) if left is not None:
            first, second = _table_args(left), _table_args(right)
            return [*first[0], *second[0]], first[1] or second[1]
        case _:
            return [], ""


def _schema(value: Value) -> str:
    entries = value.entries if isinstance(value, Entries) else ()
    return next((text_of(inner) or "" for key, inner in entries if text_of(key) == "schema"), "")


def _column_name(value: Value) -> str:
    if (text := text_of(value)) is not None:
        return text
    return value.name.rpartition(".")[2] if isinstance(value, Ref) else ""
