"""Names that are longer than PostgreSQL keeps them, and names of tables without their schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.work import statement_of

LONGEST: Final = 63
"""Bytes."""


class LongName(msgspec.Struct, frozen=True, eq=False):
    """A new name, as written; `kind` is a word for what it names. `refused`: SQLAlchemy does not even send it."""

    change: Change
    kind: str
    name: str
    refused: bool = False

    @property
    def table(self) -> str:
        """The table that has what it names, '' for what belongs to none."""
        return "" if self.kind == "table" else self.change.table_name(getattr(self.change.operation, "table", ""))

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.name.encode())

    @property
    def kept(self) -> str:
        """What the server makes of it."""
        return self.name.encode()[:LONGEST].decode("utf-8", "ignore")


def long_names(changes: Iterable[Change], text: Callable[[Change], str]) -> Iterator[LongName]:
    """All of them. `text` is an operation as written: names in SQL are known only as the server keeps them."""
    for change in changes:
        for kind, name in _named(change.operation):
            bare = name.rpartition(".")[2]
            if len(bare.encode()) < LONGEST - 3:  # a cut character may leave three bytes less
                continue
            written = _written(bare, text(change))
            if written and len(written.encode()) > LONGEST and not _is_cut_before(change, kind):
                yield LongName(change, kind, written, kind in {"index", "constraint"} and _is_call(text(change)))


def _named(operation: ops.Operation) -> Iterator[tuple[str, str]]:
    match operation:
        case ops.CreateTable(table=table, columns=columns):
            yield "table", table
            yield from (("column", column.name) for column in columns)
        case ops.AddColumn(column=column):
            yield "column", column.name
        case ops.RenameColumn(new_name=name):
            yield "column", name
        case ops.RenameTable(new_name=name):
            yield "table", name
        case ops.CreateIndex(name=name):
            yield "index", name
        case ops.AddConstraint(name=name):
            yield "constraint", name
        case ops.CreateObject(kind=kind, name=name) if kind not in {"extension", "cast"}:
            yield kind, name
        case ops.RenameObject(kind=kind, new_name=name):
            yield kind, name
        case _:
            pass


def _written(bare: str, text: str) -> str:
    """The name as the text says it; '' where it is not there, or where SQLAlchemy is told that it may shorten it."""
    found = re.search(rf"(?<![\w$]){re.escape(bare)}[\w$-]*", text, re.IGNORECASE)
    if found is None or re.search(r"\.f\(\s*[\"']$|\bconv\(\s*[\"']$", text[: found.start()]):
        return ""
    return found[0]


def _is_cut_before(change: Change, kind: str) -> bool:
    """Django shortens the names of tables and columns itself, in a way of its own; not those in `RunSQL`."""
    return change.by_django and kind in {"table", "column"}


def _is_call(text: str) -> bool:
    """Whether SQLAlchemy compiles the name; it does not look into the text of `op.execute`."""
    return re.match(r"[\w.]+\.create_\w+\(", text) is not None


_ON_TABLES: Final = (
    ops.CreateTable | ops.DropTable | ops.RenameTable | ops.MoveTable | ops.AddColumn | ops.DropColumn
    | ops.RenameColumn | ops.AlterColumn | ops.AddConstraint | ops.DropConstraint | ops.CreateIndex
)  # fmt: skip


def unqualified(changes: Iterable[Change]) -> Iterator[tuple[Change, str]]:
    """Tables that SQL files name without their schema, with the first action of each statement that does so."""
    seen: set[tuple[str, object]] = set()
    for change in changes:
        operation = change.operation
        if isinstance(operation, ops.Setting) and operation.name == "search_path":
            return
        if change.tree.tool != "sql" or not isinstance(operation, _ON_TABLES) or "." in operation.table:
            continue
        temporary = isinstance(operation, ops.CreateTable) and operation.temporary
        state = change.table(operation.table)
        place = (change.step.path, statement_of(change))
        if operation.table and not temporary and not (state and state.temporary) and place not in seen:
            seen.add(place)
            yield change, operation.table
