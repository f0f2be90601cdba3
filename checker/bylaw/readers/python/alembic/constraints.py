"""Calls that make and drop indexes and constraints as operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bylaw.facts.migrations import (
    AddConstraint,
    ConstraintKind,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Operation,
)
from bylaw.facts.values import flag_of, text_of
from bylaw.readers.python.alembic.arguments import Arguments, computed
from bylaw.readers.python.alembic.columns import expression_text

_KINDS: Final = {"foreignkey": "foreign-key", "unique": "unique", "check": "check", "primary": "primary-key"}


def _create_index(arguments: Arguments) -> Iterator[Operation]:
    table = arguments.table_name()
    if table is None:
        yield computed(arguments, "table's name")
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
            yield computed(arguments, "table's name")
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
        yield computed(arguments, "table's name")
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
        yield computed(arguments, "table's name")
        return
    kind = _KINDS.get(arguments.text("type_"), "")
    yield DropConstraint(
        table, arguments.name("constraint_name") or "", arguments.call.span, kind, arguments.flag("if_exists")
    )


HANDLERS: Final[dict[str, Callable[[Arguments], Iterator[Operation]]]] = {
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _constraint("unique"),
    "create_check_constraint": _constraint("check"),
    "create_primary_key": _constraint("primary-key"),
    "create_exclude_constraint": _constraint("exclude"),
    "create_foreign_key": _create_foreign_key,
    "drop_constraint": _drop_constraint,
}
"""By the name of the operation."""
