"""The tables that a project's models declare, derived from the facts of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.project.tables.derivation import derive

if TYPE_CHECKING:
    from bylaw.facts.database import Table
    from bylaw.project import Project


class Tables:
    """Every table, and look-up by model."""

    def __init__(self, project: Project) -> None:
        self._names = project.names
        self.all, self._by_name = derive(project)

    def of(self, qualified: str, near: str = "") -> Table | None:
        """The table whose rows a class (or a `Table` variable) stands for; `qualified` as written in the module `near`.

        A proxy model and a single-table subclass stand for their parent's rows.
        """
        found = self._by_name.get(qualified)
        return found if found is not None else self._by_name.get(self._names.resolve(qualified, near))


__all__ = ["Tables"]
