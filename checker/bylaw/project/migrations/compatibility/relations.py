"""Django's relations, as far as a field alone does not say what column it has."""

from __future__ import annotations

from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.types import parse_type
from bylaw.project.migrations.state.schema import ColumnState


def is_plain(state: ColumnState) -> bool:
    """Whether the column is of a type that Django itself gives: a field of another kind may bring anything along."""
    known = parse_type(state.type) if state.type else None
    return known is not None and known.is_known


def key_type(change: Change, references: str) -> str:
    """The type of the key of the model with that key, which a relation to it has; '' where that is not known."""
    target = change.before.of_model(references) if references and references != "?" else None
    keys = [column.type for column in target.columns.values() if column.primary_key] if target is not None else []
    return keys[0] if len(keys) == 1 else ""


def table_of(change: Change, references: str) -> str:
    """The table that a relation points at; '' where that is not known."""
    if not references or references == "?":
        return ""
    found = change.before.of_model(references) or change.before.table(references.rpartition(".")[0])
    return found.name if found is not None else references
