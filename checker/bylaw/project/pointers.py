"""Finds out what the foreign key columns of the application's tables may be called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.naming import BARE_KEYS, class_entities, same_name, snake, table_entities
from bylaw.facts.pointers import Pointer
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project

_USERS: Final = frozenset({"AbstractUser", "AbstractBaseUser"})
_MAX_DEPTH: Final = 8
_SHARED_BY: Final = 3
"""So many tables make a namespace of the word in front of them, and a name for any key of that of theirs."""
_ENDS: Final = ("Table", "Model", "ORM", "Orm")
"""Ends of class names that are no part of the entity's name."""


class _House(NamedTuple):
    """What all tables of the application together say."""

    users: list[Location]
    """The tables that hold users, whatever stands before the word (`ShopUser`)."""
    entities: dict[str, Location]
    """The tables by what their rows are called at first sight."""
    bare_keys: frozenset[str]
    """Names of keys that say no more than `id`."""


def pointers(project: Project) -> Iterator[Pointer]:
    """Every foreign key of the application whose target is known, in order of place, but those that a library or the
    ORM makes, and keys that are a table's primary key as a whole.
    """
    tables = [table for table in project.tables if table.context == "app"]
    house = _House(
        [table.location for table in tables if table.class_name.endswith("User")],
        {name: table.location for table in tables for name in _plain_entities(table)},
        BARE_KEYS | _shared_keys(tables),
    )
    for table in tables:
        for column in table.columns:
            if column.foreign_key is None or column.from_library or column.implicit:
                continue
            if column.primary_key and len(table.primary_key) == 1:
                continue
            pointer = _pointer(project, table, column, column.foreign_key, house)
            if pointer is not None:
                yield pointer


def _plain_entities(table: Table) -> Iterator[str]:
    """What the rows of a table are called at first sight."""
    if table.class_name:
        yield class_entities(table.class_name, _ENDS)[0]
    if table.name:
        yield table_entities(table.name, table.app_label)[0]


def _shared_keys(tables: list[Table]) -> set[str]:
    """Names that the keys of several tables have, and that so say no more than `id`."""
    keys = Counter(
        snake(table.primary_key[0].attribute)
        for table in tables
        if len(table.primary_key) == 1 and table.primary_key[0].foreign_key is None
    )
    return {name for name, count in keys.items() if count >= _SHARED_BY}


def _pointer(project: Project, table: Table, column: Column, key: ForeignKey, house: _House) -> Pointer | None:
    """None where the target, or the column in it, is not known."""
    target = project.target_of(key)
    if not key.column or (target is None and not key.table):
        return None
    class_name = target.class_name if target is not None else key.target_model.rpartition(".")[2]
    physical = target.name if target is not None and target.name else key.table
    by_class = class_entities(class_name, _ENDS) if class_name else []
    by_table = table_entities(physical, target.app_label if target is not None else "") if physical else []
    agreeing = (
        target is None
        or target.orm == "django"
        or any(same_name(entity, by_class[0]) for entity in by_table if by_class)
    )
    class_first = bool(by_class) and (not by_table or agreeing)
    entities = by_class + by_table if class_first else by_table + by_class
    entities += [entity for each in _without_namespace(physical, project) for entity in table_entities(each)]
    pointed = target.column(key.column) if target is not None else None
    columns = {snake(key.column), snake(pointed.attribute if pointed is not None else key.column)}
    if target is not None and not _USERS.isdisjoint(base.rpartition(".")[2] for base in target.bases):
        entities.insert(0, "user")
    elif target is not None and house.users == [target.location]:
        entities.append("user")
    if pointed is not None and pointed.primary_key and pointed.foreign_key is not None:
        inherited, names = _above(project, pointed.foreign_key)
        entities += inherited
        columns = names if pointed.implicit else columns | names
    descriptive = [name for name in sorted(columns) if name not in house.bare_keys]
    keys = [*descriptive, *(f"{name}_id" for name in descriptive if column.relation)]  # Django adds the `_id`
    bare = sorted(columns & house.bare_keys, key=lambda name: (name != "id", name))
    endings = ("id", *bare) if table.orm == "django" else (*bare, "id")
    keys += [f"{entity}_{name}" for entity in entities for name in endings]
    to_itself = target is not None and target.location == table.location
    named = house.entities.get(snake(column.attribute).rpartition("_")[0])
    return Pointer(
        table, column, key, list(dict.fromkeys(entities)), list(dict.fromkeys(keys)), to_itself, descriptive,
        names_another=named is not None and target is not None and named != target.location,
    )  # fmt: skip


def _above(project: Project, key: ForeignKey) -> tuple[list[str], set[str]]:
    """The entities that a row of a child table is as well, and the names of their keys: an order is a document."""
    entities: list[str] = []
    names: set[str] = set()
    for _ in range(_MAX_DEPTH):
        table = project.target_of(key)
        if table is None:
            break
        entities += class_entities(table.class_name, _ENDS) if table.class_name else []
        entities += table_entities(table.name, table.app_label) if table.name else []
        column = table.column(key.column)
        if column is not None and column.foreign_key is not None:
            names |= set() if column.implicit else {column.attribute}
            key = column.foreign_key
            continue
        names.add(column.attribute if column is not None else key.column or "id")
        break
    return entities, names or {"id"}


def _without_namespace(physical: str, project: Project) -> Iterator[str]:
    """`sys_user` without a prefix that several tables share."""
    prefix, _, rest = physical.partition("_")
    if rest and sum(table.name.startswith(f"{prefix}_") for table in project.tables) >= _SHARED_BY:
        yield rest
