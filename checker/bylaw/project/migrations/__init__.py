"""A project's migrations: their graph, their order, the schema they build, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.migrations import AddColumn, Operation
from bylaw.project.history import Version
from bylaw.project.migrations.changes import Change, Deployment, replay, schema_after
from bylaw.project.migrations.compatibility.access import Withdrawal, withdrawals
from bylaw.project.migrations.compatibility.additions import RequiredColumn, required_columns
from bylaw.project.migrations.compatibility.conflict_targets import LostTarget, lost_targets
from bylaw.project.migrations.compatibility.conflicts import NamedConstraint, named_constraints
from bylaw.project.migrations.compatibility.deprecation import Announcement, Terms, announcement, object_announcement
from bylaw.project.migrations.compatibility.drops import Drop, drops
from bylaw.project.migrations.compatibility.identities import taken_over
from bylaw.project.migrations.compatibility.references import references
from bylaw.project.migrations.compatibility.renames import Rename, Replacement, renames, replacement
from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.compatibility.restrictions import restrictions
from bylaw.project.migrations.compatibility.side_effects import SideEffect, side_effects
from bylaw.project.migrations.locking.backfills import Backfill, IgnoredReference
from bylaw.project.migrations.locking.crowds import Crowd, Mixture
from bylaw.project.migrations.locking.gaps import Gap
from bylaw.project.migrations.locking.held import Held
from bylaw.project.migrations.locking.mysql_work import Copy
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.losses import Loss, losses
from bylaw.project.migrations.objects.changes import object_changes
from bylaw.project.migrations.objects.drops import DroppedObject, dropped_objects
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.objects.renames import RenamedObject, renamed_objects
from bylaw.project.migrations.on_server import OnServer
from bylaw.project.migrations.order.deleted import DeletedMigration, deleted
from bylaw.project.migrations.order.linking import linked
from bylaw.project.migrations.order.merged import EditedMigration, edited, merged
from bylaw.project.migrations.order.planting import Planted, plant
from bylaw.project.migrations.order.runners import Runners
from bylaw.project.migrations.order.trees import find_groves
from bylaw.project.migrations.order.unplaced import Placing
from bylaw.project.migrations.robustness.file_names import file_name, is_named_by_hand
from bylaw.project.migrations.robustness.foreign_keys import ForeignKey
from bylaw.project.migrations.robustness.hygiene import Careless, careless
from bylaw.project.migrations.robustness.key_types import Mismatch
from bylaw.project.migrations.robustness.long_names import LongName
from bylaw.project.migrations.robustness.new_names import NewName
from bylaw.project.migrations.robustness.refusals import Refusal
from bylaw.project.migrations.robustness.running import Refused, Unguarded, Unpaired, Untimed
from bylaw.project.migrations.robustness.trials import unreviewed, untried
from bylaw.project.migrations.server_version import ServerVersion
from bylaw.project.migrations.state.schema import Schema
from bylaw.project.migrations.step import MigrationProblem, MigrationTree, Step
from bylaw.project.migrations.transactions import Place
from bylaw.project.migrations.type_names import named
from bylaw.project.paths import is_named_migration, is_set_aside, is_test
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.diagnostics import Fix, Related
    from bylaw.facts.file_names import FileName
    from bylaw.facts.migration_tests import Unreviewed, Untried
    from bylaw.project.migrations.repairs import Repairs
    from bylaw.settings import Settings

__all__ = [
    "Backfill", "Careless", "Change", "Copy", "Crowd", "DeletedMigration", "Deployment", "Drop", "DroppedObject",
    "EditedMigration", "ForeignKey", "Gap", "Held", "IgnoredReference", "LongName", "Loss", "MigrationProblem",
    "MigrationTree", "Migrations", "Mismatch", "Mixture", "NewName", "Place", "Refusal", "Refused", "Rename",
    "RenamedObject", "Replacement", "RequiredColumn", "Restriction", "Schema", "ServerVersion", "SideEffect",
    "Step", "Unguarded", "Unpaired", "Untimed", "Withdrawal", "Work",
]  # fmt: skip


def _without_place(operation: Operation) -> Operation:
    """The operation wherever it stands: code that tries a thing in two ways does it once."""
    nowhere = Span(0, 0)
    if isinstance(operation, AddColumn):
        return msgspec.structs.replace(
            operation, span=nowhere, column=msgspec.structs.replace(operation.column, span=None)
        )
    return msgspec.structs.replace(operation, span=nowhere)


def _belongs(path: str, settings: Settings) -> bool:
    """Whether what a file migrates is the project's own database."""
    if is_test(path, settings):
        return False
    return not is_set_aside(path) or is_named_migration(path, settings)


