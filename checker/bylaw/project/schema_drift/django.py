"""Django's models against what the migrations of their application tell of them: `makemigrations --check`, read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Column, Table
from bylaw.facts.drift import Drift
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.schema_drift.django_details import DjangoDetails
from bylaw.project.schema_drift.django_left import demanded
from bylaw.project.schema_drift.doubts import Doubts
from bylaw.project.schema_drift.model_state import ModelState, models_of, models_of_squashes
from bylaw.project.schema_drift.undeclared import FILLED_BY_CODE
from bylaw.project.tables import library
from bylaw.project.tables.django import DjangoModels
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.tables.inheritance import Kinship

_FIELDS = frozenset({
    "AutoField", "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "DateField",
    "DateTimeField", "DecimalField", "DurationField", "EmailField", "FileField", "FilePathField", "FloatField",
    "ForeignKey", "GeneratedField", "GenericIPAddressField", "ImageField", "IntegerField", "JSONField",
    "NullBooleanField", "OneToOneField", "PositiveBigIntegerField", "PositiveIntegerField",
    "PositiveSmallIntegerField", "SlugField", "SmallAutoField", "SmallIntegerField", "TextField", "TimeField",
    "URLField", "UUIDField", "ArrayField", "HStoreField", "SearchVectorField", "CICharField", "CIEmailField",
    "CITextField", "DateRangeField", "DateTimeRangeField", "IntegerRangeField", "BigIntegerRangeField",
    "DecimalRangeField",
})  # fmt: skip
"""Django's own fields: each of them is one field of the model."""
_BROUGHT = frozenset({"id", "_order"})
_KNOWN_BASES = frozenset({"django.Model", "model_utils.TimeStampedModel", "django_extensions.TimeStampedModel"})
"""Libraries' models of which every field is known."""


class App(msgspec.Struct):
    """An application: its migrations, and the models that they tell."""

    tree: MigrationTree
    states: dict[str, ModelState]
    squashed: dict[str, ModelState]
    doubts: Doubts


def django_drifts(project: Project, kinship: Kinship) -> Iterator[Drift]:
    """Models and fields that one side has and the other lacks."""
    trees = [tree for tree in project.migrations.trees if tree.tool == "django"]
    tables = [table for table in project.tables if table.orm == "django" and table.context == "app"]
    if not trees or not tables:
        return
    comparison = Comparison(project, trees, tables, kinship)
    for table in tables:
        yield from comparison.of(table)


