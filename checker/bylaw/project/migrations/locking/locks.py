"""What an operation does to a table that is in use: which lock it takes, and how long the work lasts under it.

This is what PostgreSQL 12 to 18 do. A brief lock, as a plain ADD COLUMN takes it, is a `Lock` without work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.precedents import has_index
from bylaw.project.migrations.locking.column_work import added_column_work, altered_column_work
from bylaw.project.migrations.locking.constraint_work import constraint_work
from bylaw.project.migrations.locking.key_fields import renamed_key_work
from bylaw.project.migrations.locking.materialized import refreshed
from bylaw.project.migrations.locking.partitions import is_assembled
from bylaw.project.migrations.locking.work import Blocks, Lock, Work, in_use
from bylaw.project.migrations.state.expressions import forbids_null, words
from bylaw.project.migrations.state.schema import TableState

_STORAGE: Final = {
    "set-logged": "SET LOGGED", "set-unlogged": "SET UNLOGGED", "set-access-method": "SET ACCESS METHOD",
    "set-table-space": "SET TABLESPACE", "set-tablespace": "SET TABLESPACE",
}  # fmt: skip
_DOMAIN_CHECKS: Final = frozenset({"alter-domain-add-constraint", "alter-domain-set-not-null"})
_DETACHES_CONCURRENTLY: Final = 14
_BRIEF_ACTIONS: Final[dict[str, Blocks]] = {
    "enable-row-security": "reads", "disable-row-security": "reads", "force-row-security": "reads",
    "no-force-row-security": "reads", "detach-partition": "reads", "inherit": "reads", "no-inherit": "reads",
    "replica-identity": "reads", "owner": "reads", "disable-rule": "reads", "enable-rule": "reads",
    "set-storage": "reads", "set-compression": "reads", "alter-constraint": "reads", "add-of": "reads",
    "drop-of": "reads", "drop-oids": "reads", "enable-trigger": "writes", "disable-trigger": "writes",
}  # fmt: skip
_LOCK_MODES: Final[dict[str, Blocks]] = {
    "share": "writes", "share-row-exclusive": "writes", "exclusive": "writes", "access-exclusive": "reads",
}  # fmt: skip
_ON_A_TABLE: Final = frozenset({"trigger", "policy", "rule", "constraint"})


def works(changes: Iterable[Change], version: int) -> Iterator[Work]:
    """All such work of the changes, in order, on a PostgreSQL of that major version.

    Tables of the same deployment, temporary ones, and tables that are gone afterwards, are not in use.
    """
    for change in changes:
        table = getattr(change.operation, "table", "")
        if isinstance(change.operation, ops.OtherStatement) and change.operation.kind == "refresh":
            yield from refreshed(change, change.operation)
        elif isinstance(change.operation, ops.DropIndex | ops.OtherStatement) and not table:
            yield from _nameless(change, version)
        elif table and (in_use(change, table) or _attaches(change.operation)):
            yield from _work(change, version)


def _attaches(operation: ops.Operation) -> bool:
    """Attached is the table that is named second: the first may well be new."""
    return isinstance(operation, ops.OtherStatement) and operation.kind == "attach-partition"


def _work(change: Change, version: int) -> Iterator[Work]:
    match change.operation:
        case ops.CreateIndex() as operation:
            yield from _index(change, operation)
        case ops.DropIndex() as operation:
            yield from _dropped_index(change, operation)
        case ops.AddConstraint() as operation:
            yield from constraint_work(change, operation, version)
        case ops.AddColumn() as operation:
            yield from added_column_work(change, operation, version)
        case ops.AlterColumn() as operation:
            yield from altered_column_work(change, operation, version)
        case ops.RenameColumn() as operation:
            yield from renamed_key_work(change, operation)
        case ops.OtherStatement() as operation:
            yield from _other(change, operation, version)
        case _:
            pass


# --- indexes --------------------------------------------------------------------------------------------


def _index(change: Change, operation: ops.CreateIndex) -> Iterator[Work]:
    if operation.concurrently or (operation.only and _may_be_partitioned(change, operation.table)):
        return
    if operation.if_not_exists and has_index(change, operation.table, operation.name):
        return
    state = change.table(operation.table)
    if state is not None and state.partitioned and is_assembled(change, operation):
        return
    if change.tree.tool == "django" and state is not None and not operation.name and _is_indexed(state, operation):
        return
    inline = _comes_with_column(change)
    yield Work(
        change, "index", "index", "writes", operation.table, operation.columns, operation.name,
        detail="unique" if operation.unique else "", inline=inline,
    )  # fmt: skip


def _may_be_partitioned(change: Change, table: str) -> bool:
    """A plain table has nothing below it that ONLY could leave out."""
    state = change.table(table)
    return state is None or state.partitioned or state.created is None


def _is_indexed(state: TableState, operation: ops.CreateIndex) -> bool:
    """`AlterIndexTogether` names the groups that stay as well."""
    return any(index.columns == operation.columns for index in state.indexes)


def _comes_with_column(change: Change) -> bool:
    """Whether the same piece of code adds the column: Django's foreign key brings its index along."""
    return any(
        isinstance(other.operation, ops.AddColumn) and other.operation.span == change.operation.span
        for other in change.deployment.changes
        if other.step is change.step
    )


def _dropped_index(change: Change, operation: ops.DropIndex) -> Iterator[Work]:
    if not operation.concurrently and not _created_index(change, operation.name):
        yield Work(change, "drop-index", "index", "reads", operation.table, name=operation.name)


