"""Columns that an `ON CONFLICT (…)` of the code names, and that nothing makes unique any more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.diagnostics import Related
from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.state.schema import TableState
from bylaw.project.roles import is_application
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import File, Project

_SQL: Final = regex(
    rb"\binsert\s{1,99}into\s{1,99}(?:\w{1,63}\.)?[\"`]?(\w{1,63})[\"`]?(?:(?!\binsert\s)[^;]){0,2000}?"
    rb"\bon\s{1,99}conflict\s{0,99}\((?P<columns>[^()]{1,300})\)",
    re.IGNORECASE,
)
_ELEMENTS: Final = regex(
    rb"\bon_conflict_do_(?:update|nothing)\([^\[\]]{0,200}?index_elements\s{0,9}=\s{0,9}\[(?P<columns>[^\[\]]{1,300})\]"
)
_INSERT: Final = regex(rb"\binsert\(\s{0,99}(?:\w{1,63}\.){0,3}?(\w{1,63})(?:\.__table__)?\s{0,9},?\s{0,99}\)")
_BULK: Final = regex(
    rb"\b(\w{1,63})\.objects\.a?bulk_create\((?:(?!bulk_create)[^\[]|\[(?!\s)){0,600}?"
    rb"unique_fields\s{0,9}=\s{0,9}[\[(](?P<columns>[^\])]{1,300})[\])]"
)
_REACH: Final = 2000
"""So many bytes before an `on_conflict_do_…` its `insert(…)` is looked for."""


class LostTarget(msgspec.Struct, frozen=True, eq=False):
    """A unique constraint or index that goes, and that no other one of the same columns replaces. `uses`: where the
    code relies on it.
    """

    change: Change
    table: str
    columns: tuple[str, ...]
    uses: tuple[Related, ...]


def lost_targets(project: Project, changes: Iterable[Change]) -> Iterator[LostTarget]:
    """All of them, in order, whose columns the history knows."""
    for change in changes:
        found = _was_unique(change)
        if found is None:
            continue
        state, columns = found
        final = change.deployment.final(state)
        known = change.deployment.known_before(state)
        if final is None or known is None or frozenset(columns) not in known.unique_columns():
            continue
        if frozenset(columns) not in final.unique_columns() and all(final.column(name) for name in columns):
            uses = tuple(_uses(project, change, known.name, frozenset(columns)))
            if uses:
                yield LostTarget(change, known.name, columns, uses[:3])


def _was_unique(change: Change) -> tuple[TableState, tuple[str, ...]] | None:
    """The table, and the columns that stop being unique by this operation."""
    match change.operation:
        case ops.DropConstraint(table=table, name=name):
            state = change.table(table)
            for constraint in state.constraints if state is not None else ():
                if constraint.name == name and constraint.kind in {"unique", "primary-key"} and state is not None:
                    return state, constraint.columns
        case ops.DropIndex(name=name):
            bare = name.rpartition(".")[2]
            for state in change.before.tables.values():
                for index in state.indexes:
                    if index.name == bare and index.unique and not index.where and all(index.columns):
                        return state, index.columns
        case ops.AlterColumn(definition=definition, table=table, column=column) if definition is not None:
            state = change.table(table)
            known = state.column(column) if state is not None else None
            if state is not None and known is not None and known.unique and not definition.unique:
                return state, (known.name,)
        case _:
            pass
    return None


def _uses(project: Project, change: Change, table: str, columns: frozenset[str]) -> Iterator[Related]:
    bare = table.rpartition(".")[2].lower()
    models = [one for one in project.tables if one.name.lower() == bare and one.context == "app"]
    classes = {one.class_name for one in models} - {""} | {bare}
    attributes = {column.attribute: column.name for one in models for column in one.columns}
    spellings = [{name, *(attribute for attribute, other in attributes.items() if other == name)} for name in columns]
    for file in project.files.values():
        if file.facts.language == "python" and not all(_says(file, names) for names in spellings):
            continue
        content = file.source.content
        if b"onflict" not in content and b"ONFLICT" not in content:
            continue
        if is_application(project, file.facts, change.tree):
            for start, end, names in _targets(file, bare, classes):
                if frozenset(attributes.get(name, name) for name in names) == columns:
                    message = f"the code says ON CONFLICT ({', '.join(names)}) here"
                    yield Related(Location(file.path, Span(start, end)), message)


def _says(file: File, names: set[str]) -> bool:
    """Whether the file may have one of the names: a look at the facts before the text is read. Of the words in a longer
    string the facts leave out those of two letters, and those in capitals.
    """
    return not file.facts.words.isdisjoint(names) or any(
        len(name) < 3 or not ("_" in name or name.islower()) for name in names
    )


def _targets(file: File, table: str, classes: set[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Place and columns of every conflict target that code gives for a table."""
    content = file.source.content
    for match in _SQL.finditer(content):
        if match[1].decode("utf-8", "replace").lower() == table:
            yield *match.span("columns"), _names(match["columns"])
    for match in _ELEMENTS.finditer(content):
        inserts = _INSERT.findall(content, max(0, match.start() - _REACH), match.start())
        if inserts and inserts[-1].decode("utf-8", "replace") in classes:
            yield *match.span("columns"), _names(match["columns"])
    for match in _BULK.finditer(content):
        if match[1].decode("utf-8", "replace") in classes:
            yield *match.span("columns"), _names(match["columns"])


def _names(text: bytes) -> tuple[str, ...]:
    """`"email", User.tenant_id` → email, tenant_id."""
    parts = (part.strip().strip("\"'`") for part in text.decode("utf-8", "replace").split(","))
    return tuple(part.rpartition(".")[2] for part in parts if part)
