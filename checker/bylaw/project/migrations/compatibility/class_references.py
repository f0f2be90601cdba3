"""Where code asks a model's class for a column that the class does not have any more: `Order.note`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bylaw.diagnostics import Related
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.facts.database import Table
    from bylaw.project import File, Project

_FIRST_CALLS = frozenset(
    {"filter", "exclude", "get", "create", "get_or_create", "update_or_create", "values", "values_list", "order_by",
     "only", "defer"}
)  # fmt: skip
"""Methods of a manager; what is called on their result may know names that the query itself has given."""
_LOOKUPS = (
    "exact", "iexact", "in", "isnull", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith",
    "gt", "gte", "lt", "lte", "range", "regex", "iregex", "date", "year",
)  # fmt: skip


def words_for(column: str) -> frozenset[str]:
    """The words of which a file that names the column has at least one."""
    return frozenset({column, *(f"{column}__{lookup}" for lookup in _LOOKUPS)})


def class_references(project: Project, files: list[File], table: Table, column: str) -> Iterator[Related]:
    """Places in the files, one of each, that say `Order.note`, or `Order.objects.filter(note=…)`, of the table's class.

    None where the class may have the name from elsewhere: a property, a base that nobody sees, a `backref`.
    """
    if not files or not table.complete or column in table.attributes:
        return
    managed = table.orm == "django" and "objects" not in table.attributes
    found: list[Related] = []
    for file in files:
        spans = list(_attributes(project, file, table, column))
        spans += _keywords(project, file, table, column) if managed else ()
        if spans:
            place = Location(file.path, min(spans, key=lambda span: span.start))
            found.append(Related(place, f"this still says `{column}`"))
    if found and not _is_given(project, table, column):
        yield from found


def _attributes(project: Project, file: File, table: Table, column: str) -> Iterator[Span]:
    for reference in file.facts.references:
        owner, _, last = reference.name.rpartition(".")
        if last == column and reference.role != "called" and project.table_of(owner, file.facts.module) is table:
            yield Span(reference.span.end - len(column.encode()), reference.span.end)


def _keywords(project: Project, file: File, table: Table, column: str) -> Iterator[Span]:
    """The first argument of the first method of `Order.objects`."""
    first = re.compile(rb"\(\s{0,99}(?:(%b)(?:__\w{1,63})?\s?=|['\"]-?(%b)['\"])" % ((re.escape(column.encode()),) * 2))
    for reference in file.facts.references:
        owner, _, method = reference.name.rpartition(".")
        owner, _, manager = owner.rpartition(".")
        if manager == "objects" and method in _FIRST_CALLS and project.table_of(owner, file.facts.module) is table:
            match = first.match(file.source.content, reference.span.end)
            if match is not None:
                yield Span(*match.span(1 if match[1] else 2))


def _is_given(project: Project, table: Table, column: str) -> bool:
    """Whether an assignment, or another model's `backref` or `related_name`, gives the class the name."""
    name, owner = re.escape(column.encode()), re.escape(table.class_name.encode())
    relation = rb"(?:backref|back_populates|related_name)['\"]?[ ]?[=(:,][ ]?(?:[\w.]{1,63}\()?[ ]?['\"]%b['\"]" % name
    given = re.compile(rb"%b|\b%b\.%b[ ]?=(?!=)" % (relation, owner, name))
    return any(column in file.facts.words and given.search(file.source.content) for file in project.files.values())
