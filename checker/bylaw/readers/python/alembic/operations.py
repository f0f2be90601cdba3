"""`op.*` and `batch_op.*` calls as operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from bylaw.facts.migrations import (
    AddColumn,
    AlterColumn,
    ColumnSpec,
    CreateTable,
    DataChange,
    DropColumn,
    DropTable,
    Operation,
    OtherStatement,
    RenameColumn,
    RenameTable,
    SetComment,
)
from bylaw.facts.values import Call, Items, Value, flag_of, is_none, text_of
from bylaw.readers.python.alembic.arguments import Arguments, computed
from bylaw.readers.python.alembic.columns import (
    column_extras,
    column_spec,
    default_text,
    identity_change,
    is_column,
    late_column,
    name_of,
    table_constraint,
    takes_no_value,
)
from bylaw.readers.python.alembic.constraints import HANDLERS
from bylaw.readers.python.alembic.counting import counted
from bylaw.readers.python.alembic.data import table_of
from bylaw.readers.python.alembic.types import type_text

_CHANGING: Final = frozenset({"nullable", "server_default", "comment", "type_", "new_column_name", "name"})
"""What `alter_column` may be told to change; beside these it only says what the column is."""


_FORGOTTEN: Final = frozenset({"default", "type", "unique", "index", "primary_key"})
"""Keywords that `alter_column` takes, as it takes any, and of which no server is told."""


def operation_of(arguments: Arguments) -> list[Operation] | None:
    """The operations of a call; None when there is no such operation."""
    handler = _HANDLERS.get(arguments.operation)
    return None if handler is None else list(handler(arguments))


def knows(name: str) -> bool:
    """Whether Alembic has an operation of this name."""
    return name in _HANDLERS


def _create_table(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield computed(arguments, "table's name")
        return
    yield from table_operations(table, arguments.others, arguments.call, if_not_exists=arguments.flag("if_not_exists"))


def table_operations(
    table: str, items: tuple[Value, ...], call: Call, *, if_not_exists: bool = False
) -> Iterator[Operation]:
    """CreateTable, and the constraints and indexes among its items."""
    columns: list[ColumnSpec] = []
    calls: dict[str, Call] = {}
    beside: list[Operation] = []
    keys: tuple[str, ...] = ()
    key_name = ""
    partial = any(not kw.name for kw in call.keywords)
    for item in items:
        spec = column_spec(item) if isinstance(item, Call) and is_column(item) else None
        if spec is not None and isinstance(item, Call):
            columns.append(spec)
            calls[spec.name] = item
            beside.extend(column_extras(table, item, spec))
        elif isinstance(item, Call) and item.method == "PrimaryKeyConstraint":
            keys = tuple(name_of(arg) or "" for arg in item.args)
            key_name = name_of(item.keyword("name")) or ""
        elif isinstance(item, Call) and (constraint := table_constraint(table, item)) is not None:
            beside.append(constraint)
        else:
            late = late_column(item)
            columns.extend(late)
            partial = partial or not (late or is_none(item))
    keys = keys or tuple(column.name for column in columns if column.primary_key)
    comment = text_of(call.keyword("comment")) or ""
    yield CreateTable(
        table, counted(columns, calls, keys, beside), keys, call.span,
        if_not_exists=if_not_exists, comment=comment, partial=partial, primary_key_name=key_name,
        partitioned=call.keyword("postgresql_partition_by") is not None,
        temporary=any(text_of(prefix) in {"TEMPORARY", "TEMP"} for prefix in _listed(call.keyword("prefixes"))),
    )  # fmt: skip
    yield from beside


def _listed(value: Value | None) -> tuple[Value, ...]:
    return value.items if isinstance(value, Items) else ()


def _drop_table(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield computed(arguments, "table's name")
    else:
        yield DropTable(table, arguments.call.span, if_exists=arguments.flag("if_exists"))


def _rename_table(arguments: Arguments) -> Iterator[Operation]:
    old = arguments.qualified(arguments.name("old_table_name"), "schema")
    new = arguments.qualified(arguments.name("new_table_name"), "schema")
    if not old or not new:
        yield computed(arguments, "table's name")
    else:
        yield RenameTable(old, new, arguments.call.span)


def _add_column(arguments: Arguments) -> Iterator[Operation]:
    table, column = arguments.table_name(), arguments.value("column")
    if table is None:
        yield computed(arguments, "table's name")
        return
    for late in late_column(column):
        yield AddColumn(table, late, arguments.call.span)
        return
    spec = column_spec(column) if isinstance(column, Call) and is_column(column) else None
    if spec is None or not isinstance(column, Call):
        yield computed(arguments, "column")
        return
    if spec.primary_key:
        (spec,) = counted([spec], {spec.name: column}, (spec.name,), [])
    if spec.primary_key and not arguments.flag("inline_primary_key"):  # Alembic leaves the key itself out
        spec = replace(spec, primary_key=False, nullable=spec.nullable or False)
    yield AddColumn(table, spec, arguments.call.span, if_not_exists=arguments.flag("if_not_exists"))
    yield from column_extras(table, column, spec)


def _drop_column(arguments: Arguments) -> Iterator[Operation]:
    table, column = arguments.table_name(), arguments.name("column_name")
    if table is None or not column:
        yield computed(arguments, "column's name" if table else "table's name")
    else:
        yield DropColumn(table, column, arguments.call.span, if_exists=arguments.flag("if_exists"))


def _alter_column(arguments: Arguments) -> Iterator[Operation]:
    table, column = arguments.table_name(), arguments.name("column_name")
    idle = not arguments.hidden and _CHANGING.isdisjoint(keyword.name for keyword in arguments.call.keywords)
    yield from _ignored(arguments, table or "", column or "", idle=idle)
    if idle:
        return
    if table is None or not column:
        yield computed(arguments, "column's name" if table else "table's name")
        return
    keyword = arguments.call.keyword
    default, comment = keyword("server_default"), keyword("comment")
    type_value = keyword("type_")
    identity = identity_change(default, keyword("existing_server_default"))
    drops_default = default is not None and is_none(default) and not identity
    sets_default = default is not None and not is_none(default) and flag_of(default) is not False and not identity
    changed = AlterColumn(
        table, column, arguments.call.span,
        type=type_text(type_value) if type_value is not None and not is_none(type_value) else None,
        nullable=flag_of(keyword("nullable")),
        server_default=(default_text(default) or "") if sets_default else None,
        drop_default=drops_default,
        comment=None if comment is None or flag_of(comment) is False else text_of(comment) or "",
        using=text_of(keyword("postgresql_using")) or "",
        old_type=type_text(keyword("existing_type")),
        old_nullable=flag_of(keyword("existing_nullable")),
        generated=identity,
        always=takes_no_value(default) if identity in {"add-identity", "set-identity"} else None,
    )  # fmt: skip
    others = (changed.type, changed.nullable, changed.comment)
    if identity or sets_default or drops_default or any(other is not None for other in others):
        yield changed
    elif arguments.hidden or (keyword("nullable") is not None and not is_none(keyword("nullable"))):
        yield computed(arguments, "change")
    yield from _renamed(arguments, table, column)


def _ignored(arguments: Arguments, table: str, column: str, *, idle: bool) -> Iterator[Operation]:
    """What `alter_column` is told and forgets: a column instead of a column's name, keywords that it does not have."""
    names = tuple(keyword.name for keyword in arguments.call.keywords if keyword.name in _FORGOTTEN)
    is_described = idle and is_column(arguments.value("column_name"))
    if is_described or (names and column):
        details = (*(() if is_described else names), *(("alone",) if idle else ()))
        yield OtherStatement("ignored-argument", arguments.call.span, table, column, details=details)


def _renamed(arguments: Arguments, table: str, column: str) -> Iterator[Operation]:
    """The new name that `alter_column` gives, if any."""
    renamed = arguments.call.keyword("new_column_name") or arguments.call.keyword("name")
    if renamed is None or is_none(renamed):
        return
    new_name = name_of(renamed)
    if not new_name:
        yield computed(arguments, "new name")
    elif new_name != column:
        yield RenameColumn(table, column, new_name, arguments.call.span)


def _table_comment(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield computed(arguments, "table's name")
        return
    text = arguments.text("comment") if arguments.operation == "create_table_comment" else ""
    yield SetComment("table", table, "", text, arguments.call.span)


def _bulk_insert(arguments: Arguments) -> Iterator[Operation]:
    yield DataChange("insert", table_of(arguments.value("table")) or "", arguments.call.span)


_HANDLERS: Final[dict[str, Callable[[Arguments], Iterator[Operation]]]] = {
    **HANDLERS,
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_table_comment": _table_comment,
    "drop_table_comment": _table_comment,
    "bulk_insert": _bulk_insert,
}
