"""What migrations do to the server that they run on: locks, transactions, what is refused or left half-way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING

from bylaw.project.migrations.changes import Change, Deployment
from bylaw.project.migrations.locking.backfills import Backfill, IgnoredReference, backfills, ignored_references
from bylaw.project.migrations.locking.crowds import Crowd, Mixture, crowds, mixtures
from bylaw.project.migrations.locking.gaps import Gap, concurrent_builds, gaps
from bylaw.project.migrations.locking.held import Held, held
from bylaw.project.migrations.locking.locks import works
from bylaw.project.migrations.locking.mysql_work import Copy, copies
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.robustness.dependents import depended_on
from bylaw.project.migrations.robustness.foreign_keys import ForeignKey, is_indexed, new_foreign_keys
from bylaw.project.migrations.robustness.ignored_arguments import IgnoredArgument, ignored_arguments
from bylaw.project.migrations.robustness.key_types import Mismatch, mismatches
from bylaw.project.migrations.robustness.long_names import LongName, long_names, unqualified
from bylaw.project.migrations.robustness.new_names import NewName, new_names
from bylaw.project.migrations.robustness.refusals import Refusal, refusals, unsafe_labels
from bylaw.project.migrations.robustness.running import (
    Refused,
    Unguarded,
    Unpaired,
    Untimed,
    refused,
    unguarded,
    unpaired,
    untimed,
)
from bylaw.project.migrations.server_version import ServerVersion
from bylaw.project.migrations.servers import Servers
from bylaw.project.migrations.state.schema import Schema
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.project.migrations.together import Together, together
from bylaw.project.migrations.transactions import Place, Placer
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import Project


def _by_step(deployment: Deployment) -> Iterator[tuple[Step, list[Change]]]:
    members: dict[Step, list[Change]] = {}
    for change in deployment.changes:
        members.setdefault(change.step, []).append(change)
    yield from members.items()


class OnServer(ABC):
    """The part of `Migrations` that knows servers."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._together: dict[MigrationTree, Together | None] = {}

    @cached_property
    @abstractmethod
    def deployments(self) -> tuple[Deployment, ...]:
        """Every deployment that is judged."""

    @abstractmethod
    def changes(self) -> tuple[Change, ...]:
        """Operations that may break the running release."""

    @cached_property
    @abstractmethod
    def objects(self) -> Objects:
        """Views, functions, types and the like, as the migrations tell of them."""

    @abstractmethod
    def schema_after(self, step: Step) -> Schema:
        """The schema that the step leaves behind."""

    @cached_property
    def servers(self) -> Servers:
        return Servers(self._project)

    @property
    def postgres(self) -> ServerVersion:
        """The oldest PostgreSQL that the migrations have to run on, and who says so."""
        return self.servers.postgres

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
            placer = Placer()
            for step, changes in _by_step(deployment):
                if step.exempt not in {"replaced", "shared"}:
                    tree = changes[0].tree
                    shared = len(deployment.steps) > 1 and self.together(tree) is not None
                    yield step, placer.placed(changes, settled=self.servers.is_settled(tree, step), shared=shared)

    def together(self, tree: MigrationTree) -> Together | None:
        """Why all migrations of the tree that are deployed together run in one transaction; None where each has its
        own, or that is not known.
        """
        if tree not in self._together:
            self._together[tree] = together(self._project, tree)
        return self._together[tree]

    def _text(self, change: Change) -> str:
        return self._project.files[change.step.path].text(change.operation.span)

    def _on_postgres(self) -> Iterator[tuple[tuple[Change, Place], ...]]:
        for _, placed in self.placed():
            if placed and self.servers.is_postgres(placed[0][0].tree, placed[0][0].step):
                yield placed

    def _across_steps(self) -> Iterator[list[tuple[Change, Place]]]:
        """All operations of each deployment, for a transaction may go on from one migration to the next."""
        deployed: dict[int, list[tuple[Change, Place]]] = {}
        for placed in self._on_postgres():
            deployed.setdefault(id(placed[0][0].deployment), []).extend(placed)
        yield from deployed.values()

    def held(self) -> Iterator[Held]:
        """Long work for whose time an earlier lock of the same transaction is kept: one of the two is new."""
        for entries in self._across_steps():
            found = held((entry for entry in entries if not entry[0].step.exempt), self._text)
            yield from (one for one in found if one.by.is_new or one.work.is_new)

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
            yield from depended_on((change for change, _ in placed if change.is_judged), self.objects)
        for entries in self._across_steps():
            yield from (found for found in unsafe_labels(entries, self._text) if found.change.is_new)

    def long_names(self) -> Iterator[LongName]:
        """New names that PostgreSQL shortens."""
        for placed in self._on_postgres():
            changes = (change for change, _ in placed if change.is_new)
            yield from long_names(changes, self._text)

    def unqualified(self) -> Iterator[tuple[Change, str]]:
        """Tables that SQL names without their schema, with the first action of each statement that does so."""
        for placed in self._on_postgres():
            yield from unqualified(change for change, _ in placed if change.is_new)

    def concurrent_builds(self) -> Iterator[tuple[Change, str, str]]:
        """Indexes of PostgreSQL that are built or rebuilt CONCURRENTLY, by name ('' for one without) and table ('' for
        one that is not known).
        """
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
        for placed in self._across_steps():
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

    def ignored_arguments(self) -> Iterator[IgnoredArgument]:
        """What Alembic's `alter_column` is handed and takes no notice of."""
        for deployment in self.deployments:
            yield from ignored_arguments(change for change in deployment.changes if change.is_new)

    @cached_property
    def _foreign_keys(self) -> tuple[ForeignKey, ...]:
        latest = cache(lambda tree: self.schema_after(tree.steps[-1]))
        return tuple(new_foreign_keys(self.deployments, latest))

    def unindexed_keys(self) -> Iterator[ForeignKey]:
        """New foreign keys on PostgreSQL that no index serves in the end."""
        for key in self._foreign_keys:
            change = key.change
            if self.servers.is_postgres(change.tree, change.step) and not is_indexed(key, self._said_at, self._words):
                yield key

    def _said_at(self, location: Location) -> str:
        return self._project.files[location.path].text(location.span)

    def _words(self, step: Step) -> str:
        return self._project.files[step.path].source.content.decode("utf-8", "replace")

    def mismatched_keys(self) -> Iterator[Mismatch]:
        """New foreign keys of another type than their target."""
        return mismatches(
            self._foreign_keys,
            lambda key: self.servers.dialect(key.change.tree, key.change.step),
            self._words,
        )

    def new_names(self) -> Iterator[NewName]:
        """Names that judged migrations, the first ones included, give to what they make or rename."""
        changes = (change for deployment in self.deployments for change in deployment.changes)
        fresh = (change for change in changes if change.is_new and change.step.exempt not in {"replaced", "shared"})
        return new_names(fresh, self._text)

    def _part(self, change: Change, span: Span) -> str:
        return self._project.files[change.step.path].text(span)
