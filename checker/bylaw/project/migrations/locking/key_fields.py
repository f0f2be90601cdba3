"""Foreign keys whose field Django is told anew: it drops the constraint, alters the column, and adds it again.

It does so for every change that may concern the database, also where nothing of it does (a default of Python); Django
4.2 to 6.1 agree on what these are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.relations import is_plain, table_of
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.state.schema import ColumnState

_UNKNOWN: Final = "?"
_DEFAULTS: Final = frozenset({"default", "db_default"})
_OWN: Final = frozenset({"ForeignKey", "OneToOneField"})
_ANOTHER_KEY: Final = frozenset({"to_field", "on_delete"})


def key_work(
    change: Change, operation: ops.AlterColumn, definition: ColumnSpec, state: ColumnState, *, alone: bool
) -> Iterator[Work]:
    """A field that becomes a foreign key, and one that stays one. That this is dropped and added again is told where it
    is all that takes long (`alone`).
    """
    if not definition.references:
        return
    target = table_of(change, definition.references)
    is_key = bool(state.references) and not (target and table_of(change, state.references) not in {"", target})
    differing = differences(change, definition, state) if is_key else []
    again = is_key and not _ANOTHER_KEY.intersection(differing)
    if is_key and not (alone and (differing or renaming(change) is not None)):
        return
    if is_key or is_plain(state) or not state.type or state.references:
        column = _pointed_at(change, definition)
        yield Work(
            change, "foreign-key", "scan", "writes", operation.table, (operation.column,),
            detail=f"{target}.{column}" if target and column else target, inline=again,
        )  # fmt: skip


def renamed_key_work(change: Change, operation: ops.RenameColumn) -> Iterator[Work]:
    """A foreign key whose field Django renames is dropped and added again as well."""
    state = change.column(operation.table, operation.column)
    altered = any(
        isinstance(other.operation, ops.AlterColumn) and other.operation.span == operation.span
        for other in change.deployment.changes
        if other.step is change.step
    )
    if change.tree.tool == "django" and state is not None and state.references and not altered:
        yield Work(
            change, "foreign-key", "scan", "writes", operation.table, (operation.new_name,),
            detail=table_of(change, state.references), inline=True,
        )  # fmt: skip


def renaming(change: Change) -> ops.RenameColumn | None:
    """The renaming of the column that the same operation of Django begins with, if it does."""
    for other in change.earlier:
        same = other.step is change.step and other.operation.span == change.operation.span
        if same and isinstance(other.operation, ops.RenameColumn):
            return other.operation
    return None


def differences(change: Change, definition: ColumnSpec, state: ColumnState) -> list[str]:
    """The arguments of a foreign key's field, or its `class`, that surely are not what they were."""
    before, after = dict(state.compared), dict(definition.compared)
    if not before or not after:
        return ["null"] if {definition.nullable, state.nullable} == {True, False} else []
    own = {before["class"], after["class"]} <= _OWN
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if name == "class":
            differs = _last(before[name]) != _last(after[name])
        elif name == "to_field":
            differs = _points_elsewhere(change, definition, old, new)
        elif old is not None and new is not None:
            differs = old != new and _UNKNOWN not in {old, new}
        else:  # another class than Django's own may have other defaults
            differs = name in _DEFAULTS or _UNKNOWN not in {old, new}
            differs = differs and (own or name == "null")
        if differs:
            found.append(name)
    return found


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _points_elsewhere(change: Change, definition: ColumnSpec, old: str | None, new: str | None) -> bool:
    """Whether another field is pointed at; the key may be named, or meant."""
    if _UNKNOWN in {old, new} or (old is not None and new is not None):
        return old != new and _UNKNOWN not in {old, new}
    target = change.before.of_model(definition.references)
    named = (old or new or "").strip("'\"")
    if target is None:
        return False
    column = target.column(target.fields.get(named, named))
    return column is not None and not column.primary_key and any(one.primary_key for one in target.columns.values())


def _pointed_at(change: Change, definition: ColumnSpec) -> str:
    """The column that `to_field` names; '' where it names none, or one that is not known."""
    named = dict(definition.compared).get("to_field", "").strip("'\"")
    target = change.before.of_model(definition.references)
    column = target.column(target.fields.get(named, named)) if target is not None and named else None
    return column.name if column is not None else ""
