"""What is dropped, or gets another type, while something else needs it: PostgreSQL refuses that without CASCADE.

Only what surely stands there counts: nothing that could not be read, and no CASCADE, came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.relations import is_plain
from bylaw.project.migrations.locking.work import statement_of
from bylaw.project.migrations.objects.index import Definition, Objects, same_name
from bylaw.project.migrations.objects.stories import family
from bylaw.project.migrations.robustness.refusals import Dependent, Refusal
from bylaw.project.migrations.state.schema import ColumnState, ConstraintState, TableState
from bylaw.project.migrations.step import Step

_PARTS: Final = ("trigger", "policy")
_RUNS_ANYTHING: Final = frozenset({"call", "do", "psql", "drop-owned"})


class _Target(msgspec.Struct, frozen=True):
    """A table (or view), or with `column` that column of it, that is dropped, or with `retyped` gets another type."""

    table: str
    column: str = ""
    retyped: bool = False


def depended_on(changes: Iterable[Change], objects: Objects) -> Iterator[Refusal]:
    """All such changes of one step."""
    for change in changes:
        yield from _no_longer_unique(change)
        target = _target(change)
        if target is None or not _runs_for_sure(change, change.step, change.operation):
            continue
        found = tuple({one.words: one for one in _dependents(change, target, objects)}.values())
        if found:
            name = f"{target.table}.{target.column}" if target.column else target.table
            yield Refusal(change, "needed-as-it-is" if target.retyped else "needed", name, "", dependents=found)


def _target(change: Change) -> _Target | None:
    match change.operation:
        case ops.DropTable(table=table) if not change.takes_along:
            return _Target(table)
        case ops.DropColumn(table=table, column=column) if not change.takes_along:
            return _Target(table, column)
        case ops.DropObject(cascade=False, kind=kind, name=name) if family(kind) == "view":
            return _Target(name)
        case ops.AlterColumn(table=table, column=column, type=str()):
            return _Target(table, column, retyped=True)
        case ops.AlterColumn(table=table, column=column, definition=ops.ColumnSpec(type=new)) if change.by_django:
            state = change.column(table, column)
            if new and state is not None and state.created is not None and is_plain(state) and state.type != new:
                return _Target(table, column, retyped=True)
        case _:
            pass
    return None


def _dependents(change: Change, target: _Target, objects: Objects) -> Iterator[Dependent]:
    state = change.table(target.table)
    if target.column and state is not None and state.complete and state.column(target.column) is None:
        return
    if objects.is_read(change, target.table, target.column):
        yield from _views(change, target, objects)
        yield from _parts(change, target, objects)
    if state is not None:
        yield from _computed(change, target, state)
        if change.tree.tool != "django" and not target.retyped:
            yield from _keys(change, target, state)


# --- views, policies and triggers -----------------------------------------------------------------------


def _views(change: Change, target: _Target, objects: Objects) -> Iterator[Dependent]:
    for name, made in list(objects.standing(change, "view")):
        reads = _reads(change, target, made.operation, made.step) and not _goes_along(change, name)
        if reads and _stands(change, made.step, made.operation, target):
            yield Dependent(f"the {made.operation.kind} `{name}` reads", made.step.at(made.operation.span))


def _parts(change: Change, target: _Target, objects: Objects) -> Iterator[Dependent]:
    for made in parts_needing(change, target.table, target.column, objects):
        part = made.operation
        yield Dependent(f"the {part.kind} `{part.name}` of `{part.table}` needs", made.step.at(part.span))


def parts_needing(change: Change, table: str, column: str, objects: Objects) -> Iterator[Definition]:
    """Triggers and policies that surely stand before a change and need a column (of other tables: '', the table)."""
    target = _Target(table, column)
    for made in objects.parts_before(change, _PARTS) if objects.is_read(change, table, column) else ():
        part = made.operation
        leaves_with_its_table = not column and same_name(part.table, table)
        reads = not leaves_with_its_table and _reads(change, target, part, made.step)
        if reads and _stands(change, made.step, part, target):
            yield made


def _reads(change: Change, target: _Target, made: ops.CreateObject, step: Step) -> bool:
    state = change.table(target.table)
    for table, column in made.reads:
        known = change.table(table) or state
        if known is not state or not same_name(table, target.table):
            continue
        if column == target.column or (column == "*" and _was_there(change, target, made, step)):
            return True
    return False


def _was_there(change: Change, target: _Target, made: ops.CreateObject, step: Step) -> bool:
    """Whether the column is older than what stands for all columns."""
    state = change.column(target.table, target.column)
    created, steps = state.created if state is not None else None, change.tree.steps
    if created is step:
        own = step.migration.operations
        return made in own and any(_brings(operation, target) for operation in own[: own.index(made)])
    return created in steps and step in steps and steps.index(created) < steps.index(step)


def _brings(operation: Operation, target: _Target) -> bool:
    match operation:
        case ops.CreateTable(table=table, columns=columns):
            return same_name(table, target.table) and any(spec.name == target.column for spec in columns)
        case ops.AddColumn(table=table, column=spec):
            return same_name(table, target.table) and spec.name == target.column
        case _:
            return False


def _goes_along(change: Change, name: str) -> bool:
    """`DROP VIEW a, b`, `DROP TABLE a, b`: what one statement drops may depend on each other."""
    whole = statement_of(change)
    return any(
        isinstance(other.operation, ops.DropTable | ops.DropObject)
        and same_name(_name(other.operation), name)
        and whole.contains(other.operation.span)
        for other in change.deployment.changes
        if other.step is change.step
    )


def _name(operation: ops.DropTable | ops.DropObject) -> str:
    return operation.table if isinstance(operation, ops.DropTable) else operation.name


# --- generated columns and foreign keys -----------------------------------------------------------------


def _computed(change: Change, target: _Target, table: TableState) -> Iterator[Dependent]:
    for column in table.columns.values():
        made = column.created if target.column and target.column in column.computed_from else None
        if made is not None and not _is_clouded(change, made, table):
            yield Dependent(f"the generated column `{column.name}` is computed from", made.location)


def _keys(change: Change, target: _Target, table: TableState) -> Iterator[Dependent]:
    for other in change.before.tables.values():
        if other.identity == table.identity or other.temporary:
            continue
        for key in other.constraints:
            made = key.created if key.kind == "foreign-key" and _points_at(change, key, target, table) else None
            if made and not _goes_along(change, other.name) and not _is_clouded(change, made, other, table):
                words = f"the foreign key of `{other.name}` ({', '.join(key.columns)}) points to"
                yield Dependent(words, made.location)


def _no_longer_unique(change: Change) -> Iterator[Refusal]:
    """A field of Django that other models point to by `to_field`: their foreign keys need it to be unique."""
    operation = change.operation
    if not isinstance(operation, ops.AlterColumn) or change.tree.tool != "django":
        return
    definition, table = operation.definition, change.table(operation.table)
    state = table.column(operation.column) if table is not None else None
    if definition is None or table is None or state is None:
        return
    if not state.unique or definition.unique or definition.primary_key or state.created is None:
        return
    beside = [*(each.columns for each in table.constraints), *(each.columns for each in table.indexes)]
    if (state.name,) in beside or state.primary_key or not _runs_for_sure(change, change.step, operation):
        return
    found = tuple(
        Dependent(f"the foreign key of `{other.name}` ({column.name}) points to", column.created.location)
        for other in change.before.tables.values()
        for column in other.columns.values()
        if column.created is not None and _is_pointed_at(change, column, table, state.name)
    )
    if found:
        yield Refusal(change, "needed-unique", f"{table.name}.{state.name}", "", dependents=found)


def _is_pointed_at(change: Change, key: ColumnState, table: TableState, column: str) -> bool:
    """Whether a foreign key of Django names that column of the table."""
    named = dict(key.compared).get("to_field", "").strip("'\"")
    if not named or not key.references or change.before.of_model(key.references) is not table:
        return False
    return table.fields.get(named, named) == column


def _points_at(change: Change, key: ConstraintState, target: _Target, table: TableState) -> bool:
    named, _, column = key.references.rpartition(".")
    if change.table(key.references) is table:
        keys = [one.name for one in table.columns.values() if one.primary_key]
        return not target.column or keys == [target.column]
    return bool(named) and change.table(named) is table and target.column in {"", column}


# --- whether it is still there --------------------------------------------------------------------------


def _runs_for_sure(change: Change, step: Step, operation: Operation) -> bool:
    """Whether nothing decides at run time that an operation of a step may be left out."""
    if step.is_repeatable or len(change.tree.heads) > 1:
        return False
    return operation in step.migration.operations and not step.may_skip(operation.span)


def _stands(change: Change, step: Step, made: ops.CreateObject | None, target: _Target) -> bool:
    """Whether what a step made surely is there, and means the target by the name that it uses."""
    if made is not None and not _runs_for_sure(change, step, made):
        return False
    return not any(_clouds(change, other, operation, target) for other, operation in _since(change, step, made))


def _since(change: Change, step: Step, made: ops.CreateObject | None) -> Iterator[tuple[Step, Operation]]:
    """What runs between the making (the whole step, where the operation is not known) and the change."""
    steps = change.tree.steps
    if step not in steps:
        return
    for other in steps[steps.index(step) : steps.index(change.step) + 1]:
        own = list(other.migration.operations) if other.exempt != "replaced" else []
        if other is change.step and change.operation in own:
            own = own[: own.index(change.operation)]
        if other is step and made in own:
            own = own[own.index(made) + 1 :]
        yield from ((other, operation) for operation in own)


def _clouds(change: Change, step: Step, operation: Operation, target: _Target) -> bool:
    """Whether an operation may have taken along what depended on the target, or given its name to something else."""
    here = same_name(str(getattr(operation, "table", "")), target.table)
    match operation:
        case ops.OtherStatement(kind="alter-policy") | ops.MoveTable():
            return here
        case ops.DropTable(cascade=cascade):
            return cascade or here
        case ops.DropColumn(cascade=cascade, column=column):
            return cascade or (here and column == target.column)
        case ops.RenameTable(new_name=name):
            return here or same_name(name, target.table)
        case ops.RenameObject(kind=kind, name=name, new_name=new) if family(kind) == "view":
            return same_name(name, target.table) or same_name(new, target.table)
        case ops.CreateObject(kind=kind, name=name) if family(kind) == "view":
            return same_name(name, target.table)
        case ops.DropObject(kind=kind, name=name, cascade=cascade) if family(kind) == "view":
            return cascade or same_name(name, target.table)
        case ops.CreateTable():
            return here and not target.column
        case ops.RenameColumn(column=column, new_name=name):
            return here and target.column in {column, name}
        case ops.AddColumn(column=spec):
            return here and spec.name == target.column
        case _:
            return _takes_anything(change, step, operation)


def _takes_anything(change: Change, step: Step, operation: Operation) -> bool:
    match operation:
        case ops.UnreadOperation():
            return True
        case ops.RunCode() | ops.DataChange(kind="select"):
            return step is change.step
        case ops.OtherStatement(kind=kind):
            return kind in _RUNS_ANYTHING
        case ops.DropObject(cascade=True) | ops.DropObject(kind="schema") | ops.DropConstraint(cascade=True):
            return True
        case _:
            return False


def _is_clouded(change: Change, step: Step, *tables: TableState) -> bool:
    """The same for what the replayed schema knows: a constraint that goes may be another one than its name tells."""
    computes = any(one.computed_from for one in tables[-1].columns.values())  # its renamed columns are followed
    may_be_another = ops.DropConstraint if computes else ops.DropConstraint | ops.RenameColumn
    return any(
        _takes_anything(change, other, operation)
        or (isinstance(operation, may_be_another) and any(same_name(operation.table, table.name) for table in tables))
        for other, operation in _since(change, step, None)
    )
