"""SQLModel classes with `table=True`."""

from __future__ import annotations

from bylaw.facts.code import Variable
from bylaw.facts.database import Column, Table
from bylaw.facts.values import Call, Constant, Entries, Index, Items, Opaque, Ref, Value, flag_of, is_none, text_of
from bylaw.project.tables import library
from bylaw.project.tables.columns import Columns, type_text, unwrapped
from bylaw.project.tables.drafts import Draft
from bylaw.project.tables.inheritance import Kin
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqlalchemy import MappedClasses, attribute_names, library_columns, lineage_names
from bylaw.project.tables.sqltypes import sql_type
from bylaw.project.tables.views import is_said_a_view
from bylaw.source import Location

ROOT = "sqlmodel.SQLModel"
_FIELDS = frozenset({"sqlmodel.Field", "pydantic.Field"})
_FLAGS = frozenset({"nullable", "unique", "index", "primary_key"})
_SKIPPED = frozenset({"ClassVar", "PrivateAttr"})


class SqlModels:
    """Derives the table of a SQLModel class."""

    def __init__(self, meanings: Meanings, columns: Columns, mapped: MappedClasses) -> None:
        self.meanings = meanings
        self.columns = columns
        self.mapped = mapped

    def is_model(self, kin: Kin) -> bool:
        """Whether the class says `table=True` and is a SQLModel: by its bases, or by its fields where a base is
        unknown.
        """
        if not any(name == "table" and flag_of(value) is True for name, value in kin.fact.keywords):
            return False
        libraries = kin.all_libraries()
        if any(library.short(name) == ROOT for name in libraries):
            return True
        unknown = any(k.opaque for k in kin.lineage()) or any(
            library.sqlalchemy_columns(name) is None for name in libraries
        )
        return unknown and any(
            self.meanings.short(variable.value, k.module) == "sqlmodel.Field"
            for k in kin.lineage()
            for variable in k.fact.variables
        )

    def table(self, kin: Kin) -> Table | None:
        if not self.is_model(kin):
            return None
        parents = [k for k in kin.lineage() if k is not kin and self.is_model(k)]
        above = {id(k) for parent in parents for k in parent.lineage()}
        found: dict[str, Column | None] = {}
        for k in kin.lineage():
            if id(k) in above:
                continue
            for attribute, column in self._fields(k).items():
                found.setdefault(attribute, column)
            for name in k.libraries:
                for column in library_columns(name, kin):
                    found.setdefault(column.attribute, column)
        own = [column for column in found.values() if column is not None]
        stated = self.mapped.table_name(kin)
        own, schema = self.mapped.bodies.arguments.apply(kin, own)
        complete = not any(k.opaque for k in kin.lineage())
        complete = complete and all(_known(name) for name in kin.all_libraries())
        complete = complete and (bool(parents) or any(column.primary_key for column in own))
        return Table(
            name=kin.fact.name.lower() if stated is None else stated, model=kin.fact.qualified,
            class_name=kin.fact.name,
            orm="sqlmodel", location=Location(kin.file.path, kin.fact.span), columns=tuple(own), complete=complete,
            parents=tuple(parent.fact.qualified for parent in parents), schema=schema, registry=ROOT,
            bases=lineage_names(kin), attributes=attribute_names(kin), managed=not kin.fact.conditional,
            indexes=self.mapped.bodies.arguments.indexes([k for k in kin.lineage() if id(k) not in above], own),
            is_view=is_said_a_view(kin),
        )  # fmt: skip

    def _fields(self, kin: Kin) -> dict[str, Column | None]:
        found: dict[str, Column | None] = {}
        for variable in kin.fact.variables:
            if variable.annotation is None or variable.name.startswith("__") or variable.name == "model_config":
                continue
            column = self._field(kin, variable)
            if column is not None:
                found[variable.name] = column
        return found

    def _field(self, kin: Kin, variable: Variable) -> Column | None:
        annotation, near = variable.annotation, kin.module
        assert annotation is not None  # noqa: S101 - the caller looked
        outer = annotation.value if isinstance(annotation, Index) else annotation
        short = self.meanings.short(variable.value, near)
        last = short.rpartition(".")[2]
        if type_text(outer) in _SKIPPED or last in {"Relationship", "relationship", "PrivateAttr"}:
            return None
        mapped = self.columns.mapped_type(annotation, near)
        draft = Draft(nullable=False)
        self.columns.annotate(mapped if mapped is not None else annotation, near, draft)
        self._annotated_fields(annotation, near, draft)
        if mapped is None and self._is_own_wrapper(annotation, near):
            draft.settled, draft.sql_type = False, ""
        column = self.columns.call(variable.value, near)
        if column is not None:
            self.columns.read(*column, draft)
        elif isinstance(variable.value, Call) and short in _FIELDS:
            self._read(variable.value, near, draft)
        elif variable.value is not None and not isinstance(variable.value, Call):
            draft.has_default = not is_none(variable.value)
            # To pydantic 1, what is None by default takes NULL.
            draft.settled = draft.settled and (draft.has_default or draft.nullable is True)
        return draft.column(variable.name, Location(kin.file.path, variable.span))

    def _is_own_wrapper(self, annotation: Value, near: str) -> bool:
        """Whether the type is a generic one of the project's: what it makes of `Loaded[int | None]` stands in its own
        code. (SQLAlchemy looks at what is right inside of `Mapped`, and no further.)
        """
        inner, _ = unwrapped(annotation, self.meanings, near)
        kind = inner.value if isinstance(inner, Index) else None
        found = self.meanings.names.definition(kind.name, near) if isinstance(kind, Ref) else None
        return found is not None and found.item is not None

    def _annotated_fields(self, annotation: Value, near: str, draft: Draft) -> None:
        inner, _ = unwrapped(annotation, self.meanings, near)
        if (
            isinstance(inner, Index)
            and self.meanings.short(inner.value, near).endswith(".Annotated")
            and isinstance(inner.index, Items)
        ):
            for item in inner.index.items[1:]:
                if isinstance(item, Call) and self.meanings.short(item, near) in _FIELDS:
                    self._read(item, near, draft)

    def _read(self, call: Call, near: str, draft: Draft) -> None:
        flags = [keyword.value for keyword in call.keywords if keyword.name in _FLAGS]
        draft.settled = draft.settled and not call.spreads and all(flag_of(value) is not None for value in flags)
        default = call.argument(0, "default")
        # To pydantic 1, what is None by default takes NULL; to pydantic 2 it does not.
        draft.settled = draft.settled and not (is_none(default) and not draft.nullable)
        draft.has_default = draft.has_default or (
            default is not None and not is_none(default) and not _is_ellipsis(default)
        )
        given = call.keyword("sa_column") is not None
        for keyword in call.keywords:
            match keyword.name:
                case "nullable" | "unique" | "index" | "max_length" if given:
                    pass  # the column is taken as it is
                case "primary_key":
                    draft.primary_key = flag_of(keyword.value) is True
                case "foreign_key":
                    draft.foreign_key = self.columns.foreign_key(keyword.value, near)
                case "nullable":
                    draft.nullable = flag_of(keyword.value)
                case "unique":
                    draft.unique = flag_of(keyword.value) is True
                case "index":
                    draft.indexed = flag_of(keyword.value) is True
                case "max_length":
                    draft.sql_type = _sized(draft.sql_type, keyword.value)
                case "default_factory":
                    draft.has_default = True
                case "sa_type":
                    draft.type = type_text(keyword.value) or draft.type
                    draft.sql_type = sql_type(keyword.value, self.meanings, near)
                case "sa_column":
                    self._sa_column(keyword.value, near, draft)
                case "sa_column_args" if isinstance(keyword.value, Items):
                    self.columns.read(Call(keyword.value, keyword.value.items, (), keyword.span), near, draft)
                case "sa_column_kwargs" if isinstance(keyword.value, Entries):
                    self._sa_keywords(keyword.value, draft)
                case _:
                    pass

    def _sa_column(self, value: Value, near: str, draft: Draft) -> None:
        column = self.columns.call(value, near)
        if column is None:
            draft.settled = False
        else:
            draft.nullable, draft.sql_type = None, ""
            self.columns.read(*column, draft)
            draft.nullable = draft.nullable is not False

    def _sa_keywords(self, entries: Entries, draft: Draft) -> None:
        for key, value in entries.entries:
            draft.settled = draft.settled and text_of(key) not in {None, *_FLAGS}
            match text_of(key):
                case "name":
                    draft.name = text_of(value) or draft.name
                case "server_default":
                    draft.has_server_default = True
                case "nullable":
                    draft.nullable = flag_of(value)
                case "primary_key":
                    draft.primary_key = flag_of(value) is True
                case _:
                    pass


def _sized(text: str, length: Value) -> str:
    """The type of a text with `max_length=`; '' where that is computed."""
    if text != "varchar":
        return text
    return f"{text}({length.value})" if isinstance(length, Constant) and isinstance(length.value, int) else ""


def _known(name: str) -> bool:
    return library.sqlalchemy_columns(name) is not None


def _is_ellipsis(value: Value) -> bool:
    return isinstance(value, Opaque) and value.kind == "ellipsis"
