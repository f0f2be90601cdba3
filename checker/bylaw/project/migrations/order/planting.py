"""Groves become trees: who is judged, who is exempt, what is wrong with the graph; and lines, along which schemas are
replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from bylaw.project.migrations.order.graph import Graph
from bylaw.project.migrations.order.grove import Grove, Node, natural_key
from bylaw.project.migrations.order.merged import Edit, Merged
from bylaw.project.migrations.order.problems import tree_of
from bylaw.project.migrations.step import Exemption, MigrationTree, Step
from bylaw.settings import MigrationSettings
from bylaw.source import shared_parts


class Line(msgspec.Struct, frozen=True, eq=False):
    """Trees that share a database, and all their steps in one order: those that are accepted first.

    `idle` steps change nothing: a squash whose originals are still there, or the other way round.
    """

    trees: tuple[MigrationTree, ...]
    steps: tuple[Step, ...]
    idle: frozenset[Step]


class Planted(msgspec.Struct, frozen=True):
    """`unknown`: names of `accepted-through` that no migration has."""

    trees: tuple[MigrationTree, ...]
    lines: tuple[Line, ...]
    unknown: tuple[str, ...]
    edits: Mapping[str, Edit] = msgspec.field(default_factory=dict)
    """By path: what merged migrations say otherwise than in the base."""
    base: Merged = msgspec.field(default_factory=Merged)


def plant(
    groves: list[Grove], settings: MigrationSettings, base: Merged, load: Callable[[str], bytes], *,
    named: bool = False, house_names: bool = False,
) -> Planted:  # fmt: skip
    """Trees and lines. `load` gives a file's content, read only to tell the newest of several heads. `named`: the base
    counts beside `accepted-through`. `house_names`: the project has a convention for names, which Alembic follows.
    """
    through = dict.fromkeys(settings.accepted_through, False)
    steps: dict[Node, Step] = {}
    lines: list[tuple[list[Grove], list[Node]]] = []
    for together in _sharing(groves):
        judged: set[Node] = set()
        edited: set[Node] = set()
        for grove in together:
            _judge(grove, settings, base, through, judged, edited, named=named)
        exempt = {node: reason for grove in together for node, reason in _exempt(grove)}
        home = {node: grove for grove in together for node in grove.nodes}
        late = {node for node in judged if not base.holds(node)}
        order = _ordered(together, judged - edited, late - edited)
        for node in order:
            parents = tuple(steps[parent] for parent in home[node].graph.parents[node] if parent in steps)
            pending = not settings.judge_all and base.held is not None and not base.holds(node)
            edits = base.edits[node.path].spans if node in edited else None
            steps[node] = Step(
                node.path, node.migration, node in judged, exempt.get(node, ""), pending, parents, edits,
                house_names and node.migration.tool == "alembic",
            )  # fmt: skip
        lines.append((together, order))
    trees: dict[Grove, MigrationTree] = {}
    for together, order in lines:
        position = {node: at for at, node in enumerate(order)}
        for grove in together:
            trees[grove] = tree_of(grove, steps, position, load)
    made = tuple(_line(together, order, trees, steps) for together, order in lines)
    unknown = tuple(name for name, found in through.items() if not found)
    return Planted(tuple(trees[grove] for grove in groves), made, unknown, base.edits, base)


def _line(
    together: list[Grove], order: list[Node], trees: Mapping[Grove, MigrationTree], steps: Mapping[Node, Step]
) -> Line:
    idle = frozenset(steps[node] for grove in together for node in _idle(grove))
    return Line(tuple(trees[grove] for grove in together), tuple(steps[node] for node in order), idle)


def _judge(
    grove: Grove,
    settings: MigrationSettings,
    base: Merged,
    through: dict[str, bool],
    judged: set[Node],
    edited: set[Node],
    *,
    named: bool,
) -> None:
    """Add to `judged`, and to `edited` those of them that are judged only for what was put into them."""
    accepted: set[Node] = set()
    for name, found in through.items():
        answering = [node for node in grove.nodes if _answers_to(node, name)]
        through[name] = found or bool(answering)
        accepted |= grove.graph.ancestors(answering)
    if settings.judge_all:
        judged.update(grove.nodes)
        return
    old = {node for node in grove.nodes if base.holds(node)} if named or not accepted else set()
    added_to = {node for node in old - accepted if (edit := base.edits.get(node.path)) and edit.difference.added}
    edited |= added_to
    judged |= added_to.union(grove.nodes) - (accepted | (old - added_to))


def _answers_to(node: Node, name: str) -> bool:
    """By revision, path, the end of a path, file name with or without suffix, or (SQL) the folder it stands alone
    in.
    """
    path = node.path
    revision = node.migration.revision
    if name in {revision, path} or path.endswith(f"/{name}"):
        return True
    if node.migration.tool == "django" and revision.endswith(f".{name}"):
        return True
    stem = path.rpartition(".")[0]
    return stem == name or stem.endswith(f"/{name}") or path.rpartition("/")[0].endswith(f"/{name}")


def _exempt(grove: Grove) -> Iterator[tuple[Node, Exemption]]:
    for node in grove.first():
        yield node, "first"
    for node in grove.shared:
        yield node, "shared"
    for node in grove.nodes:
        if grove.tool == "django" and "_squashed_" in f"{node.stem}_":
            yield node, "squash"  # it stays one after what it replaces is gone and `replaces` is taken out
    for squash, present in grove.replaced.items():
        for node in present:
            yield node, "replaced"
        yield squash, "squash"
    for baseline in grove.baselines:
        yield baseline, "squash"


def _idle(grove: Grove) -> Iterator[Node]:
    yield from grove.baselines
    for squash, present in grove.replaced.items():
        if present and len(present) == len(squash.migration.replaces):
            yield squash
        else:
            yield from present


# --- order ----------------------------------------------------------------------------------------


def _sharing(groves: list[Grove]) -> list[list[Grove]]:
    """Django's apps share a database where one depends on another; every other tree stands alone."""
    graph: Graph[Grove] = Graph()
    for grove in groves:
        graph.add(grove)
    for grove in groves:
        for _, parent in grove.foreign:
            other = _app(groves, parent.rpartition(".")[0], grove)
            if other is not None:
                graph.link(grove, other)
    return graph.components()