class Comparison:
    """Models on one side, migrations on the other."""

    def __init__(self, project: Project, trees: list[MigrationTree], tables: list[Table], kinship: Kinship) -> None:
        self._project = project
        self._kinship = kinship
        self._models = DjangoModels(kinship, kinship.meanings)
        self._trees: dict[str, list[MigrationTree]] = {}
        for tree in trees:
            self._trees.setdefault(tree.name, []).append(tree)
        self._homes = {_home(tree) for tree in trees}
        self._apps: dict[MigrationTree, App] = {}
        self._graph = project.imports
        self._loaded: dict[str, set[str]] = {}
        self._in_file: dict[str, list[Table]] = {}
        for table in tables:
            self._in_file.setdefault(table.location.path, []).append(table)
        self._own_types = self._types_told(tables)
        self._said: set[tuple[str, Location, str]] = set()
        self._unregistered = {
            entry.table.location for entry in project.table_registrations() if entry.status == "unregistered"
        }

    def of(self, table: Table) -> Iterator[Drift]:
        """What differs for one model."""
        app = self._app(table)
        if app is None or not table.managed or not table.app_label or app.doubts.whole:
            return
        state = app.states.get(_key(table))
        if state is None:
            yield from self._untold(table, app)
            return
        yield from self._untold_fields(table, state, app)
        yield from self._untold_links(table, app)
        yield from self._left_fields(table, state, app)
        yield from self._details(table, state, app)
        yield from (d for d in demanded(self._project, table, state, app.tree) if not app.doubts.about(d.column))

    def _app(self, table: Table) -> App | None:
        """The application of the model: the one with its label, and its folder where several have that."""
        trees = self._trees.get(table.app_label, [])
        if len(trees) > 1:
            trees = [tree for tree in trees if table.location.path.startswith(f"{_home(tree)}/")]
        if len(trees) != 1:
            return None
        tree = trees[0]
        if tree not in self._apps:
            squashed = models_of_squashes(self._project, tree)
            self._apps[tree] = App(tree, models_of(self._project, tree), squashed, Doubts(self._project, tree))
        return self._apps[tree]

    # -- what no migration tells

    def _untold(self, table: Table, app: App) -> Iterator[Drift]:
        """A model without a migration, in an application that has some."""
        if table.location in self._unregistered or not self._is_loaded(table, app) or not _is_model(table):
            return
        if app.doubts.about(table.class_name) or _key(table) in app.squashed:
            return
        heads = app.tree.heads
        related = ((heads[-1].location, "the newest migration"),) if heads else ()
        yield Drift(
            "table", "django", table.location, table.name, table.class_name, related=related, app=table.app_label
        )

    def _is_loaded(self, table: Table, app: App) -> bool:
        """Whether Django loads the module of the model: it is `models`, imported by it, or holds a model that the
        migrations know.
        """
        module = self._project.files[table.location.path].facts.module
        homes = [home for home in self._homes if table.location.path.startswith(f"{home}/" if home else "")]
        if max(homes, key=len, default=None) != _home(app.tree):
            return False  # it is another application's, by its place
        if any(_key(beside) in app.states for beside in self._in_file[table.location.path]):
            return True
        package = self._project.files[app.tree.steps[-1].path].facts.module.rsplit(".", 2)[0]
        entry = f"{package}.models"
        if entry not in self._loaded:
            self._loaded[entry] = self._graph.reach([entry]).modules if entry in self._project.names.modules else set()
        return module in self._loaded[entry]

    def _untold_fields(self, table: Table, state: ModelState, app: App) -> Iterator[Drift]:
        squashed = app.squashed.get(_key(table))
        for column in table.columns:
            field = column.relation or column.attribute
            if field in state.fields or column.attribute in state.fields or not self._is_certain(column):
                continue
            if not state.complete or app.doubts.about(field) or (squashed is not None and field in squashed.fields):
                continue
            yield Drift(
                "column", "django", column.location, table.name, table.class_name, field, column.type,
                related=((state.location, "the model is created here, without it"),), app=table.app_label,
            )  # fmt: skip

    def _untold_links(self, table: Table, app: App) -> Iterator[Drift]:
        """Many-to-many fields that have a table of their own, and no migration that creates it."""
        kin = self._kinship.get(table.model)
        if kin is None:
            return
        above = {id(k) for parent in self._models.concrete_parents(kin) for k in parent.lineage()}
        key = _key(table)
        for k in kin.lineage():
            for variable in k.fact.variables if id(k) not in above and self._is_own(k.file) else ():
                if not isinstance(variable.value, Call) or variable.conditional:
                    continue
                if self._models.field_kind(variable.value, k.module) != "django.ManyToManyField":
                    continue
                field, through = variable.name, variable.value.keyword("through")
                told = f"{key}_{field}".lower() in app.states or field in app.states[key].fields
                if told or through is not None or variable.value.spreads or app.doubts.names_link(field):
                    continue
                yield Drift(
                    "column", "django", Location(k.file.path, variable.span), table.name, table.class_name, field,
                    "ManyToManyField", app=table.app_label,
                )  # fmt: skip

    def _is_own(self, file: FileFacts) -> bool:
        return self._project.context_of(file) == "app"

    def _is_certain(self, column: Column) -> bool:
        if column.from_library or column.implicit or column.conditional or column.type not in self._own_types:
            return False
        return self._is_own(self._project.files[column.location.path].facts)

    def _types_told(self, tables: list[Table]) -> frozenset[str]:
        """Kinds of fields that migrations know: Django's, and those of which some migration tells one here."""
        found = set(_FIELDS)
        for table in tables:
            app = self._app(table)
            state = app.states.get(_key(table)) if app is not None else None
            if state is not None:
                found |= {c.type for c in table.columns if (c.relation or c.attribute) in state.fields}
        return frozenset(found - {"Field"})  # what a class makes of the mere base, it alone knows

    # -- what fields are like, constraints and indexes

    def _details(self, table: Table, state: ModelState, app: App) -> Iterator[Drift]:
        kin = self._kinship.get(table.model)
        if kin is None or not state.complete:
            return
        above = {id(k) for parent in self._models.concrete_parents(kin) for k in parent.lineage()}
        details = DjangoDetails(table, state, app.doubts, kin, above)
        for drift in (*details.fields(self._kinship.meanings), *details.options(self._kinship)):
            place = (drift.kind, drift.location, drift.column or " ".join(drift.columns))
            if place not in self._said:
                self._said.add(place)
                yield drift

    # -- what no model declares

    def _left_fields(self, table: Table, state: ModelState, app: App) -> Iterator[Drift]:
        """Fields that migrations tell, on a model whose fields are all known."""
        if not table.complete or not self._declares_all(table):
            return
        declared = {name for column in table.columns for name in (column.attribute, column.relation, column.name)}
        for field, known in state.fields.items():
            if field in declared or field in table.attributes or field in _BROUGHT or field.endswith("_ptr"):
                continue
            if any(field.startswith(f"{name}_") and len(name) > 1 for name in self._odd(table)):
                continue
            if app.doubts.about(field):
                continue
            if self._is_filled_by_code(table):
                return
            yield Drift(
                "left-column", "django", table.location, table.name, table.class_name, field, known.spec.type,
                related=((known.location, "it is created here"),), app=table.app_label,
            )  # fmt: skip

    def _is_filled_by_code(self, table: Table) -> bool:
        """Whether the body of the class, or of one above it, computes names of fields."""
        kin = self._kinship.get(table.model)
        return kin is not None and any(
            FILLED_BY_CODE.search(self._project.files[k.file.path].text(k.fact.statement)) for k in kin.lineage()
        )

    def _odd(self, table: Table) -> list[str]:
        """Attributes that are no fields of Django's: a library's field may bring others beside it."""
        plain = {c.attribute for c in table.columns if c.type in _FIELDS}
        plain |= {c.relation for c in table.columns if c.type in _FIELDS}
        return [name for name in table.attributes if name not in plain]

    def _declares_all(self, table: Table) -> bool:
        if self._adds_fields:
            return False
        if any(library.short(name) not in _KNOWN_BASES for name in table.bases if self._is_outside(name)):
            return False
        return all(column.type in _FIELDS or column.implicit or column.from_library for column in table.columns)

    def _is_outside(self, name: str) -> bool:
        return self._project.names.definition(name) is None

    @cached_property
    def _adds_fields(self) -> bool:
        """Whether the project hangs fields onto models from elsewhere."""
        return any(
            "add_to_class" in file.facts.words
            or any(function.name == "contribute_to_class" for function in file.facts.functions)
            or any(item.target.startswith("modeltranslation") for item in file.facts.imports)
            for file in self._project.files.values()
        )


def _is_model(table: Table) -> bool:
    """Whether it is a model for certain: a base that nobody here knows may make something else of it."""
    known = (library.DJANGO_ABSTRACT, library.DJANGO_CONCRETE)
    return table.complete or any(library.short(name) in names for name in table.bases for names in known)


def _key(table: Table) -> str:
    """The key of a model among the states of its application."""
    return f"{table.app_label}_{table.class_name}".lower()


def _home(tree: MigrationTree) -> str:
    """The folder of the application."""
    return tree.folder.rpartition("/")[0]
