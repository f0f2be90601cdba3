"""Constraints that are added without a look at the rows, and unique ones whose index is built before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bylaw.diagnostics import AddImport, Edit, Fix, InsertStatement, Replace, SetKeyword, WrapStatement
from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.constraint_work import never_null
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.repairs.leaving import (
    AUTOCOMMIT,
    is_alone,
    is_call_of,
    is_executed,
    is_whole_string,
    layout_of,
    line_ending,
    way_out,
)
from bylaw.project.migrations.repairs.words import NAME, QUALIFIED, behind, python_string, quoted
from bylaw.project.migrations.state.default_names import default_name
from bylaw.project.migrations.statement_blocks import sent_with
from bylaw.project.migrations.transactions import ONE_QUERY, SENT_WHOLE, Place
from bylaw.source import Span

PlaceOf = Callable[[Change], Place]

_ACTIONS: Final = (("ADD",), ("ALTER", "TABLE", "IF?", "EXISTS?", "ONLY?", "@", "ADD"))
_CHECK: Final = "migrations.AddConstraint"
_LISTED: Final = regex(
    rf"\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{QUALIFIED})\s+ADD\s+"
    rf"(?:CONSTRAINT\s+(?P<name>{NAME})\s+)?(?:UNIQUE|PRIMARY\s+KEY)\s*(?P<list>\((?P<columns>[^()]*)\))"
    r"(?:\s+(?:NOT\s+)?DEFERRABLE|\s+INITIALLY\s+\w+)*\s*\Z",
    re.IGNORECASE,
)
_UNIQUE_CALL: Final = regex(
    r"op\.create_unique_constraint\(\s*(?:op\.f\(\s*)?(?P<q>[\"'])[^\"'\\]*(?P=q)\s*\)?\s*,\s*[\"'][^\"'\\]*[\"']\s*,\s*"
    r"\[[^\[\]]*\]\s*,?\s*(?:schema\s*=\s*[\"']\w*[\"']\s*,?\s*)?\)"
)
_UNIQUE_MODEL: Final = regex(
    r"migrations\.AddConstraint\(\s*(?:model_name\s*=\s*)?[\"']\w+[\"']\s*,\s*(?:constraint\s*=\s*)?"
    r"models\.UniqueConstraint\(\s*(?:fields\s*=\s*[\[(][^\[\]()]*[\])]\s*,\s*name\s*=\s*[\"']\w+[\"']"
    r"|name\s*=\s*[\"']\w+[\"']\s*,\s*fields\s*=\s*[\[(][^\[\]()]*[\])])\s*,?\s*\)\s*,?\s*\)"
)


def name_of(work: Work) -> str:
    """The constraint's name: its own, or the one that PostgreSQL gives it; '' where that is not known."""
    if work.name or (work.cause == "check" and not work.columns):
        return work.name
    state = work.change.table(work.table)
    taken = {constraint.name for constraint in state.constraints} if state is not None else set()
    return default_name(work.cause, work.table, work.columns, taken)


def not_valid(work: Work, content: bytes) -> Fix | None:
    """NOT VALID now; to validate it is the next migration's task."""
    change, operation, state = work.change, work.change.operation, work.change.table(work.table)
    name = name_of(work)
    if work.cause not in {"foreign-key", "check"} or not isinstance(operation, ops.AddConstraint) or not name:
        return None
    if work.cause == "foreign-key" and state is not None and state.partitioned:
        return None  # refused before PostgreSQL 18
    edits = _unvalidated(work, content)
    title = f"Add `{name}` NOT VALID; a later migration validates it"
    return Fix(title, edits) if edits and change.step.migration.template == "" else None


def _unvalidated(work: Work, content: bytes) -> tuple[Edit, ...]:
    change, span = work.change, work.change.operation.span
    path, tool = change.step.path, change.tree.tool
    text = content[span.start : span.end].decode("utf-8", "replace")
    if is_call_of(change, content, "create_foreign_key", "create_check_constraint"):
        return (SetKeyword(path, span, "postgresql_not_valid", "True"),)
    if tool == "django" and text.startswith(f"{_CHECK}(") and work.cause == "check":
        replaced = Replace(path, Span(span.start, span.start + len(_CHECK)), "AddConstraintNotValid")
        return replaced, AddImport(path, "django.contrib.postgres.operations", "AddConstraintNotValid")
    if any(behind(text, *words) is not None for words in _ACTIONS):
        return (Replace(path, Span(span.end, span.end), " NOT VALID"),)
    return ()


