"""A tree of migrations on its way: its nodes and their graph, before it is known which of them are judged."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bylaw.facts.migrations import CreateTable, Migration, UnreadOperation
from bylaw.patterns import regex
from bylaw.project.migrations.order.graph import Graph

_DIGITS = regex(r"(\d+)")


class Node(msgspec.Struct, eq=False):
    """A migration on its way to become a step."""

    path: str
    migration: Migration

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].rpartition(".")[0]


class Grove(msgspec.Struct, eq=False):
    """A tree before it is known which of its migrations are judged."""

    tool: Literal["alembic", "django", "sql"]
    name: str
    folder: str
    nodes: list[Node]
    graph: Graph[Node] = msgspec.field(default_factory=Graph)
    order: list[Node] = msgspec.field(default_factory=list)
    missing: list[tuple[Node, str]] = msgspec.field(default_factory=list)
    """Parents that are not there, truncation aside."""
    duplicates: list[tuple[str, list[Node]]] = msgspec.field(default_factory=list)
    """One revision id, or one number, in several files."""
    cycle: list[Node] = msgspec.field(default_factory=list)
    replaced: dict[Node, list[Node]] = msgspec.field(default_factory=dict)
    """A squash, and those of the migrations it replaces that are still there."""
    baselines: list[Node] = msgspec.field(default_factory=list)
    """Flyway: scripts that stand for versions which are still there; where those have run, they never do."""
    truncated: bool = False
    layout: str = ""
    holes: int = 0
    """Parents that are not there, those included that a file which could not be read may be."""
    foreign: list[tuple[Node, str]] = msgspec.field(default_factory=list)
    """Django: dependencies on other apps' migrations."""
    unmet: list[tuple[Node, str]] = msgspec.field(default_factory=list)
    """Alembic: what a revision depends on, beside its parents, and is not there."""
    unfollowed: list[tuple[Node, str]] = msgspec.field(default_factory=list)
    """Django: migrations that are not there, and before which one wants to run."""
    shared: set[Node] = msgspec.field(default_factory=set)
    """Those that stand in another tree as well, which is judged for them."""
    is_partial: bool = False
    """There are files in its folders that could not be read."""

    def first(self) -> set[Node]:
        """Migrations that begin a history: nothing was there before them.

        A root that creates no table and yet changes some is none: the schema it works on came from elsewhere.
        """
        if self.truncated:
            return set()
        roots = self.order[:1] if self.tool == "sql" else self.graph.roots()
        found = {node for node in roots if _begins(node.migration)}
        if self.tool == "django":
            self._add_parts(found)
        return found

    def _add_parts(self, found: set[Node]) -> None:
        """Django cuts a first migration in parts where apps depend on each other; each says that it is initial."""
        for node in self.order:
            parents = self.graph.parents.get(node, ())
            if node.migration.initial and parents and all(parent in found for parent in parents):
                found.add(node)


def _begins(migration: Migration) -> bool:
    operations = migration.operations
    return not operations or any(isinstance(operation, CreateTable | UnreadOperation) for operation in operations)


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Orders `2_b` before `10_a`: runs of digits count as numbers."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part)


def by_name(node: Node) -> tuple[Any, ...]:
    return (natural_key(node.stem), node.path)


def settle(grove: Grove, *, can_miss: bool) -> None:
    """Order the nodes, find a cycle, and tell a truncated history from a missing parent."""
    grove.is_partial = can_miss
    grove.order, stuck = grove.graph.ordered(by_name)
    if stuck:
        grove.cycle = grove.graph.cycle(stuck)
    orphans = {node for node, _ in grove.missing}
    whole_roots = [node for node in grove.graph.roots() if node not in orphans]
    if grove.missing and not whole_roots and len(orphans) == 1 and not grove.graph.parents[next(iter(orphans))]:
        grove.truncated = True
        grove.missing = []
    grove.holes = len(grove.missing)
    if can_miss and grove.missing:
        grove.truncated = True
        grove.missing = []