class Migrations(OnServer):
    """All migrations of a project, those of its tests aside.

    Which are judged: in a tree that has an `accepted-through`, all after it; elsewhere those that the history's base
    does not hold; all of them when there is no base, or with `judge_all`. Those that the base does not hold are one
    deployment; every other one is a deployment of its own.
    """

    @cached_property
    def unplaced(self) -> Placing:
        """SQL files whose own name and place do not make migrations of them."""
        return Placing(self._project.settings, self._project.text_of)

    @cached_property
    def _planted(self) -> Planted:
        project = self._project
        settings = project.settings
        dialect, runner = settings.migrations.dialect, settings.migrations.runner
        files = (file.facts for file in project.files.values() if _belongs(file.path, settings))
        facts = [self.unplaced.placed(facts) for facts in files]
        told_apart = any(migration.variants for one in facts for migration in one.migrations)
        meant = dialect or (self.servers.plainly_mysql if told_apart else "")
        runners = Runners(project.text_of)
        groves = find_groves(linked(facts, lambda: project.names, meant), runners, dialect, runner)
        base = merged(groves, project.history, self._version)
        return plant(
            groves, project.settings.migrations, base, self._content, named=project.history.named,
            house_names=self._names_by_convention(),
        )  # fmt: skip

    def _names_by_convention(self) -> bool:
        """Whether code beside migrations and tests gives a metadata object a `naming_convention`."""
        return any(
            "naming_convention" in file.facts.words and not file.facts.migrations
            for path, file in self._project.files.items()
            if not is_test(path, self._project.settings)
        )

    def _version(self, path: str) -> Version:
        return Version(self._content(path), self.unplaced.placed(self._project.files[path].facts))

    def _content(self, path: str) -> bytes:
        return self._project.files[path].source.content

    def edited(self) -> Iterator[EditedMigration]:
        """Migrations that the default branch holds already and that say something else now."""
        return edited(self.trees, self._planted.edits)

    def deleted(self) -> Iterator[tuple[DeletedMigration, ...]]:
        """Merged migrations that are gone, while others of their history stay, by tree."""
        project = self._project
        return deleted(
            self.trees, self._planted.base, project.history,
            self.unplaced.placed,
            lambda path: path in project.files or project.text_of(path) is not None,
        )  # fmt: skip

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
                if step.judged and step.edits is None and is_named_by_hand(step, tree):
                    yield step, file_name(step)

    def untried(self, evidence: tuple[str, ...] = ()) -> Iterator[Untried]:
        """The newest migration of every tool whose migrations neither a test nor a CI job runs."""
        return untried(self._project, self.trees, evidence)

    def unreviewed(self) -> Iterator[Unreviewed]:
        """New revisions in which the generator's request to look at them still stands."""
        return unreviewed(self._project, self.trees)

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

    def expansion(self, rename: Rename) -> Fix | None:
        """The first step of doing without a rename: its column added beside the old one."""
        from bylaw.project.migrations.compatibility.expanding import expanded  # noqa: PLC0415 - for findings alone

        postgres = self.servers.is_postgres(rename.change.tree)
        content = self._project.files[rename.change.step.path].source.content
        return expanded(rename, content, postgres=postgres)

    def replacement(self, drop: Drop) -> Replacement | None:
        """What the same deployment adds and fills in the place of what it drops."""
        return replacement(drop, self._text)

    def required_columns(self) -> Iterator[RequiredColumn]:
        """New columns that every INSERT must name afterwards."""
        return required_columns(self.changes(), self.objects, self.servers)

    def restrictions(self) -> Iterator[Restriction]:
        """Existing columns, tables, views and functions that take less, or give something else, afterwards."""
        yield from named(restrictions(self.changes(), self.objects, self.servers), self.servers)
        yield from taken_over(self._project, self.changes(), self.objects)
        yield from object_changes(self.changes(), self.objects)

    def announcement(self, drop: Drop, terms: Terms) -> Announcement:
        """Whether an earlier release announced a drop."""
        return announcement(self._project, drop, terms)

    def references(self, drop: Drop | Rename) -> tuple[Related, ...]:
        """Where the code still names what a drop takes away, or a rename calls otherwise."""
        return references(self._project, drop)

    @cached_property
    def repairs(self) -> Repairs:
        """Fixes for what these find, and words for them."""
        from bylaw.project.migrations.repairs import Repairs  # noqa: PLC0415 - for findings alone

        return Repairs(self._project)

    def careless(self) -> Iterator[Careless]:
        """Python of judged migrations that works with today's models, knows no way back, or names things otherwise."""
        return careless(self._project, self.trees)

    def losses(self) -> Iterator[Loss]:
        """Rows and values that go, and nothing else says so."""
        return named(losses(self.changes(), self._text), self.servers)