def using_index(work: Work, content: bytes, place_of: PlaceOf, *, evident: bool) -> Fix | None:
    """The unique index first, CONCURRENTLY; then the constraint takes it over.

    Safe where the migration does nothing else, the table is known to have no partitions, and the migrations run on
    PostgreSQL alone (`evident`).
    """
    change, operation, state = work.change, work.change.operation, work.change.table(work.table)
    if not isinstance(operation, ops.AddConstraint) or (state is not None and state.partitioned):
        return None
    if work.cause == "primary-key" and not all(never_null(change, work.table, name, 12) for name in work.columns):
        return None  # every row would be read all the same
    edits = None
    if work.cause == "unique" and change.tree.tool == "alembic":
        edits = _called(work, content, place_of)
    elif work.cause == "unique" and change.tree.tool == "django":
        edits = _separated(work, content, place_of)
    elif work.cause in {"unique", "primary-key"} and change.tree.tool == "sql":
        edits = _stated(work, content, place_of)
    if edits is None:
        return None
    known = evident and state is not None and state.created is not None
    safe = known and is_alone(change) and place_of(change).kind != "unknown"
    return Fix(f"Build the index of `{name_of(work)}` concurrently first", edits, "safe" if safe else "unsafe")


def _stated(work: Work, content: bytes, place_of: PlaceOf) -> tuple[Edit, ...] | None:
    """In SQL files: a statement before this one, whose list of columns becomes the index's name."""
    change, span = work.change, work.change.operation.span
    path = change.step.path
    text = content[span.start : span.end].decode("utf-8", "replace")
    match = _LISTED.match(text)
    place = place_of(change)
    out = way_out(change, place, content) if layout_of(change) not in {*ONE_QUERY, *SENT_WHOLE, "flyway"} else None
    name = name_of(work)
    if match is None or out is None or not name:
        return None
    name = match["name"] or quoted(name)
    build = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {match['table']} {match['list']};"
    if sent_with(change.step.migration, span):
        return None  # two statements between these marks are a transaction
    first, last = (span.start + len(text[:at].encode()) for at in match.span("list"))
    gap = "" if text[: match.start("list")].endswith((" ", "\t", "\n")) else " "
    return (
        Replace(path, Span(span.start, span.start), f"{build}{line_ending(content)}"),
        Replace(path, Span(first, last), f"{gap}USING INDEX {name}"),
        *out.edits,
    )


def _called(work: Work, content: bytes, place_of: PlaceOf) -> tuple[Edit, ...] | None:
    """In Alembic: the call becomes one that builds the index, and a statement behind it adds the constraint."""
    change, span = work.change, work.change.operation.span
    path = change.step.path
    text = content[span.start : span.end].decode("utf-8", "replace")
    place = place_of(change)
    if not work.name or place.kind == "unknown" or _UNIQUE_CALL.fullmatch(text) is None:
        return None
    if is_whole_string(change, content) or not is_executed(change, content):
        return None
    name = quoted(work.name)
    statement = f"ALTER TABLE {quoted(work.table)} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
    start = span.start + len("op.")
    wrap = (WrapStatement(path, span, AUTOCOMMIT),) if place.kind == "inside" else ()
    return (
        Replace(path, Span(start, start + len("create_unique_constraint")), "create_index"),
        SetKeyword(path, span, "unique", "True"),
        SetKeyword(path, span, "postgresql_concurrently", "True"),
        *wrap,
        InsertStatement(path, span, f"op.execute({python_string(statement)})"),
    )


def _separated(work: Work, content: bytes, place_of: PlaceOf) -> tuple[Edit, ...] | None:
    """In Django: the operation stays as what happens to the models, SQL does the same to the database."""
    change, span = work.change, work.change.operation.span
    text = content[span.start : span.end].decode("utf-8", "replace")
    out = way_out(change, place_of(change), content)
    if out is None or not is_alone(change) or not all(work.columns) or _UNIQUE_MODEL.fullmatch(text) is None:
        return None
    before = content[content.rfind(b"\n", 0, span.start) + 1 : span.start].decode("utf-8", "replace")
    if before.strip():
        return None
    eol, step = line_ending(content), "\t" if "\t" in before else "    "
    table, name = quoted(work.table), quoted(work.name)
    columns = ", ".join(quoted(column) for column in work.columns)
    build = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})"
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
    runs = ((build, f"DROP INDEX IF EXISTS {name}"), (add, f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    deep = f"{eol}{before}{step * 2}"
    lines = "".join(f"{deep}migrations.RunSQL({python_string(do)}, {python_string(undo)})," for do, undo in runs)
    head = f"migrations.SeparateDatabaseAndState({eol}{before}{step}database_operations=[{lines}{eol}{before}{step}],"
    head += f"{eol}{before}{step}state_operations=[{deep}"
    tail = f",{eol}{before}{step}],{eol}{before})"
    path = change.step.path
    starts = [at + 1 for at, byte in enumerate(content[span.start : span.end], span.start) if byte == ord("\n")]
    return (
        Replace(path, Span(span.start, span.start), head),
        *(Replace(path, Span(at, at), step * 2) for at in starts),
        Replace(path, Span(span.end, span.end), tail),
        *out.edits,
    )
