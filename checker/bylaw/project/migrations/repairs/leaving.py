"""How a migration leaves the transaction of its runner: a block, a class attribute, a mark in the file."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bylaw.diagnostics import Edit, InsertStatement, Replace, WrapStatement
from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.statement_blocks import sent_with
from bylaw.project.migrations.transactions import ONE_QUERY, SENT_WHOLE, Place, needs_no_transaction
from bylaw.source import Span

AUTOCOMMIT: Final = "with op.get_context().autocommit_block():"
_HEADS: Final = {
    "goose": "-- +goose NO TRANSACTION", "tern": "---- tern: disable-tx ----", "sqlx": "-- no-transaction",
    "yoyo": "-- transactional: false", "morph": "-- morph:nontransactional",
    "postgres-migrations": "-- postgres-migrations disable-transaction",
}  # fmt: skip
"""Marks with a line of their own, at the top of the file."""
_WORDS: Final = {
    "dbmate": (re.compile(rb"^[ \t]*--[ \t]*migrate:up\b", re.MULTILINE), " transaction:false"),
    "sql-migrate": (re.compile(rb"^[ \t]*--[ \t]*\+migrate[ \t]+up\b", re.MULTILINE | re.IGNORECASE), " notransaction"),
}
"""Marks that are words behind another one."""
MARKS: Final = {
    **{name: f"`{line}` at the top of the file" for name, line in _HEADS.items()},
    "dbmate": "`-- migrate:up transaction:false` and no other statement",
    "sqlx": "`-- no-transaction` as its first line and no other statement",
    "morph": "`-- morph:nontransactional` as its first line and no other statement",
    "postgres-migrations": "`-- postgres-migrations disable-transaction` as its first line and no other statement",
    "diesel": "`run_in_transaction = false` in a `metadata.toml` beside it, and no other statement",
    "liquibase": "`runInTransaction:false` behind the name of its changeset",
    "atlas": "`-- atlas:txmode none` and an empty line at its top",
    "sql-migrate": "`-- +migrate Up notransaction`",
    **dict.fromkeys(("flyway", *ONE_QUERY), "no other statement in the file"),
}
"""By layout: what a file needs, for messages."""
_CALL: Final = r"\s*(?:[\w.]*\btext\(\s*)?[rRbBuU]{0,2}(?:\"\"\"|'''|\"|')\s*$"
_EXECUTED: Final = regex(rf"\bop\.execute\({_CALL}")
_RUN: Final = regex(rf"\bRunSQL\((?:\s*sql\s*=)?{_CALL}")
_CLOSED: Final = regex(r"\s*;?\s*(?:\"\"\"|'''|\"|')")


class Exit(msgspec.Struct, frozen=True):
    """The edits that take a change out of its transaction; `sure` that they take nothing else along."""

    edits: tuple[Edit, ...] = ()
    sure: bool = True


def way_out(change: Change, place: Place, content: bytes) -> Exit | None:
    """How the change gets outside of a transaction; None where the file it is in cannot say so.

    `content` is the file's text, UTF-8.
    """
    if change.tree.tool == "sql" and not _is_statement(change):
        return None  # in a block or function, which is a transaction of its own
    if place.kind == "outside":
        return Exit()
    if place.opened != "runner":
        return None
    match change.tree.tool:
        case "alembic" if place.kind == "inside" and is_executed(change, content):
            wrap = WrapStatement(change.step.path, change.operation.span, AUTOCOMMIT)
            return Exit((wrap,), sure=is_alone(change))
        case "django" if change.step.migration.transactional is None and _bears_it(change):
            if not is_executed(change, content):
                return None
            edit = InsertStatement(change.step.path, change.operation.span, "atomic = False", "before")
            return Exit((edit,), sure=is_alone(change))
        case "sql" if _bears_it(change):
            return _marked(change, place, content)
        case _:
            return None


def _marked(change: Change, place: Place, content: bytes) -> Exit | None:
    path, layout = change.step.path, layout_of(change)
    if layout in SENT_WHOLE and len(change.step.migration.statements) > 1:
        return None
    if sent_with(change.step.migration, change.operation.span) > 1:
        return None
    if place.kind == "unknown" or layout == "flyway":
        return Exit(sure=False) if is_alone(change) else None
    if layout in _HEADS:
        start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
        line = f"{_HEADS[layout]}{line_ending(content)}"
        return Exit((Replace(path, Span(start, start), line),), sure=is_alone(change))
    pattern, words = _WORDS.get(layout, (None, ""))
    marks = [match.end() for match in pattern.finditer(content)] if pattern is not None else []
    if len(marks) != 1:
        return None
    return Exit((Replace(path, Span(marks[0], marks[0]), words),), sure=is_alone(change))


def _is_statement(change: Change) -> bool:
    start = change.operation.span.start
    return any(statement.start == start for statement in change.step.migration.statements)


def layout_of(change: Change) -> str:
    """The layout of the SQL file of a change, or of its tree."""
    return change.step.migration.layout or change.tree.layout


def line_ending(content: bytes) -> str:
    """How lines end in a file."""
    return "\r\n" if b"\r\n" in content else "\n"


def is_alone(change: Change) -> bool:
    """Whether the migration does nothing else."""
    migration, span = change.step.migration, change.operation.span
    return not migration.unread and all(
        operation.span == span or isinstance(operation, ops.Transaction | ops.Setting)
        for operation in migration.operations
    )


def _bears_it(change: Change) -> bool:
    """Whether everything in the migration may run outside of a transaction, or asks for that."""
    return is_alone(change) or (
        not change.step.migration.unread
        and all(
            isinstance(operation, ops.CreateIndex | ops.DropIndex | ops.Setting) or needs_no_transaction(operation)
            for operation in change.step.migration.operations
        )
    )


def is_executed(change: Change, content: bytes) -> bool:
    """Whether the change stands, as a call or as the only SQL of a string, where the migration runs it.

    A constant of the module stands elsewhere; what a batch collects is run later.
    """
    span = change.operation.span
    head = content[span.start : span.start + 200].decode("utf-8", "replace")
    if change.tree.tool == "alembic" and head.startswith("op."):
        return True
    if change.tree.tool == "django" and re.match(r"(?:migrations\.)?[A-Z]\w+\(", head):
        return True
    return is_whole_string(change, content)


def is_call_of(change: Change, content: bytes, *names: str) -> bool:
    """Whether the change is a call of one of these, on Alembic's `op` or on a batch that a `with` of the file opens."""
    span = change.operation.span
    text = content[span.start : span.end]
    owner, _, name = text.partition(b"(")[0].partition(b".")
    if change.tree.tool != "alembic" or name.decode("utf-8", "replace") not in names or not text.endswith(b")"):
        return False
    return owner == b"op" or re.search(rb"\bas\s+" + re.escape(owner) + rb"\s*:", content) is not None


def is_whole_string(change: Change, content: bytes) -> bool:
    """Whether the change is the only SQL of a string that `op.execute` or `RunSQL` is given right there."""
    span = change.operation.span
    before = content[max(0, span.start - 200) : span.start].decode("utf-8", "replace")
    after = content[span.end : span.end + 200].decode("utf-8", "replace")
    pattern = _EXECUTED if change.tree.tool == "alembic" else _RUN
    return pattern.search(before) is not None and _CLOSED.match(after) is not None
