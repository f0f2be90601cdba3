"""Views, functions and types that keep their name and no longer look as the running release knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.objects.index import Objects, comes_again, known_before
from bylaw.project.migrations.objects.stars import starred, starred_then

_WIDER: Final = (
    ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    ("char", "varchar", "text"),
    ("date", "timestamp", "timestamp with time zone"),
)
"""What a call of one type finds where only a later one is taken: implicit casts."""


def object_changes(changes: Iterable[Change], objects: Objects) -> Iterator[Restriction]:
    """All that statements of the running release cannot live with, in order, where both sides are known for certain."""
    for change in changes:
        match change.operation:
            case ops.CreateObject(kind="view" | "materialized view") as made:
                yield from _view(change, made, objects)
            case ops.CreateObject(kind="function" | "procedure") as made if made.parameters is not None:
                yield from _routine(change, made, objects)
            case ops.OtherStatement(kind="alter-type-drop-attribute", table=table, name=name):
                if known_before(change, "type", table):
                    yield Restriction(change, "attribute", table, (name,), old=name)
            case ops.OtherStatement(kind="alter-type-alter-attribute-type", table=table, name=name):
                if known_before(change, "type", table):
                    yield Restriction(change, "attribute", table, (name,), new=name)
            case ops.OtherStatement(kind="alter-type-add-attribute", table=table, name=name):
                if known_before(change, "type", table):
                    yield Restriction(change, "attribute", table, (name,), strict=True)
            case _:
                pass


def _view(change: Change, made: ops.CreateObject, objects: Objects) -> Iterator[Restriction]:
    """Columns that the view, or the table whose place it takes, had before."""
    columns = made.columns or starred(objects.written(change), change.before)
    if not columns or comes_again(change, "view", made.name):
        return
    lost = [name for name in _columns_before(change, made, objects) if name.lower() not in _lowered(columns)]
    if lost:
        yield Restriction(change, "view", made.name, tuple(lost))


def _lowered(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _columns_before(change: Change, made: ops.CreateObject, objects: Objects) -> list[str]:
    table = change.deployment.before.table(made.name)
    if table is not None and (table.created is None or change.deployment.after.table(made.name) is None):
        announced = {name for name, column in table.columns.items() if column.comment or column.unmapped}
        return [name for name in table.columns if name not in announced] if not table.comment else []
    old = objects.definition_before(change, made.kind, made.name)
    if old is None or not known_before(change, made.kind, made.name):
        return []
    first = next(one for one in change.deployment.changes if one.tree is change.tree)
    columns = old.operation.columns or starred_then(old, change.deployment.before, first)
    return [name for name in columns if name]


def _routine(change: Change, made: ops.CreateObject, objects: Objects) -> Iterator[Restriction]:
    """Calls that found a function of the name before, and find none of those that stand in the end."""
    before = objects.before_deployment(change, made.kind, made.name)
    after = objects.after_deployment(change, made.kind, made.name)
    if not before or made != next(iter(after), None):
        return
    yield from _ambiguous(change, made, before, after)
    for old in before:
        if old.parameters is None or old.returns in {"trigger", "event_trigger"} or _stays(old, after):
            continue
        heirs = [new for new in after if new.parameters is not None and _accepts(new.parameters, old.parameters)]
        call = f"{made.name}({', '.join(one.type for one in old.parameters)})"
        if not heirs:
            yield Restriction(change, "function", made.name, (), old=call)
            continue
        lost = [name for name in old.columns if name and name.lower() not in _lowered(heirs[0].columns)]
        if lost and old.columns != heirs[0].columns:
            yield Restriction(change, "function", made.name, tuple(lost), old=call)
        elif old.returns != heirs[0].returns:
            certain = old.returns.startswith("setof ") != heirs[0].returns.startswith("setof ") and bool(old.returns)
            yield Restriction(
                change,
                "function",
                made.name,
                (),
                old=old.returns,
                new=heirs[0].returns or "nothing",
                strict=not certain,
            )


def _ambiguous(
    change: Change, made: ops.CreateObject, before: list[ops.CreateObject], after: list[ops.CreateObject]
) -> Iterator[Restriction]:
    """Calls that a function of before and a new one take alike, so that the server refuses to choose."""
    for old in before:
        if old.parameters is None or not _stays(old, after):
            continue
        types = [one.type for one in old.parameters]
        if any(_fills_up(other, types) for other in before):
            continue
        if any(_fills_up(new, types) for new in after if new not in before):
            call = f"{made.name}({', '.join(types)})"
            yield Restriction(change, "function", made.name, (), old=call, verdict="other")


def _fills_up(function: ops.CreateObject, types: list[str]) -> bool:
    """Whether it takes a call with inputs of these types, because the further ones have defaults."""
    inputs = function.parameters or ()
    needed = sum(not one.optional for one in inputs)
    return needed <= len(types) < len(inputs) and [one.type for one in inputs[: len(types)]] == types


def _stays(old: ops.CreateObject, after: list[ops.CreateObject]) -> bool:
    """Whether a function of the very same look is there."""
    return any(
        new.parameters == old.parameters and new.returns == old.returns and new.columns == old.columns for new in after
    )


def _accepts(new: tuple[ops.Parameter, ...], old: tuple[ops.Parameter, ...]) -> bool:
    """Whether every call by position that suits the old inputs suits the new ones."""
    needed = sum(not one.optional for one in new)
    if needed > sum(not one.optional for one in old) or len(new) < len(old):
        return False
    return all(_takes(there.type, here.type) for there, here in zip(new, old, strict=False))


def _takes(new: str, old: str) -> bool:
    one, other = (text.partition("(")[0].rpartition(".")[2].strip('"') for text in (old, new))
    if one == other:
        return True
    return any(one in line and other in line and line.index(one) < line.index(other) for line in _WIDER)
