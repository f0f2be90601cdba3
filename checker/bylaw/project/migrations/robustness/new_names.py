"""Names that new migrations give to tables, columns, indexes, constraints, views and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.late import is_late
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.source import Location, Span

NameKind = Literal[
    "table", "column", "view", "type", "index", "unique", "primary-key", "foreign-key", "check", "exclude", "not-null"
]
_CONSTRAINTS: tuple[NameKind, ...] = ("unique", "primary-key", "foreign-key", "check", "exclude", "not-null")


class NewName(msgspec.Struct, frozen=True, eq=False):
    """A name, without its schema, that the source says. `table` is the one it belongs to, `columns` those that an index
    or a constraint is about: '' for an expression, none where they are not known.
    """

    change: Change
    kind: NameKind
    name: str
    table: str = ""
    columns: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def location(self) -> Location:
        return self.change.at(self.span)


def new_names(changes: Iterable[Change], text: Callable[[Change], str]) -> Iterator[NewName]:
    """All of them, in order; `text` is an operation as written. What a tool makes up is left out: the name of an index
    that nobody named, the columns of Django's own tables for many-to-many fields.
    """
    for change in changes:
        written = ""
        for found in _named(change):
            if not found.name or is_late(found.name) or is_late(found.table):
                continue
            if found.kind in _CONSTRAINTS or found.kind == "index":
                written = written or text(change).lower()
                if found.name.lower() not in written:
                    continue
            yield found


def _named(change: Change) -> Iterator[NewName]:
    operation = change.operation
    match operation:
        case ops.CreateTable(table=table, temporary=False):
            if not _is_made_up(change, operation):
                yield NewName(change, "table", _bare(table))
                for spec in operation.columns:
                    yield from _of_column(change, table, spec, spec.span)
                key = operation.primary_key
                yield NewName(change, "primary-key", operation.primary_key_name, _bare(table), key)
        case ops.RenameTable(new_name=name):
            yield NewName(change, "table", _bare(name))
        case ops.AddColumn(table=table, column=spec):
            yield from _of_column(change, table, spec, None)
        case ops.RenameColumn(table=table, new_name=name):
            yield NewName(change, "column", name, _bare(table))
        case ops.CreateIndex(table=table, name=name, columns=columns):
            yield NewName(change, "index", _bare(name), _bare(table), columns)
        case ops.AddConstraint(table=table, name=name, columns=columns, kind=kind):
            yield NewName(change, kind, name, _bare(table), columns)
        case ops.CreateObject(kind="view" | "materialized view" | "materialized-view", name=name):
            yield NewName(change, "view", _bare(name))
        case ops.CreateObject(kind="type" | "domain", name=name):
            yield NewName(change, "type", _bare(name))
        case ops.RenameObject():
            yield from _renamed(change, operation)
        case _:
            pass


def _is_made_up(change: Change, operation: ops.CreateTable) -> bool:
    """Django's table for a many-to-many field; nobody wrote its columns."""
    return change.tree.tool == "django" and any(spec.span is None for spec in operation.columns)


def _of_column(change: Change, table: str, spec: ColumnSpec, span: Span | None) -> Iterator[NewName]:
    yield NewName(change, "column", spec.name, _bare(table), span=span)
    for kind in _CONSTRAINTS:
        name = dict(spec.constraint_names).get(kind, "")
        yield NewName(change, kind, name, _bare(table), (spec.name,), span)


def _renamed(change: Change, operation: ops.RenameObject) -> Iterator[NewName]:
    old, name = _bare(operation.name), _bare(operation.new_name)
    kind = operation.kind
    if kind.endswith("view"):
        yield NewName(change, "view", name)
    elif kind in {"type", "domain"}:
        yield NewName(change, "type", name)
    elif kind == "index":
        for table in change.before.tables.values():
            index = next((index for index in table.indexes if index.name == old), None)
            if index is not None:
                yield NewName(change, "index", name, _bare(table.name), index.columns)
    elif kind == "constraint":
        state = change.table(operation.table)
        for constraint in state.constraints if state is not None else ():
            known = next((kind for kind in _CONSTRAINTS if kind == constraint.kind), None)
            if constraint.name == old and state is not None and known is not None:
                yield NewName(change, known, name, _bare(state.name), constraint.columns)


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
