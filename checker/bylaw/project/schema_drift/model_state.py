"""The models as the migrations of a Django application tell them, which is what `makemigrations` compares with.

It differs from the database where migrations say so: what SQL does is unknown to the models, and what stands in
`state_operations` is known to them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec, Operation
from bylaw.project.migrations.state.django import key_of
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project


class FieldState(msgspec.Struct, frozen=True):
    """A field: its last definition, and where it got its name."""

    spec: ColumnSpec
    location: Location


class ModelState(msgspec.Struct):
    """A model, or the hidden one behind a many-to-many field. `complete`: all its fields are known."""

    name: str
    location: Location
    fields: dict[str, FieldState] = msgspec.field(default_factory=dict)
    complete: bool = True
    names: set[str] = msgspec.field(default_factory=set)
    """Those of its constraints and indexes."""
    joins: bool = False
    """It is the table of a many-to-many field."""
    groups: set[tuple[str, frozenset[str]]] = msgspec.field(default_factory=set)
    """Fields that were ever told to be `unique` together, or to have an `index`, without a name: `unique_together` and
    `index_together` are stated anew each time, and what is not stated any more leaves no operation behind."""


def models_of(project: Project, tree: MigrationTree) -> dict[str, ModelState]:
    """The models after the last migration, by key (`app_model`); the table of a many-to-many field by
    `app_model_field`.
    """
    return _after(step for step in tree.steps if not project.migrations.is_idle(step))


def models_of_squashes(project: Project, tree: MigrationTree) -> dict[str, ModelState]:
    """The models that squashes tell beside what they replace: a new database gets its tables from these."""
    return _after(step for step in tree.steps if step.exempt == "squash" and project.migrations.is_idle(step))


def _after(steps: Iterable[Step]) -> dict[str, ModelState]:
    models: dict[str, ModelState] = {}
    for step in steps:
        for operation in _told(step):
            _apply(operation, step, models)
    return models


def _told(step: Step) -> Iterator[Operation]:
    """What the migration tells of the models, in the order of the file."""
    migration = step.migration
    hidden = frozenset(migration.database_only)
    kept = [operation for operation in migration.operations if operation.span not in hidden]
    aside = [*migration.state_only, *migration.told]
    return iter(sorted([*kept, *aside], key=lambda operation: operation.span.start) if aside else kept)


def _apply(operation: Operation, step: Step, models: dict[str, ModelState]) -> None:
    match operation:
        case ops.CreateTable(model=model) if model:
            made = ModelState(model.rpartition(".")[2], step.at(operation.span), complete=not operation.partial)
            made.joins = bool(operation.columns) and all(spec.span is None for spec in operation.columns)
            for spec in operation.columns:
                made.fields[spec.field or spec.name] = FieldState(spec, step.at(spec.span or operation.span))
            models[key_of(model)] = made
        case ops.DropTable(table=key):
            for name in [name for name in models if name.startswith(f"{key}_") and _is_hidden(models[name], models)]:
                del models[name]
            models.pop(key, None)
        case ops.RenameTable(table=key, new_name=new_key) if operation.model and key == key_of(operation.model):
            del new_key  # `AlterModelTable`: the model stays
        case ops.RenameTable(table=key, new_name=new_key) if operation.model:
            for name in [name for name in models if name == key or name.startswith(f"{key}_")]:
                if name == key or _is_hidden(models[name], models):
                    models[f"{new_key}{name[len(key) :]}"] = models.pop(name)
            if new_key in models:
                models[new_key].name = operation.model.rpartition(".")[2]
        case ops.DropColumn(table=key, column=field):
            if key in models and field in models[key].fields:
                del models[key].fields[field]
            else:
                models.pop(f"{key}_{field}".lower(), None)
        case ops.RenameColumn(table=key, column=field, new_name=new_field):
            if key in models and field in models[key].fields:
                models[key].fields[new_field] = models[key].fields.pop(field)
                models[key].groups |= {(k, (g - {field}) | {new_field}) for k, g in models[key].groups if field in g}
            elif f"{key}_{field}".lower() in models:
                models[f"{key}_{new_field}".lower()] = models.pop(f"{key}_{field}".lower())
        case _:
            changed = models.get(getattr(operation, "table", ""))
            if changed is not None:
                _apply_to_model(operation, step, changed)


def _apply_to_model(operation: Operation, step: Step, model: ModelState) -> None:
    """What changes one model alone: a field that comes or changes, constraints and indexes."""
    match operation:
        case ops.AddColumn(column=spec):
            model.fields[spec.field or spec.name] = FieldState(spec, step.at(operation.span))
        case ops.AlterColumn(column=field, definition=stated) if stated is not None:
            model.fields[field] = FieldState(stated, step.at(operation.span))
        case ops.AddConstraint(name=name) | ops.CreateIndex(name=name) if name:
            model.names.add(name)
        case ops.AddConstraint(kind="unique", columns=columns):
            model.groups.add(("unique", frozenset(columns)))
        case ops.CreateIndex(columns=columns):
            model.groups.add(("index", frozenset(columns)))
        case ops.RenameObject(name=old, new_name=name):
            model.names.discard(old)
            model.names.add(name)
        case ops.DropConstraint(name=name) | ops.DropIndex(name=name):
            model.names.discard(name)
        case _:
            pass


def _is_hidden(state: ModelState, models: dict[str, ModelState]) -> bool:
    """Whether it is the table of a many-to-many field: its name is a model's and a field's."""
    return state.joins and any(
        state.name.startswith(f"{other.name}_") for other in models.values() if other is not state
    )
