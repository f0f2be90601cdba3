"""Sorts all migrations of a project into trees, and each tree into an order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import CreateTable, Migration, UnreadOperation
from bylaw.project.migrations.graph import Graph
from bylaw.project.migrations.labels import label_of, relabelled

_DIGITS = re.compile(r"(\d+)")
_DATED_FOLDER = re.compile(r"^(?:\d{1,8}|\d{4}[-_.]\d{1,2}|[qQ][1-4]|[vV]?\d+(?:[._-]\d+)*)$")
_OWN_FOLDER = frozenset({"migration.sql", "up.sql"})
_ONE_NUMBER = re.compile(r"^(\d+)(?=[_\-. ]|$)")
_FLYWAY = re.compile(r"^([VvBb])(\d+(?:[._]\d+)*)(?:__|$)")
_YEARS_AND_DATES = re.compile(r"^(?:19|20)\d\d$|^(?:19|20)\d{6}$")
_HALF = re.compile(r"\.(?:up|do)$")
_UNNUMBERED_LAYOUTS = frozenset({"prisma", "sqitch"})


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
    truncated: bool = False
    layout: str = ""
    holes: int = 0
    """Parents that are not there, those included that a file which could not be read may be."""
    foreign: list[tuple[Node, str]] = msgspec.field(default_factory=list)
    """Django: dependencies on other apps' migrations."""

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


def find_groves(files: Iterable[FileFacts], dialect: str = "") -> list[Grove]:
    """All trees of a project, ordered by folder. `dialect` is that of SQL files which do not say theirs."""
    alembic: list[Node] = []
    django: defaultdict[str, list[Node]] = defaultdict(list)
    sql: defaultdict[tuple[str, str], list[Node]] = defaultdict(list)
    unreadable: set[str] = set()
    for facts in files:
        if not facts.migrations:
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
                sql[_sql_folder(node), migration.layout].append(node)
    _settle_layouts(sql)
    groves = [*_alembic_groves(alembic, unreadable)]
    groves += [_django_grove(folder, nodes, unreadable) for folder, nodes in django.items()]
    groves += [_sql_grove(folder, layout, nodes, dialect) for (folder, layout), nodes in sql.items()]
    return sorted(groves, key=lambda grove: (grove.folder, grove.tool, grove.layout, grove.nodes[0].path))


# --- Alembic --------------------------------------------------------------------------------------


def _alembic_groves(nodes: list[Node], unreadable: set[str]) -> Iterator[Grove]:
    by_folder: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_folder[node.folder].append(node)
    for folders in _folders_of_one_tree(by_folder):
        members = sorted((node for folder in folders for node in by_folder[folder]), key=_by_name)
        grove = Grove("alembic", _common_folder(folders), _common_folder(folders), members)
        _link_alembic(grove)
        _settle(grove, can_miss=any(folder in unreadable for folder in folders))
        yield grove


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
            if parent in by_revision:
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


def _django_grove(folder: str, nodes: list[Node], unreadable: set[str]) -> Grove:
    label = label_of(node.migration for node in nodes)
    nodes = sorted((Node(node.path, relabelled(node.migration, label)) for node in nodes), key=_by_name)
    grove = Grove("django", label, folder, nodes)
    by_revision = _by_revision(grove)
    for node in nodes:
        for parent in node.migration.parents:
            if parent in by_revision:
                grove.graph.link(node, by_revision[parent])
            elif parent.rpartition(".")[0] == label and not parent.rpartition(".")[2].startswith("__"):
                grove.missing.append((node, parent))
            else:
                grove.foreign.append((node, parent))
    for node in nodes:
        if node.migration.replaces:
            grove.replaced[node] = [by_revision[name] for name in node.migration.replaces if name in by_revision]
    grove.missing = [(node, parent) for node, parent in grove.missing if not _squashed_away(grove, parent)]
    _settle(grove, can_miss=folder in unreadable)
    return grove


