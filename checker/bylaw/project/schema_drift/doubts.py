"""What may have been done to a schema in ways that were not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.migrations import (
    AddColumn,
    CreateTable,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    UnreadOperation,
)
from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.project.schema_drift.variants import Place, on_one_kind, restated

if TYPE_CHECKING:
    from bylaw.project import Project

_ANYTHING = regex(r"\b(?:create_all|__table__|import_module|read_text|read_bytes|open|executescript)\b|\.sql\b")
"""In a migration that was not understood: it may build tables that it does not name."""
_OWN_METADATA = regex(r"\b(?:declarative_base|DeclarativeBase|MetaData)\b")
_WORD = regex(r"\w+")
_FLAWS = frozenset({"missing-parent", "duplicate-revision", "duplicate-number", "cycle"})


class Doubts:
    """The doubts about one tree of migrations."""

    def __init__(self, project: Project, tree: MigrationTree) -> None:
        self._project = project
        self._tree = tree

    @cached_property
    def whole(self) -> bool:
        """Whether nothing certain can be said of the schema: files that cannot be read, a broken line of history."""
        if any(problem.kind in _FLAWS for problem in self._tree.problems):
            return True
        if any(step.migration.template for step in self._tree.steps):
            return True
        folder = f"{self._tree.folder}/" if self._tree.folder else ""
        return any(
            file.facts.syntax_problem is not None and path.startswith(folder)
            for path, file in self._project.files.items()
        )

    @cached_property
    def _texts(self) -> list[str]:
        """The migrations that do something which was not understood, and the homes of the functions they call."""
        vague = {step.path for step in self._tree.steps if _is_vague(step)}
        names = {call for step in self._tree.steps for call in _called(step)}
        homes = (self._project.names.definition(name) for name in sorted(names))
        paths = vague | {home.file.path for home in homes if home is not None}
        return [self._text(path) for path in sorted(paths)]

    @cached_property
    def _words(self) -> frozenset[str]:
        """All words of these texts, in lower case."""
        return frozenset(word for text in self._texts for word in _WORD.findall(text.lower()))

    def names_link(self, field: str) -> bool:
        """Whether a migration may have created a many-to-many field of that name: one over a table that a model stands
        for (`through=`) leaves no operation behind.
        """
        texts = (self._text(step.path) for step in self._tree.steps)
        literal = re.compile(rf"""["']{re.escape(field)}["']""")
        return self.about(field) or any("ManyToMany" in text and literal.search(text) for text in texts)

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """Tables and columns, in lower case, that are created on another kind of database than the one looked at."""
        found: set[str] = set()
        for step in self._tree.steps:
            for variant in step.migration.variants:
                for operation in variant.operations:
                    found.update(_created(operation))
        return frozenset(found)

    @cached_property
    def handed_over(self) -> frozenset[str]:
        """Names, in lower case, that migrations hand to functions of other modules, which may do anything."""
        runs = (o.call for s in self._tree.steps for o in s.migration.operations if isinstance(o, RunCode))
        arguments = (
            argument
            for call in runs
            if call is not None
            for argument in (*call.positional, *(value for _, value in call.keywords))
        )
        return frozenset(text.lower() for each in arguments for text in (each.text or "", *(each.texts or ())))

    @cached_property
    def builds_anything(self) -> bool:
        """Whether one of them may build tables that it does not name."""
        texts = {self._text(step.path) for step in self._tree.steps if _is_vague(step)}
        return any(_reaches_out(text) for text in texts)

    def _text(self, path: str) -> str:
        return self._project.files[path].source.content.decode("utf-8", "replace")

    def about(self, name: str) -> bool:
        """Whether what was not understood may have created a table or column of that name."""
        return name.lower() in self._elsewhere or self.unread(name)

    def unread(self, name: str) -> bool:
        """Whether what was not understood may have to do with a table, column, key or index of that name."""
        if self.whole or self.builds_anything:
            return True
        if name.isidentifier():
            return name.lower() in self._words
        word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        return any(word.search(text) for text in self._texts)

    @cached_property
    def on_one_kind(self) -> frozenset[Place]:
        """Places to which different things are done on different databases."""
        on_mysql = self._tree.tool == "alembic" and self._project.migrations.servers.mysql(self._tree) is not None
        return on_one_kind(self._tree) | (restated(self._tree) if on_mysql else frozenset())


def _created(operation: Operation) -> Iterator[str]:
    match operation:
        case CreateTable(table=table, columns=columns):
            yield bare(table)
            yield from (column.name.lower() for column in columns)
        case AddColumn(column=column):
            yield column.name.lower()
        case RenameColumn(new_name=name) | RenameTable(new_name=name):
            yield bare(name)
        case _:
            pass


def _reaches_out(text: str) -> bool:
    """Whether a migration takes its statements from elsewhere. Tables of a metadata object of its own it names."""
    own = _OWN_METADATA.search(text) is not None
    return any(not own or found[0] not in {"create_all", "__table__"} for found in _ANYTHING.finditer(text))


def _is_vague(step: Step) -> bool:
    migration = step.migration
    unread = any(isinstance(operation, UnreadOperation) for operation in migration.operations)
    return unread or bool(migration.unread)


def _called(step: Step) -> Iterable[str]:
    """Functions of other modules that could not be followed."""
    return (
        operation.call.function
        for operation in step.migration.operations
        if isinstance(operation, UnreadOperation) and operation.call is not None
    )
