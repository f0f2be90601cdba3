"""A project's migrations: their graph, their order, the schema they build, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.migrations import AddColumn, Operation
from bylaw.project.history import Version
from bylaw.project.migrations.access import Withdrawal, withdrawals
from bylaw.project.migrations.additions import RequiredColumn, required_columns
from bylaw.project.migrations.backfills import Backfill, IgnoredReference, backfills, ignored_references
from bylaw.project.migrations.changes import Change, Deployment, replay, schema_after
from bylaw.project.migrations.conflict_targets import LostTarget, lost_targets
from bylaw.project.migrations.conflicts import NamedConstraint, named_constraints
from bylaw.project.migrations.crowds import Crowd, Mixture, crowds, mixtures
from bylaw.project.migrations.deprecation import Announcement, Terms, announcement, object_announcement
from bylaw.project.migrations.drops import Drop, drops
from bylaw.project.migrations.file_names import file_name, is_named_by_hand
from bylaw.project.migrations.gaps import Gap, concurrent_builds, gaps
from bylaw.project.migrations.held import Held, held
from bylaw.project.migrations.hygiene import Careless, careless
from bylaw.project.migrations.linking import linked
from bylaw.project.migrations.locks import works
from bylaw.project.migrations.long_names import LongName, long_names, unqualified
from bylaw.project.migrations.losses import Loss, losses
from bylaw.project.migrations.merged import EditedMigration, edited, merged
from bylaw.project.migrations.mysql_work import Copy, copies
from bylaw.project.migrations.object_changes import object_changes
from bylaw.project.migrations.object_drops import DroppedObject, dropped_objects
from bylaw.project.migrations.object_renames import RenamedObject, renamed_objects
from bylaw.project.migrations.objects import Objects
from bylaw.project.migrations.planting import Planted, plant
from bylaw.project.migrations.references import references
from bylaw.project.migrations.refusals import Refusal, refusals
from bylaw.project.migrations.renames import Rename, Replacement, renames, replacements
from bylaw.project.migrations.repairs import Repairs
from bylaw.project.migrations.restrictions import Restriction, restrictions
from bylaw.project.migrations.running import (
    Refused,
    Unguarded,
    Unpaired,
    Untimed,
    refused,
    unguarded,
    unpaired,
    untimed,
)
from bylaw.project.migrations.servers import Servers, ServerVersion
from bylaw.project.migrations.side_effects import SideEffect, side_effects
from bylaw.project.migrations.state import Schema
from bylaw.project.migrations.step import MigrationProblem, MigrationTree, Step
from bylaw.project.migrations.transactions import Place, places
from bylaw.project.migrations.trees import find_groves
from bylaw.project.migrations.unplaced import in_place, unplaced
from bylaw.project.migrations.work import Work
from bylaw.project.paths import is_test
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.diagnostics import Related
    from bylaw.facts.file_names import FileName
    from bylaw.project import Project

__all__ = [
    "Backfill", "Careless", "Change", "Copy", "Crowd", "Deployment", "Drop", "DroppedObject", "EditedMigration", "Gap",
    "Held", "IgnoredReference", "LongName", "Loss", "MigrationProblem", "MigrationTree", "Migrations", "Mixture",
    "Place", "Refusal", "Refused", "Rename", "RenamedObject", "Replacement", "RequiredColumn", "Restriction", "Schema",
    "ServerVersion", "SideEffect", "Step", "Unguarded", "Unpaired", "Untimed", "Withdrawal", "Work",
]  # fmt: skip


def _without_place(operation: Operation) -> Operation:
    """The operation wherever it stands: code that tries a thing in two ways does it once."""
    nowhere = Span(0, 0)
    if isinstance(operation, AddColumn):
        return msgspec.structs.replace(
            operation, span=nowhere, column=msgspec.structs.replace(operation.column, span=None)
        )
    return msgspec.structs.replace(operation, span=nowhere)


def _by_step(deployment: Deployment) -> Iterator[tuple[Step, list[Change]]]:
    members: dict[Step, list[Change]] = {}
    for change in deployment.changes:
        members.setdefault(change.step, []).append(change)
    yield from members.items()


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
        settings = project.settings
        dialect, runner = settings.migrations.dialect, settings.migrations.runner
        files = (file.facts for file in project.files.values() if not is_test(file.path, settings))
        facts = (in_place(facts, settings) for facts in files)
        groves = find_groves(linked(facts, lambda: project.names, dialect), dialect, runner)
        base = merged(groves, project.history, self._version)
        return plant(groves, project.settings.migrations, base, self._content, named=project.history.named)

    def _version(self, path: str) -> Version:
        return Version(self._content(path), in_place(self._project.files[path].facts, self._project.settings))

    def _content(self, path: str) -> bytes:
        return self._project.files[path].source.content

    def unplaced(self) -> Iterator[tuple[str, list[str]]]:
        """Folders, with their files, that may hold migrations of a runner that is not known."""
        return unplaced((file.facts for file in self._project.files.values()), self._project.settings)

    def edited(self) -> Iterator[EditedMigration]:
        """Migrations that the default branch holds already and that say something else now."""
        return edited(self.trees, self._planted.edits)

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

    def changes(self) -> tuple[Change, ...]:
        """Operations that may break the running release: those of judged steps that are neither a beginning nor a
        squash.
        """
        return self._changes

    @cached_property
    def _changes(self) -> tuple[Change, ...]:
        found: list[Change] = []
        for deployment in self.deployments:
            seen: set[Operation] = set()
            for change in deployment.changes:
                if change.is_judged and (key := _without_place(change.operation)) not in seen:
                    seen.add(key)
                    found.append(change)
        return tuple(found)

    def named_files(self) -> Iterator[tuple[Step, FileName]]:
        """The judged migrations whose name somebody chose, each with that name."""
        for tree in self.trees:
            for step in tree.steps:
                if step.judged and is_named_by_hand(step, tree):
                    yield step, file_name(step)

    def is_idle(self, step: Step) -> bool:
        """Whether the step changes nothing: a squash whose originals are still there, or the other way round."""
        return any(step in line.idle for line in self._planted.lines)

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

    @cached_property
    def objects(self) -> Objects:
        """Views, functions, types and the like, as the migrations tell of them."""
        return Objects(lambda step, span: self._project.files[step.path].text(span))

    def dropped_objects(self) -> Iterator[DroppedObject]:
        """Views, functions, types and the like that are gone afterwards."""
        return dropped_objects(self._project, self.changes(), self.objects)

    def renamed_objects(self) -> Iterator[RenamedObject]:
        """Views, functions, types and the like that have another name, or place, afterwards."""
        return renamed_objects(self._project, self.changes(), self.objects)

    def object_announcement(self, drop: DroppedObject, terms: Terms) -> Announcement:
        """Whether an earlier release announced the drop of such an object."""
        return object_announcement(self._project, drop, terms, self.objects)

    def withdrawals(self) -> Iterator[Withdrawal]:
        """Privileges, rows and logins that go."""
        return withdrawals(self.changes(), self.objects)

    def side_effects(self) -> Iterator[SideEffect]:
        """Triggers, rules and settings that do no more, or otherwise, what they did."""
        return side_effects(self.changes(), self.objects)

    def named_constraints(self) -> Iterator[NamedConstraint]:
        """Constraints that go, or change their name, and that code names in an ON CONFLICT."""
        return named_constraints(self._project, self.changes())

    def lost_targets(self) -> Iterator[LostTarget]:
        """Columns that stop being unique and that code names in an ON CONFLICT."""
        return lost_targets(self._project, self.changes())

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
        """Existing columns, tables, views and functions that take less, or give something else, afterwards."""
        yield from restrictions(self.changes())
        yield from object_changes(self.changes(), self.objects)

    def announcement(self, drop: Drop, terms: Terms) -> Announcement:
        """Whether an earlier release announced a drop."""
        return announcement(self._project, drop, terms)

    def references(self, drop: Drop) -> tuple[Related, ...]:
        """Where the code still names what a drop takes away."""
        return references(self._project, drop)

    # What they do to the server, where it is a PostgreSQL:

    @cached_property
    def servers(self) -> Servers:
        return Servers(self._project)

    @property
    def postgres(self) -> ServerVersion:
        """The oldest PostgreSQL that the migrations have to run on, and who says so."""
        return self.servers.postgres

    @cached_property
    def repairs(self) -> Repairs:
        """Fixes for what these find, and words for them."""
        return Repairs(self._project)

    def works(self) -> tuple[Work, ...]:
        """Work on tables in use for whose time others wait."""
        return self._works

    @cached_property
    def _works(self) -> tuple[Work, ...]:
        version = self.servers.postgres.major
        changes = (change for change in self.changes() if self.servers.is_postgres(change.tree, change.step))
        return tuple(works(changes, version))

    def copies(self) -> Iterator[Copy]:
        """Statements that copy a table in use, or lock it while they work, on MySQL and MariaDB."""
        for deployment in self.deployments:
            for step, members in _by_step(deployment):
                server = self.servers.mysql(members[0].tree, step)
                if server is not None:
                    yield from copies((change for change in members if change.is_judged), server)

    def place_of(self, change: Change) -> Place:
        """Where an operation of a judged step runs."""
        return self._places[change]

    @cached_property
    def _places(self) -> dict[Change, Place]:
        return dict(entry for _, placed in self.placed() for entry in placed)

    def has_no_known_place(self, step: Step) -> bool:
        """Whether the step is judged, and nothing tells in which transaction it runs."""
        if not step.judged or step.exempt:
            return False
        return any(place.kind == "unknown" for change, place in self._places.items() if change.step is step)

    def placed(self) -> Iterator[tuple[Step, tuple[tuple[Change, Place], ...]]]:
        """Every judged step that runs, with all its operations, each in its transaction."""
        yield from self._all_placed

    @cached_property
    def _all_placed(self) -> tuple[tuple[Step, tuple[tuple[Change, Place], ...]], ...]:
        return tuple(self._placing())

    def _placing(self) -> Iterator[tuple[Step, tuple[tuple[Change, Place], ...]]]:
        for deployment in self.deployments:
            by_step: dict[Step, list[Change]] = {}
            for change in deployment.changes:
                by_step.setdefault(change.step, []).append(change)
            for step, changes in by_step.items():
                if step.exempt != "replaced":
                    settled = self.servers.is_settled(changes[0].tree, step)
                    yield step, tuple(places(changes, settled))

    def _text(self, change: Change) -> str:
        return self._project.files[change.step.path].text(change.operation.span)

    def _on_postgres(self) -> Iterator[tuple[tuple[Change, Place], ...]]:
        for _, placed in self.placed():
            if placed and self.servers.is_postgres(placed[0][0].tree, placed[0][0].step):
                yield placed

    def held(self) -> Iterator[Held]:
        """Long work for whose time an earlier lock of the same transaction is kept."""
        for placed in self._on_postgres():
            if not placed[0][0].step.exempt:
                yield from held(placed, self._text)

    def refused(self) -> Iterator[Refused]:
        """Statements that fail because they run in a transaction."""
        version = self.postgres.major
        return (found for placed in self._on_postgres() for found in refused(placed, version) if found.change.is_new)

    def unguarded(self, *, everywhere: bool = False) -> Iterator[Unguarded]:
        """Statements that fail when a migration that stopped half-way is run again, or (`everywhere`) would."""
        for placed in self._on_postgres():
            yield from (found for found in unguarded(placed, everywhere=everywhere) if found.change.is_new)

    def unpaired(self) -> Iterator[Unpaired]:
        """BEGIN and COMMIT that do not match."""
        return (found for placed in self._on_postgres() for found in unpaired(placed) if found.change.is_new)

    def untimed(self, settings: tuple[str, ...] = ("lock_timeout",)) -> Iterator[Untimed]:
        """Migrations that lock a table without having set all of the `settings`, themselves or by their `env.py`."""
        for placed in self._on_postgres():
            first = placed[0][0]
            if not first.step.exempt:
                missing = tuple(name for name in settings if not self.servers.is_set(first.tree, name))
                yield from untimed(placed, missing)

    def refusals(self) -> Iterator[Refusal]:
        """Statements that PostgreSQL refuses, whatever the tables hold."""
        for placed in self._on_postgres():
            yield from (found for found in refusals(placed, self._text) if found.change.is_new)

    def long_names(self) -> Iterator[LongName]:
        """New names that PostgreSQL shortens."""
        for placed in self._on_postgres():
            changes = (change for change, _ in placed if change.is_new)
            yield from long_names(changes, self._text)

    def unqualified(self) -> Iterator[tuple[Change, str]]:
        """Tables that SQL names without their schema, with the first action of each statement that does so."""
        for placed in self._on_postgres():
            yield from unqualified(change for change, _ in placed if change.is_new)

    def concurrent_builds(self) -> Iterator[tuple[Change, str]]:
        """Indexes of PostgreSQL that are built or rebuilt CONCURRENTLY, by name ('' for one without)."""
        for placed in self._on_postgres():
            yield from concurrent_builds(change for change, _ in placed if change.is_judged)

    def gaps(self) -> Iterator[Gap]:
        """Indexes that are gone before what replaces them is there."""
        for deployment in self.deployments:
            for gap in gaps(deployment, self.place_of):
                if gap.change.is_judged and self.servers.is_postgres(gap.change.tree, gap.change.step):
                    yield gap

    def crowds(self, most: int, small: tuple[str, ...] = ()) -> Iterator[Crowd]:
        """Transactions that lock more than `most` tables in use, those that match one of the `small` patterns aside."""
        for placed in self._on_postgres():
            yield from (found for found in crowds(placed, most, small) if found.change.is_judged)

    def mixtures(self) -> Iterator[Mixture]:
        """Transactions that change the schema of a table in use, and rows."""
        for placed in self._on_postgres():
            yield from (found for found in mixtures(placed) if found.change.is_judged)

    def backfills(self) -> Iterator[Backfill]:
        """Statements that change all rows of a table in use at once."""
        return backfills(self.changes(), self._text)

    def ignored_references(self) -> Iterator[IgnoredReference]:
        """Inline REFERENCES that MySQL reads and forgets."""
        for deployment in self.deployments:
            for step, members in _by_step(deployment):
                server = self.servers.mysql(members[0].tree, step)
                if server is not None:
                    new = (change for change in members if change.is_new)
                    yield from ignored_references(new, deployment.changes, server, self._part)

    def _part(self, change: Change, span: Span) -> str:
        return self._project.files[change.step.path].text(span)

    def careless(self) -> Iterator[Careless]:
        """Python of judged migrations that works with today's models, knows no way back, or names things otherwise."""
        return careless(self._project, self.trees)

    def losses(self) -> Iterator[Loss]:
        """Rows and values that go, and nothing else says so."""
        return losses(self.changes(), self._text)
