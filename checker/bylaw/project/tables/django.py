"""Django models: fields, implicit keys, abstract and concrete parents."""

from __future__ import annotations

import msgspec

from bylaw.facts.code import Class, Variable
from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.values import Call, Ref, Value, flag_of, is_none, text_of
from bylaw.project.tables import library
from bylaw.project.tables.drafts import Draft
from bylaw.project.tables.field_kinds import FOREIGN, NO_COLUMN, FieldKinds, stated_name
from bylaw.project.tables.inheritance import Kin, Kinship
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqlalchemy import attribute_names, lineage_names
from bylaw.source import Location

_ROOT = "django.Model"
_MAKING = ("__new__", "__init__")


class Meta(msgspec.Struct, frozen=True):
    """What a model's own `class Meta` says; None where it does not speak, or not in literals."""

    abstract: bool = False
    proxy: bool = False
    unclear: bool = False
    db_table: str | None = None
    app_label: str | None = None
    managed: bool = True


class DjangoModels:
    """Derives the tables of Django models."""

    def __init__(self, kinship: Kinship, meanings: Meanings) -> None:
        self.kinship = kinship
        self.meanings = meanings
        self._kinds = FieldKinds(kinship, meanings)
        self._models: dict[str, bool] = {}

    def is_model(self, kin: Kin) -> bool:
        """Whether the class is a Django model, abstract or not."""
        key = kin.fact.qualified
        if key not in self._models:
            self._models[key] = False
            self._models[key] = self._is_model(kin)
        return self._models[key]

    def _is_model(self, kin: Kin) -> bool:
        shorts = [library.short(name) for name in kin.all_libraries()]
        if any(name in library.DJANGO_CONCRETE or self._is_django_base(name) for name in shorts):
            return True
        # A class of Django's own that is no model makes none: an aggregate has an `output_field`, too.
        foreign = any(not name.startswith("django.") for name in shorts)
        unknown = foreign or any(k.opaque for k in kin.lineage())
        return unknown and any(
            self.field_kind(v.value, kin.module).startswith("django.")
            for v in kin.fact.variables
            if isinstance(v.value, Call)
        )

    def _is_django_base(self, short: str) -> bool:
        return short in library.DJANGO_ABSTRACT and not short.endswith("Mixin")

    def meta(self, kin: Kin) -> Meta:
        inner = self.kinship.inner(kin, "Meta") or self._given_meta(kin)
        if inner is None:
            return Meta(proxy=self._is_typed(kin))
        values = {v.name: v.value for v in inner.variables}
        abstract, proxy = values.get("abstract"), values.get("proxy")
        unclear = (abstract is not None and flag_of(abstract) is None) or (proxy is not None and flag_of(proxy) is None)
        return Meta(
            flag_of(abstract) is True,
            flag_of(proxy) is True or self._is_typed(kin),
            unclear,
            text_of(values.get("db_table")),
            text_of(values.get("app_label")),
            "managed" not in values or flag_of(values["managed"]) is True,
        )

    def _given_meta(self, kin: Kin) -> Class | None:
        """The `Meta` that a metaclass of the project gives to each of its classes that states none."""
        for k in kin.lineage():
            for name, value in k.fact.keywords:
                maker = self.kinship.get(self.meanings.of(value.name, k.module)) if isinstance(value, Ref) else None
                for above in maker.lineage() if maker is not None and name == "metaclass" else ():
                    for method in _MAKING:
                        if (given := self.kinship.inner(above, f"{method}.Meta")) is not None:
                            return given
        return None

    def _is_typed(self, kin: Kin) -> bool:
        """Whether django-typed-models makes a proxy of it: a class below one of its models that has the table."""
        if not any(library.short(name) == "typedmodels.TypedModel" for name in kin.all_libraries()):
            return False
        return any(
            not self.meta(parent).abstract
            and any(library.short(name) == "typedmodels.TypedModel" for name in parent.all_libraries())
            for parent in kin.parents
        )

    def table(self, kin: Kin) -> Table | None:
        """The table of a concrete model; None for an abstract one or a proxy."""
        if not self.is_model(kin):
            return None
        meta = self.meta(kin)
        if meta.abstract or meta.proxy or meta.unclear:
            return None
        parents = self.concrete_parents(kin)
        columns = self._columns(kin, parents)
        unknown = [n for n in kin.all_libraries() if not self._is_known(n)]
        complete = not unknown and not any(k.opaque for k in kin.lineage())
        columns = self._composite(kin, columns)
        if not any(column.primary_key for column in columns):
            columns = self._implicit_key(kin, columns, parents, complete=complete)
        label = meta.app_label or self._inherited_label(kin)
        return Table(
            name=meta.db_table or "", model=kin.fact.qualified, class_name=kin.fact.name, orm="django",
            location=Location(kin.file.path, kin.fact.span), columns=tuple(columns), complete=complete,
            parents=tuple(parent.fact.qualified for parent in parents), app_label=label, registry=_ROOT,
            bases=lineage_names(kin), attributes=attribute_names(kin),
            managed=meta.managed and not kin.fact.conditional,
        )  # fmt: skip

    def _inherited_label(self, kin: Kin) -> str:
        for k in kin.lineage():
            if k is not kin and (label := self.meta(k).app_label):
                return label
        return ""

    def _is_known(self, name: str) -> bool:
        short = library.short(name)
        return short in library.DJANGO_ABSTRACT or short in library.DJANGO_CONCRETE

    def concrete_parents(self, kin: Kin) -> list[Kin]:
        """The nearest models above that have a table; a proxy stands for the model behind it."""
        found: list[Kin] = []
        for parent in kin.parents:
            meta = self.meta(parent)
            if self.is_model(parent) and not meta.abstract and not meta.proxy and not meta.unclear:
                found.append(parent)
            else:
                found.extend(self.concrete_parents(parent))
        return found

    def _columns(self, kin: Kin, parents: list[Kin]) -> list[Column]:
        known: dict[int, dict[str, Column | None]] = {
            id(k): {} for parent in parents for k in parent.lineage()
        }  # these have a table of their own
        found = self._gathered(kin, kin, known)
        return [column for column in found.values() if column is not None]

    def _gathered(self, k: Kin, kin: Kin, known: dict[int, dict[str, Column | None]]) -> dict[str, Column | None]:
        """The fields of a class and of those it derives from; None for a name that is no field there. `known` has what
        was gathered already.

        As Django does it: whatever a body says hides what its bases say, and a relation hides what bears its column's
        name. What a plain class says, or one that is no direct base, also hides what the bases after it say; what a
        direct base says that is an abstract model does not.
        """
        if id(k) in known:
            return known[id(k)]
        found = self._fields(k)
        hidden = k.said().union(column.attribute for column in found.values() if column is not None)
        found.update(dict.fromkeys(hidden - found.keys()))
        known[id(k)] = found
        for parent in k.parents:
            for name, column in self._gathered(parent, kin, known).items():
                if column is not None or not self.is_model(parent):
                    found.setdefault(name, column)
            for ancestor in parent.lineage()[1:]:
                found.update(dict.fromkeys(ancestor.said() - found.keys()))
        for base in k.libraries:
            for column in self._brought(base, kin):
                found.setdefault(column.attribute.removesuffix("_id"), column)
        return found

    def _brought(self, name: str, kin: Kin) -> list[Column]:
        location = Location(kin.file.path, kin.fact.span)
        return [
            Column(each.lstrip("*"), each.lstrip("*"), location, primary_key=each.startswith("*"), from_library=True)
            for each in library.DJANGO_ABSTRACT.get(library.short(name), ())
        ]

    def field_kind(self, value: Value | None, near: str) -> str:
        """The library's field class that a call makes, `django.CharField`; '' for what is no field."""
        return self._kinds.of(value, near)

    def _fields(self, kin: Kin) -> dict[str, Column | None]:
        found: dict[str, Column | None] = {}
        for variable in kin.fact.variables:
            kind = self.field_kind(variable.value, kin.module)
            last = kind.rpartition(".")[2]
            if is_none(variable.value):
                found[variable.name] = None
            if not kind or last in NO_COLUMN or not isinstance(variable.value, Call):
                continue
            found[variable.name] = self._column(kin, variable, variable.value, last)
        return found

    def _column(self, kin: Kin, variable: Variable, call: Call, kind: str) -> Column:
        unsure = variable.conditional or self._kinds.joins_by_itself(call, kin.module)
        draft = Draft(type=kind, nullable=flag_of(call.keyword("null")) is True, unsure=unsure)
        draft.primary_key = flag_of(call.keyword("primary_key")) is True
        draft.unique = flag_of(call.keyword("unique")) is True or kind == "OneToOneField"
        default, stored = call.keyword("default"), call.keyword("db_default")
        draft.has_default = default is not None
        draft.stamped = flag_of(call.keyword("auto_now_add")) is True or _is_now(default)
        draft.has_server_default = stored is not None
        attribute, relation = stated_name(call, kind) or variable.name, ""
        if kind in FOREIGN:
            attribute, relation = f"{attribute}_id", attribute
            target = self._target(kin, call.argument(0, "to"))
            draft.foreign_key = msgspec.structs.replace(target, column=text_of(call.keyword("to_field")) or "")
            draft.primary_key = draft.primary_key or flag_of(call.keyword("parent_link")) is True
        draft.name = text_of(call.keyword("db_column")) or attribute
        column = draft.column(attribute, Location(kin.file.path, variable.span))
        return _with_relation(column, relation) if relation else column

    def _target(self, kin: Kin, target: Value | None) -> ForeignKey:
        """Where a foreign key points: `app.Model` and `self` as text, `settings.AUTH_USER_MODEL`, a class."""
        if isinstance(target, Ref):
            name = self.meanings.of(target.name, kin.module)
            if name.endswith(".AUTH_USER_MODEL"):
                return ForeignKey("", "", "settings.AUTH_USER_MODEL")
            return ForeignKey("", "", name)
        text = text_of(target)
        if text is None:
            last = target.method if isinstance(target, Call) else ""
            return ForeignKey("", "", "settings.AUTH_USER_MODEL" if last == "get_user_model" else "")
        if text == "self":
            return ForeignKey("", "", kin.fact.qualified)
        return ForeignKey("", "", text if "." in text else f".{text}")

    def _composite(self, kin: Kin, columns: list[Column]) -> list[Column]:
        """`pk = CompositePrimaryKey("tenant_id", "number")`."""
        names: set[str] = set()
        for k in kin.lineage():
            variable = k.variable("pk")
            if (
                variable is not None
                and isinstance(variable.value, Call)
                and variable.value.method == "CompositePrimaryKey"
            ):
                names |= {text_of(arg) or "" for arg in variable.value.args}
        if not names:
            return columns
        return [c.as_key() if names & {c.attribute, c.name, c.relation} - {""} else c for c in columns]

    def _implicit_key(self, kin: Kin, columns: list[Column], parents: list[Kin], *, complete: bool) -> list[Column]:
        location = Location(kin.file.path, kin.fact.span)
        concrete = next((n for n in kin.all_libraries() if library.short(n) in library.DJANGO_CONCRETE), "")
        if parents or concrete:
            parent = parents[0].fact.qualified if parents else concrete
            relation = f"{parent.rpartition('.')[2].lower()}_ptr"
            pointer = Column(
                f"{relation}_id", f"{relation}_id", location, type="OneToOneField", nullable=False,
                primary_key=True,
                foreign_key=ForeignKey("", "", parent), unique=True, implicit=True, relation=relation,
            )  # fmt: skip
            return [pointer, *columns]
        if not complete:
            return columns
        return [
            Column("id", "id", location, type="AutoField", nullable=False, primary_key=True, implicit=True),
            *columns,
        ]


def _is_now(default: Value | None) -> bool:
    """`default=timezone.now`, which is called for each row that is made."""
    return isinstance(default, Ref) and default.name.rpartition(".")[2] in {"now", "utcnow", "today"}


def _with_relation(column: Column, relation: str) -> Column:
    return msgspec.structs.replace(column, relation=relation)
