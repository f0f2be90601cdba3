"""What the migrations of a tree tell of each object: made, renamed, commented, dropped; found by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.facts.naming import bare
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.step import MigrationTree, Step

_FAMILIES: Final = {
    "view": "view", "materialized view": "view",
    "function": "routine", "procedure": "routine", "aggregate": "routine", "routine": "routine",
    "type": "type", "domain": "type", "enum": "type",
}  # fmt: skip
TELLING: Final = (ops.CreateObject, ops.DropObject, ops.RenameObject, ops.SetComment)

_Key = tuple[str, str]


class Told(NamedTuple):
    """An operation about an object: `position` of its step in the tree, `at` among the operations of its step."""

    step: Step
    position: int
    at: int
    operation: Operation


def family(kind: str) -> str:
    """Kinds of objects that share their names: views and materialised views, functions and procedures …"""
    return _FAMILIES.get(kind, kind)


class Stories:
    """All operations of a tree that are about objects, in order."""

    def __init__(self, tree: MigrationTree) -> None:
        self._positions = {step: position for position, step in enumerate(tree.steps)}
        self.all = [
            Told(step, position, at, operation)
            for step, position in self._positions.items()
            if step.exempt != "replaced"
            for at, operation in enumerate(step.migration.operations)
            if isinstance(operation, TELLING)
        ]
        made = (told.operation for told in self.all if isinstance(told.operation, ops.CreateObject))
        self.reads = frozenset((bare(table), column) for operation in made for table, column in operation.reads)
        """What any of the objects surely reads, as in `CreateObject.reads`, the tables by their bare names."""
        self._same: dict[_Key, _Key] = {}
        """A name → one that the same object has borne, or will; a name without an entry stands for itself."""
        for told in self.all:
            if isinstance(told.operation, ops.RenameObject):
                kind = family(told.operation.kind)
                old, new = self._first((kind, bare(told.operation.name))), (kind, bare(told.operation.new_name))
                if self._first(new) != old:
                    self._same[self._first(new)] = old
        self._stories: dict[_Key, list[Told]] = {}
        for told in self.all:
            self._stories.setdefault(self._first(_key(told.operation)), []).append(told)

    def _first(self, key: _Key) -> _Key:
        while key in self._same:
            key = self._same[key]
        return key

    def about(self, kind: str, name: str) -> list[Told]:
        """What is told of the objects that have, had or will have the name; the schema is not looked at."""
        return self._stories.get(self._first((family(kind), bare(name))), [])

    def of_kind(self, kind: str) -> Iterator[list[Told]]:
        """What is told of each object of a kind and its likes."""
        return (told for (known, _), told in self._stories.items() if known == family(kind))

    def before(self, told: Iterable[Told], change: Change) -> Iterator[Told]:
        """What comes before a change."""
        own = change.step.migration.operations
        end = next((at for at, operation in enumerate(own) if operation == change.operation), len(own))
        here = self._positions[change.step]
        for entry in told:
            if entry.position < here or (entry.position == here and entry.at < end):
                yield entry


def _key(operation: Operation) -> _Key:
    match operation:
        case ops.SetComment(kind=kind, table=name):
            return family(kind), bare(name)
        case ops.CreateObject(kind=kind, name=name) | ops.DropObject(kind=kind, name=name):
            return family(kind), bare(name)
        case ops.RenameObject(kind=kind, name=name):
            return family(kind), bare(name)
        case _:
            return "", ""