def _squashed_away(grove: Grove, parent: str) -> bool:
    """A migration that is gone, and that a squash stands in for."""
    return any(parent in squash.migration.replaces for squash in grove.replaced)


# --- SQL ------------------------------------------------------------------------------------------


def _sql_folder(node: Node) -> str:
    """The folder that holds the history: one above, where each migration has a folder of its own."""
    if node.path.rpartition("/")[2] in _OWN_FOLDER:
        return node.folder.rpartition("/")[0]
    return node.folder


def _sql_name(node: Node) -> str:
    if node.path.rpartition("/")[2] in _OWN_FOLDER:
        return node.folder.rpartition("/")[2]
    return _HALF.sub("", node.stem)


def _sql_key(node: Node) -> tuple[Any, ...]:
    """Flyway's repeatable migrations run after all others; a `V1_2` is older than a `V1_10`."""
    name = _sql_name(node)
    repeatable = name[:3] in {"R__", "r__"}
    flyway = _FLYWAY.match(name)
    if flyway:
        return (repeatable, natural_key(flyway[2].replace("_", ".")), natural_key(name), node.path)
    return (repeatable, natural_key(name), (), node.path)


def _settle_layouts(sql: dict[tuple[str, str], list[Node]]) -> None:
    """Files that do not say who runs them go with the others of their folder, if these name one runner only."""
    for folder, layout in [key for key in sql if not key[1]]:
        named = [other for other in sql if other[0] == folder and other[1]]
        if len(named) == 1:
            sql[named[0]].extend(sql.pop((folder, layout)))


def _agreed(nodes: list[Node], dialect: str) -> list[Node]:
    """Files that do not say for which database they are written are for that of the others in their folder.

    `dialect` is what the settings say; where they are silent, what only one database understands decides for all.
    """
    votes = Counter(node.migration.dialect for node in nodes if node.migration.dialect)
    if not dialect:
        (dialect, count), *others = votes.most_common() or [("", 0)]
        if any(other == count for _, other in others):
            return nodes
    return [
        node if node.migration.dialect or not dialect
        else Node(node.path, msgspec.structs.replace(node.migration, dialect=dialect))
        for node in nodes
    ]  # fmt: skip


def _sql_grove(folder: str, layout: str, nodes: list[Node], dialect: str) -> Grove:
    nodes = sorted(_agreed(nodes, dialect), key=_sql_key)
    grove = Grove("sql", folder, folder, nodes, order=nodes, layout=layout)
    for at, node in enumerate(nodes):
        grove.graph.add(node)
        if at:
            grove.graph.link(node, nodes[at - 1])
    grove.duplicates = list(_same_number(nodes, layout))
    return grove


def _same_number(nodes: list[Node], layout: str) -> Iterator[tuple[str, list[Node]]]:
    if layout in _UNNUMBERED_LAYOUTS:
        return
    by_number: defaultdict[tuple[int, ...], dict[str, Node]] = defaultdict(dict)
    written: dict[tuple[int, ...], str] = {}
    for node in nodes:
        name = _sql_name(node)
        match = _FLYWAY.match(name)
        number = match[2] if match else (found[1] if (found := _ONE_NUMBER.match(name)) else "")
        if number and not _YEARS_AND_DATES.match(number):
            key = tuple(int(part) for part in re.split(r"[._]", number))
            by_number[key].setdefault(name, node)
            written.setdefault(key, number)
    if not layout and len(by_number) < 2:
        return
    for key, named in by_number.items():
        if len(named) > 1:
            yield written[key], list(named.values())


# --- all ------------------------------------------------------------------------------------------


def _by_name(node: Node) -> tuple[Any, ...]:
    return (natural_key(node.stem), node.path)


def _settle(grove: Grove, *, can_miss: bool) -> None:
    """Order the nodes, find a cycle, and tell a truncated history from a missing parent."""
    grove.order, stuck = grove.graph.ordered(_by_name)
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