def _created_index(change: Change, name: str) -> bool:
    bare = name.rpartition(".")[2]
    return any(
        index.name == bare and index.created in change.deployment
        for table in change.before.tables.values()
        for index in table.indexes
    )


def owner_of(change: Change, operation: ops.DropIndex) -> TableState | None:
    """The table whose index is dropped, which need not be named."""
    if operation.table:
        return change.table(operation.table)
    return _owner_of_index(change, operation.name)


def _owner_of_index(change: Change, index: str) -> TableState | None:
    bare = index.rpartition(".")[2]
    return next((table for table in change.before.tables.values() if has_index(change, table.name, bare)), None)


def _nameless(change: Change, version: int) -> Iterator[Work]:
    """An index that is dropped by its name alone; maintenance of a whole database; a domain."""
    operation = change.operation
    if isinstance(operation, ops.DropIndex):
        owner = owner_of(change, operation)
        if owner is None or in_use(change, owner.name):
            for work in _dropped_index(change, operation):
                yield Work(change, work.cause, work.does, work.blocks, owner.name if owner else "", name=work.name)
    elif isinstance(operation, ops.OtherStatement) and operation.kind == "reindex" and operation.name:
        owner = _owner_of_index(change, operation.name)
        if not operation.concurrently and (owner is None or in_use(change, owner.name)):
            yield Work(change, "reindex", "index", "writes", owner.name if owner else "", name=operation.name)
    elif isinstance(operation, ops.OtherStatement):
        yield from _other(change, operation, version)


# --- the rest -------------------------------------------------------------------------------------------


def _other(change: Change, operation: ops.OtherStatement, version: int) -> Iterator[Work]:
    kind, table = operation.kind, operation.table
    if kind == "reindex" and not operation.concurrently:
        yield Work(change, "reindex", "index", "writes", table, name=operation.name)
    elif kind in {"vacuum-full", "cluster"}:
        yield Work(change, "vacuum-full" if kind == "vacuum-full" else "cluster", "rewrite", "reads", table)
    elif kind in _STORAGE and table:
        yield Work(change, "storage", "rewrite", "reads", table, detail=_STORAGE[kind])
    elif kind == "attach-partition" and operation.name and in_use(change, operation.name):
        state = change.table(operation.name)
        if state is not None and not _implies_bounds(state):
            yield Work(change, "attach", "scan", "reads", operation.name, detail=table)
    elif kind == "detach-partition" and not operation.concurrently and version >= _DETACHES_CONCURRENTLY:
        yield Work(change, "detach", "waits", "reads", table, name=operation.name)
    elif kind in _DOMAIN_CHECKS and "not-valid" not in operation.details:
        yield from _checked_domain(change, operation.name)


def _implies_bounds(partition: TableState) -> bool:
    """Whether some CHECK may imply the bounds of a partition, which are never NULL: its columns are not, either."""
    checks = [c.expression for c in partition.constraints if c.kind == "check" and c.validated and c.enforced]
    return any(
        all(
            column.nullable is not True or any(forbids_null(other, column.name) for other in checks)
            for column in partition.columns.values()
            if column.name.lower() in words(expression.lower())
        )
        for expression in checks
    )


def _checked_domain(change: Change, domain: str) -> Iterator[Work]:
    """A domain's new constraint is checked in every column of it."""
    bare = domain.rpartition(".")[2].lower()
    for state in change.before.tables.values():
        columns = tuple(c.name for c in state.columns.values() if c.type.rpartition(".")[2].lower() == bare)
        if columns and in_use(change, state.name):
            yield Work(change, "domain-check", "scan", "writes", state.name, columns, domain)


# --- brief locks ----------------------------------------------------------------------------------------


def lock_of(change: Change) -> Lock | None:
    """The lock that a change takes on a table in use and that blocks reads or writes; None where it takes none."""
    operation = change.operation
    table = getattr(operation, "table", "")
    if not table or not in_use(change, table):
        return None
    match operation:
        case ops.CreateIndex(concurrently=True) | ops.DropIndex(concurrently=True):
            return None
        case ops.CreateIndex():
            return Lock(table, "writes")
        case ops.AddConstraint(kind="foreign-key"):
            return Lock(table, "writes")
        case ops.AddColumn() | ops.DropColumn() | ops.RenameColumn():
            return Lock(table, "reads")  # with IF [NOT] EXISTS as well: PostgreSQL looks under the lock
        case ops.RenameTable() | ops.MoveTable() | ops.AddConstraint() | ops.DropConstraint():
            return Lock(table, "reads")
        case ops.AlterColumn(definition=None) if _touches_schema(operation):
            return Lock(table, "reads")
        case ops.CreateObject(kind="trigger"):
            return Lock(table, "writes")
        case ops.CreateObject(kind=kind) | ops.DropObject(kind=kind) | ops.RenameObject(kind=kind) if (
            kind in _ON_A_TABLE
        ):
            return Lock(table, "reads")
        case ops.DataChange(kind="truncate"):
            return Lock(table, "reads")
        case ops.OtherStatement(kind="lock", name=mode) if mode in _LOCK_MODES:
            return Lock(table, _LOCK_MODES[mode])
        case ops.OtherStatement(kind=kind, concurrently=False) if kind in _BRIEF_ACTIONS:
            return Lock(table, _BRIEF_ACTIONS[kind])
        case _:
            return None


def _touches_schema(operation: ops.AlterColumn) -> bool:
    """Anything but a comment."""
    return (
        operation.type is not None
        or operation.nullable is not None
        or operation.server_default is not None
        or operation.drop_default
        or bool(operation.generated)
    )
