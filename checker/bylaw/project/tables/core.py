"""Bare tables: `users = Table("users", metadata, Column(...))`, and classes mapped to them imperatively."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.code import CallSite, Variable
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Ref, text_of
from bylaw.project.tables.inheritance import Kinship
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqlalchemy import MappedClasses
from bylaw.project.tables.views import says_view
from bylaw.source import Location, Span

_TABLE = frozenset({"sqlalchemy.Table", "facade.Table", "sqlmodel.Table"})


class CoreTables:
    """Derives the tables of `Table(...)` calls outside functions and mapped classes."""

    def __init__(self, kinship: Kinship, meanings: Meanings, mapped: MappedClasses) -> None:
        self.kinship = kinship
        self.meanings = meanings
        self.mapped = mapped

    def tables(self, file: FileFacts) -> Iterator[tuple[str, Table]]:
        """Each table of a file with the qualified name of the variable that holds it ('' for none)."""
        in_classes = [c.statement for c in file.classes]
        named = {_start(variable): variable for variable in file.variables if isinstance(variable.value, Call)}
        for site in file.calls:
            if (
                site.function
                or self.meanings.short(site.call, file.module) not in _TABLE
                or _is_hybrid(site, in_classes, file)
            ):
                continue
            name = self.mapped.text(site.call.argument(0, "name"), file.module)
            if name is None and site.call.argument(1, "metadata") is None:
                continue
            variable = named.get(site.call.span.start)
            columns, complete = self.mapped.bodies.core_columns(site.call, file.module, file.path)
            span = (
                variable.span if variable is not None else site.call.args[0].span if site.call.args else site.call.span
            )
            metadata = site.call.argument(1, "metadata")
            registry = self.meanings.registry(metadata.name, file.module) if isinstance(metadata, Ref) else ""
            qualified = f"{file.module}.{variable.name}" if variable is not None else ""
            yield qualified, Table(
                name=name or "", model="", class_name="", orm="sqlalchemy", location=Location(file.path, span),
                columns=tuple(columns), complete=complete, schema=text_of(site.call.keyword("schema")) or "",
                registry=registry, is_view=says_view(site.call.keyword("info")),
                indexes=self.mapped.bodies.core_indexes(site.call, file.module, file.path, columns),
            )  # fmt: skip

    def imperative(self, file: FileFacts) -> Iterator[tuple[str, str]]:
        """Classes mapped by a call, with the qualified name of their table's variable."""
        for site in file.calls:
            if site.call.method not in {"map_imperatively", "mapper"} or len(site.call.args) < 2:
                continue
            model, table = site.call.args[0], site.call.args[1]
            if isinstance(model, Ref) and isinstance(table, Ref):
                yield self.meanings.of(model.name, file.module), self.meanings.of(table.name, file.module)


def _start(variable: Variable) -> int:
    return variable.value.span.start if variable.value is not None else -1


def _is_hybrid(site: CallSite, classes: list[Span], file: FileFacts) -> bool:
    """The `__table__ = Table(...)` of a class: derived with the class."""
    if not any(span.contains(site.call.span) for span in classes):
        return False
    return any(
        v.name == "__table__" and v.value is not None and v.value.span == site.call.span
        for c in file.classes
        for v in c.variables
    )
