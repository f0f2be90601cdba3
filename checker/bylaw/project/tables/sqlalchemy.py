"""Mapped classes of SQLAlchemy: declarative bases, mixins, abstract bases, joined and single-table inheritance."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.code import Variable
from bylaw.facts.database import Column, Table, TableIndex
from bylaw.facts.values import Attr, Call, Ref, Value, flag_of, text_of
from bylaw.project.tables import library
from bylaw.project.tables.bodies import Bodies
from bylaw.project.tables.columns import Columns
from bylaw.project.tables.inheritance import Kin, Kinship
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.tablename import computed_name, flask_name
from bylaw.project.tables.views import is_said_a_view
from bylaw.source import Location


class MappedClasses:
    """Derives the table of a declarative class."""

    def __init__(self, kinship: Kinship, meanings: Meanings, columns: Columns) -> None:
        self.kinship = kinship
        self.meanings = meanings
        self.bodies = Bodies(kinship, meanings, columns)
        self._names: dict[str, str | None] = {}
        self._mapped: dict[str, bool] = {}
        self._parents: dict[str, list[Kin]] = {}

    # -- what a class is

    def is_mapped(self, kin: Kin) -> bool:
        """Whether the class maps to rows: its own table's, or those of a mapped parent."""
        key = kin.fact.qualified
        if key not in self._mapped:
            self._mapped[key] = self._judge_mapped(kin)
        return self._mapped[key]

    def _judge_mapped(self, kin: Kin) -> bool:
        if self._is_decorated(kin):
            return True
        if self._is_base(kin) or self._is_abstract(kin):
            return False
        if any(library.is_sqlalchemy_root(name) for name in kin.all_libraries()):
            return True
        return self._looks_mapped(kin)

    def _is_decorated(self, kin: Kin) -> bool:
        for decorator in kin.fact.decorators:
            value = decorator.function if isinstance(decorator, Call) else decorator
            if isinstance(value, Ref | Attr) and value.name.rpartition(".")[2] in {"mapped", "mapped_as_dataclass"}:
                return True
        return False

    def _is_base(self, kin: Kin) -> bool:
        direct = any(library.short(name).rpartition(".")[2] in library.DECLARATIVE_BASES for name in kin.libraries)
        return direct and not kin.root

    def _is_abstract(self, kin: Kin) -> bool:
        variable = kin.variable("__abstract__")
        return variable is not None and flag_of(variable.value) is not False

    def _looks_mapped(self, kin: Kin) -> bool:
        """A class over bases that nobody here knows, which names its table and has columns, is one."""
        unknown = any(k.opaque for k in kin.lineage()) or any(
            library.sqlalchemy_columns(name) is None for name in kin.all_libraries()
        )
        if not unknown or kin.variable("__tablename__") is None:
            return False
        return any(column is not None for column in self.bodies.of(kin).columns.values())

    # -- its table's name

    def table_name(self, kin: Kin) -> str | None:
        """The physical name of the table that the class itself has; '' when it is computed, None when it has none of
        its own.
        """
        key = kin.fact.qualified
        if key not in self._names:
            self._names[key] = None
            self._names[key] = self._table_name(kin)
        return self._names[key]

    def _table_name(self, kin: Kin) -> str | None:
        found = self._stated_name(kin, kin.fact.name, set())
        if found is not None:
            return found
        brought = next(
            (n for k in self._own_lineage(kin) for lib in k.libraries if (n := library.table_name(lib))), None
        )
        if brought is not None:
            return brought
        if any(library.names_tables(name) for name in kin.all_libraries()):
            parents = self.mapped_parents(kin)
            own_key = any(c is not None and c.primary_key for c in self.bodies.of(kin).columns.values())
            if not parents or own_key:
                return flask_name(kin.fact.name)
        return None

    def _stated_name(self, kin: Kin, class_name: str, seen: set[str]) -> str | None:
        if kin.fact.qualified in seen:
            return None
        seen.add(kin.fact.qualified)
        variable = kin.variable("__tablename__")
        if variable is not None and variable.value is not None:
            return self.text(variable.value, kin.module) or ""
        if (table := kin.variable("__table__")) is not None and table.value is not None:
            return self._table_object_name(table.value, kin.module)
        for method in self.kinship.methods(kin):
            if method.name == "__tablename__":
                return computed_name(method, class_name)
        for parent in kin.parents:
            if self.is_mapped(parent) and self.table_name(parent) is not None and not self._computes_name(parent):
                continue
            found = self._stated_name(parent, class_name, seen)
            if found is not None:
                return found
        return None

    def _own_lineage(self, kin: Kin) -> list[Kin]:
        """The class and what stands above it, without mapped parents and what stands above those."""
        above = {id(k) for parent in self.mapped_parents(kin) for k in parent.lineage()}
        return [k for k in kin.lineage() if k is kin or id(k) not in above]

    def _computes_name(self, kin: Kin) -> bool:
        return any(method.name == "__tablename__" for k in kin.lineage() for method in self.kinship.methods(k))

    def text(self, value: Value | None, near: str) -> str | None:
        """A text as it stands there, or that of the constant that is named there; None for anything else."""
        if isinstance(value, Ref):
            found = self.meanings.names.definition(value.name, near)
            value = found.item.value if found is not None and isinstance(found.item, Variable) else None
        return text_of(value)

    def _table_object_name(self, value: Value, near: str) -> str:
        if isinstance(value, Call):
            return self.text(value.argument(0, "name"), near) or ""
        if isinstance(value, Ref):
            found = self.meanings.names.definition(value.name, near)
            if found is not None and isinstance(found.item, Variable) and isinstance(found.item.value, Call):
                return self.text(found.item.value.argument(0, "name"), near) or ""
        return ""

    def mapped_parents(self, kin: Kin) -> list[Kin]:
        """The nearest mapped classes above."""
        key = kin.fact.qualified
        if key not in self._parents:
            self._parents[key] = []  # for classes that stand above themselves
            self._parents[key] = list(self._nearest_mapped(kin))
        return self._parents[key]

    def _nearest_mapped(self, kin: Kin) -> Iterator[Kin]:
        for parent in kin.parents:
            if self.is_mapped(parent) and (self.table_name(parent) is not None or self.mapped_parents(parent)):
                yield parent
            else:
                yield from self.mapped_parents(parent)

    # -- its columns

    def table(self, kin: Kin) -> Table | None:
        """The table of a mapped class; None for a class without one of its own."""
        if not self.is_mapped(kin):
            return None
        name = self.table_name(kin)
        if name is None:
            return None
        columns, complete = self.gather(kin)
        parents = self.mapped_parents(kin)
        libraries = kin.all_libraries()
        complete = complete and not any(k.opaque for k in kin.lineage())
        complete = complete and all(library.sqlalchemy_columns(lib) is not None for lib in libraries)
        columns, schema = self.bodies.arguments.apply(kin, columns)
        # No mapped class is without a key: one that seems to be declares it in a way that was not understood.
        complete = complete and (bool(parents) or any(column.primary_key for column in columns))
        return Table(
            name=name, model=kin.fact.qualified, class_name=kin.fact.name, orm="sqlalchemy",
            location=Location(kin.file.path, kin.fact.span), columns=tuple(columns), complete=complete,
            parents=tuple(parent.fact.qualified for parent in parents), schema=schema, registry=self.registry(kin),
            bases=lineage_names(kin), attributes=attribute_names(kin), managed=not kin.fact.conditional,
            indexes=self.indexes(kin, columns), is_view=is_said_a_view(kin),
        )  # fmt: skip

    def indexes(self, kin: Kin, columns: list[Column]) -> tuple[TableIndex, ...]:
        """The unique constraints and indexes beside the columns of the class's own table."""
        table = kin.variable("__table__")
        if table is not None:
            return self.bodies.core_indexes(table.value, kin.module, kin.file.path, columns)
        return self.bodies.arguments.indexes(self._own_lineage(kin), columns)

    def registry(self, kin: Kin) -> str:
        """The base whose metadata holds the table: `Base` of the project, the `db` object, or a library's base."""
        for k in kin.lineage():
            if k.root:
                return k.root
            if k is not kin and self._is_base(k):
                return k.fact.qualified
        return next((name for name in kin.all_libraries() if library.is_sqlalchemy_root(name)), "")

    def gather(self, kin: Kin) -> tuple[list[Column], bool]:
        """The columns of a class's own table, nearest declaration first to win, and whether all of them are known."""
        found: dict[str, Column | None] = {}
        vague = False
        for k in self._own_lineage(kin):
            body = self.bodies.of(k)
            vague = vague or body.vague
            for attribute, column in body.columns.items():
                found.setdefault(attribute, column)
            for name in k.libraries:
                for column in library_columns(name, kin):
                    found.setdefault(column.attribute, column)
        return [column for column in found.values() if column is not None], not vague


def library_columns(name: str, kin: Kin) -> list[Column]:
    """The columns that a library base brings, as seen in a class of the project."""
    brought = library.sqlalchemy_columns(name) or ()
    location = Location(kin.file.path, kin.fact.span)
    return [
        Column(
            attribute=each.lstrip("*"), name=each.lstrip("*"), location=location,
            primary_key=each.startswith("*"), nullable=False if each.startswith("*") else None, from_library=True,
        )
        for each in brought
    ]  # fmt: skip


def lineage_names(kin: Kin) -> tuple[str, ...]:
    return (*(k.fact.qualified for k in kin.lineage() if k is not kin), *kin.all_libraries())


def attribute_names(kin: Kin) -> frozenset[str]:
    return frozenset(name for k in kin.lineage() for name in (*(v.name for v in k.fact.variables), *k.fact.methods))
