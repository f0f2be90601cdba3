"""Sorts all migrations of a project into trees, and each tree into an order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from bylaw.facts.file import FileFacts
from bylaw.patterns import regex
from bylaw.project.migrations.order.across import check_across, check_dependencies, squashed_away
from bylaw.project.migrations.order.graph import Graph
from bylaw.project.migrations.order.grove import Grove, Node, by_name, settle
from bylaw.project.migrations.order.labels import label_of, relabelled, stated_label
from bylaw.project.migrations.order.runners import Runners
from bylaw.project.migrations.order.sql_folders import sql_groves
from bylaw.project.paths import upwards

_NUMBERED = regex(r"[vV]?\d")
_BACK = regex(r"(?:^|[_\-.])(?:reverse|rollback|revert|undo|down(?:grade)?|backwards?)(?:[_\-.]|$)", re.IGNORECASE)
"""In the name of a file that migrations in Python read on their way back."""
_DATED_FOLDER = regex(r"^(?:\d{1,8}|\d{4}[-_.]\d{1,2}|[qQ][1-4]|[vV]?\d+(?:[._-]\d+)*)$")

_PLACED = frozenset({"version_locations", "recursive_version_locations"})
"""Settings of Alembic: where revisions stand beside `versions`, and whether they stand below as well."""
_CONFIGURING = frozenset({"apps.py", "__init__.py"})
"""Files of an application's folder in which its `AppConfig` stands."""


def find_groves(files: Iterable[FileFacts], runners: Runners, dialect: str = "", runner: str = "") -> list[Grove]:
    """All trees of a project, ordered by folder. `dialect` and `runner` are those of SQL files which do not say
    theirs.
    """
    alembic: list[Node] = []
    django: defaultdict[str, list[Node]] = defaultdict(list)
    sql: list[Node] = []
    unreadable: set[str] = set()
    code: set[str] = set()
    environments: list[FileFacts] = []
    labels: dict[str, str] = {}
    places_told = False
    for facts in files:
        places_told = places_told or not _PLACED.isdisjoint(facts.words)
        if not facts.migrations:
            if facts.path.rpartition("/")[2] in _CONFIGURING and (label := stated_label(facts)):
                labels[f"{facts.path.rpartition('/')[0]}/migrations"] = label
            if facts.language == "python":
                code.add(facts.path.rpartition("/")[0])
            if facts.path.rpartition("/")[2] == "env.py":
                environments.append(facts)
            if facts.syntax_problem is not None or any(
                variable.name == "down_revision" for variable in facts.variables
            ):
                unreadable.add(facts.path.rpartition("/")[0])
            continue
        for migration in facts.migrations:
            node = Node(facts.path, migration)
            if migration.tool == "alembic":
                alembic.append(node)
            elif migration.tool == "django":
                django[node.folder].append(node)
            else:
                sql.append(node)
    apps = [
        _django_grove(folder, nodes, unreadable, labels.get(folder) or label_of(node.migration for node in nodes))
        for folder, nodes in django.items()
        if f"{folder}/migrations" not in django  # put aside beside them, where Django does not look
    ]
    check_across(apps)
    homes = {node.folder for node in alembic} | set(django)
    if homes:
        sql = _forwards(_without_scripts(sql, code), homes)
    trees = list(_alembic_groves(alembic, unreadable))
    if len(trees) > 1 and not places_told:
        trees = _without_archives(trees, {home.path.rpartition("/")[0] for home in environments}, runners)
    check_dependencies(trees, environments, runners)
    folders = list(sql_groves(sql, runners, dialect, runner))
    for grove in folders:
        if grove.folder in homes:
            grove.duplicates = []  # the migrations beside them say which of them run, and when
    groves = [*trees, *apps, *folders]
    return sorted(groves, key=lambda grove: (grove.folder, grove.tool, grove.layout, grove.nodes[0].path))


def _without_scripts(nodes: list[Node], code: set[str]) -> list[Node]:
    """SQL files without those that stand alone and unnumbered among Python, in a project whose migrations are others:
    `scripts/migration/` is often about a move that is long done. `code`: the folders of Python files that are none.
    """
    beside = Counter(node.folder for node in nodes)
    return [
        node
        for node in nodes
        if node.migration.layout or node.folder not in code or beside[node.folder] > 1 or _NUMBERED.match(node.stem)
    ]


