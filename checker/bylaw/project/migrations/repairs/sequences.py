"""The safe sequence of steps that a statement is replaced by, written for that very statement."""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.repairs.constraints import name_of
from bylaw.project.migrations.repairs.key_fields import field_steps
from bylaw.project.migrations.repairs.words import behind, one_line, quoted, said

_MODEL: Final = regex(r"\(\s*(?:model_name\s*=\s*)?([\"'])(?P<model>\w+)\1")
_ACTION: Final = ("ALTER", "TABLE")
_UNNAMED: Final = regex(r"\bADD\s+CHECK\b", re.IGNORECASE)
_WORDS: Final = {"unique": "UNIQUE", "primary-key": "PRIMARY KEY"}

Steps = tuple[str, ...]
"""Statements in the tool's own words and in backticks, each for a migration of its own."""


def constraint_steps(work: Work, content: bytes, major: int) -> Steps:
    """For a constraint that is checked under its lock, on a server of that major version. Empty where nothing avoids it
    or where a name is missing.
    """
    name = name_of(work)
    match work.cause:
        case "not-null" | "primary-key" if work.does == "scan":
            return _never_null(work, content, major)
        case "foreign-key" if work.inline and not isinstance(work.change.operation, ops.AddColumn):
            return field_steps(work)
        case "foreign-key" | "check" if name and (work.inline or _is_a_field(work.change)):
            return (said(work.change, _inline(work, name)), _validated(work, name))
        case "foreign-key" | "check" if name:
            return (_unvalidated(work, content), _validated(work, name, content))
        case "check" if work.change.tree.tool == "sql":
            return _named_check(work, content)
        case "unique" | "primary-key" if name and work.columns and all(work.columns):
            return _over_index(work, name)
        case _:
            return ()


def _never_null(work: Work, content: bytes, major: int) -> Steps:
    """A CHECK that proves it first; PostgreSQL 18 knows NOT NULL as a constraint that is validated later."""
    change, table = work.change, quoted(work.table)
    if not work.columns:
        return ()
    bare = work.table.rpartition(".")[2]
    columns = [quoted(column) for column in work.columns]
    if work.cause == "not-null" and major >= 18:
        name = quoted(f"{bare}_{work.columns[0]}_not_null")
        added = f"ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {columns[0]} NOT VALID"
        return said(change, added), _validated(work, name)
    name = quoted(f"{bare}_{'_'.join(work.columns)}_check")
    proof = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    own = _written(work, content) or "this statement"
    return (
        said(change, f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({proof}) NOT VALID"),
        _validated(work, name),
        f"{own} and {said(change, f'ALTER TABLE {table} DROP CONSTRAINT {name}')}",
    )


def _unvalidated(work: Work, content: bytes) -> str:
    change = work.change
    text = _text(change, content)
    call, _, rest = text.partition("(")
    if call.endswith(("create_foreign_key", "create_check_constraint")):
        line = one_line(f"{text[:-1].rstrip().rstrip(',')}, postgresql_not_valid=True)")
        return f"`{line}`" if line else "postgresql_not_valid=True"
    if call == "migrations.AddConstraint":
        line = one_line(f"AddConstraintNotValid({rest}")
        return f"`{line}`" if line else "AddConstraintNotValid"
    if behind(text, *_ACTION) is None:
        text = f"ALTER TABLE {quoted(work.table)} {text}"
    line = one_line(f"{text} NOT VALID")
    return said(change, line) if line else "the same statement with NOT VALID"


def _named_check(work: Work, content: bytes) -> Steps:
    """A CHECK without a name gets one: how else could it be validated?"""
    name = f"{work.table.rpartition('.')[2]}_check"
    text, found = _UNNAMED.subn(f"ADD CONSTRAINT {quoted(name)} CHECK", _text(work.change, content), count=1)
    if behind(text, *_ACTION) is None:
        text = f"ALTER TABLE {quoted(work.table)} {text}"
    line = one_line(f"{text} NOT VALID")
    return (said(work.change, line), _validated(work, name)) if found and line else ()


def _validated(work: Work, name: str, content: bytes = b"") -> str:
    text = _text(work.change, content)
    model = _MODEL.search(text) if text.startswith("migrations.AddConstraint(") else None
    if model is not None:
        return f'`ValidateConstraint("{model["model"]}", "{name}")`'
    return said(work.change, f"ALTER TABLE {quoted(work.table)} VALIDATE CONSTRAINT {_once(name)}")


def _once(name: str) -> str:
    return name if name.startswith('"') else quoted(name)


def _inline(work: Work, name: str) -> str:
    """The constraint of a new column, by itself."""
    start = f"ALTER TABLE {quoted(work.table)} ADD CONSTRAINT {quoted(name)}"
    if work.cause == "check":
        return f"{start} CHECK ({work.detail}) NOT VALID"
    if not work.detail:
        return f"{start} FOREIGN KEY ({quoted(work.columns[0])}) REFERENCES … NOT VALID"
    table, _, column = work.detail.rpartition(".")
    has_column = work.change.tree.tool == "alembic" or work.change.table(table) is not None
    target = f"{quoted(table)} ({quoted(column)})" if table and has_column else quoted(work.detail)
    return f"{start} FOREIGN KEY ({quoted(work.columns[0])}) REFERENCES {target} NOT VALID"


def _is_a_field(change: Change) -> bool:
    return change.tree.tool == "django" and isinstance(change.operation, ops.AlterColumn)


def _over_index(work: Work, name: str) -> Steps:
    change, table = work.change, quoted(work.table)
    index = quoted(f"{name}_new" if _is_freed(change, name) else name)
    columns = ", ".join(quoted(column) for column in work.columns)
    return (
        said(change, f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns})"),
        said(change, f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {_WORDS[work.cause]} USING INDEX {index}"),
    )


def _is_freed(change: Change, name: str) -> bool:
    """Whether the same migration drops what has the name until then."""
    return any(
        isinstance(other.operation, ops.DropConstraint | ops.DropIndex)
        and other.operation.name.rpartition(".")[2] == name
        and other.step is change.step
        for other in change.deployment.changes
    )


def _written(work: Work, content: bytes) -> str:
    """The operation as it stands, in backticks, one action of several as a statement; '' where it is long."""
    text = _text(work.change, content)
    if behind(text, "ALTER", "COLUMN") is not None:
        return said(work.change, f"ALTER TABLE {quoted(work.table)} {' '.join(text.split())}")
    line = one_line(text)
    return f"`{line}`" if line else ""


def _text(change: Change, content: bytes) -> str:
    span = change.operation.span
    return content[span.start : span.end].decode("utf-8", "replace").rstrip("; \n")
