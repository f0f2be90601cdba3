"""What a name of an ORM means, wherever it was imported from or hung onto: `db.Column`, `sa.Column` and
`sqlmodel.Column` are one.
"""

from __future__ import annotations

from bylaw.facts.code import Class, Variable
from bylaw.facts.values import Call, Choice, Operator, Ref, Value
from bylaw.project.names import Definition, Names

_FACADES = frozenset({"SQLAlchemy", "SQLA", "Gino", "AsyncSQLAlchemy"})
"""Classes whose instances carry SQLAlchemy's names and a declarative base: `db = SQLAlchemy()`."""
_OWN_ORM = frozenset({"django", "google"})
"""Packages whose `db` is none."""
_MAX_HOPS = 10


class Meanings:
    """Resolves names for the derivation of tables; answers are kept."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._facades: dict[str, bool] = {}
        self._known: dict[tuple[str, str], str] = {}

    def of(self, name: str, near: str) -> str:
        """The canonical meaning of a qualified name written in module `near`.

        Names of libraries come back by package and last part (`sqlalchemy.Column`), names of a Flask-SQLAlchemy
        object as `facade.Column`, names of the project canonical.
        """
        key = (name, near)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of(name, near)
        return found

    def _of(self, name: str, near: str) -> str:
        canonical = self.names.resolve(name, near)
        owner, _, last = canonical.rpartition(".")
        if owner and self.is_facade(owner, near):
            return f"facade.{last}"
        return canonical

    def short(self, value: Value | None, near: str) -> str:
        """Package and last part of the library name that a value is, or calls: `sqlalchemy.Column`; '' for anything
        else.
        """
        function = value.function if isinstance(value, Call) else value
        if not isinstance(function, Ref):
            return ""
        meaning = self.of(function.name, near)
        root, _, rest = meaning.partition(".")
        return f"{root}.{rest.rpartition('.')[2]}" if rest else root

    def registry(self, name: str, near: str) -> str:
        """Who holds the metadata of that name: the base for `Base.metadata`, the variable for a `MetaData()` of its
        own.
        """
        canonical = self.names.resolve(name, near)
        if self.names.definition(canonical, near) is not None:
            return canonical
        return self.names.resolve(canonical.removesuffix(".metadata"), near)

    def is_facade(self, name: str, near: str = "") -> bool:
        """Whether a canonical name is an object like Flask-SQLAlchemy's `db`."""
        if name not in self._facades:
            self._facades[name] = False
            self._facades[name] = self._is_facade(self.names.definition(name, near)) or self._is_of_library(name)
        return self._facades[name]

    def _is_of_library(self, name: str) -> bool:
        """Whether a library hands out such an object: `invenio_db.db`."""
        package, _, rest = name.partition(".")
        return rest.rpartition(".")[2] == "db" and package not in self.names.parts and package not in _OWN_ORM

    def _is_facade(self, found: Definition | None) -> bool:
        if found is None or not isinstance(found.item, Variable):
            return False
        same = (variable.value for variable in found.file.variables if variable.name == found.item.name)
        return any(self._makes_facade(call, found.file.module) for value in same for call in calls_in(value))

    def _makes_facade(self, call: Call, near: str) -> bool:
        name = self.names.resolve(call.name, near) if call.name else ""
        for _ in range(_MAX_HOPS):
            if name.rpartition(".")[2] in _FACADES and not name.startswith(near):
                return True
            found = self.names.definition(name, near) if name else None
            if found is None or not isinstance(found.item, Class):
                return name.rpartition(".")[2] in _FACADES
            base = next((base for base in found.item.bases if isinstance(base, Ref)), None)
            if base is None:
                return False
            name, near = self.names.resolve(base.name, found.file.module), found.file.module
        return False


def calls_in(value: Value | None) -> list[Call]:
    """The calls that a value may be the result of: both branches of a choice, both sides of `or`."""
    match value:
        case Call():
            return [value]
        case Choice(_, then, otherwise):
            return [*calls_in(then), *calls_in(otherwise)]
        case Operator("or" | "and", left, right):
            return [*calls_in(left), *calls_in(right)]
        case _:
            return []