def _forwards(nodes: list[Node], homes: set[str]) -> list[Node]:
    """SQL files without those that migrations in Python, in `homes`, seem to read on their way back: named so, or for a
    drop beside another file of the same number.
    """
    beside = Counter((node.folder, node.stem.partition("_")[0]) for node in nodes)

    def leads_back(node: Node) -> bool:
        number, _, words = node.stem.partition("_")
        undoes = words.startswith(("drop_", "remove_", "delete_")) and beside[node.folder, number] > 1
        return undoes or _BACK.search(node.stem) is not None

    return [node for node in nodes if node.folder not in homes or not leads_back(node)]


# --- Alembic --------------------------------------------------------------------------------------


def _alembic_groves(nodes: list[Node], unreadable: set[str]) -> Iterator[Grove]:
    by_folder: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_folder[node.folder].append(node)
    for folders in _folders_of_one_tree(by_folder):
        members = sorted((node for folder in folders for node in by_folder[folder]), key=by_name)
        grove = Grove("alembic", _common_folder(folders), _common_folder(folders), members)
        _link_alembic(grove)
        settle(grove, can_miss=any(folder in unreadable for folder in folders))
        yield grove


def _without_archives(trees: list[Grove], homes: set[str], runners: Runners) -> list[Grove]:
    """The trees without those in a folder below the revisions of another one, that nothing builds on, and that nobody
    tells Alembic of: it looks into `versions`, and not below. `homes`: the folders of `env.py`.
    """
    loaded = {tree.folder for tree in trees if tree.folder.removesuffix("/versions") in homes}
    return [
        tree for tree in trees if loaded.isdisjoint(list(upwards(tree.folder))[1:]) or runners.has_places(tree.folder)
    ]


def _folders_of_one_tree(by_folder: dict[str, list[Node]]) -> list[list[str]]:
    """Folders belong together when a revision builds on one that only the other folder has, or when they are dated
    sub-folders.
    """
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for folder, nodes in by_folder.items():
        for node in nodes:
            holders[node.migration.revision].add(folder)
    graph: Graph[str] = Graph()
    for folder in by_folder:
        graph.add(folder)
    for folder, nodes in by_folder.items():
        for node in nodes:
            for parent in node.migration.parents:
                others = holders.get(parent, set())
                if others and folder not in others:
                    graph.link(folder, max(sorted(others), key=lambda other: len(_common_folder([folder, other]))))
    dated: dict[str, str] = {}
    for folder in by_folder:
        above, _, name = folder.rpartition("/")
        if _DATED_FOLDER.match(name):
            sibling = above if above in by_folder else dated.setdefault(above, folder)
            graph.link(folder, sibling)
    return [sorted(component) for component in graph.components()]


def _common_folder(folders: Iterable[str]) -> str:
    parts = [folder.split("/") for folder in folders]
    common: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "/".join(common)


def _link_alembic(grove: Grove) -> None:
    by_revision = _by_revision(grove)
    for node in grove.nodes:
        for parent in node.migration.parents:
            if parent == node.migration.revision:
                grove.cycle = [node]
            elif parent in by_revision:
                grove.graph.link(node, by_revision[parent])
            else:
                grove.missing.append((node, parent))


def _by_revision(grove: Grove) -> dict[str, Node]:
    """Nodes by revision; several with one revision are noted as duplicates, the first one holds."""
    same: defaultdict[str, list[Node]] = defaultdict(list)
    for node in grove.nodes:
        grove.graph.add(node)
        same[node.migration.revision].append(node)
    grove.duplicates = [(revision, nodes) for revision, nodes in same.items() if len(nodes) > 1]
    return {revision: nodes[0] for revision, nodes in same.items()}


# --- Django ---------------------------------------------------------------------------------------


def _django_grove(folder: str, nodes: list[Node], unreadable: set[str], label: str) -> Grove:
    nodes = sorted((Node(node.path, relabelled(node.migration, label)) for node in nodes), key=by_name)
    grove = Grove("django", label, folder, nodes)
    by_revision = _by_revision(grove)
    unread = 0
    for node in nodes:
        for parent in node.migration.parents:
            if parent in by_revision:
                grove.graph.link(node, by_revision[parent])
            elif parent == "?":
                unread += 1
            elif parent.rpartition(".")[0] == label and not parent.rpartition(".")[2].startswith("__"):
                grove.missing.append((node, parent))
            else:
                grove.foreign.append((node, parent))
        for follower in node.migration.run_before:
            if follower in by_revision:
                grove.graph.link(by_revision[follower], node)
    for node in nodes:
        if node.migration.replaces:
            grove.replaced[node] = [by_revision[name] for name in node.migration.replaces if name in by_revision]
    grove.missing = [(node, parent) for node, parent in grove.missing if not squashed_away(grove, parent)]
    settle(grove, can_miss=folder in unreadable)
    grove.holes += unread
    return grove
