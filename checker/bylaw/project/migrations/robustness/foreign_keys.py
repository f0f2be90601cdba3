"""New foreign keys: which of them no index serves, and which have another type than what they point to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.late import is_late
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change, Deployment
from bylaw.project.migrations.state.schema import ColumnState, ConstraintState, IndexState, Schema, TableState
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.source import Location, Span

_NOT_NULL: Final = regex(r"[\s(]*(?:\w+\.)?[\"`]?(\w+)[\"`]?\s+is\s+not\s+null[\s);]*", re.IGNORECASE)
_UNINDEXED: Final = regex(r"\bdb_index\s*=\s*False\b")
_CREATE_INDEX: Final = regex(r"\bcreate\s{1,9}(?:unique\s{1,9})?index\b", re.IGNORECASE)


class ForeignKey(msgspec.Struct, frozen=True, eq=False):
    """A foreign key that a judged migration makes and that still stands after the last one.

    `table` is the table then, `schema` everything; `left` is the table as its own deployment leaves it behind, with
    `left_columns`. `references` and `referenced_columns` are as in `AddConstraint`.
    """

    change: Change
    schema: Schema
    table: TableState
    columns: tuple[str, ...]
    references: str
    referenced_columns: tuple[str, ...]
    span: Span | None
    left: TableState
    left_columns: tuple[str, ...]

    @property
    def location(self) -> Location:
        return self.change.at(self.span)

    @property
    def target(self) -> tuple[TableState, tuple[str, ...]] | None:
        """What it points to: the table and the columns, as far as migrations made them."""
        owner, _, column = self.references.rpartition(".")
        table = self.schema.table(owner) if owner and len(self.columns) == 1 else None
        if table is not None and table.column(column) is not None:
            return table, (column,)
        table = self.schema.table(self.references)
        return (table, self.referenced_columns or _primary_key(table)) if table is not None else None

    @property
    def target_name(self) -> str:
        """The table that it points to, as well as it is known; '' where it is not."""
        if self.target is not None:
            return self.target[0].name
        owner, dot, column = self.references.rpartition(".")
        if not dot:
            return self.references if self.references != "?" else ""
        is_schema = owner in {"public", "auth"} or any(name.startswith(f"{owner}.") for name in self.schema.tables)
        return (
            self.references
            if is_schema or (self.referenced_columns and column != self.referenced_columns[0])
            else owner
        )


def _primary_key(table: TableState) -> tuple[str, ...]:
    key = next((constraint.columns for constraint in table.constraints if constraint.kind == "primary-key"), ())
    return key or tuple(column.name for column in table.columns.values() if column.primary_key)


# --- which are new ---------------------------------------------------------------------------------------


def new_foreign_keys(
    deployments: Iterable[Deployment], latest: Callable[[MigrationTree], Schema]
) -> Iterator[ForeignKey]:
    """All of them, in order, whose columns the migrations made and nothing unread may have changed since. `latest`: the
    schema after the last step of a tree.
    """
    for deployment in deployments:
        changes = deployment.changes
        unread = [at for at, change in enumerate(changes) if isinstance(change.operation, ops.UnreadOperation)]
        seen: set[tuple[int, tuple[str, ...]]] = set()
        for at, change in enumerate(changes):
            if not change.is_new or change.step.exempt == "replaced":
                continue
            after = changes[at + 1].before if at + 1 < len(changes) else deployment.after
            for key in _made_by(change, after, latest):
                place = (key.table.identity, key.columns)
                created = [key.table.columns[name].created for name in key.columns]
                here = all(step is change.step for step in created)
                hidden = unread and (unread[-1] > at or not here)
                if place not in seen and not hidden and not _is_blurred(change, created):
                    seen.add(place)
                    yield key


def _made_by(change: Change, after: Schema, latest: Callable[[MigrationTree], Schema]) -> Iterator[ForeignKey]:
    for table, named, references, referenced, span in _declared(change):
        made = after.table(table)
        schema = latest(change.tree)
        final = _same_table(schema, made) if made is not None else None
        left = change.deployment.final(made) if made is not None else None
        if made is None or final is None or left is None or _is_no_matter(final) or is_late(references):
            continue
        columns, left_columns = _renamed(made, final, named), _renamed(made, left, named)
        if not columns or not left_columns or _had_it(change, made, named):
            continue
        if _stands(final, columns) and _is_seen(final, columns):
            yield ForeignKey(change, schema, final, columns, references, referenced, span, left, left_columns)


def _is_no_matter(table: TableState) -> bool:
    return table.temporary or table.unmapped is not None


_Declared = tuple[str, tuple[str, ...], str, tuple[str, ...], Span | None]


def _declared(change: Change) -> Iterator[_Declared]:
    match change.operation:
        case ops.CreateTable(table=table, columns=specs, if_not_exists=lenient):
            if not (lenient and change.table(table) is not None):
                yield from ((table, (spec.name,), spec.references, (), spec.span) for spec in specs if spec.references)
        case ops.AddColumn(table=table, column=spec, if_not_exists=lenient) if spec.references:
            if not (lenient and change.column(table, spec.name) is not None):
                yield table, (spec.name,), spec.references, (), None
        case ops.AddConstraint(kind="foreign-key", not_enforced=False) as added if added.columns:
            yield added.table, added.columns, added.references, added.referenced_columns, None
        case _:
            pass


def _same_table(schema: Schema, table: TableState) -> TableState | None:
    found = schema.tables.get(table.name)
    if found is not None and found.identity == table.identity:
        return found
    return next((other for other in schema.tables.values() if other.identity == table.identity), None)


def _renamed(made: TableState, final: TableState, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The names that columns have in the end; none where one of them is gone."""
    found = []
    for name in columns:
        column = made.column(name)
        if column is None:
            return ()
        last = final.column(column.name)
        if last is None or last.identity != column.identity:
            last = next((other for other in final.columns.values() if other.identity == column.identity), None)
        if last is None:
            return ()
        found.append(last.name)
    return tuple(found)


