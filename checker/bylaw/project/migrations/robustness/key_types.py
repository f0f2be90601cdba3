"""Foreign keys whose columns are of another type than the columns that they point to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from bylaw.project.migrations.compatibility.types import SqlType, parse_type
from bylaw.project.migrations.robustness.foreign_keys import ForeignKey
from bylaw.project.migrations.state.schema import ColumnState
from bylaw.project.migrations.step import Step

_TEXTS: Final = frozenset({"varchar", "char", "text", "tinytext", "mediumtext", "longtext", "citext"})
_BINARY: Final = frozenset({"bytea", "binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob"})
_INTEGERS: Final = {"smallint": 2, "mediumint": 3, "integer": 4, "bigint": 8}
_COMPARED: Final = _TEXTS.union(_BINARY, _INTEGERS, {"numeric", "uuid", "date", "boolean"})
_EVERYWHERE: Final = frozenset({*_TEXTS, *_INTEGERS})
"""Those that SQLAlchemy's word for them gives on every server."""


class Mismatch(msgspec.Struct, frozen=True, eq=False):
    """One column of a key, and the column that it points to, with their types as the migrations say them.
    `narrower`: both are whole numbers, and not every value of the target fits; `wider`: every one does.
    """

    key: ForeignKey
    column: ColumnState
    target: str
    referenced: ColumnState
    narrower: bool
    wider: bool


def mismatches(
    keys: Iterable[ForeignKey], server_of: Callable[[ForeignKey], str], text: Callable[[Step], str]
) -> Iterator[Mismatch]:
    """All of them, on PostgreSQL, MySQL and MariaDB, where both types are certain. `server_of` names a key's server,
    `text` is a step's file.

    Django gives a key the type of its target by itself.
    """
    for key in keys:
        server = server_of(key)
        if _is_djangos(key, server) or server not in {"postgres", "mysql", "mariadb"} or key.target is None:
            continue
        table, names = key.target
        if len(names) != len(key.columns):
            continue
        for name, wanted in zip(key.columns, names, strict=True):
            column, referenced = key.table.columns[name], table.column(wanted)
            if referenced is None or referenced.created is None or column.created is None:
                continue
            if _is_later(referenced.created, key):
                continue
            one, other = parse_type(column.type), parse_type(referenced.type)
            if one is None or other is None or not _differ(one, other):
                continue
            alembic = key.change.tree.tool == "alembic"
            if alembic and server != "postgres" and not {one.base, other.base} <= _EVERYWHERE:
                continue
            if alembic and "uuid" in {one.base, other.base} and _has_own_type(column, referenced, text):
                continue
            size, wanted_size = _INTEGERS.get(one.base, 0), _INTEGERS.get(other.base, 0)
            known = bool(size and wanted_size)
            wider = known and size > wanted_size and server == "postgres"
            yield Mismatch(key, column, table.name, referenced, known and size < wanted_size, wider)


def _is_later(created: Step, key: ForeignKey) -> bool:
    """Whether a column is younger than a key: what the key points to now, if it was made again, is another one."""
    steps = key.change.tree.steps
    return created in steps and key.change.step in steps and steps.index(created) > steps.index(key.change.step)


def _is_djangos(key: ForeignKey, server: str) -> bool:
    """Whether Django says the types: it does not in `RunSQL`, and its own ones are told as PostgreSQL's."""
    return key.change.by_django or (key.change.tree.tool == "django" and server != "postgres")


def _differ(one: SqlType, other: SqlType) -> bool:
    if one.base not in _COMPARED or other.base not in _COMPARED or one.array or other.array:
        return False
    return _family(one) != _family(other)


def _family(kind: SqlType) -> tuple[str, bool]:
    if kind.base in _TEXTS:
        return "text", False
    return ("binary", False) if kind.base in _BINARY else (kind.base, kind.unsigned)


def _has_own_type(column: ColumnState, referenced: ColumnState, text: Callable[[Step], str]) -> bool:
    """Whether a type of the project's own may stand for `uuid`: what the database gets then is not known."""
    steps = {step for step in (column.created, referenced.created) if step is not None}
    return any(word in text(step).lower() for step in steps for word in ("guid", "uuidtype", "native_uuid"))
