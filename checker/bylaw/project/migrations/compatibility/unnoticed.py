"""Restrictions that the running release does not meet after all: something fills, hides or keeps what changes."""

from __future__ import annotations

from typing import Final

from bylaw.facts import migrations as ops
from bylaw.project.migrations.compatibility.affinity import is_same_in_sqlite
from bylaw.project.migrations.compatibility.implicit_defaults import takes_first_label
from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.compatibility.side_effects import is_filled_by_trigger
from bylaw.project.migrations.compatibility.types import CLOCKS, parse_type
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.servers import Servers

_FILLED: Final = frozenset({"not-null", "drop-default", "drop-identity"})


def is_unnoticed(found: Restriction, objects: Objects, servers: Servers) -> bool:
    """Whether it meets no statement of the running release."""
    if found.kind in _FILLED and is_filled_by_trigger(found.change, found.table, found.columns[0], objects):
        return True
    return (
        _is_filled_by_server(found, servers)
        or _keeps_its_values(found, servers)
        or _gains_digits(found, servers)
        or _is_out_of_sight(found)
    )


def _is_filled_by_server(found: Restriction, servers: Servers) -> bool:
    column = found.change.column(found.table, found.columns[0]) if found.kind == "drop-default" else None
    return column is not None and takes_first_label(found.change, column.type, servers)


def _keeps_its_values(found: Restriction, servers: Servers) -> bool:
    """Whether an SQL file of SQLite's gives a column a type that it does not tell from the old one."""
    change = found.change
    is_typed = found.kind == "type" and change.tree.tool == "sql" and is_same_in_sqlite(found.old, found.new)
    return is_typed and servers.dialect(change.tree, change.step) == "sqlite"


def _gains_digits(found: Restriction, servers: Servers) -> bool:
    """Whether a moment keeps more of a second from now on: `datetime` of MySQL's keeps whole seconds only."""
    if found.kind != "type" or found.verdict != "narrower":
        return False
    old = parse_type(found.old)
    dialect = servers.dialect(found.change.tree, found.change.step)
    return old is not None and old.base in CLOCKS and not old.numbers and dialect in {"mysql", "mariadb"}


def _is_out_of_sight(found: Restriction) -> bool:
    """Whether the running release meets another table under the name of the one that is changed."""
    change = found.change
    made = isinstance(change.operation, ops.CreateTable)  # it is the one that is met
    return not made and change.deployment.successor(change.table(found.table)) is not None
