"""Migrations in their place: a step is one migration of a tree, a tree is one line of history."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.migrations import Migration
from bylaw.source import Location, Span

Exemption = Literal["", "first", "squash", "replaced", "shared"]
ProblemKind = Literal[
    "several-heads", "missing-parent", "missing-dependency", "missing-follower", "duplicate-revision",
    "duplicate-number", "cycle",
]  # fmt: skip


class Step(msgspec.Struct, frozen=True, eq=False):
    """One migration file. Steps are equal only to themselves.

    `judged`: it is new, compared with what is accepted already. `exempt`: why it can break nobody, although it is
    judged (`shared`: another tree has it, and is judged for it). `pending`: the default branch does not hold it yet;
    all such steps are deployed together.
    """

    path: str
    migration: Migration
    judged: bool
    exempt: Exemption = ""
    pending: bool = False
    parents: tuple[Step, ...] = ()
    """The steps of the same tree that it builds on directly (the replaced ones included)."""

    edits: frozenset[Span] | None = None
    """For a merged migration that was edited: the places of the operations that the default branch does not have."""

    house_names: bool = False
    """What it leaves without a name gets one by a convention of the project (`MetaData(naming_convention=…)`)."""

    def __repr__(self) -> str:
        return f"Step({self.path!r}, {self.name!r})"

    @property
    def name(self) -> str:
        """What people call it: the revision, or an SQL file's name."""
        return self.migration.revision or self.path.rpartition("/")[2]

    @property
    def location(self) -> Location:
        return Location(self.path, self.migration.span)

    @property
    def is_repeatable(self) -> bool:
        """Whether Flyway runs it again, after all others, whenever it says something else (`R__views.sql`)."""
        return self.path.rpartition("/")[2].startswith("R__")

    def at(self, span: Span) -> Location:
        return Location(self.path, span)

    def may_skip(self, span: Span) -> bool:
        """Whether it is decided at run time if what stands there runs: inside of an IF or LOOP of a DO block."""
        return any(block.span.contains(span) for block in self.migration.blocks)


class MigrationProblem(msgspec.Struct, frozen=True):
    """A flaw of the graph, at `step`; `others` are the steps that belong to it, `detail` is the name or number in
    question.
    """

    kind: ProblemKind
    step: Step
    others: tuple[Step, ...] = ()
    detail: str = ""


class MigrationTree(msgspec.Struct, frozen=True, eq=False):
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
