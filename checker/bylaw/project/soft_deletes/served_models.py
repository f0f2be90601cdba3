"""Which models a generic repository class serves: `self.model` of `class Users(Repository[User])` is `User`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Variable
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Constant, Index, Items, Ref, Value

if TYPE_CHECKING:
    from bylaw.project import Project

_MAX_DEPTH = 4
_MODEL_ATTRIBUTES = frozenset({"model", "model_class", "model_cls", "model_type", "entity", "entity_class"})
_READING = frozenset({"get", "get_multi", "get_joined", "get_multi_joined", "select", "count", "exists", "db_delete"})


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
        served |= {table.location: table for table in self._handed_over(found.item)}
        return list(served.values())

    def of_type_variable(self, name: str, function: str, near: str) -> list[Table]:
        """The tables that a parameter of a type variable (`app.repository.M`) stands for in a method of a generic
        class; none for anything but a type variable.
        """
        if not self.is_type_variable(name, near):
            return []
        owner, _, method = function.rpartition(".")
        return self.tables(f"{owner}.", method, near)

    def is_type_variable(self, name: str, near: str) -> bool:
        """Whether a name is `M = TypeVar("M")`."""
        found = self._project.names.definition(name, near)
        value = found.item.value if found is not None and isinstance(found.item, Variable) else None
        return isinstance(value, Call) and value.method == "TypeVar" and isinstance(value.argument(0), Constant)

    def said_by(self, item: Class, file: FileFacts) -> Table | None:
        """The model that a class itself names: in an attribute (`model = User`), or among its type arguments."""
        for variable in item.variables:
            if isinstance(variable.value, Ref) and variable.name.strip("_") in _MODEL_ATTRIBUTES:
                return self._project.table_of(variable.value.name, file.module)
        return self._own(item, file, "")

    def of_object(self, name: str, near: str) -> Table | None:
        """The table of an object that FastCRUD reads rows through: `crud_users = FastCRUD(User)`."""
        found = self._project.names.definition(name, near)
        made = found.item.value if found is not None and isinstance(found.item, Variable) else None
        if found is None or not isinstance(made, Call):
            return None
        for argument in made.args[:1]:
            if isinstance(argument, Ref) and self._is_of_library(made.function, found.file.module):
                return self._project.table_of(argument.name, found.file.module)
        return None

    def _is_of_library(self, made: Value, near: str, depth: int = 0) -> bool:
        """`FastCRUD`, `FastCRUD[User, …]`, a name for either, or a class of the project that adds nothing to it."""
        inner = made.value if isinstance(made, Index) else made
        if not isinstance(inner, Ref) or depth > _MAX_DEPTH:
            return False
        if self._project.names.resolve(inner.name, near).startswith("fastcrud."):
            return True
        found = self._project.names.definition(inner.name, near)
        if found is not None and isinstance(found.item, Variable) and found.item.value is not None:
            return self._is_of_library(found.item.value, found.file.module, depth + 1)
        if found is not None and isinstance(found.item, Class) and not _READING.intersection(found.item.methods):
            return any(self._is_of_library(base, found.file.module, depth + 1) for base in found.item.bases)
        return False

    def _handed_over(self, item: Class) -> list[Table]:
        """`users = Repository(User)`: what the objects that modules make of the class are handed."""
        served = []
        for call, file in self._made.get(item.name, ()):
            made = call.function.value if isinstance(call.function, Index) else call.function
            if not isinstance(made, Ref) or self._project.names.resolve(made.name, file.module) != item.qualified:
                continue
            given = [
                argument for argument in (*call.args, *(k.value for k in call.keywords)) if isinstance(argument, Ref)
            ]
            tables = [self._project.table_of(argument.name, file.module) for argument in given]
            known = [table for table in tables if table is not None]
            if len(known) != 1:
                return []
            served.append(known[0])
        return served

    @cached_property
    def _made(self) -> dict[str, list[tuple[Call, FileFacts]]]:
        """Last name of a class → the calls of it that module variables are made by, in application code."""
        index: dict[str, list[tuple[Call, FileFacts]]] = {}
        for file in self._project.files.values():
            if self._project.context_of(file.facts) != "app":
                continue
            for variable in file.facts.variables:
                if isinstance(variable.value, Call):
                    function = variable.value.function
                    made = function.value if isinstance(function, Index) else function
                    if isinstance(made, Ref):
                        index.setdefault(made.name.rpartition(".")[2], []).append((variable.value, file.facts))
        return index

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
            if not file.facts.classes or self._project.context_of(file.facts) != "app":
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
