"""A table with one constraint more, less, or changed: every function takes a table's state and gives the next one.

A constraint without a name gets the one that PostgreSQL gives it, where it may be PostgreSQL that does: in SQL that is
not of another dialect, and in Alembic. Django names its constraints itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.patterns import regex
from bylaw.project.migrations.state.default_names import default_name
from bylaw.project.migrations.state.edits import named
from bylaw.project.migrations.state.expressions import words
from bylaw.project.migrations.state.schema import ColumnState, ConstraintState, TableState
from bylaw.project.migrations.step import Step

_NOT_NULL: Final = regex(r"_not_null\d*$")


def names_constraints(step: Step) -> bool:
    """Whether PostgreSQL may be the one that names what the step leaves without a name."""
    migration = step.migration
    return migration.tool == "alembic" or (migration.tool == "sql" and migration.dialect in {"", "postgres"})


def declared(table: TableState, operation: ops.CreateTable, step: Step) -> TableState:
    """A new table with the constraints that its columns state, and its primary key."""
    for spec in operation.columns:
        table = with_inline(table, spec, step, keys=False)
    key = operation.primary_key or tuple(spec.name for spec in operation.columns if spec.primary_key)
    if key:
        inline = dict(pair for spec in operation.columns for pair in spec.constraint_names)
        given = operation.primary_key_name or inline.get("primary-key", "")
        table = _added(table, ConstraintState("primary-key", key, given, created=step, inline=True), step)
    return table


def with_inline(table: TableState, spec: ColumnSpec, step: Step, *, keys: bool = True) -> TableState:
    """The table with the constraints that a column's definition states. `keys`: also the primary key."""
    for constraint in _inline(spec, step):
        if keys or constraint.kind != "primary-key":
            table = _added(table, constraint if keys else replace(constraint, inline=True), step)
    return table


def _inline(spec: ColumnSpec, step: Step) -> Iterator[ConstraintState]:
    names = dict(spec.constraint_names)
    one = (spec.name,)
    if spec.primary_key:
        yield ConstraintState("primary-key", one, names.get("primary-key", ""), created=step)
    if spec.unique:
        yield ConstraintState("unique", one, names.get("unique", ""), created=step)
    if spec.check:
        yield ConstraintState("check", one, names.get("check", ""), spec.check, created=step)
    if spec.references:
        yield ConstraintState(
            "foreign-key", one, names.get("foreign-key", ""), created=step, references=spec.references
        )
    if "not-null" in names:
        yield ConstraintState("not-null", one, names["not-null"], created=step)


def _added(table: TableState, constraint: ConstraintState, step: Step) -> TableState:
    if constraint.kind in {"unique", "primary-key"} and names_constraints(step) and (one := _same(table, constraint)):
        named = next((c for c in (one, constraint) if c.name and c.named), None)
        key = one.kind == "primary-key" or constraint.kind == "primary-key"
        kind = "primary-key" if key else "unique"
        rest = tuple(c for c in table.constraints if c is not one)
        merged = replace(one, kind=kind, name=named.name if named else "", named=named is not None)
        return _added(replace(table, constraints=rest), merged, step)
    if not constraint.name:
        constraint = replace(constraint, name=_name_for(table, constraint, step), named=False)
    return replace(table, constraints=(*table.constraints, constraint))


def _same(table: TableState, constraint: ConstraintState) -> ConstraintState | None:
    """The key over the same columns with which PostgreSQL makes the constraint one, since one statement creates both
    of them with the table.
    """
    if not constraint.inline:
        return None
    keys = (c for c in table.constraints if c.inline and c.kind in {"unique", "primary-key"})
    return next((key for key in keys if key.columns == constraint.columns), None)


def _name_for(table: TableState, constraint: ConstraintState, step: Step) -> str:
    if step.house_names or not names_constraints(step):
        return ""
    columns = constraint.columns if constraint.kind != "check" or len(constraint.columns) == 1 else ()
    return default_name(constraint.kind, table.name, columns, names_of(table))


def names_of(table: TableState) -> frozenset[str]:
    """Of its constraints and indexes: another one cannot be called so."""
    return frozenset((*(c.name for c in table.constraints), *(index.name for index in table.indexes)))


def with_constraint(table: TableState, operation: ops.AddConstraint, step: Step) -> TableState:
    """The table with a constraint that is added to it."""
    columns = tuple(named(table, column) for column in operation.columns)
    if operation.using_index:
        index = next((index for index in table.indexes if index.name == operation.using_index), None)
        columns = columns or (index.columns if index is not None else ())
        table = replace(table, indexes=tuple(other for other in table.indexes if other is not index))
    if operation.kind == "check" and not columns:
        said = words(operation.expression)
        columns = tuple(column for column in table.columns if column in said)
    constraint = ConstraintState(
        operation.kind, columns, operation.name or operation.using_index, operation.expression,
        validated=not operation.not_valid and not operation.not_enforced, created=step,
        enforced=not operation.not_enforced, references=operation.references,
        inline=operation.kind == "unique" and table.created is step and _made_with_table(operation, step),
    )  # fmt: skip
    if operation.kind == "primary-key":
        table = _changed(table, columns, lambda column: replace(column, primary_key=True, nullable=False))
    elif operation.kind == "not-null" and not operation.not_valid:
        table = _changed(table, columns[:1], lambda column: replace(column, nullable=False))
    return _added(table, constraint, step)


