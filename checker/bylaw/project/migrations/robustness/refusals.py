"""Statements that PostgreSQL refuses, whatever the tables hold: the migration fails where they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import ColumnSpec
from bylaw.facts.naming import bare_as_written
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.transactions import Place
from bylaw.source import Location

_MOST: Final = 50_000
"""Characters of an INSERT that are looked at."""
_VALUE: Final = regex(r"'(?:[^']|'')*'|[(),]|[^'(),]+")
RefusalKind = Literal[
    "enum-value", "assigned-twice", "new-default-dropped", "needed", "needed-as-it-is", "needed-unique"
]


class Dependent(msgspec.Struct, frozen=True):
    """Something that needs something else: `words` say what it is and what it does with it, to be followed by a name or
    `it`; `at` is where it was made.
    """

    words: str
    at: Location


class Refusal(msgspec.Struct, frozen=True, eq=False):
    """`enum-value`: the new label `name` of the type `of` is used in the transaction that adds it (at `other`).
    `assigned-twice`: the column `name` of the table `of` is written twice by one statement. `new-default-dropped`: one
    ALTER TABLE adds that column with a default and drops the default. `needed`: the table, view or column `name` is
    dropped without CASCADE while there are `dependents`; `needed-as-it-is`: the column's type changes; `needed-unique`:
    it is no longer unique.
    """

    change: Change
    kind: RefusalKind
    name: str
    of: str
    other: Change | None = None
    dependents: tuple[Dependent, ...] = ()


def refusals(placed: Iterable[tuple[Change, Place]], text: Callable[[Change], str]) -> Iterator[Refusal]:
    """All of them in one step, those of labels aside; `text` is an operation as written."""
    entries = list(placed)
    for change, _ in entries:
        yield from _assigned_twice(change, text)
    yield from _dropped_defaults([change for change, _ in entries])


# --- a new label of an enum type ------------------------------------------------------------------------


def unsafe_labels(placed: Iterable[tuple[Change, Place]], text: Callable[[Change], str]) -> Iterator[Refusal]:
    """New labels that are used in the transaction that adds them, in one deployment."""
    added: list[tuple[Change, ops.AlterEnum]] = []
    current: Place | None = None
    for change, place in placed:
        if place.kind != "inside" or (current is not None and place.number != current.number):
            added = []
        current = place
        if place.kind != "inside":
            continue
        operation = change.operation
        if isinstance(operation, ops.AlterEnum) and operation.change == "add":
            if not _is_new_type(change, operation.type) and not _has_label(change, operation):
                added.append((change, operation))
            continue
        for other, new in added:
            if _uses(change, new, text):
                yield Refusal(change, "enum-value", new.value, new.type, other)


def _is_new_type(change: Change, name: str) -> bool:
    """A type of the same transaction may be used with all its labels; so may, in doubt, one of the same deployment."""
    bare = bare_as_written(name)
    makers = [step for (_, other), step in change.before.objects.items() if bare_as_written(other) == bare]
    if makers:
        return change.blurred or any(step in change.deployment for step in makers)
    return change.blurred or _came_along(change, bare)


def _came_along(change: Change, name: str) -> bool:
    """Whether a new table brought the type of its column along: nothing older has it."""
    ages = [
        column.created in change.deployment
        for table in change.before.tables.values()
        for column in table.columns.values()
        if bare_as_written(column.type) == name
    ]
    return bool(ages) and all(ages)


def _has_label(change: Change, operation: ops.AlterEnum) -> bool:
    """`ADD VALUE IF NOT EXISTS` of a label that is there adds nothing."""
    labels = next(
        (
            known
            for name, known in change.before.enums.items()
            if bare_as_written(name) == bare_as_written(operation.type)
        ),
        (),
    )
    return operation.value in labels


def _uses(change: Change, new: ops.AlterEnum, text: Callable[[Change], str]) -> bool:
    literal = "'" + new.value.replace("'", "''") + "'"
    match change.operation:
        case ops.AddColumn(column=column):
            return _is_default_of(column, literal, new)
        case ops.CreateTable(columns=columns):
            return any(_is_default_of(column, literal, new) for column in columns)
        case ops.AlterColumn(server_default=str(default), table=table, column=name):
            return _says(default, literal) and _is_of_type(change, table, name, new.type)
        case ops.DataChange(kind="update" | "delete" | "insert" as kind, table=table):
            words = text(change)
            if kind == "insert" and _inserts(change, table, words, literal, new.type):
                return True
            return _says_as_label(change, table, words, literal, new.type)
        case _:
            return False


def _is_default_of(column: ColumnSpec, literal: str, new: ops.AlterEnum) -> bool:
    return bare_as_written(column.type) == bare_as_written(new.type) and _says(column.server_default or "", literal)


def _says(expression: str, literal: str) -> bool:
    return expression.strip().partition("::")[0].strip() == literal


def _is_of_type(change: Change, table: str, column: str, name: str) -> bool:
    state = change.column(table, column)
    return state is not None and bare_as_written(state.type) == bare_as_written(name)


def _says_as_label(change: Change, table: str, words: str, literal: str, name: str) -> bool:
    """`'label'::type` anywhere, or `column = 'label'` with a column of the type that stands in no cast to text."""
    if re.search(
        rf"{re.escape(literal)}\s*::\s*(?:\w+\.|\"\w+\"\.)?\"?{re.escape(bare_as_written(name))}\b",
        words,
        re.IGNORECASE,
    ):
        return True
    state = change.table(table)
    if state is None:
        return False
    flags = re.IGNORECASE
    return any(
        re.search(
            rf"(?<![\w\"]){re.escape(column.name)}\"?\s*(?:=|<>|!=|\bin\s*\([^()]*)\s*{re.escape(literal)}",
            words,
            flags,
        )
        for column in state.columns.values()
        if bare_as_written(column.type) == bare_as_written(name)
    )


def _inserts(change: Change, table: str, words: str, literal: str, name: str) -> bool:
    """`INSERT INTO t (a, b) VALUES ('x', 'label')`, where the column of that place has the type."""
    operation, state = change.operation, change.table(table)
    if state is None or not isinstance(operation, ops.DataChange):
        return False
    typed = {column.name for column in state.columns.values() if bare_as_written(column.type) == bare_as_written(name)}
    places = [at for at, column in enumerate(operation.columns) if column in typed]
    values = re.search(r"\bvalues\b", words[:_MOST], re.IGNORECASE)
    if not places or values is None:
        return False
    return any(at < len(row) and row[at] == literal for row in _rows(words[values.end() : _MOST]) for at in places)


def _rows(text: str) -> Iterator[list[str]]:
    """The values of each row behind VALUES, as far as they are plain."""
    row: list[str] = []
    value, depth = "", 0
    for part in _VALUE.findall(text):
        depth += (part == "(") - (part == ")")
        if part == "(" and depth == 1:
            row, value = [], ""
        elif (part == ")" and depth == 0) or (part == "," and depth == 1):
            row.append(value.strip())
            value = ""
            if depth == 0:
                yield row
        else:
            value += part


# --- a column that is named twice -----------------------------------------------------------------------


def _assigned_twice(change: Change, text: Callable[[Change], str]) -> Iterator[Refusal]:
    operation = change.operation
    if not isinstance(operation, ops.DataChange) or operation.kind not in {"insert", "update"}:
        return
    twice = [name for name, count in Counter(operation.columns).items() if name and count > 1]
    if not twice:
        return
    words = re.sub(r"'(?:[^']|'')*'", "''", text(change))
    for name in twice:
        # A part of an array or of a composite value may be assigned beside another one.
        if not re.search(rf"(?<!\w)\"?{re.escape(name)}\"?\s*[\[.]", words, re.IGNORECASE):
            yield Refusal(change, "assigned-twice", name, operation.table)


# --- a default that goes with its column ----------------------------------------------------------------


def _dropped_defaults(changes: list[Change]) -> Iterator[Refusal]:
    """`ADD COLUMN a int DEFAULT 0, ALTER COLUMN a DROP DEFAULT`: the second action looks for a column that is not there
    yet.
    """
    for change in changes:
        operation = change.operation
        if not isinstance(operation, ops.AlterColumn) or not operation.drop_default:
            continue
        around = [span for span in change.step.migration.all_statements if span.contains(operation.span)]
        if not around:
            continue
        whole = min(around, key=lambda span: span.end - span.start)
        for other in changes:
            made = other.operation
            if (
                isinstance(made, ops.AddColumn)
                and (made.table, made.column.name) == (operation.table, operation.column)
                and whole.contains(made.span)
                and made.span != operation.span
                and not made.if_not_exists
            ):
                yield Refusal(change, "new-default-dropped", operation.column, operation.table, other)
