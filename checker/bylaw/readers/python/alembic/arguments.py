"""The arguments of an operation by name, whether it stands on `op` or on a batch that knows its table already."""

from __future__ import annotations

from typing import Final

import msgspec

from bylaw.facts.migrations import UnreadOperation
from bylaw.facts.values import Call, Starred, Value, flag_of, text_of
from bylaw.readers.python.alembic.columns import name_of, names_of

_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "add_column": ("table_name", "column"),
    "drop_column": ("table_name", "column_name"),
    "alter_column": ("table_name", "column_name"),
    "create_index": ("index_name", "table_name", "columns"),
    "drop_index": ("index_name", "table_name"),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "create_exclude_constraint": ("constraint_name", "table_name"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
    "rename_table": ("old_table_name", "new_table_name"),
    "create_table": ("table_name",),
    "drop_table": ("table_name",),
    "create_table_comment": ("table_name", "comment"),
    "drop_table_comment": ("table_name",),
    "bulk_insert": ("table", "rows"),
    "execute": ("sqltext",),
}
_TABLE_NAMES: Final = ("table_name", "source_table", "source")
_OLD_NAMES: Final = {
    "constraint_name": "name", "index_name": "name", "source_table": "source", "referent_table": "referent",
    "table_name": "tablename", "type_": "type",
}  # fmt: skip
"""Parameter names of Alembic before 1.0 that old revisions still use."""


class Arguments(msgspec.Struct, frozen=True):
    """A folded call of an operation. `table` is the batch's table, '' outside a batch; `schema` likewise."""

    call: Call
    operation: str
    table: str | None = ""
    schema: str = ""
    rest: tuple[Value, ...] = ()

    def value(self, name: str) -> Value | None:
        """The argument with this parameter name, None where it is not given."""
        found = self.call.keyword(name) or self.call.keyword(_OLD_NAMES.get(name, name))
        if found is not None:
            return found
        names = self.positional
        if name not in names:
            return None
        at = names.index(name)
        return self.call.argument(at)

    @property
    def positional(self) -> tuple[str, ...]:
        names = _PARAMETERS.get(self.operation, ())
        return tuple(name for name in names if name not in _TABLE_NAMES) if self.in_batch else names

    @property
    def in_batch(self) -> bool:
        return self.table != ""

    @property
    def others(self) -> tuple[Value, ...]:
        """Positional arguments after the named parameters: the columns of `create_table`."""
        return self.call.args[len(self.positional) :]

    @property
    def hidden(self) -> bool:
        """Whether a `*` or `**` argument may bring more than is seen."""
        return any(isinstance(arg, Starred) for arg in self.call.args) or any(not kw.name for kw in self.call.keywords)

    def table_name(self) -> str | None:
        """The table with its schema; None where it is computed."""
        if self.in_batch:
            return self.table
        for parameter in _TABLE_NAMES:
            if parameter in self.positional:
                return self.qualified(name_of(self.value(parameter)) or None, "schema", "source_schema")
        return None

    def qualified(self, name: str | None, *schema_keywords: str) -> str | None:
        if not name:
            return None
        for keyword in schema_keywords:
            if schema := text_of(self.call.keyword(keyword)):
                return f"{schema}.{name}"
        return f"{self.schema}.{name}" if self.schema else name

    def name(self, parameter: str) -> str | None:
        return name_of(self.value(parameter))

    def names(self, parameter: str) -> tuple[str, ...] | None:
        return names_of(self.value(parameter))

    def text(self, parameter: str) -> str:
        return text_of(self.value(parameter)) or ""

    def flag(self, parameter: str) -> bool:
        return flag_of(self.call.keyword(parameter)) or False


def computed(arguments: Arguments, what: str) -> UnreadOperation:
    """What stands for an operation of which `what` is not written down."""
    return UnreadOperation(arguments.call.span, f"{arguments.operation}: the {what} is computed at run time")