def _made_with_table(operation: ops.AddConstraint, step: Step) -> bool:
    created = (each.span for each in step.migration.operations if isinstance(each, ops.CreateTable))
    return any(span != operation.span and span.contains(operation.span) for span in created)


def without_constraint(table: TableState, operation: ops.DropConstraint) -> TableState:
    """The table without a constraint, or without the unique index that stood for one."""
    if not operation.name and operation.kind == "primary-key":  # MySQL's has no name
        kept = tuple(constraint for constraint in table.constraints if constraint.kind != "primary-key")
        key = [column.name for column in table.columns.values() if column.primary_key]
        return _changed(replace(table, constraints=kept), key, lambda column: replace(column, primary_key=False))
    if not operation.name:
        return table
    is_known = any(constraint.name == operation.name for constraint in table.constraints)
    for constraint in _meant(table, operation):
        table = _without(table, constraint)
    indexes = tuple(index for index in table.indexes if index.name != operation.name)
    if not is_known and _NOT_NULL.search(operation.name):
        table = _changed(
            table,
            [c.name for c in table.columns.values() if not c.primary_key and operation.name == _not_null(table, c)],
            lambda column: replace(column, nullable=True),
        )
    return replace(table, indexes=indexes)


def _meant(table: TableState, operation: ops.DropConstraint) -> list[ConstraintState]:
    """The constraint of that name; failing that, the one without a given name whose columns the name spells."""
    exact = [constraint for constraint in table.constraints if constraint.name == operation.name]
    if exact:
        return exact
    spelled = [
        constraint
        for constraint in table.constraints
        if not constraint.named
        and constraint.columns
        and operation.kind in {"", constraint.kind}
        and all(column.lower() in operation.name.lower() for column in constraint.columns)
    ]
    return spelled if len(spelled) == 1 and not operation.if_exists else []


def _without(table: TableState, constraint: ConstraintState) -> TableState:
    table = replace(table, constraints=tuple(c for c in table.constraints if c is not constraint))
    match constraint.kind:
        case "primary-key":
            return _changed(table, constraint.columns, lambda column: replace(column, primary_key=False))
        case "unique" if len(constraint.columns) == 1:
            return _changed(table, constraint.columns, lambda column: replace(column, unique=False))
        case "foreign-key" if len(constraint.columns) == 1:
            return _changed(table, constraint.columns, lambda column: replace(column, references=""))
        case "not-null":
            keys = {column.name for column in table.columns.values() if column.primary_key}
            free = [column for column in constraint.columns if column not in keys]
            return _changed(table, free, lambda column: replace(column, nullable=True))
        case _:
            return table


def without_index(table: TableState, name: str) -> TableState:
    """The table without an index, or the unique constraint that is one on MySQL; the same table where none has that
    name.
    """
    if any(index.name == name for index in table.indexes):
        return replace(table, indexes=tuple(index for index in table.indexes if index.name != name))
    found = next((c for c in table.constraints if c.kind == "unique" and c.name == name), None)
    return _without(table, found) if found is not None else table


def with_moved_references(table: TableState, name: str, new_name: str) -> TableState:
    """The table with its foreign keys to one that has a new name; the same table where it has none."""

    def moved(references: str) -> str:
        follows = references == name or references.rpartition(".")[0] == name
        return new_name + references[len(name) :] if follows else references

    constraints = tuple(replace(c, references=moved(c.references)) for c in table.constraints)
    columns = {key: replace(c, references=moved(c.references)) for key, c in table.columns.items() if c.references}
    if constraints == table.constraints and all(table.columns[key] == column for key, column in columns.items()):
        return table
    return replace(table, constraints=constraints, columns={**table.columns, **columns})


def without_references(table: TableState, to: Callable[[str], bool]) -> TableState:
    """The table without its foreign keys to what is dropped."""
    for constraint in table.constraints:
        if constraint.kind == "foreign-key" and to(constraint.references):
            table = _without(table, constraint)
    return table


def with_validated(table: TableState, name: str) -> TableState:
    """The table with a constraint that is known to hold for all rows."""
    for constraint in table.constraints:
        if constraint.name == name and constraint.kind == "not-null":
            table = _changed(table, constraint.columns, lambda column: replace(column, nullable=False))
    return replace(
        table, constraints=tuple(replace(c, validated=True) if c.name == name else c for c in table.constraints)
    )


def with_renamed_constraint(table: TableState, name: str, new_name: str) -> TableState:
    """A constraint or an index (or both: one index belongs to a constraint) gets another name."""
    return replace(
        table,
        constraints=tuple(replace(c, name=new_name, named=True) if c.name == name else c for c in table.constraints),
        indexes=tuple(replace(index, name=new_name) if index.name == name else index for index in table.indexes),
    )


def _not_null(table: TableState, column: ColumnState) -> str:
    """What PostgreSQL (18) calls the constraint that forbids NULL in a column."""
    return default_name("not-null", table.name, (column.name,), ())


def _changed(
    table: TableState, names: tuple[str, ...] | list[str], change: Callable[[ColumnState], ColumnState]
) -> TableState:
    """The table with some of its columns changed; a column that was never seen is made up."""
    columns = dict(table.columns)
    for name in names:
        if name:
            columns[name] = change(columns.get(name) or ColumnState(name))
    return replace(table, columns=columns)
