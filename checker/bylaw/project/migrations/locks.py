"""What an operation does to a table that is in use: which lock it takes, and how long the work lasts under it.

Measured on PostgreSQL 12 to 18. A brief lock, as a plain ADD COLUMN takes it, is a `Lock` without work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.drops import is_scratch
from bylaw.project.migrations.precedents import has_index, is_unique
from bylaw.project.migrations.rewrites import rewritten_default, rewritten_type
from bylaw.project.migrations.state import ColumnState, TableState

Blocks = Literal["reads", "writes"]
"""`reads`: everybody waits (ACCESS EXCLUSIVE); `writes`: who only reads does not."""
Does = Literal["index", "scan", "rewrite"]
Cause = Literal[
    "index", "drop-index", "reindex",
    "unique", "primary-key", "exclude", "foreign-key", "check", "not-null", "attach",
    "type", "default", "generated", "serial", "identity", "domain", "storage", "vacuum-full", "cluster",
]  # fmt: skip

_STORAGE: Final = {
    "set-logged": "SET LOGGED", "set-unlogged": "SET UNLOGGED", "set-access-method": "SET ACCESS METHOD",
    "set-table-space": "SET TABLESPACE", "set-tablespace": "SET TABLESPACE",
}  # fmt: skip
_BRIEF_ACTIONS: Final = frozenset({
    "enable-row-security", "disable-row-security", "force-row-security", "no-force-row-security", "detach-partition",
    "inherit", "no-inherit", "replica-identity", "owner", "disable-rule", "enable-rule",
})  # fmt: skip
_SERIALS: Final = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})


@dataclass(frozen=True, eq=False)
class Work:
    """Work on a table in use, for whose time others wait.

    `columns` are those it is about, `detail` what is needed to name it: the default, the types, the storage. `name` is
    the index's or constraint's, `inline` says that it comes with a new column.
    """

    change: Change
    cause: Cause
    does: Does
    blocks: Blocks
    table: str
    columns: tuple[str, ...] = ()
    name: str = ""
    detail: str = ""
    inline: bool = False
    place: ColumnSpec | None = None


@dataclass(frozen=True)
class Lock:
    """A lock on a table in use that an operation takes and its transaction keeps."""

    table: str
    blocks: Blocks


def works(changes: Iterable[Change], version: int) -> Iterator[Work]:
    """All such work of the changes, in order, on a PostgreSQL of that major version.

    Tables of the same deployment, temporary ones, and tables that are gone afterwards, are not in use.
    """
    for change in changes:
        table = getattr(change.operation, "table", "")
        if isinstance(change.operation, ops.DropIndex | ops.OtherStatement) and not table:
            yield from _nameless(change)
        elif table and in_use(change, table):
            yield from _work(change, version)


def in_use(change: Change, table: str) -> bool:
    """Whether others may be reading and writing the table while the change runs."""
    if is_scratch(table) or change.is_new_table(table) or change.before.has_view(table):
        return False
    state = change.table(table)
    return state is None or change.deployment.final(state) is not None


def _work(change: Change, version: int) -> Iterator[Work]:
    match change.operation:
        case ops.CreateIndex() as operation:
            yield from _index(change, operation)
        case ops.DropIndex() as operation:
            yield from _dropped_index(change, operation)
        case ops.AddConstraint() as operation:
            yield from _constraint(change, operation, version)
        case ops.AddColumn() as operation:
            yield from _column(change, operation, version)
        case ops.AlterColumn() as operation:
            yield from _altered(change, operation, version)
        case ops.OtherStatement() as operation:
            yield from _other(change, operation)
        case _:
            pass


# --- indexes --------------------------------------------------------------------------------------------


def _index(change: Change, operation: ops.CreateIndex) -> Iterator[Work]:
    if operation.concurrently or operation.only:
        return
    if operation.if_not_exists and has_index(change, operation.table, operation.name):
        return
    state = change.table(operation.table)
    if change.tree.tool == "django" and state is not None and not operation.name and _is_indexed(state, operation):
        return
    inline = _comes_with_column(change)
    yield Work(
        change, "index", "index", "writes", operation.table, operation.columns, operation.name,
        detail="unique" if operation.unique else "", inline=inline,
    )  # fmt: skip


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


def _nameless(change: Change) -> Iterator[Work]:
    """An index that is dropped by its name alone; maintenance of a whole database."""
    operation = change.operation
    if isinstance(operation, ops.DropIndex):
        bare = operation.name.rpartition(".")[2]
        owner = next((t for t in change.before.tables.values() if any(index.name == bare for index in t.indexes)), None)
        if owner is None or in_use(change, owner.name):
            for work in _dropped_index(change, operation):
                yield Work(change, work.cause, work.does, work.blocks, owner.name if owner else "", name=work.name)
    elif isinstance(operation, ops.OtherStatement):
        yield from _other(change, operation)


# --- constraints ----------------------------------------------------------------------------------------


def _constraint(change: Change, operation: ops.AddConstraint, version: int) -> Iterator[Work]:
    if operation.not_valid or operation.not_enforced:
        return
    table, columns, name = operation.table, operation.columns, operation.name
    match operation.kind:
        case "unique" | "primary-key" | "exclude" if not operation.using_index:
            repeated = change.tree.tool == "django" and not name and is_unique(change, table, columns)
            if not repeated:
                yield Work(change, operation.kind, "index", "reads", table, columns, name)
        case "primary-key":
            loose = _indexed_columns(change, table, operation.using_index)
            if any(_is_nullable(change, table, column) for column in loose):
                yield Work(change, "primary-key", "scan", "reads", table, loose, name, detail="using-index")
        case "foreign-key":
            yield Work(change, "foreign-key", "scan", "writes", table, columns, name, operation.references)
        case "check":
            yield Work(change, "check", "scan", "reads", table, columns, name, operation.expression)
        case "not-null" if columns and not _proven(change, table, columns[0], version):
            yield Work(change, "not-null", "scan", "reads", table, columns, name)
        case _:
            pass


def _indexed_columns(change: Change, table: str, index: str) -> tuple[str, ...]:
    state = change.table(table)
    bare = index.rpartition(".")[2]
    return next((entry.columns for entry in state.indexes if entry.name == bare), ()) if state is not None else ()


def _is_nullable(change: Change, table: str, column: str) -> bool:
    state = change.column(table, column)
    return state is not None and state.nullable is True and not _proven(change, table, column, 12)


def _proven(change: Change, table: str, column: str, version: int) -> bool:
    """Whether the server knows already that the column holds no NULL."""
    state = change.table(table)
    if state is None:
        return False
    known = state.column(column)
    if known is not None and (known.nullable is False or known.primary_key):
        return True
    pattern = re.compile(rf"(?:^|\band\b)[\s(\"]*{re.escape(column)}[\s\")]+is\s+not\s+null\b", re.IGNORECASE)
    for constraint in state.constraints:
        if not constraint.validated:
            continue
        if constraint.kind in {"primary-key", "not-null"} and column in constraint.columns:
            return True
        if constraint.kind == "check" and version >= 12:
            text = constraint.expression
            if pattern.search(text) and not re.search(r"\bor\b", text, re.IGNORECASE):
                return True
            if text in {"", "?"} and re.search(rf"{re.escape(column)}|null", constraint.name, re.IGNORECASE):
                return True  # it cannot be read, and may say just this
    return False


# --- columns --------------------------------------------------------------------------------------------


def _column(change: Change, operation: ops.AddColumn, version: int) -> Iterator[Work]:
    spec, table = operation.column, operation.table
    state = change.table(table)
    if operation.if_not_exists and state is not None and state.column(spec.name) is not None:
        return

    def work(cause: Cause, does: Does, blocks: Blocks = "reads", detail: str = "") -> Work:
        return Work(change, cause, does, blocks, table, (spec.name,), detail=detail, inline=True, place=spec)

    default = spec.server_default
    if spec.generation == "stored":
        yield work("generated", "rewrite")
    elif spec.generation == "serial" or spec.type in _SERIALS:
        yield work("serial", "rewrite")
    elif spec.generation == "identity":
        yield work("identity", "rewrite")
    elif default and (function := rewritten_default(default)):
        yield work("default", "rewrite", detail=f"{function}()")
    elif default is not None and version < 11:
        yield work("default", "rewrite", detail=default)
    elif _is_constrained_domain(change, spec.type):
        yield work("domain", "rewrite", detail=spec.type)
    elif spec.check:
        yield work("check", "scan", detail=spec.check)
    elif spec.generation == "virtual" and spec.nullable is False:
        yield work("not-null", "scan")
    if spec.unique or spec.primary_key:
        if not _has_own_index(change, spec):
            yield work("primary-key" if spec.primary_key else "unique", "index")
    elif spec.references and _validates(change, spec):
        yield work("foreign-key", "scan", "writes", spec.references if spec.references != "?" else "")


def _has_own_index(change: Change, spec: ColumnSpec) -> bool:
    """Alembic makes `unique=True, index=True` a unique index, which is an operation of its own."""
    return any(
        isinstance(other.operation, ops.CreateIndex)
        and other.operation.unique
        and other.operation.columns == (spec.name,)
        and change.tree.tool == "alembic"
        for other in change.deployment.changes
        if other.step is change.step
    )


def _validates(change: Change, spec: ColumnSpec) -> bool:
    """A key that comes with a new column looks at the rows where these have a value; Alembic adds it afterwards."""
    if change.tree.tool == "alembic" and spec.span is not None and spec.span.end < change.operation.span.end:
        return True  # the end of a call: the column of an SQL text ends with the action
    filled = spec.server_default is not None and spec.server_default.strip()
    return bool(filled) or (change.tree.tool == "django" and spec.client_default)


def _is_constrained_domain(change: Change, name: str) -> bool:
    bare = name.rpartition(".")[2].lower()
    for (kind, other), step in change.before.objects.items():
        if kind == "domain" and other.rpartition(".")[2].lower() == bare:
            return any(
                isinstance(made, ops.CreateObject) and made.kind == "domain" and made.name == other and made.constrained
                for made in step.migration.operations
            )
    return False


def _altered(change: Change, operation: ops.AlterColumn, version: int) -> Iterator[Work]:
    table, name = operation.table, operation.column
    state = change.column(table, name)
    definition = operation.definition
    if definition is not None:
        yield from _redefined(change, operation, definition, state)
        return
    retyped = operation.type is not None and _retyped(change, operation, operation.type, state)
    if retyped:
        old = state.type if state is not None and state.type else operation.old_type
        yield Work(
            change, "type", "rewrite", "reads", table, (name,), name=old, detail=operation.type or "",
        )  # fmt: skip
    if operation.generated == "set-expression":
        yield Work(change, "generated", "rewrite", "reads", table, (name,))
    if operation.nullable is False and not retyped and not _stays_required(change, operation, state, version):
        yield Work(change, "not-null", "scan", "reads", table, (name,))


def _stays_required(change: Change, operation: ops.AlterColumn, state: ColumnState | None, version: int) -> bool:
    known = state.nullable if state is not None and state.nullable is not None else operation.old_nullable
    if known is None and operation.type is not None:
        return True  # the whole column is said again, as some do
    return known is False or _proven(change, operation.table, operation.column, version)


def _retyped(change: Change, operation: ops.AlterColumn, new: str, state: ColumnState | None) -> bool:
    old = state.type if state is not None and state.type else operation.old_type
    return rewritten_type(old, new, operation.using, operation.column, change.before.enums)


def _redefined(
    change: Change, operation: ops.AlterColumn, definition: ColumnSpec, state: ColumnState | None
) -> Iterator[Work]:
    """Django states the whole column: what changes follows from the state before, where that is known."""
    table, name = operation.table, operation.column
    if state is None or not state.created:
        return
    retyped = bool(state.type and definition.type) and rewritten_type(state.type, definition.type, "", name)
    if retyped:
        yield Work(change, "type", "rewrite", "reads", table, (name,), name=state.type, detail=definition.type)
    becomes_required = definition.nullable is False and state.nullable is True and not definition.primary_key
    if becomes_required and not retyped and not _proven(change, table, name, 12):
        yield Work(change, "not-null", "scan", "reads", table, (name,))
    if definition.unique and not state.unique and not state.primary_key and not is_unique(change, table, (name,)):
        yield Work(change, "unique", "index", "reads", table, (name,), inline=True)


# --- the rest -------------------------------------------------------------------------------------------


def _other(change: Change, operation: ops.OtherStatement) -> Iterator[Work]:
    kind, table = operation.kind, operation.table
    if kind == "reindex" and not operation.concurrently:
        yield Work(change, "reindex", "index", "writes", table, name=operation.name)
    elif kind in {"vacuum-full", "cluster"}:
        yield Work(change, "vacuum-full" if kind == "vacuum-full" else "cluster", "rewrite", "reads", table)
    elif kind in _STORAGE and table:
        yield Work(change, "storage", "rewrite", "reads", table, detail=_STORAGE[kind])
    elif kind == "attach-partition" and operation.name and in_use(change, operation.name):
        state = change.table(operation.name)
        if state is not None and not any(c.kind == "check" and c.validated for c in state.constraints):
            yield Work(change, "attach", "scan", "reads", operation.name, detail=table)


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
        case ops.AddColumn(if_not_exists=False) | ops.DropColumn(if_exists=False) | ops.RenameColumn():
            return Lock(table, "reads")
        case ops.RenameTable() | ops.MoveTable() | ops.AddConstraint() | ops.DropConstraint(if_exists=False):
            return Lock(table, "reads")
        case ops.AlterColumn(definition=None) if _touches_schema(operation):
            return Lock(table, "reads")
        case ops.OtherStatement(kind=kind, concurrently=False) if kind in _BRIEF_ACTIONS:
            return Lock(table, "reads")
        case ops.OtherStatement(kind="lock", name="access-exclusive"):
            return Lock(table, "reads")
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
