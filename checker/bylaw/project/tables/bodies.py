"""What the body of a SQLAlchemy class declares: columns, in all the ways there are."""

from __future__ import annotations

import msgspec

from bylaw.facts.code import Function, Variable
from bylaw.facts.database import Column, TableIndex
from bylaw.facts.values import Attr, Call, Index, Ref, Value, is_none, text_of
from bylaw.project.tables.arguments import Arguments
from bylaw.project.tables.columns import Columns
from bylaw.project.tables.drafts import Draft
from bylaw.project.tables.indexes import table_indexes
from bylaw.project.tables.inheritance import Kin, Kinship
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqltypes import sql_type
from bylaw.source import Location

_NOT_COLUMNS = frozenset({
    "relationship", "dynamic_loader", "synonym", "composite", "association_proxy", "hybrid_property", "column_property",
    "query_expression", "backref", "relation",
})  # fmt: skip
_RELATION_TYPES = frozenset({"list", "List", "set", "Set", "Sequence", "Collection"})


class Body(msgspec.Struct):
    """What one class body says about columns: None hides an inherited one."""

    columns: dict[str, Column | None]
    vague: bool = False
    """Something may be a column, and cannot be read."""


class Bodies:
    """Reads class bodies, each once."""

    def __init__(self, kinship: Kinship, meanings: Meanings, columns: Columns) -> None:
        self.kinship = kinship
        self.meanings = meanings
        self.columns = columns
        self.arguments = Arguments(kinship, columns)
        self._bodies: dict[str, Body] = {}

    def of(self, kin: Kin) -> Body:
        """What the class itself declares, its bases aside."""
        key = kin.fact.qualified
        if key not in self._bodies:
            self._bodies[key] = Body({})
            self._bodies[key] = self._read_body(kin)
        return self._bodies[key]

    def _read_body(self, kin: Kin) -> Body:
        body = Body({})
        for variable in kin.fact.variables:
            if variable.name == "__table__":
                self._hybrid(kin, variable.value, body)
            elif not variable.name.startswith("__"):
                self._variable(kin, variable, body)
        for method in self.kinship.methods(kin):
            self._declared(kin, method, body)
        return body

    def _variable(self, kin: Kin, variable: Variable, body: Body) -> None:
        mapped = self.columns.mapped_type(variable.annotation, kin.module)
        found = self.columns.call(variable.value, kin.module)
        if found is not None:
            draft = Draft(unsure=variable.conditional)
            if mapped is not None:
                draft.nullable = False
                self.columns.annotate(mapped, kin.module, draft)
            self.columns.read(*found, draft)
            self._settle(*found, draft, annotated=mapped is not None)
            if mapped is None and draft.nullable is None:
                draft.nullable = True
            body.columns[variable.name] = draft.column(variable.name, Location(kin.file.path, variable.span))
        elif variable.value is None:
            if mapped is not None and not variable.conditional and _is_scalar(mapped):
                draft = Draft(nullable=False)
                self.columns.annotate(mapped, kin.module, draft)
                location = Location(kin.file.path, variable.span)
                body.columns[variable.name] = draft.column(variable.name, location)
        elif mapped is not None and not self._is_relation(variable.value, kin.module):
            body.vague = True
        elif is_none(variable.value):
            body.columns.setdefault(variable.name, None)

    def _settle(self, call: Call, near: str, draft: Draft, *, annotated: bool) -> None:
        """A bare `Column` looks at no annotation; the type of a foreign key is its target's."""
        bare = self.meanings.short(call, near).endswith(".Column")
        if annotated and bare and call.keyword("nullable") is None:
            draft.settled = False
        if draft.foreign_key is not None and not any(self._is_type(arg, near) for arg in call.args):
            draft.sql_type = ""

    def _is_type(self, arg: Value, near: str) -> bool:
        return bool(sql_type(arg, self.meanings, near))

    def _is_relation(self, value: Value, near: str) -> bool:
        if not isinstance(value, Call):
            return True
        root, _, last = self.meanings.short(value, near).partition(".")
        if root in {"sqlalchemy", "sqlmodel", "facade", "sqlalchemy_utils"}:
            return True
        return last in _NOT_COLUMNS or value.method in _NOT_COLUMNS

    def _declared(self, kin: Kin, method: Function, body: Body) -> None:
        if not any("declared_attr" in _decorator_name(decorator) for decorator in method.decorators):
            return
        for returned in method.returns:
            found = self.columns.call(returned, kin.module)
            if found is None:
                continue
            draft = Draft(unsure=method.conditional or len(method.returns) > 1)
            mapped = self.columns.mapped_type(method.annotation, kin.module)
            if mapped is not None:
                draft.nullable = False
                self.columns.annotate(mapped, kin.module, draft)
            self.columns.read(*found, draft)
            self._settle(*found, draft, annotated=mapped is not None)
            body.columns[method.name] = draft.column(method.name, Location(kin.file.path, method.span))

    def _hybrid(self, kin: Kin, value: Value | None, body: Body) -> None:
        """`__table__ = Table(...)`, in place or by name."""
        near, path = kin.module, kin.file.path
        if isinstance(value, Ref):
            found = self.meanings.names.definition(value.name, near)
            if found is not None and isinstance(found.item, Variable):
                value, near, path = found.item.value, found.file.module, found.file.path
        if not isinstance(value, Call):
            body.vague = True
            return
        columns, complete = self.core_columns(value, near, path)
        body.vague = body.vague or not complete
        body.columns.update({column.attribute: column for column in columns})

    def core_columns(self, call: Call, near: str, path: str) -> tuple[list[Column], bool]:
        """The columns of a `Table(name, metadata, ...)` call, and whether they are all."""
        columns: list[Column] = []
        complete = not call.spreads and not any(k.name in {"autoload", "autoload_with"} for k in call.keywords)
        for arg in call.args[2:]:
            found = self.columns.call(arg, near)
            if found is None:
                last = self.meanings.short(arg, near).rpartition(".")[2]
                complete = complete and (last.endswith("Constraint") or last in {"Index", "Comment"})
                continue
            draft = Draft(nullable=True)
            self.columns.read(*found, draft)
            attribute = text_of(found[0].keyword("key")) or draft.name
            if not attribute:
                complete = False
                continue
            first = arg.args[0] if isinstance(arg, Call) and arg.args and text_of(arg.args[0]) is not None else arg
            columns.append(draft.column(attribute, Location(path, first.span)))
        constraints = [arg for arg in call.args[2:] if isinstance(arg, Call)]
        return self.arguments.constrain(columns, constraints, near), complete

    def core_indexes(self, value: Value | None, near: str, path: str, columns: list[Column]) -> tuple[TableIndex, ...]:
        """The unique constraints and indexes among the arguments of a `Table(...)` call; none for anything else."""
        if not isinstance(value, Call):
            return ()
        calls = [arg for arg in value.args[2:] if isinstance(arg, Call)]
        return tuple(table_indexes(calls, self.meanings, near, path, columns))


def _is_scalar(mapped: Value) -> bool:
    """Whether `Mapped[T]` without a value is a column: collections are relations."""
    while isinstance(mapped, Index):
        mapped = mapped.value
    return not (isinstance(mapped, Ref) and mapped.name.rpartition(".")[2] in _RELATION_TYPES)


def _decorator_name(value: Value) -> str:
    function = value.function if isinstance(value, Call) else value
    return function.name if isinstance(function, Ref | Attr) else ""
