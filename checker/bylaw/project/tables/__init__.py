"""The tables that a project's models declare, derived from the facts of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.project.tables.derivation import derive

if TYPE_CHECKING:
    from bylaw.facts.database import ForeignKey, Table
    from bylaw.project import Project


class Tables:
    """Every table, and look-up by model."""

    def __init__(self, project: Project) -> None:
        self._names = project.names
        self.kinship, self.all, self._by_name = derive(project)
        self._by_physical: dict[str, list[Table]] = {}
        for table in self.all:
            self._by_physical.setdefault(table.name, []).append(table)

    def of(self, qualified: str, near: str = "") -> Table | None:
        """The table whose rows a class (or a `Table` variable) stands for; `qualified` as written in the module `near`.

        A proxy model and a single-table subclass stand for their parent's rows.
        """
        found = self._by_name.get(qualified)
        return found if found is not None else self._by_name.get(self._names.resolve(qualified, near))

    def target(self, key: ForeignKey) -> Table | None:
        """The table that a linked foreign key points to, when it is one of the project's."""
        if key.target_model and (found := self._by_name.get(key.target_model)) is not None:
            return found
        candidates = self._by_physical.get(key.table, []) if key.table else []
        return next((table for table in candidates if key.schema in ("", table.schema)), None)


__all__ = ["Tables"]
