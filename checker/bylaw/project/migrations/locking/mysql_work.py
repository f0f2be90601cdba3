"""What an operation does to a table that is in use, on MySQL 8 and MariaDB with InnoDB.

Most changes are made in place there, with readers and writers going on. Named here are those of which the manuals say
that they copy the table, or keep its writers out, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.mysql_types import copies_table
from bylaw.project.migrations.locking.work import Blocks, in_use, statement_of
from bylaw.project.migrations.server_version import ServerVersion
from bylaw.source import Span

CopyCause = Literal[
    "algorithm", "lock", "type", "foreign-key", "check", "primary-key", "character-set", "generated", "auto-increment",
    "fulltext", "spatial", "partition",
]  # fmt: skip
_ONLINE_COPIES: Final = (11, 2)
"""Since this version MariaDB copies a table while others write to it."""
_ALWAYS_LOCKED: Final[frozenset[CopyCause]] = frozenset({"lock", "fulltext", "spatial"})
_IGNORED_CHECKS: Final = (8, 0, 16)
"""Older versions of MySQL read a CHECK and forget it."""


class Copy(msgspec.Struct, frozen=True, eq=False):
    """A statement that copies a table in use, or locks it for as long as it works; `server` is who is known to do so.

    `columns` are those it is about, `detail` what is needed to name it.
    """

    change: Change
    cause: CopyCause
    blocks: Blocks
    table: str
    server: ServerVersion
    columns: tuple[str, ...] = ()
    detail: str = ""


def copies(changes: Iterable[Change], server: ServerVersion) -> Iterator[Copy]:
    """All such work of the changes of one tree, one for each statement: it copies the table only once."""
    seen: set[tuple[str, Span]] = set()
    members = list(changes)
    for change in members:
        operation = change.operation
        table = getattr(operation, "table", "")
        if not table or not in_use(change, table):
            continue
        found = next(_work(change, table, server, members), None)
        if found is None or not _holds(found, server):
            continue
        place = (change.step.path, statement_of(change))
        if place not in seen:
            seen.add(place)
            yield found


def _holds(found: Copy, server: ServerVersion) -> bool:
    online = server.product == "mariadb" and server.version >= _ONLINE_COPIES
    return not online or found.cause in _ALWAYS_LOCKED


def _work(change: Change, table: str, server: ServerVersion, all_changes: list[Change]) -> Iterator[Copy]:
    def copy(
        cause: CopyCause, columns: tuple[str, ...] = (), detail: str = "", blocks: Blocks = "writes"
    ) -> Iterator[Copy]:
        yield Copy(change, cause, blocks, table, server, columns, detail)

    match change.operation:
        case ops.OtherStatement(kind="algorithm-copy"):
            yield from copy("algorithm")
        case ops.OtherStatement(kind="lock-shared" | "lock-exclusive" as kind):
            word = kind.removeprefix("lock-").upper()
            yield from copy("lock", detail=word, blocks="reads" if word == "EXCLUSIVE" else "writes")
        case ops.OtherStatement(kind="convert-character-set"):
            yield from copy("character-set")
        case ops.OtherStatement(kind="partition"):
            yield from copy("partition")
        case ops.CreateIndex(method="fulltext" | "spatial" as method, columns=columns):
            yield from copy("fulltext" if method == "fulltext" else "spatial", columns)
        case ops.AddColumn(column=column) if column.generation == "stored":
            yield from copy("generated", (column.name,))
        case ops.AddColumn(column=column) if column.generation in {"identity", "serial"}:
            yield from copy("auto-increment", (column.name,))
        case ops.AddColumn(column=column) if (
            column.references and _makes_key(change, server) and not _is_unchecked(change, all_changes)
        ):
            yield from copy("foreign-key", (column.name,), column.references)
        case ops.AddColumn(column=column) if column.check and server.product == "mysql" and _knows_checks(server):
            yield from copy("check", (column.name,), column.check)
        case ops.AddConstraint(kind="foreign-key") as key if not _is_unchecked(change, all_changes):
            yield from copy("foreign-key", key.columns, key.references)
        case ops.AddConstraint(kind="check", not_enforced=False) as check if _knows_checks(server):
            yield from copy("check", check.columns, check.expression)
        case ops.DropConstraint(kind="primary-key") if not _gets_another_key(change, all_changes):
            yield from copy("primary-key")
        case ops.AlterColumn() as altered:
            old, new = _types(change, altered)
            if copies_table(old, new, server.product, exact=change.tree.tool == "sql"):
                yield from copy("type", (altered.column,), f"{old} to {new}")
        case _:
            pass


def _types(change: Change, altered: ops.AlterColumn) -> tuple[str, str]:
    state = change.column(altered.table, altered.column)
    old = state.type if state is not None and state.type else altered.old_type
    new = altered.type or (altered.definition.type if altered.definition is not None else "")
    return old, new


def _makes_key(change: Change, server: ServerVersion) -> bool:
    """Whether what a new column points to becomes a foreign key: tools write a constraint of its own."""
    return server.product == "mariadb" or change.tree.tool != "sql" or keeps_inline_references(server)


def keeps_inline_references(server: ServerVersion) -> bool:
    """Whether REFERENCES behind a column makes a key: on MariaDB since 10.5, on MySQL since 9.0."""
    return server.version >= ((10, 5) if server.product == "mariadb" else (9, 0))


def _knows_checks(server: ServerVersion) -> bool:
    return server.product == "mariadb" or (*server.version, 99)[:3] >= _IGNORED_CHECKS


def _is_unchecked(change: Change, all_changes: list[Change]) -> bool:
    """Without the check of foreign keys one is added in place; who asks for that in words has switched it off."""
    whole = statement_of(change)
    off, reached = False, False
    for other in all_changes:
        reached = reached or other is change
        if other.step is not change.step:
            continue
        operation = other.operation
        match operation:
            case ops.OtherStatement(kind="algorithm-inplace" | "lock-none") if whole.contains(operation.span):
                return True
            case ops.Setting(name=name, value=value) if not reached:
                if name.lower().rpartition(".")[2].removeprefix("@@") == "foreign_key_checks":
                    off = value.strip("'\" ").lower() in {"0", "off", "false"}
            case _:
                pass
    return off


def _gets_another_key(change: Change, all_changes: list[Change]) -> bool:
    whole = statement_of(change)
    return any(
        other.step is change.step
        and whole.contains(other.operation.span)
        and (
            (isinstance(other.operation, ops.AddConstraint) and other.operation.kind == "primary-key")
            or (isinstance(other.operation, ops.AddColumn) and other.operation.column.primary_key)
        )
        for other in all_changes
    )
