"""Files of one folder that are written for several servers: which of them one server runs."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.migrations.order.grove import Node

SERVERS: Final = frozenset({
    "postgres", "postgresql", "pg", "mysql", "mariadb", "sqlite", "h2", "hsqldb", "oracle", "mssql", "sqlserver", "db2",
    "sqlite3", "cockroach", "cockroachdb",
})  # fmt: skip
_SAME: Final = {"postgresql": "postgres", "pg": "postgres", "sqlite3": "sqlite", "cockroachdb": "cockroach"}
_LAST_WORD: Final = regex(r"[-_](\w+)$")
_AUTOCOMMIT: Final = "autocommit"
"""The word by which a file of pop's asks for no transaction: `2_key.postgres.autocommit.up.sql`."""


def histories(nodes: list[Node]) -> list[list[Node]]:
    """The files of one folder, apart by the server that their names end with (`0002_key.mysql.up.sql`,
    `0002-key-sqlite.sql`), where they name several: no database runs them all. What names none runs on each, unless one
    for the server is the same migration.
    """
    named: defaultdict[str, list[Node]] = defaultdict(list)
    dashed = _behind_dashes(nodes)
    for node in nodes:
        named[_server_of(node, dashed)].append(node)
    common = named.pop("", [])
    shared = {_without_server(node, dashed) for node in common}
    found = []
    if len(named) < 2:
        if not any(_without_server(node, dashed) in shared for members in named.values() for node in members):
            return [nodes]
        found = [common]  # what all other servers run
    for server in sorted(named, key=lambda server: (server != "postgres", server)):
        own = [_written_for(server, node) if dashed else node for node in named[server]]
        taken = {_without_server(node, dashed) for node in own}
        rest = [node for node in common if _without_server(node, dashed) not in taken]
        found.append(own + [Node(node.path, node.migration) for node in rest])
    return found


def asks_for_no_transaction(node: Node) -> bool:
    """Whether the name of a file that pop runs says so."""
    return _AUTOCOMMIT in node.stem.lower().split(".")[1:]


def _behind_dashes(nodes: list[Node]) -> frozenset[str]:
    """The servers that stand behind the last dash of two names or more that differ in nothing else."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for node in nodes:
        if (match := _LAST_WORD.search(node.stem.lower())) and match[1] in SERVERS:
            seen[node.stem[: match.start()]].add(match[1])
    return frozenset(server for servers in seen.values() if len(servers) > 1 for server in servers)


def _server_of(node: Node, dashed: frozenset[str]) -> str:
    if dashed:
        match = _LAST_WORD.search(node.stem.lower())
        words = [match[1]] if match and match[1] in dashed else []
    else:
        words = [word for word in node.stem.lower().split(".")[1:] if word in SERVERS]
    return _SAME.get(words[0], words[0]) if words else ""


def _without_server(node: Node, dashed: frozenset[str]) -> str:
    if dashed:
        match = _LAST_WORD.search(node.stem) if _server_of(node, dashed) else None
        return node.stem[: match.start()] if match else node.stem
    return ".".join(word for word in node.stem.split(".") if word.lower() not in SERVERS | {_AUTOCOMMIT})


def _written_for(server: str, node: Node) -> Node:
    return Node(node.path, msgspec.structs.replace(node.migration, dialect=server))
