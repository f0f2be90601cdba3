"""Which models a generic repository class serves: `self.model` of `class Users(Repository[User])` is `User`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.code import Class
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Index, Items, Ref, Value
from bylaw.project.roles import context_of

if TYPE_CHECKING:
    from bylaw.project import Project


class ServedModels:
    """Answers for an attribute of a class: what it and the classes derived from it set, or name as type argument."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def tables(self, attribute: str, method: str, near: str) -> list[Table]:
        """The tables that `attribute` (`app.repository.Users.model`) stands for where `method` (its last name) runs."""
        owner, _, name = attribute.rpartition(".")
        found = self._project.names.definition(owner, near)
        if found is None or not isinstance(found.item, Class):
            return []
        served = {table.location: table for table in self._served(found.item, found.file, name, method, frozenset())}
        return list(served.values())

    def _served(self, item: Class, file: FileFacts, name: str, method: str, seen: frozenset[str]) -> Iterator[Table]:
        own = self._own(item, file, name)
        if own is not None:
            yield own
        if item.qualified in seen:
            return
        for below, its_file in self._derived.get(item.qualified, ()):
            if method not in below.methods:
                yield from self._served(below, its_file, name, method, seen | {item.qualified})

    def _own(self, item: Class, file: FileFacts, name: str) -> Table | None:
        """What the class itself says: `model = User`, or the one table among the type arguments of its bases."""
        for variable in item.variables:
            if variable.name == name and isinstance(variable.value, Ref):
                return self._project.table_of(variable.value.name, file.module)
        named = [
            table
            for base in item.bases
            if isinstance(base, Index)
            for argument in _parts(base.index)
            if isinstance(argument, Ref) and (table := self._project.table_of(argument.name, file.module)) is not None
        ]
        return named[0] if len(named) == 1 else None

    @cached_property
    def _derived(self) -> dict[str, list[tuple[Class, FileFacts]]]:
        """A class → the classes of application code that name it as a base."""
        index: dict[str, list[tuple[Class, FileFacts]]] = {}
        for file in self._project.files.values():
            if not file.facts.classes or context_of(file.facts, self._project.settings) != "app":
                continue
            for item in file.facts.classes:
                for base in item.bases:
                    inner = base.value if isinstance(base, Index) else base
                    if isinstance(inner, Ref):
                        name = self._project.names.resolve(inner.name, file.facts.module)
                        index.setdefault(name, []).append((item, file.facts))
        return index


def _parts(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Items) else (value,)