def _app(groves: Iterable[Grove], label: str, near: Grove) -> Grove | None:
    """The app of that label that is nearest in the tree of folders."""
    named = [grove for grove in groves if grove.tool == "django" and grove.name == label]
    return max(named, key=lambda grove: shared_parts(grove.folder, near.folder, "/"), default=None)


def _ordered(together: list[Grove], judged: set[Node], late: set[Node]) -> list[Node]:
    graph: Graph[Node] = Graph()
    index = {node: at for grove in together for at, node in enumerate(grove.order)}
    for grove in together:
        for node in grove.order:
            graph.add(node)
    for grove in together:
        for node in grove.order:
            for parent in grove.graph.parents[node]:
                if grove.tool != "sql":
                    graph.link(node, parent)
        for squash, present in grove.replaced.items():
            if len(present) == len(squash.migration.replaces):
                for node in present:
                    graph.link(squash, node)
        for node, wanted in grove.foreign:
            for target in _foreign_targets(together, grove, wanted):
                graph.link(node, target)
        for node in grove.order:
            for wanted in node.migration.depends_on:
                for other in grove.order:
                    if wanted == other.migration.revision or wanted in other.migration.branch_labels:
                        graph.link(node, other)

    def key(node: Node) -> tuple[Any, ...]:
        if together[0].tool == "sql":
            return (node in judged, node in late, index[node])
        return (node in judged, node in late, index[node], natural_key(node.path))

    return graph.ordered(key)[0]


def _foreign_targets(together: list[Grove], grove: Grove, parent: str) -> list[Node]:
    label, _, name = parent.rpartition(".")
    app = _app(together, label, grove)
    if app is None or app is grove:
        return []
    if name == "__first__":
        return app.graph.roots()
    if name == "__latest__":
        return app.graph.heads()
    return [node for node in app.order if node.migration.revision == parent]