def _had_it(change: Change, made: TableState, columns: tuple[str, ...]) -> bool:
    """Whether the columns had a key before the deployment, which is only made again."""
    before = change.deployment.known_before(made)
    old = change.deployment.names_before(made, columns)
    return before is not None and all(before.column(name) for name in old) and _stands(before, old)


def _stands(table: TableState, columns: tuple[str, ...]) -> bool:
    """Whether the key was not dropped again."""
    if any(constraint.kind == "foreign-key" and constraint.columns == columns for constraint in table.constraints):
        return True
    column = table.column(columns[0]) if len(columns) == 1 else None
    return column is not None and bool(column.references)


def _is_seen(table: TableState, columns: tuple[str, ...]) -> bool:
    """Whether migrations made all of its columns, so that nothing about them is older, and by statements that were read
    in full.
    """
    if table.partition_of:
        return False
    created = [table.columns[name].created for name in columns]
    return all(step is not None and (table.complete or step is not table.created) for step in created)


def _is_blurred(change: Change, created: Iterable[Step | None]) -> bool:
    """Whether something unread stands between the columns and their key."""
    older = {step for step in created if step is not None and step is not change.step}
    if not older:
        return False
    steps = list(change.tree.steps)
    first = min((steps.index(step) for step in older if step in steps), default=0)
    between = steps[first : steps.index(change.step) + 1] if change.step in steps else steps[first:]
    return any(
        isinstance(operation, ops.UnreadOperation) for step in between for operation in step.migration.operations
    )


# --- which no index serves -------------------------------------------------------------------------------


def is_indexed(key: ForeignKey, text: Callable[[Location], str], content: Callable[[Step], str]) -> bool:
    """Whether an index begins with one of its columns, or that cannot be excluded. `text`: what stands at a place,
    `content`: a step's whole file.

    Django makes an index for every key that does not refuse it, and tells nobody what it makes for many-to-many fields.
    """
    if key.change.tree.tool == "django" and key.table.model and _is_djangos(key, text(key.location)):
        return True
    if _is_served(key.table, key.columns) or _is_served(key.left, key.left_columns):
        return True
    return _is_made_by_code(key, content)


def _is_served(table: TableState, columns: tuple[str, ...]) -> bool:
    wanted = {column.lower() for column in columns}
    if any(_serves(index, wanted) for index in table.indexes):
        return True
    if any(_brings_index(constraint, wanted) for constraint in table.constraints):
        return True
    flagged = [column for column in table.columns.values() if column.primary_key]
    return any(_is_own_index(table.columns[name], flagged) for name in columns)


def _is_djangos(key: ForeignKey, text: str) -> bool:
    """Whether Django sees to the index, or may."""
    return isinstance(key.change.operation, ops.AddConstraint) or not _UNINDEXED.search(text) or _is_altered(key)


def _is_made_by_code(key: ForeignKey, content: Callable[[Step], str]) -> bool:
    """Whether the same migration or a later one may see to it, by what could not be read: Python that says CREATE INDEX
    and the name of a column, or something about the table.
    """
    table = key.table.name.rpartition(".")[2]
    steps = key.change.tree.steps
    for step in steps[steps.index(key.change.step) :]:
        unread = any(isinstance(operation, ops.UnreadOperation) for operation in step.migration.operations)
        if not unread and not any(isinstance(operation, ops.RunCode) for operation in step.migration.operations):
            continue
        said = content(step)
        if _CREATE_INDEX.search(said) and any(name in said for name in key.columns):
            return True
        if unread and step is not key.change.step and table in said:
            return True
    return False


def _is_altered(key: ForeignKey) -> bool:
    """Whether a later `AlterField` restates the field, its index with it."""
    fields = set(key.columns) | {key.table.columns[name].field for name in key.columns}
    return any(
        isinstance(operation, ops.AlterColumn) and operation.definition is not None and operation.column in fields
        for step in key.change.tree.steps
        for operation in step.migration.operations
    )


def _serves(index: IndexState, wanted: set[str]) -> bool:
    if not index.columns or index.where == "?":
        return True  # what it holds was not readable
    if index.where:
        asked = _NOT_NULL.fullmatch(index.where)
        if asked is None or asked[1].lower() not in wanted:
            return False
    first = index.columns[0].lower()
    return first in wanted or (not first and any(name in index.name.lower() for name in wanted))


def _brings_index(constraint: ConstraintState, wanted: set[str]) -> bool:
    if constraint.kind not in {"unique", "primary-key", "exclude"}:
        return False
    return not constraint.columns or constraint.columns[0].lower() in wanted


def _is_own_index(column: ColumnState, flagged: list[ColumnState]) -> bool:
    return column.unique or flagged == [column]
