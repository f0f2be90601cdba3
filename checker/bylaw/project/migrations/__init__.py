"""A project's migrations: their graph, their order, the schema they build, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.migrations import AddColumn, Operation
from bylaw.project.migrations.additions import RequiredColumn, required_columns
from bylaw.project.migrations.changes import Change, Deployment, replay, schema_after
from bylaw.project.migrations.conflicts import NamedConstraint, named_constraints
from bylaw.project.migrations.deprecation import Announcement, Terms, announcement
from bylaw.project.migrations.drops import Drop, drops
from bylaw.project.migrations.linking import linked
from bylaw.project.migrations.planting import Planted, plant
from bylaw.project.migrations.references import references
from bylaw.project.migrations.renames import Rename, Replacement, renames, replacements
from bylaw.project.migrations.restrictions import Restriction, restrictions
from bylaw.project.migrations.state import Schema
from bylaw.project.migrations.step import MigrationProblem, MigrationTree, Step
from bylaw.project.migrations.trees import find_groves
from bylaw.project.paths import is_test
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.diagnostics import Related
    from bylaw.project import Project

__all__ = [
    "Change", "Deployment", "Drop", "MigrationProblem", "MigrationTree", "Migrations", "Rename", "Replacement",
    "RequiredColumn", "Restriction", "Schema", "Step",
]  # fmt: skip


def _without_place(operation: Operation) -> Operation:
    """The operation wherever it stands: code that tries a thing in two ways does it once."""
    nowhere = Span(0, 0)
    if isinstance(operation, AddColumn):
        return msgspec.structs.replace(
            operation, span=nowhere, column=msgspec.structs.replace(operation.column, span=None)
        )
    return msgspec.structs.replace(operation, span=nowhere)


class Migrations:
    """All migrations of a project, those of its tests aside.

    Which are judged: in a tree that has an `accepted-through`, all after it; elsewhere those that the history's base
    does not hold; all of them when there is no base, or with `judge_all`. Those that the base does not hold are one
    deployment; every other one is a deployment of its own.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def _planted(self) -> Planted:
        project = self._project
        facts = (file.facts for file in project.files.values() if not is_test(file.path, project.settings))
        groves = find_groves(linked(facts, lambda: project.names, project.settings.migrations.dialect))
        return plant(
            groves, project.settings.migrations, project.history, lambda path: project.files[path].source.content
        )

    @property
    def trees(self) -> tuple[MigrationTree, ...]:
        """Every tree, by folder, with its steps in order."""
        return self._planted.trees

    @property
    def unknown_accepted(self) -> tuple[str, ...]:
        """Names in `accepted-through` that no migration answers to."""
        return self._planted.unknown

    @cached_property
    def deployments(self) -> tuple[Deployment, ...]:
        """Every deployment that is judged, along all lines of history."""
        return tuple(deployment for deployments, _ in self._replayed for deployment in deployments)

    @cached_property
    def _replayed(self) -> list[tuple[list[Deployment], dict[Step, Schema]]]:
        return [replay(line) for line in self._planted.lines]

    def changes(self) -> Iterator[Change]:
        """Operations that may break the running release: those of judged steps that are neither a beginning nor a
        squash.
        """
        for deployment in self.deployments:
            seen: set[Operation] = set()
            for change in deployment.changes:
                if not change.step.exempt and (key := _without_place(change.operation)) not in seen:
                    seen.add(key)
                    yield change

    def schema_after(self, step: Step) -> Schema:
        """The schema that the step leaves behind."""
        found = next((after[step] for _, after in self._replayed if step in after), None)
        if found is not None:
            return found
        return schema_after(next(line for line in self._planted.lines if step in line.steps), step)

    # What the changes come to, for the running release:

    def drops(self) -> Iterator[Drop]:
        """Tables and columns that are gone afterwards."""
        return drops(self.changes())

    def named_constraints(self) -> Iterator[NamedConstraint]:
        """Constraints that go, or change their name, and that code names in an ON CONFLICT."""
        return named_constraints(self._project, self.changes())

    def renames(self) -> Iterator[Rename]:
        """Tables and columns that have another name afterwards."""
        return renames(self.changes())

    def replacements(self) -> Iterator[Replacement]:
        """Columns that are renamed by adding, copying and dropping at once."""
        return replacements(self.drops())

    def required_columns(self) -> Iterator[RequiredColumn]:
        """New columns that every INSERT must name afterwards."""
        return required_columns(self.changes())

    def restrictions(self) -> Iterator[Restriction]:
        """Existing columns and tables that take less, or give something else, afterwards."""
        return restrictions(self.changes())

    def announcement(self, drop: Drop, terms: Terms) -> Announcement:
        """Whether an earlier release announced a drop."""
        return announcement(self._project, drop, terms)

    def references(self, drop: Drop) -> tuple[Related, ...]:
        """Where the code still names what a drop takes away."""
        return references(self._project, drop)
