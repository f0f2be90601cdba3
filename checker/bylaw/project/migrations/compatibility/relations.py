"""Django's relations, as far as a field alone does not say what column it has."""

from __future__ import annotations

from typing import Final

from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.types import parse_type
from bylaw.project.migrations.state.schema import ColumnState

_CHAIN: Final = 4
"""Keys that point at keys are followed this far: a model that inherits from one that inherits."""


def is_plain(state: ColumnState) -> bool:
    """Whether the column is of a type that Django itself gives: a field of another kind may bring anything along."""
    known = parse_type(state.type) if state.type else None
    return known is not None and known.is_known


def type_pointed_at(change: Change, relation: ColumnState | ColumnSpec) -> str:
    """The type of what a relation points at: the key of a model, or the field of it that is named. '' where that is not
    known, and for what is no relation.
    """
    references, field = relation.references, _named_field(relation)
    for _ in range(_CHAIN):
        target = change.before.of_model(references) if references and references != "?" else None
        if target is None:
            return ""
        if field:
            named = target.column(target.fields.get(field, field))
            keys = [named] if named is not None else []
        else:
            keys = [column for column in target.columns.values() if column.primary_key]
        if len(keys) != 1 or keys[0].type:
            return keys[0].type if len(keys) == 1 else ""
        references, field = keys[0].references, _named_field(keys[0])
    return ""


def type_of(change: Change, column: ColumnState | None) -> str:
    """The type of a column, and of a relation of Django, which says none, that of what it points at; '' where that is
    not known.
    """
    if column is None or column.type or not column.references:
        return column.type if column is not None else ""
    return type_pointed_at(change, column)


def is_untold(change: Change, column: ColumnState | None) -> bool:
    """Whether the column is a relation to something whose type nobody knows, as one without a constraint is."""
    return column is not None and bool(column.references or column.compared) and not type_of(change, column)


def _named_field(column: ColumnState | ColumnSpec) -> str:
    return dict(column.compared).get("to_field", "").strip("'\"?")


def table_of(change: Change, references: str) -> str:
    """The table that a relation points at; '' where that is not known."""
    if not references or references == "?":
        return ""
    found = change.before.of_model(references) or change.before.table(references.rpartition(".")[0])
    return found.name if found is not None else references
