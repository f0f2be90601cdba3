"""Puts the ORMs' derivations together: every class and `Table(...)` of the project, then what points where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.project.tables.columns import Columns
from bylaw.project.tables.core import CoreTables
from bylaw.project.tables.created import created_tables
from bylaw.project.tables.django import DjangoModels
from bylaw.project.tables.inheritance import Kin, Kinship
from bylaw.project.tables.linking import Linker
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqlalchemy import MappedClasses
from bylaw.project.tables.sqlmodel import SqlModels
from bylaw.project.tables.views import Views

if TYPE_CHECKING:
    from bylaw.project import Project


class _Found(msgspec.Struct):
    """Tables by the qualified name of their class or variable, those without a name, and the classes whose rows stand
    in another's table, by the name of that one.
    """

    named: dict[str, Table] = msgspec.field(default_factory=dict)
    loose: list[Table] = msgspec.field(default_factory=list)
    sharing: dict[str, str] = msgspec.field(default_factory=dict)


def derive(project: Project) -> tuple[Kinship, tuple[Table, ...], dict[str, Table]]:
    """The classes, all tables in order of place, and an index from classes and variables (canonical names) to the
    table of their rows.
    """
    files = [file.facts for file in project.files.values() if file.facts.language == "python"]
    meanings = Meanings(project.names)
    kinship = Kinship(meanings, files)
    found = _find(files, meanings, kinship)
    views = Views(file.facts for file in project.files.values())
    placed = {name: _placed(table, project, views) for name, table in found.named.items()}
    linker = Linker(project, meanings, files)
    linked, rest = linker.link(placed, [_placed(table, project, views) for table in found.loose])
    declared = {**linked, **{f"?{at}": table for at, table in enumerate(rest)}}
    created = linker.link_created(list(created_tables(project, declared)))
    ordered = sorted((*linked.values(), *rest, *created), key=lambda table: table.location)
    return kinship, tuple(ordered), _index(linked, found.sharing)


def _find(files: list[FileFacts], meanings: Meanings, kinship: Kinship) -> _Found:
    columns = Columns(meanings)
    mapped = MappedClasses(kinship, meanings, columns)
    models = SqlModels(meanings, columns, mapped)
    django = DjangoModels(kinship, meanings)
    core = CoreTables(kinship, meanings, mapped)
    found = _Found()
    for file in files:
        functions = {function.qualified for function in file.functions}
        for fact in file.classes:
            if fact.owner in functions or not (fact.bases or fact.decorators or fact.keywords):
                continue
            kin = kinship.get(fact.qualified)
            if kin is None:
                continue
            table = models.table(kin) or mapped.table(kin) or django.table(kin)
            if table is not None:
                found.named[fact.qualified] = table
            elif (parent := _sharing(kin, mapped, django)) is not None:
                found.sharing[fact.qualified] = parent
        for qualified, table in core.tables(file):
            if qualified:
                found.named[qualified] = table
            else:
                found.loose.append(table)
    for file in files:
        for model, variable in core.imperative(file):
            if variable in found.named:
                found.named[variable] = msgspec.structs.replace(
                    found.named[variable], model=model, class_name=model.rpartition(".")[2]
                )
    _add_shared(found, kinship, mapped)
    return found


def _index(linked: dict[str, Table], sharing: dict[str, str]) -> dict[str, Table]:
    index = dict(linked)
    for name, parent in sharing.items():
        if parent in linked:
            index[name] = linked[parent]
    for table in linked.values():
        if table.model:
            index.setdefault(table.model, table)
    return index


def _placed(table: Table, project: Project, views: Views) -> Table:
    facts = project.files[table.location.path].facts
    is_view = table.is_view or views.has(table)
    return msgspec.structs.replace(table, context=project.context_of(facts), is_view=is_view)


def _sharing(kin: Kin, mapped: MappedClasses, django: DjangoModels) -> str | None:
    """The model whose rows a class stands for without a table of its own."""
    if mapped.is_mapped(kin):
        for parent in mapped.mapped_parents(kin):
            if mapped.table_name(parent) is not None:
                return parent.fact.qualified
            return _sharing(parent, mapped, django)
    if django.is_model(kin) and django.meta(kin).proxy:
        return next((parent.fact.qualified for parent in django.concrete_parents(kin)), None)
    return None


def _add_shared(found: _Found, kinship: Kinship, mapped: MappedClasses) -> None:
    """Columns that a single-table subclass declares stand in its parent's table."""
    for name, parent in found.sharing.items():
        kin, table = kinship.get(name), found.named.get(parent)
        if kin is None or table is None or table.orm == "django":
            continue
        own = mapped.gather(kin)[0]
        # The parent's rows have none of these, so the column is nullable whatever its declaration says.
        extra = [msgspec.structs.replace(c, nullable=None) for c in own if table.column(c.attribute) is None]
        found.named[parent] = msgspec.structs.replace(table, columns=(*table.columns, *extra))
