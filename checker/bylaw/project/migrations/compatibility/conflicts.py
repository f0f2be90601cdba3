"""Constraints and indexes whose names the code says: `ON CONFLICT ON CONSTRAINT name` fails when there is none of that
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from bylaw.diagnostics import Related
from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import Project


class NamedConstraint(msgspec.Struct, frozen=True, eq=False):
    """A constraint, or a unique index, that is dropped (`new_name` is '') or renamed. `uses`: where the code says its
    name.
    """

    change: Change
    name: str
    new_name: str
    uses: tuple[Related, ...]


def named_constraints(project: Project, changes: Iterable[Change]) -> Iterator[NamedConstraint]:
    """Those that the deployment takes away and that code outside of migrations names in an ON CONFLICT."""
    for change in changes:
        name, new_name = _taken_away(change)
        if name and not _comes_back(change, name):
            uses = tuple(_uses(project, name))
            if uses:
                yield NamedConstraint(change, name, new_name, uses)


def _taken_away(change: Change) -> tuple[str, str]:
    match change.operation:
        case ops.DropConstraint(name=name) | ops.DropIndex(name=name):
            return name.rpartition(".")[2], ""
        case ops.RenameObject(kind="constraint" | "index", name=name, new_name=new_name):
            return name.rpartition(".")[2], new_name
        case _:
            return "", ""


def _comes_back(change: Change, name: str) -> bool:
    for table in change.deployment.after.tables.values():
        if any(constraint.name == name for constraint in table.constraints):
            return True
        if any(index.name == name for index in table.indexes):
            return True
    return False


def _uses(project: Project, name: str) -> Iterator[Related]:
    pattern: re.Pattern[bytes] | None = None
    for file in project.files.values():
        if name not in file.facts.words or file.facts.migrations:
            continue
        if pattern is None:
            escaped = re.escape(name).encode()
            pattern = re.compile(
                rb"ON\s{1,9}CONSTRAINT\s{1,9}\"?("
                + escaped
                + rb")\b|\bconstraint\s{0,9}=\s{0,9}[\"']("
                + escaped
                + rb")[\"']",
                re.IGNORECASE,
            )
        for match in pattern.finditer(file.source.content):
            start, end = match.span(match.lastindex or 0)
            yield Related(Location(file.path, Span(start, end)), f"the code says `{name}` here")
            break
