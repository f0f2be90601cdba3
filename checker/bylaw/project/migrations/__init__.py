"""A project's migrations: their graph, their order, the schema they build, and which of them are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from bylaw.facts.file import FileFacts
from bylaw.project.history import History
from bylaw.project.migrations.changes import Change, Deployment, replay
from bylaw.project.migrations.planting import Planted, plant
from bylaw.project.migrations.state import Schema
from bylaw.project.migrations.step import Problem, Step, Tree
from bylaw.project.migrations.trees import find_groves
from bylaw.settings import MigrationSettings

__all__ = ["Change", "Deployment", "Migrations", "Problem", "Schema", "Step", "Tree"]


class Migrations:
    """All migrations of a project.

    Which are judged: those that the history's base does not hold and that do not come up to an `accepted-through`; all
    of them when there is no base, or with `judge_all`. With a base, all judged migrations are one deployment; without,
    each is one of its own.
    """

    def __init__(
        self,
        files: Iterable[FileFacts],
        settings: MigrationSettings,
        history: History,
        load: Callable[[str], bytes],
    ) -> None:
        self._files = files
        self._settings = settings
        self._history = history
        self._load = load

    @cached_property
    def _planted(self) -> Planted:
        return plant(find_groves(self._files), self._settings, self._history, self._load)

    @property
    def trees(self) -> tuple[Tree, ...]:
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
        together = self._history.base is not None and not self._settings.judge_all
        return [replay(line, together=together) for line in self._planted.lines]

    def changes(self) -> Iterator[Change]:
        """Operations that may break the running release: those of judged steps that are neither a beginning nor a
        squash.
        """
        for deployment in self.deployments:
            for change in deployment.changes:
                if not change.step.exempt:
                    yield change

    def schema_after(self, step: Step) -> Schema:
        """The schema that the step leaves behind."""
        return next(after[step] for _, after in self._replayed if step in after)
