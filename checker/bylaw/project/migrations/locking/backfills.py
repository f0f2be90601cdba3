"""Changes of all rows of a table by one statement, and foreign keys that a server does not make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.held import long_work
from bylaw.project.migrations.locking.mysql_work import keeps_inline_references
from bylaw.project.migrations.server_version import ServerVersion
from bylaw.source import Span


class Backfill(msgspec.Struct, frozen=True, eq=False):
    """An UPDATE or DELETE of all rows of a table in use; `columns` are those that it fills."""

    change: Change
    kind: str
    table: str
    columns: tuple[str, ...]


class IgnoredReference(msgspec.Struct, frozen=True, eq=False):
    """A REFERENCES behind a column that the server reads and forgets."""

    change: Change
    table: str
    column: str
    references: str
    span: Span
    server: ServerVersion


def backfills(changes: Iterable[Change], text: Callable[[Change], str]) -> Iterator[Backfill]:
    """All of them; `text` is an operation as written."""
    for change in changes:
        operation = change.operation
        if not isinstance(operation, ops.DataChange) or (kind := long_work(change, text)) not in {"update", "delete"}:
            continue
        if not operation.filtered or _leaves_out_none(text(change), operation.columns):
            yield Backfill(change, kind, operation.table, operation.columns)


def _leaves_out_none(text: str, columns: tuple[str, ...]) -> bool:
    """Whether the condition only asks that the columns which are filled are NULL, as they are in every row."""
    condition = re.split(r"\bwhere\b", text, maxsplit=1, flags=re.IGNORECASE)[-1]
    parts = re.split(r"\band\b|\bor\b", condition, flags=re.IGNORECASE)
    asked = (
        re.fullmatch(r"[\s(]*(?:[\w\"`]+\.)*[\"`]?(\w+)[\"`]?\s+is\s+null[\s);]*", part, re.IGNORECASE)
        for part in parts
    )
    return all(found is not None and found[1] in columns for found in asked)


def ignored_references(
    changes: Iterable[Change], around: Iterable[Change], server: ServerVersion, text: Callable[[Change, Span], str]
) -> Iterator[IgnoredReference]:
    """All of them in SQL; `text` is a part of a change's file. A key that is also declared in full, by one of the
    changes `around` these, is made.
    """
    if keeps_inline_references(server):
        return
    members = list(around)
    for change in changes:
        operation = change.operation
        if change.tree.tool != "sql" or not isinstance(operation, ops.CreateTable | ops.AddColumn):
            continue
        specs = operation.columns if isinstance(operation, ops.CreateTable) else (operation.column,)
        whole = text(change, operation.span)
        for spec in specs:
            if spec.span is None or not spec.references or _is_made(spec, operation.table, whole, members):
                continue
            if re.search(r"\breferences\b", text(change, spec.span), re.IGNORECASE):
                yield IgnoredReference(change, operation.table, spec.name, spec.references, spec.span, server)


def _is_made(spec: ColumnSpec, table: str, whole: str, members: list[Change]) -> bool:
    if re.search(rf"\bforeign\s+key\b[^(]*\(\s*[`\"]?{re.escape(spec.name)}[`\"]?\s*\)", whole, re.IGNORECASE):
        return True
    return any(
        isinstance(other.operation, ops.AddConstraint)
        and other.operation.kind == "foreign-key"
        and other.operation.table == table
        and other.operation.columns == (spec.name,)
        for other in members
    )
