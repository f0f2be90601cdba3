"""Which tables inherit a soft-delete marker and are really deleted all the same, as a method of their models says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.database import Column, Table
from bylaw.project.soft_deletes.row_managers import RowManagers

if TYPE_CHECKING:
    from bylaw.project import Project

_DELETES_ITSELF = re.compile(r"\bdelete\(\s*self\s*\)")
_MARKS = re.compile(r"soft|hard|trash|archiv|mark", re.IGNORECASE)


class RealDeletes:
    """A house with two kinds of models: `delete` of the one marks the row, and that of the other deletes it."""

    def __init__(self, project: Project, column: str, managers: RowManagers) -> None:
        self._project = project
        self._column = column
        self._managers = managers
        self._some_mark: bool | None = None

    def of(self, table: Table, marker: Column) -> bool:
        """Whether rows of the table are never marked: their `delete` deletes them, where that of others marks."""
        text = self._delete(table)
        if not text or self._column in text or not _DELETES_ITSELF.search(text) or self._declares(table, marker):
            return False
        if self._some_mark is None:
            self._some_mark = any(self._column in self._delete(other) for other in self._project.tables)
        return self._some_mark

    def by_method(self, table: Table) -> bool:
        """Whether `row.delete()` is a method of the project that hands the row to a session, and marks nothing."""
        text = self._delete(table)
        return _DELETES_ITSELF.search(text) is not None and self._column not in text and not _MARKS.search(text)

    def _delete(self, table: Table) -> str:
        """The text of the method that `row.delete()` calls; '' without one in this project."""
        for owner in self._managers.classes_of(table):
            if "delete" in owner.methods:
                return self._managers.text_of_method(owner, "delete")
        return ""

    def _declares(self, table: Table, marker: Column) -> bool:
        """Whether the model has the marker of its own accord."""
        own = next((each for each in self._managers.classes_of(table) if each.qualified == table.model), None)
        inside = own is not None and own.statement.start <= marker.location.span.start < own.statement.end
        return inside and marker.location.path == table.location.path
