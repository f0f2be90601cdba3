"""Reads and deletes of rows, as far as one file tells them. The project decides which table an entity is."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.values import Value
from bylaw.source import Span


class Query(msgspec.Struct, frozen=True, array_like=True):
    """A statement that reads or deletes rows.

    kind: `select` (select(Model), session.query(Model), Model.objects…), `get` (session.get(Model, pk), Model.query.get),
    `delete` (delete(Model), query.delete(), Model.objects….delete()), `delete-row` (session.delete(row), row.delete()),
    and `sql-select`/`sql-delete` for literal SQL text.
    """

    kind: Literal["select", "get", "delete", "delete-row", "sql-select", "sql-delete"]
    span: Span
    """The call, or the SQL literal."""
    entity: Value | None = None
    """The model as written (a Ref), or for a row the type found for it in this function (annotation, `session.get(Model, …)`)."""
    table: str = ""
    """For SQL text: the table name."""
    names: frozenset[str] = frozenset()
    """Every column or attribute name that a filter of the statement mentions, later `.where` on the same variable and
    checks of the loaded row included."""
    helpers: tuple[Value, ...] = ()
    """Functions the statement passes through: they may add filters."""
    undecided: str = ""
    """Why it cannot be decided what the statement does (escapes into a call, built dynamically …)."""
    function: str = ""
    """Qualified name of the enclosing function, or ''."""
    receiver: Value | None = None
    """For `delete-row`: what `.delete` is called on (session or row)."""
    argument_span: Span | None = None
    """For `session.delete(row)`: the row expression."""
    awaited: bool = False
    manager: str = ""
    """Django: the manager's name (`objects`, `all_objects`)."""
    statement: Span | None = None
    """The whole statement around the call."""
