"""Classes with their bases followed across files, to the library classes they end in."""

from __future__ import annotations

import sys

import msgspec

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Index, Ref, Value
from bylaw.project.tables.meaning import Meanings, calls_in

DECLARATIVE = "sqlalchemy.orm.DeclarativeBase"
_MAKES_BASE = frozenset({"declarative_base", "generate_base", "as_declarative_base", "make_declarative_base"})
_PLAIN = frozenset({"typing_extensions", "attr", "attrs", "flask_login", "zope"})
MAX_CHAIN = 60


class Kin(msgspec.Struct, eq=False):
    """A class of the project. `parents` are classes of the project, `libraries` meanings of classes outside it, both
    in order.

    `opaque`: some base is an expression that cannot be followed. `root`: the canonical name of the variable that
    holds the declarative base (`Base = declarative_base()`), when a base is one.
    """

    fact: Class
    file: FileFacts
    parents: list[Kin] = msgspec.field(default_factory=list)
    libraries: list[str] = msgspec.field(default_factory=list)
    opaque: bool = False
    root: str = ""
    generation: int = 0
    """How many classes of the project stand above it, at most."""
    _lineage: tuple[Kin, ...] = ()
    _libraries: tuple[str, ...] | None = None

    @property
    def module(self) -> str:
        return self.file.module

    def lineage(self) -> tuple[Kin, ...]:
        """The class and the project's classes above it, nearest first, each once. Not to be asked for before all
        bases are there.
        """
        if not self._lineage:
            found: dict[int, Kin] = {}
            stack = [self]
            while stack:
                kin = stack.pop()
                if id(kin) not in found:
                    found[id(kin)] = kin
                    stack.extend(reversed(kin.parents))
            self._lineage = tuple(found.values())
        return self._lineage

    def all_libraries(self) -> tuple[str, ...]:
        """The `libraries` of the whole lineage."""
        if self._libraries is None:
            self._libraries = tuple([name for kin in self.lineage() for name in kin.libraries])
        return self._libraries

    def said(self) -> set[str]:
        """The names that the class's own body gives a value."""
        return {*self.fact.methods, *(variable.name for variable in self.fact.variables if variable.value is not None)}

    def variable(self, name: str) -> Variable | None:
        """The last assignment of a name in the class's own body."""
        return next((v for v in reversed(self.fact.variables) if v.name == name), None)


class Kinship:
    """All classes of a project by canonical name; bases are followed when first asked for."""

    def __init__(self, meanings: Meanings, files: list[FileFacts]) -> None:
        self.meanings = meanings
        self._facts: dict[str, tuple[Class, FileFacts]] = {}
        self._kin: dict[str, Kin] = {}
        self._methods: dict[str, list[Function]] = {}
        self._descent = 0
        for file in files:
            for fact in file.classes:
                self._facts[fact.qualified] = (fact, file)
            for function in file.functions:
                if function.owner:
                    self._methods.setdefault(function.owner, []).append(function)

    def methods(self, kin: Kin) -> list[Function]:
        return self._methods.get(kin.fact.qualified, [])

    def inner(self, kin: Kin, name: str) -> Class | None:
        """A class in the class's body, like Django's Meta."""
        found = self._facts.get(f"{kin.fact.qualified}.{name}")
        return found[0] if found else None

    def get(self, qualified: str) -> Kin | None:
        kin = self._kin.get(qualified)
        if kin is None and qualified in self._facts:
            fact, file = self._facts[qualified]
            kin = self._kin[qualified] = Kin(fact, file)
            for base in fact.bases:
                self._add_base(kin, base)
            self._add_decorators(kin)
        return kin

    def _add_base(self, kin: Kin, base: Value) -> None:
        while isinstance(base, Index):
            base = base.value
        if isinstance(base, Call):
            self._add_made(kin, base, f"{kin.module}.?", kin.module)
        else:
            self._add_base_of(kin, base, kin.module)

    def _add_named(self, kin: Kin, name: str, near: str, depth: int) -> None:
        if name in self._facts and name != kin.fact.qualified:
            self._descent += 1
            parent = self.get(name) if self._descent <= MAX_CHAIN else None
            self._descent -= 1
            if parent is None or parent.generation >= MAX_CHAIN:
                kin.opaque = True
            elif all(parent is not other for other in kin.parents):
                kin.parents.append(parent)
                kin.generation = max(kin.generation, parent.generation + 1)
            return
        found = self.meanings.names.definition(name, near)
        if found is None:
            self._add_library(kin, name, near)
        elif isinstance(found.item, Class):
            self._add_named(kin, found.item.qualified, near, depth + 1) if depth < MAX_CHAIN else None
        elif isinstance(found.item, Variable) and depth < MAX_CHAIN and found.name != kin.fact.qualified:
            self._add_variable(kin, found.item, found.name, found.file, depth)
        else:
            kin.opaque = True

    def _add_facade(self, kin: Kin, owner: str, near: str) -> None:
        """`db.Model`, with what `db = SQLAlchemy(model_class=Base)` gives it."""
        kin.libraries.append("facade.Model")
        kin.root = owner
        found = self.meanings.names.definition(owner, near)
        for call in calls_in(found.item.value) if found and isinstance(found.item, Variable) else ():
            model = call.keyword("model_class")
            if found is not None and isinstance(model, Ref):
                self._add_named(kin, self.meanings.of(model.name, found.file.module), found.file.module, 1)

    def _add_library(self, kin: Kin, name: str, near: str) -> None:
        owner = name.rpartition(".")[0]
        package = name.partition(".")[0]
        if package in sys.stdlib_module_names or package in _PLAIN:
            return
        if (
            self.meanings.names.module(package, near) is not None
            and self.meanings.names.module(owner, near) is not None
        ):
            kin.opaque = True
        kin.libraries.append(name)

    def _add_variable(self, kin: Kin, variable: Variable, name: str, file: FileFacts, depth: int) -> None:
        value = variable.value
        while isinstance(value, Index):
            value = value.value
        if isinstance(value, Ref):
            self._add_base_of(kin, value, file.module, depth + 1)
            return
        calls = calls_in(value)
        if not calls:
            kin.opaque = True
        for call in calls:
            self._add_made(kin, call, name, file.module)

    def _add_made(self, kin: Kin, call: Call, name: str, near: str) -> None:
        """A base that a call makes: `declarative_base(cls=Mixin)`, `registry.generate_base()`, a project's factory."""
        if call.method in _MAKES_BASE:
            kin.libraries.append(DECLARATIVE)
            kin.root = name
            mixin = call.keyword("cls")
            if mixin is not None and not (isinstance(mixin, Ref) and mixin.name == kin.fact.qualified):
                self._add_base_of(kin, mixin, near)
        else:
            kin.opaque = True

    def _add_base_of(self, kin: Kin, value: Value, near: str, depth: int = 0) -> None:
        if not isinstance(value, Ref):
            kin.opaque = True
            return
        canonical = self.meanings.names.resolve(value.name, near)
        owner, _, last = canonical.rpartition(".")
        if last == "Model" and owner and self.meanings.is_facade(owner, near):
            self._add_facade(kin, owner, near)
        else:
            self._add_named(kin, canonical, near, depth)

    def _add_decorators(self, kin: Kin) -> None:
        for decorator in kin.fact.decorators:
            method = decorator.method if isinstance(decorator, Call) else _last(decorator)
            if method in {"as_declarative", "as_declarative_base"}:
                kin.libraries.append(DECLARATIVE)


def _last(value: Value) -> str:
    return value.name.rpartition(".")[2] if isinstance(value, Ref) else getattr(value, "name", "")
