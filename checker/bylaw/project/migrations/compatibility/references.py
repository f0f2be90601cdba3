"""Where the code still names a table or column that a migration takes away, or gives another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bylaw.diagnostics import Related
from bylaw.facts.naming import is_word_of_strings
from bylaw.project.migrations.compatibility.class_references import class_references, words_for
from bylaw.project.migrations.compatibility.drops import Drop
from bylaw.project.migrations.compatibility.renames import Rename
from bylaw.project.migrations.compatibility.sql_references import sql_references
from bylaw.project.roles import files_saying, is_application
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.facts.database import Table
    from bylaw.project import File, Project

_MOST = 3
"""So many places are named; more would not say more."""


def references(project: Project, drop: Drop | Rename) -> tuple[Related, ...]:
    """Models that map the object, and other code that names it where its name is so special that nothing else can be
    meant.

    None, when a later migration brings the name back.
    """
    latest = project.migrations.schema_after(drop.change.tree.steps[-1]).table(drop.table)
    if latest is not None and (not drop.column or latest.column(drop.column) is not None):
        return ()
    found = [*_models(project, drop), *_schemas(project, drop), *_classes(project, drop), *_statements(project, drop)]
    found = found or [*_words(project, drop)]
    return tuple(found[:_MOST])


def _models(project: Project, drop: Drop | Rename) -> Iterator[Related]:
    for table in project.tables:
        if table.orm == "sql" or table.context != "app" or not _is(table, drop.table):
            continue  # what another line of migrations creates is no model
        name = table.class_name or table.name
        if not drop.column:
            yield Related(table.location, f"`{name}` still maps the table")
            continue
        for column in table.columns:
            if column.name == drop.column:
                yield Related(column.location, f"`{name}.{column.attribute}` still maps the column")


def _schemas(project: Project, drop: Drop | Rename) -> Iterator[Related]:
    """Fields of schemas that are read from rows whose model does not have them any more."""
    for use in project.id_uses("schemas") if drop.column else ():
        if use.reads_row and use.name == drop.column and _is(use.table, drop.table) and not use.table.column(use.name):
            yield Related(use.location, f"`{use.owner}.{use.name}` is still read from the rows")


def _classes(project: Project, drop: Drop | Rename) -> Iterator[Related]:
    """What asks the class of a model for a column that it has no more."""
    mapped = [t for t in project.tables if t.orm != "sql" and t.context == "app" and _is(t, drop.table)]
    table = mapped[0] if drop.column and len(mapped) == 1 else None
    if table is None or not table.class_name or table.column(drop.column) is not None:
        return
    words = words_for(drop.column)
    saying = [file for file in project.files.values() if not words.isdisjoint(file.facts.words)]
    files = [file for file in saying if is_application(project, file.facts, drop.change.tree)]
    yield from class_references(project, files, table, drop.column)


def _is(table: Table, name: str) -> bool:
    schema, _, bare = name.lower().rpartition(".")
    return bool(table.name) and table.name.lower() == bare and schema in {"", "public", table.schema.lower()}


def _statements(project: Project, drop: Drop | Rename) -> Iterator[Related]:
    """SQL in strings, which says itself whose column it means."""
    said = [name for name in (drop.table.rpartition(".")[2], drop.column) if is_word_of_strings(name)]
    for file in files_saying(project, said, drop.change.tree):
        for span in sql_references(file, drop.table, drop.column):
            yield Related(Location(file.path, span), f"this statement still says `{drop.column or drop.table}`")


def _words(project: Project, drop: Drop | Rename) -> Iterator[Related]:
    word = drop.column or drop.table.rpartition(".")[2]
    if "_" not in word.strip("_") or _is_shared(project, drop, word):
        return
    for file in files_saying(project, {word}, drop.change.tree):
        span = _used_at(file, word)
        if span is not None:
            yield Related(Location(file.path, span), f"the code still says `{word}`")


def _used_at(file: File, word: str) -> Span | None:
    """Where a word may be the name of a column or table: an attribute, a keyword, a whole string, or the name of a
    table or of a class's variable. A local variable may be called like it, and prose may say it.
    """
    content, name = file.source.content, re.escape(word.encode())
    shapes = (
        rb"\.\s{0,99}(%b)\b(?!\()" % name,
        rb"['\"](?:-|\w{1,63}\.)?(%b)(?:\.\w{1,63})?['\"]" % name,
        rb"[(,]\s{0,99}(%b)=(?!=)" % name,
    )
    found = [match.span(1) for shape in shapes if (match := re.search(shape, content)) is not None]
    for variables in (file.facts.variables, *(item.variables for item in file.facts.classes)):
        found += [(one.span.start, one.span.end) for one in variables if one.name == word]
    return Span(*min(found)) if found else None


def _is_shared(project: Project, drop: Drop | Rename, word: str) -> bool:
    """Whether another table, or another column, bears the name too."""
    if drop.column:
        if any(word in (column.name, column.attribute) for table in project.tables for column in table.columns):
            return True
        latest = project.migrations.schema_after(drop.change.tree.steps[-1])
        return any(word in table.columns for table in latest.tables.values() if table.name != drop.table)
    return any(table.name == word and not _is(table, drop.table) for table in project.tables)
