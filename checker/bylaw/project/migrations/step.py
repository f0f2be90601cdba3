"""Migrations in their place: a step is one migration of a tree, a tree is one line of history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bylaw.facts.migrations import Migration
from bylaw.source import Location, Span

Exemption = Literal["", "first", "squash", "replaced"]
ProblemKind = Literal["several-heads", "missing-parent", "duplicate-revision", "duplicate-number", "cycle"]


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One migration file. Steps are equal only to themselves.

    `judged`: it is new, compared with what is accepted already. `exempt`: why it can break nobody, although it is
    judged. `pending`: the default branch does not hold it yet; all such steps are deployed together.
    """

    path: str
    migration: Migration = field(repr=False)
    judged: bool
    exempt: Exemption = ""
    pending: bool = False
    parents: tuple[Step, ...] = field(default=(), repr=False)
    """The steps of the same tree that it builds on directly (the replaced ones included)."""

    @property
    def name(self) -> str:
        """What people call it: the revision, or an SQL file's name."""
        return self.migration.revision or self.path.rpartition("/")[2]

    @property
    def location(self) -> Location:
        return Location(self.path, self.migration.span)

    def at(self, span: Span) -> Location:
        return Location(self.path, span)


@dataclass(frozen=True, slots=True)
class MigrationProblem:
    """A flaw of the graph, at `step`; `others` are the steps that belong to it, `detail` is the name or number in
    question.
    """

    kind: ProblemKind
    step: Step
    others: tuple[Step, ...] = ()
    detail: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class MigrationTree:
    """One line of history: an Alembic graph, the migrations of a Django app, or a folder of numbered SQL files.

    `name` is the folder, or the app's label; `steps` are in an order in which they can run, oldest first.
    """

    tool: Literal["alembic", "django", "sql"]
    name: str
    folder: str
    steps: tuple[Step, ...]
    heads: tuple[Step, ...]
    problems: tuple[MigrationProblem, ...] = ()
    truncated: bool = False
    """Its beginning is missing: the oldest migration builds on one that is not here."""
    layout: str = ""
