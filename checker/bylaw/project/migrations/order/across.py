"""What only several trees together show: a dependency on a migration that another one lacks, and a circle of apps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bylaw.facts.file import FileFacts
from bylaw.project.migrations.order.graph import Graph
from bylaw.project.migrations.order.grove import Grove, Node, by_name
from bylaw.project.migrations.order.runners import Runners
from bylaw.project.paths import upwards


def check_dependencies(trees: list[Grove], environments: Iterable[FileFacts], runners: Runners) -> None:
    """Add to Alembic's trees the dependencies (`depends_on`) that no revision and no branch of the project answers to.

    Trees that other packages may add to are left alone: those of a project that labels branches, or that says where
    revisions stand. So is one without an `env.py`, which is itself an addition.
    """
    known = {
        name
        for tree in trees
        for node in tree.nodes
        for name in (node.migration.revision, *node.migration.branch_labels)
    }
    unmet = [
        (tree, node, name)
        for tree in trees
        for node in tree.nodes
        for name in node.migration.depends_on
        if name and name not in known
    ]
    if not unmet or any(tree.is_partial or node.migration.branch_labels for tree in trees for node in tree.nodes):
        return
    homes = list(environments)
    if any("version_locations" in home.words for home in homes):
        return
    folders = {home.path.rpartition("/")[0] for home in homes}
    for tree, node, name in unmet:
        if folders.intersection(upwards(tree.folder)) and not runners.has_places(tree.folder):
            tree.unmet.append((node, name))


def check_across(apps: list[Grove]) -> None:
    """Add what is missing, and a circle, to the apps concerned.

    An app whose label is not certain is left alone: a folder `auth` need not be the app `auth`.
    """
    counts = Counter(app.name for app in apps)
    known = {app.name: app for app in apps if counts[app.name] == 1}
    found = {(app.name, node.migration.revision): node for app in known.values() for node in app.nodes}
    links: list[tuple[Node, Node]] = []
    unknown: list[tuple[Grove, Node, str]] = []
    _lead_to_followers(apps, known, found)
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
        if _lacks(other, wanted, certain) and other is not app:
            app.missing.append((node, wanted))
    for app in apps:
        for node in app.nodes:
            for wanted in node.migration.run_before:
                label = wanted.rpartition(".")[0]
                if (label, wanted) not in found and label in known and _lacks(known[label], wanted, certain):
                    app.unfollowed.append((node, wanted))
    _find_circle(apps, links)


def _lead_to_followers(apps: list[Grove], known: Mapping[str, Grove], found: Mapping[tuple[str, str], Node]) -> None:
    """A migration before which another app's wants to run depends on that one, as if it said so itself."""
    for app in apps:
        for node in app.nodes:
            for wanted in node.migration.run_before:
                label = wanted.rpartition(".")[0]
                follower = found.get((label, wanted))
                if follower is not None and known[label] is not app:
                    known[label].foreign.append((follower, node.migration.revision))


def _lacks(app: Grove, name: str, certain: set[str]) -> bool:
    """Whether an app surely has no such migration."""
    is_marker = name.rpartition(".")[2].startswith("__")
    whole = not (app.truncated or app.is_partial or is_marker or squashed_away(app, name))
    return whole and app.name in certain


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
