"""Columns that migrations leave behind and no model declares: those that demand a value, which then nobody gives, and
the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.database import Table
from bylaw.facts.drift import Drift
from bylaw.facts.migrations import CreateObject
from bylaw.facts.naming import bare
from bylaw.facts.values import Call, Ref
from bylaw.patterns import regex
from bylaw.project.migrations.compatibility.sql_references import sql_references
from bylaw.project.schema_drift.environments import hides
from bylaw.project.schema_drift.histories import Built, Histories
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.migrations.state.schema import ColumnState, TableState
    from bylaw.project.migrations.step import MigrationTree
    from bylaw.project.schema_drift.outlook import Outlook
    from bylaw.project.tables.inheritance import Kin, Kinship

FILLED_BY_CODE = regex(r"\b(?:locals|vars)\(\s*\)\s*(?:\[|\.\s*(?:update|setdefault)\b|\|=)")
"""In the body of a class: `locals()[name] = …` gives it what no line names."""
_COMPUTED = regex(
    r"__init_subclass__|__mapper_cls__|__table_cls__|__declare_\w+__|\bmetaclass\s*=|\bsetattr\(\s*(?!self\b)|\breflect|\bautomap"
    r"|exclude_properties"
)
"""In a class: it may have columns that it does not name."""
_PLAIN = frozenset({"dataclass", "mapped", "mapped_as_dataclass", "total_ordering", "unique", "final"})
"""Decorators that bring no columns along."""
_HANGING = frozenset({"append_column", "add_property", "instrument_class", "mapper_configured", "before_configured"})
"""Words of files that hang columns onto classes or tables of others."""
_ANNOUNCED = "deprecat"


class Undeclared:
    """Compares tables that a model has to itself, and declares in full."""

    def __init__(self, project: Project, histories: Histories, kinship: Kinship) -> None:
        self._project = project
        self._histories = histories
        self._kinship = kinship

    def of(self, table: Table, built: list[Built], outlook: Outlook) -> Iterator[Drift]:
        """The columns of the table that its model does not declare. `built`: the table in every tree that has one."""
        left = [state for state in built[0].state.columns.values() if not _declares(table, state.name)]
        if not left or not self._is_known(table, built):
            return
        for column in left:
            states = [found for each in built if (found := each.state.column(column.name)) is not None]
            if len(states) < len(built) or any(s.created is None or s.unmapped or s.primary_key for s in states):
                continue
            if outlook.doubts(table.name, column.name) or self._is_named(table, column.name):
                continue
            required = all(
                demands_value(state, self._project.migrations.servers.dialect(each.tree))
                for state, each in zip(states, built, strict=True)
            )
            if required or not any(_is_announced(each.state, column) for each in built):
                yield Drift(
                    "required" if required else "removed", built[0].tree.tool, table.location, table.name,
                    table.class_name, column.name, column.type, related=_created(column),
                )  # fmt: skip

    # -- whether the model is known in full

    def _is_known(self, table: Table, built: list[Built]) -> bool:
        kin = self._kinship.get(table.model)
        if kin is None or not table.complete or table.parents or not table.primary_key:
            return False
        if any(c.conditional or not all(each.has(c.name) for each in built) for c in table.columns):
            return False  # a column under another name may be the one that is left
        if self._mapped[table.name.lower()] > 1 or "view" in table.name.lower():
            return False
        if any(self._is_computed(each) for each in kin.lineage()):
            return False
        trees = {each.tree for each in built}
        return not any(hides(self._project, tree, table) for tree in trees) and table.name.lower() not in self._filled

    @cached_property
    def _mapped(self) -> dict[str, int]:
        """How many models and `Table(...)` there are for a table, those of tests included."""
        found: dict[str, int] = {}
        for table in self._project.tables:
            if table.orm != "sql":
                found[table.name.lower()] = found.get(table.name.lower(), 0) + 1
        return found

    @cached_property
    def _filled(self) -> frozenset[str]:
        """Tables with triggers, which may fill columns."""
        return triggered(self._histories.trees)

    def _is_computed(self, kin: Kin) -> bool:
        """Whether something may give the class columns that its body does not name."""
        for decorator in kin.fact.decorators:
            called = decorator.function if isinstance(decorator, Call) else decorator
            if not isinstance(called, Ref) or called.name.rpartition(".")[2] not in _PLAIN:
                return True
        text = self._text(kin)
        return _COMPUTED.search(text) is not None or FILLED_BY_CODE.search(text) is not None

    def _text(self, kin: Kin) -> str:
        return self._project.files[kin.file.path].text(kin.fact.statement)

    # -- whether other code fills the column

    def _is_named(self, table: Table, column: str) -> bool:
        """Whether the class names the column in a string, other code hangs it onto the class, or SQL fills it."""
        kin = self._kinship.get(table.model)
        literal = re.compile(rf"""["']{re.escape(column)}["']""")
        if kin is None or any(literal.search(part) for each in kin.lineage() for part in self._declarations(each)):
            return True
        name, physical = re.escape(table.class_name), re.escape(table.name)
        hung = re.compile(rf"\b{name}(?:\.__\w+__)?\.(?:{re.escape(column)}\s*=[^=]|append_column|add_property)")
        plain = re.compile(rf"""\b[Tt]able\(\s*["'](?:\w+\.)?{physical}["']""")
        insert = re.compile(rf"""\binsert\s+into\s+(?:["`]?\w+["`]?\.)?["`]?{physical}\b""", re.IGNORECASE)
        for file in self._project.files.values():
            words = file.facts.words
            if file.facts.migrations or column not in words or self._project.context_of(file.facts) == "test":
                continue
            text = file.source.content.decode("utf-8", "replace")
            if not _HANGING.isdisjoint(words) or hung.search(text) or plain.search(text):
                return True
            if insert.search(text) and next(sql_references(file, table.name, column), None):
                return True
        return False

    def _declarations(self, kin: Kin) -> Iterator[str]:
        """The parts of a class that may declare columns: its variables, and methods that SQLAlchemy calls."""
        file = self._project.files[kin.file.path]
        yield from (file.text(variable.statement) for variable in kin.fact.variables)
        for method in self._kinship.methods(kin):
            text = file.text(method.statement)
            if method.name.startswith("__") or "declared_attr" in text:
                yield text


def triggered(trees: Iterable[MigrationTree]) -> frozenset[str]:
    """The tables, without schema and in lower case, on which migrations put triggers: those may fill columns."""
    return frozenset(
        bare(operation.table)
        for tree in trees
        for step in tree.steps
        for operation in step.migration.operations
        if isinstance(operation, CreateObject) and operation.kind == "trigger"
    )


def demands_value(column: ColumnState, dialect: str) -> bool:
    """Whether no row can be stored for certain that leaves the column out."""
    if dialect in {"mysql", "mariadb"} and column.type.startswith("timestamp"):
        return False  # the server may fill it by itself
    return bool(column.required) and not column.primary_key


def _declares(table: Table, name: str) -> bool:
    return name in table.attributes or any(name.lower() in {c.name.lower(), c.attribute.lower()} for c in table.columns)


def _is_announced(state: TableState, column: ColumnState) -> bool:
    """Whether a comment on the column or its table says that it is on its way out."""
    found = state.column(column.name)
    notes = (state.comment, found.comment if found is not None else None)
    return any(note is not None and _ANNOUNCED in note.text.lower() for note in notes)


def _created(state: ColumnState) -> tuple[tuple[Location, str], ...]:
    return ((state.created.location, "the column is created here"),) if state.created is not None else ()
