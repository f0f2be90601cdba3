"""Folders of numbered SQL files: which belong together, who runs them, and in which order."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.migrations.order.differences import BY_NAME, known_as, undashed
from bylaw.project.migrations.order.grove import Grove, Node, natural_key
from bylaw.project.migrations.order.histories import SERVERS, asks_for_no_transaction, histories
from bylaw.project.migrations.order.runners import Runners

_OWN_FOLDER: Final = frozenset({"migration.sql", "up.sql"})
_ONE_NUMBER: Final = regex(r"^(\d+(?:\.\d+)*)(?=[_\- ]|\.(?!\d)|$)")
_FROM_TO: Final = regex(r"^[vV]?\d+(?:\.\d+)*(?:(?:a|b|alpha|beta|rc|dev|pre)[\d.]*)?[-_ ]?to[-_ ]?[vV]?\d")
"""`1.2.0-to-1.3.0` leads from one version to another: several may begin, or end, at the same one."""
_FLYWAY: Final = regex(r"^([VvBb])(\d+(?:[._]\d+)*)(?:__|$)")
_YEARS_AND_DATES: Final = regex(r"^(?:19|20)\d\d$|^(?:19|20)\d{6}$")
_PART: Final = regex(r"(?:/(?:[vV]?\d+(?:[._]\d+)*|ddl|dml|schema|data))+$")
_HALF: Final = regex(r"\.(?:up|do)$")
_RUN_BY_FLYWAY: Final = regex(r"^(?:[VvBbUu]?\d|[Rr]_|(?:before|after)[A-Z])")
"""What Flyway may run: versions, and what it calls before and after something."""
_OF_A_RELEASE: Final = regex(r"^[vV]0*(\d+)_(?!_)")
"""`v7_drop_users`: where several are of one release, nothing says in which order they run, or that they do."""
_ARCHIVE: Final = regex(r"^_?archived?s?$", re.IGNORECASE)
_LOOKING_BELOW: Final = frozenset({"flyway", "liquibase"})
_MOST_SHARED: Final = 2
"""Numbers that two files bear by mistake: where there are more, the program that runs them goes by whole names."""


def sql_groves(nodes: Iterable[Node], runners: Runners, dialect: str = "", runner: str = "") -> Iterator[Grove]:
    """One tree for each folder and runner. `dialect` and `runner` are those of files which do not say theirs."""
    groves = list(_groves(nodes, runners, dialect, runner))
    unknown = [grove for grove in groves if not grove.layout]
    if sum(len(grove.duplicates) for grove in unknown) > _MOST_SHARED:
        for grove in unknown:
            grove.duplicates = []
    for grove in groves:
        if len(grove.duplicates) > _MOST_SHARED:
            grove.duplicates = []  # a runner that refuses them would run none of all: it is another one
    yield from groves


def _groves(nodes: Iterable[Node], runners: Runners, dialect: str, runner: str) -> Iterator[Grove]:
    folders: defaultdict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        folders[_sql_folder(node), node.migration.layout].append(node)
    _settle_layouts(folders)
    _leave_archives(folders)
    _join_flyway(folders, runners)
    for (folder, layout), members in folders.items():
        known = runner if runner and not layout else runners.runner(folder, layout)
        run = [_run_by(known, node, runners) for node in members]
        generated = "" if dialect else runners.dialect(folder, known)
        plan = runners.plan(folder, known)
        told: set[str] = set()
        for history in histories(run):
            agreed = (
                [_written_for(generated, node) for node in history]
                if generated
                else _agreed(history, dialect, partial(runners.server, folder))
            )
            grove = _sql_grove(folder, known, agreed, plan)
            grove.shared = {node for node in grove.nodes if node.path in told}
            told.update(node.path for node in grove.nodes)
            yield grove


def _leave_archives(folders: dict[tuple[str, str], list[Node]]) -> None:
    """Nobody runs what lies in the folder `archive` of a folder of migrations: runners but Flyway and Liquibase look
    into no folder below it.
    """
    loaded = {folder for folder, layout in folders if layout not in _LOOKING_BELOW}
    for folder, layout in list(folders):
        above, _, name = folder.rpartition("/")
        if layout not in _LOOKING_BELOW and above in loaded and _ARCHIVE.match(name):
            del folders[folder, layout]


def _join_flyway(folders: dict[tuple[str, str], list[Node]], runners: Runners) -> None:
    """Flyway looks into folders of folders, and into all the locations that its configuration names: one history, as
    long as no version is there twice. A folder that is named for a server is one of several histories.
    """
    own = sorted(
        folder for folder, layout in folders if layout == "flyway" and folder.rpartition("/")[2].lower() not in SERVERS
    )
    home: dict[str, str] = {}
    for folder in own:
        above = next((home[other] for other in reversed(own) if other in home and folder.startswith(f"{other}/")), "")
        first = above or next(
            (home[one] for one in home if _are_parts(one, folder) or runners.are_locations(one, folder)), ""
        )
        if first and not _versions(folders[first, "flyway"]) & _versions(folders[folder, "flyway"]):
            folders[first, "flyway"].extend(folders.pop((folder, "flyway")))
            home[folder] = first
        else:
            home[folder] = folder


def _are_parts(one: str, other: str) -> bool:
    """Whether two folders are those of releases, or of parts of them, in one of migrations: `migration/3.1.0/ddl`."""
    return (
        (base := _PART.sub("", one)) not in {"", one}
        and "migrat" in base.rpartition("/")[2]
        and (base == _PART.sub("", other) != other)
    )


def _versions(nodes: list[Node]) -> set[tuple[int, ...]]:
    names = (_FLYWAY.match(_sql_name(node)) for node in nodes)
    return {tuple(int(part) for part in re.split(r"[._]", match[2])) for match in names if match is not None}


def _run_by(runner: str, node: Node, runners: Runners) -> Node:
    """The node with what only its runner knows of it."""
    migration, transactional = node.migration, node.migration.transactional
    if runner == "diesel" and transactional is None:
        transactional = runners.transactional(node.folder)
    if runner == "pop" and asks_for_no_transaction(node):
        transactional = False
    if (runner, transactional) == (migration.layout, migration.transactional):
        return node
    return Node(node.path, msgspec.structs.replace(migration, layout=runner, transactional=transactional))


def _sql_folder(node: Node) -> str:
    """The folder that holds the history: one above, where each migration has a folder of its own; Sqitch's `deploy`,
    whose changes may lie in folders below.
    """
    if node.path.rpartition("/")[2] in _OWN_FOLDER:
        return node.folder.rpartition("/")[0]
    if node.migration.layout == "sqitch":
        parts = node.folder.split("/")
        return "/".join(parts[: len(parts) - parts[::-1].index("deploy")]) if "deploy" in parts else node.folder
    return node.folder


def _sql_name(node: Node) -> str:
    if node.path.rpartition("/")[2] in _OWN_FOLDER:
        return node.folder.rpartition("/")[2]
    return _HALF.sub("", node.stem)


def _sql_key(node: Node) -> tuple[Any, ...]:
    """Flyway's repeatable migrations run after all others; a `V1_2` is older than a `V1_10`. Diesel writes the time of
    `20240301120000` as `2024-03-01-120000` as well, takes both for one version, and compares versions letter by letter.
    """
    if node.migration.layout == "diesel":
        return (False, ((1, 0, known_as(node.migration)),), (), node.path)
    name = undashed(_sql_name(node))
    repeatable = name[:3] in {"R__", "r__"}
    flyway = _FLYWAY.match(name)
    if flyway:
        return (repeatable, natural_key(flyway[2].replace("_", ".")), natural_key(name), node.path)
    return (repeatable, natural_key(name), (), node.path)


def _settle_layouts(sql: dict[tuple[str, str], list[Node]]) -> None:
    """Files that do not say who runs them go with the others of their folder, if these name one runner only. It runs
    no loose file where each of its migrations has a folder of its own.
    """
    for folder, layout in [key for key in sql if not key[1]]:
        releases = [release for node in sql[folder, layout] if (release := _release(node))]
        if len(set(releases)) < len(releases) and (len(set(releases)) == 1 or folder.endswith("scripts")):
            sql[folder, layout] = [node for node in sql[folder, layout] if not _release(node)]
        named = [other for other in sql if other[0] == folder and other[1]]
        if len(named) == 1:
            beside = sql.pop((folder, layout))
            if named[0][1] == "flyway" and (others := [one for one in beside if not _RUN_BY_FLYWAY.match(one.stem)]):
                sql[folder, layout] = others
                beside = [one for one in beside if one not in others]
            if any(not _has_own_folder(node) for node in sql[named[0]]):
                sql[named[0]].extend(beside)
        elif not sql[folder, layout]:
            del sql[folder, layout]


def _release(node: Node) -> str:
    match = _OF_A_RELEASE.match(node.stem)
    return match[1] if match else ""


def _has_own_folder(node: Node) -> bool:
    return node.path.rpartition("/")[2] in _OWN_FOLDER


def _agreed(nodes: list[Node], dialect: str, driven: Callable[[], str]) -> list[Node]:
    """Files that do not say for which database they are written are for that of the others in their folder.

    `dialect` is what the settings say; where they are silent, what only one database understands decides for all; and
    where the files seem to be for several, `driven`: the one that the program around them has a driver for.
    """
    votes = Counter(node.migration.dialect for node in nodes if node.migration.dialect)
    if not dialect and len(votes) > 1 and (server := driven()) in votes:
        return [_written_for(server, node) for node in nodes]
    if not dialect and votes.keys() == {"sqlite", "mysql"} and votes["sqlite"] > votes["mysql"]:
        return [_written_for("sqlite", node) for node in nodes]  # MySQL's quotes are SQLite's as well
    if not dialect:
        (dialect, count), *others = votes.most_common() or [("", 0)]
        if any(other == count for _, other in others):
            return nodes
    return [node if node.migration.dialect or not dialect else _written_for(dialect, node) for node in nodes]


def _written_for(dialect: str, node: Node) -> Node:
    return Node(node.path, msgspec.structs.replace(node.migration, dialect=dialect))


def _sql_grove(folder: str, layout: str, nodes: list[Node], plan: Mapping[str, int]) -> Grove:
    """`plan` places migrations by name; those that it does not name come behind the others."""

    def place(node: Node) -> tuple[Any, ...]:
        inner = node.folder.removeprefix(folder).lstrip("/")
        name = f"{inner}/{node.stem}" if layout == "sqitch" and inner else _sql_name(node)
        return (plan.get(name, len(plan) and sys.maxsize), *_sql_key(node))

    nodes = sorted(nodes, key=place)
    grove = Grove("sql", folder, folder, nodes, order=nodes, layout=layout)
    for at, node in enumerate(nodes):
        grove.graph.add(node)
        if at:
            grove.graph.link(node, nodes[at - 1])
    if not (plan and layout == "drizzle"):  # its journal says which runs first, and runs nothing else
        grove.duplicates = list(_same_number(nodes, layout))
    grove.baselines = list(_baselines(nodes))
    return grove


def _baselines(nodes: list[Node]) -> Iterator[Node]:
    """Flyway's `B14__…` beside a version up to 14, which it stands for in a new database."""
    versions = [(node, match[1], natural_key(match[2])) for node in nodes if (match := _FLYWAY.match(_sql_name(node)))]
    oldest = min((version for _, kind, version in versions if kind in "Vv"), default=None)
    yield from (node for node, kind, version in versions if kind in "Bb" and oldest is not None and oldest <= version)


def _same_number(nodes: list[Node], layout: str) -> Iterator[tuple[str, list[Node]]]:
    if layout in BY_NAME:
        return
    by_number: defaultdict[tuple[int, ...], dict[str, Node]] = defaultdict(dict)
    written: dict[tuple[int, ...], str] = {}
    for node in nodes:
        name = _sql_name(node)
        match = _FLYWAY.match(name)
        if match and match[1] in "Bb":
            continue  # a baseline stands for all versions up to its own
        number = match[2] if match else (found[1] if (found := _ONE_NUMBER.match(name)) else "")
        if number and not _YEARS_AND_DATES.match(number) and not _FROM_TO.match(name):
            key = tuple(int(part) for part in re.split(r"[._]", number))
            by_number[key].setdefault(name, node)
            written.setdefault(key, number)
    if not layout and len(by_number) < 2:
        return
    for key, named in by_number.items():
        if len(named) > 1:
            yield written[key], list(named.values())
