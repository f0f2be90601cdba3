"""`op.*` and `batch_op.*` calls as operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    ConstraintKind,
    CreateIndex,
    CreateTable,
    DataChange,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
    SetComment,
    UnreadOperation,
)
from bylaw.facts.values import Call, Items, Value, flag_of, is_none, text_of
from bylaw.readers.python.alembic.arguments import Arguments
from bylaw.readers.python.alembic.columns import (
    column_extras,
    column_spec,
    default_text,
    expression_text,
    identity_change,
    is_column,
    late_column,
    name_of,
    table_constraint,
)
from bylaw.readers.python.alembic.counting import counted
from bylaw.readers.python.alembic.data import table_of
from bylaw.readers.python.alembic.types import type_text

_KINDS: Final = {"foreignkey": "foreign-key", "unique": "unique", "check": "check", "primary": "primary-key"}


def operation_of(arguments: Arguments) -> list[Operation] | None:
    """The operations of a call; None when there is no such operation."""
    handler = _HANDLERS.get(arguments.operation)
    return None if handler is None else list(handler(arguments))


def knows(name: str) -> bool:
    """Whether Alembic has an operation of this name."""
    return name in _HANDLERS


def _computed(arguments: Arguments, what: str) -> UnreadOperation:
    return UnreadOperation(arguments.call.span, f"{arguments.operation}: the {what} is computed at run time")


def _create_table(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield _computed(arguments, "table's name")
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
        yield _computed(arguments, "table's name")
    else:
        yield DropTable(table, arguments.call.span, if_exists=arguments.flag("if_exists"))


def _rename_table(arguments: Arguments) -> Iterator[Operation]:
    old = arguments.qualified(arguments.name("old_table_name"), "schema")
    new = arguments.qualified(arguments.name("new_table_name"), "schema")
    if not old or not new:
        yield _computed(arguments, "table's name")
    else:
        yield RenameTable(old, new, arguments.call.span)


def _add_column(arguments: Arguments) -> Iterator[Operation]:
    table, column = arguments.table_name(), arguments.value("column")
    if table is None:
        yield _computed(arguments, "table's name")
        return
    for late in late_column(column):
        yield AddColumn(table, late, arguments.call.span)
        return
    spec = column_spec(column) if isinstance(column, Call) and is_column(column) else None
    if spec is None or not isinstance(column, Call):
        yield _computed(arguments, "column")
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
        yield _computed(arguments, "column's name" if table else "table's name")
    else:
        yield DropColumn(table, column, arguments.call.span, if_exists=arguments.flag("if_exists"))


def _alter_column(arguments: Arguments) -> Iterator[Operation]:
    table, column = arguments.table_name(), arguments.name("column_name")
    where = arguments.call.span
    if table is None or not column:
        yield _computed(arguments, "column's name" if table else "table's name")
        return
    keyword = arguments.call.keyword
    default, comment = keyword("server_default"), keyword("comment")
    type_value = keyword("type_")
    identity = identity_change(default, keyword("existing_server_default"))
    drops_default = default is not None and is_none(default) and not identity
    sets_default = default is not None and not is_none(default) and flag_of(default) is not False and not identity
    changed = AlterColumn(
        table, column, where,
        type=type_text(type_value) if type_value is not None and not is_none(type_value) else None,
        nullable=flag_of(keyword("nullable")),
        server_default=(default_text(default) or "") if sets_default else None,
        drop_default=drops_default,
        comment=None if comment is None or flag_of(comment) is False else text_of(comment) or "",
        using=text_of(keyword("postgresql_using")) or "",
        old_type=type_text(keyword("existing_type")),
        old_nullable=flag_of(keyword("existing_nullable")),
        generated=identity,
    )  # fmt: skip
    if any(
        (
            bool(identity),
            changed.type is not None,
            changed.nullable is not None,
            sets_default,
            drops_default,
            changed.comment is not None,
        )
    ):
        yield changed
    elif arguments.hidden or (keyword("nullable") is not None and not is_none(keyword("nullable"))):
        yield _computed(arguments, "change")
    renamed = keyword("new_column_name") or keyword("name")
    if renamed is not None and not is_none(renamed):
        new_name = name_of(renamed)
        if not new_name:
            yield _computed(arguments, "new name")
        elif new_name != column:
            yield RenameColumn(table, column, new_name, where)


def _create_index(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield _computed(arguments, "table's name")
        return
    unique = arguments.value("unique") or arguments.call.argument(len(arguments.positional) + (not arguments.in_batch))
    where = arguments.call.keyword("postgresql_where") or arguments.call.keyword("sqlite_where")
    yield CreateIndex(
        table, arguments.name("index_name") or "", arguments.names("columns") or (), arguments.call.span,
        unique=flag_of(unique) or False,
        concurrently=arguments.flag("postgresql_concurrently"),
        if_not_exists=arguments.flag("if_not_exists"),
        where=expression_text(where),
        method=text_of(arguments.call.keyword("postgresql_using")) or "",
    )  # fmt: skip


def _drop_index(arguments: Arguments) -> Iterator[Operation]:
    yield DropIndex(
        arguments.name("index_name") or "", arguments.call.span, table=arguments.table_name() or "",
        concurrently=arguments.flag("postgresql_concurrently"), if_exists=arguments.flag("if_exists"),
    )  # fmt: skip


def _constraint(kind: ConstraintKind) -> Callable[[Arguments], Iterator[Operation]]:
    def handler(arguments: Arguments) -> Iterator[Operation]:
        table = arguments.table_name()
        if table is None:
            yield _computed(arguments, "table's name")
            return
        expression = expression_text(arguments.value("condition")) if kind == "check" else ""
        yield AddConstraint(
            table, kind, arguments.names("columns") or (), arguments.call.span, arguments.name("constraint_name") or "",
            expression=expression, not_valid=arguments.flag("postgresql_not_valid"),
        )  # fmt: skip

    return handler


def _create_foreign_key(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield _computed(arguments, "table's name")
        return
    target = arguments.qualified(arguments.name("referent_table"), "referent_schema") or ""
    remote = arguments.names("remote_cols") or ()
    yield AddConstraint(
        table, "foreign-key", arguments.names("local_cols") or (), arguments.call.span,
        arguments.name("constraint_name") or "",
        references=f"{target}.{remote[0]}" if target and len(remote) == 1 and remote[0] else target,
        not_valid=arguments.flag("postgresql_not_valid"),
        referenced_columns=remote,
    )  # fmt: skip


def _drop_constraint(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield _computed(arguments, "table's name")
        return
    kind = _KINDS.get(arguments.text("type_"), "")
    yield DropConstraint(
        table, arguments.name("constraint_name") or "", arguments.call.span, kind, arguments.flag("if_exists")
    )


def _table_comment(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield _computed(arguments, "table's name")
        return
    text = arguments.text("comment") if arguments.operation == "create_table_comment" else ""
    yield SetComment("table", table, "", text, arguments.call.span)


def _bulk_insert(arguments: Arguments) -> Iterator[Operation]:
    yield DataChange("insert", table_of(arguments.value("table")) or "", arguments.call.span)


_HANDLERS: Final[dict[str, Callable[[Arguments], Iterator[Operation]]]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _constraint("unique"),
    "create_check_constraint": _constraint("check"),
    "create_primary_key": _constraint("primary-key"),
    "create_exclude_constraint": _constraint("exclude"),
    "create_foreign_key": _create_foreign_key,
    "drop_constraint": _drop_constraint,
    "create_table_comment": _table_comment,
    "drop_table_comment": _table_comment,
    "bulk_insert": _bulk_insert,
}
