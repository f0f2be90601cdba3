"""What only several Django apps together show: a dependency on a migration that another app lacks, and a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bylaw.project.migrations.order.graph import Graph
from bylaw.project.migrations.order.grove import Grove, Node, by_name


def check_across(apps: list[Grove]) -> None:
    """Add what is missing, and a circle, to the apps concerned.

    An app whose label is not certain is left alone: a folder `auth` need not be the app `auth`.
    """
    counts = Counter(app.name for app in apps)
    known = {app.name: app for app in apps if counts[app.name] == 1}
    found = {(app.name, node.migration.revision): node for app in known.values() for node in app.nodes}
    links: list[tuple[Node, Node]] = []
    unknown: list[tuple[Grove, Node, str]] = []
    certain = {app.name for app in apps if any(app.graph.parents.values())}
    for app in apps:
        for node, wanted in app.foreign:
            label, _, name = wanted.rpartition(".")
            target = found.get((label, wanted))
            if target is not None:
                links.append((node, target))
                certain.add(label)
            elif label in known and not name.startswith("__"):
                unknown.append((app, node, wanted))
    for app, node, wanted in unknown:
        other = known[wanted.rpartition(".")[0]]
        whole = not (other.truncated or other.is_partial or squashed_away(other, wanted))
        if whole and other.name in certain and other is not app:
            app.missing.append((node, wanted))
    _find_circle(apps, links)


def squashed_away(app: Grove, name: str) -> bool:
    """A migration that is gone, and that a squash stands in for."""
    return any(name in squash.migration.replaces for squash in app.replaced)


def _find_circle(apps: list[Grove], links: list[tuple[Node, Node]]) -> None:
    if not links or any(app.cycle for app in apps):
        return
    spared = {node for app in apps for squash, replaced in app.replaced.items() for node in (squash, *replaced)}
    graph: Graph[Node] = Graph()
    for app in apps:
        for node in app.nodes:
            graph.add(node)
    for node, parent in _all_links(apps, links):
        if not {node, parent} & spared:
            graph.link(node, parent)
    stuck = graph.ordered(by_name)[1]
    if stuck:
        circle = graph.cycle(stuck)
        next(app for app in apps if circle[0] in app.nodes).cycle = circle


def _all_links(apps: list[Grove], links: list[tuple[Node, Node]]) -> Iterator[tuple[Node, Node]]:
    yield from links
    for app in apps:
        for node, parents in app.graph.parents.items():
            yield from ((node, parent) for parent in parents)
