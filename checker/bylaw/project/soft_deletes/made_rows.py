"""Functions that look for a row of a table and make one: a deleted row still holds its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.file import FileFacts
from bylaw.facts.queries import Touch

if TYPE_CHECKING:
    from bylaw.project import Project


def makes_row(project: Project, touch: Touch, text: str) -> bool:
    """Whether the function around a query makes a row of the table: `Book(…)`, `Book.objects.create(…)`,
    `insert(Book)`, `books.insert()`. `text` is that of the function.
    """
    facts, own = project.files[touch.path].facts, touch.table.class_name
    if not touch.query.function:
        return False
    for use in facts.references:
        if use.function == touch.query.function and use.role == "called":
            made = use.name.removesuffix(".create").removesuffix(".objects").removesuffix(".insert")
            named_so = made.rpartition(".")[2] == own if own else made != use.name
            if named_so and _is_of(project, touch, made, facts):
                return True
    return _inserts(touch, text)


def _inserts(touch: Touch, text: str) -> bool:
    """`session.execute(insert(Book).values(…))`."""
    written = re.escape(touch.query.written)
    return bool(written) and re.search(rf"insert\(\s*{written}\b", text) is not None


def _is_of(project: Project, touch: Touch, name: str, facts: FileFacts) -> bool:
    table = project.table_of(name, facts.module)
    return table is not None and table.location == touch.table.location
