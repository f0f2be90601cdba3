"""The schemas at the end of every line of migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.naming import bare
from bylaw.project.migrations.state.schema import ConstraintState, IndexState, TableState
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.paths import is_example
from bylaw.project.schema_drift.doubts import Doubts

if TYPE_CHECKING:
    from bylaw.project import Project


class Built(msgspec.Struct, frozen=True, eq=False):
    """A table as one tree leaves it."""

    tree: MigrationTree
    state: TableState

    def has(self, column: str) -> bool:
        """Whether the table has the column: an index or a constraint on it says so as well."""
        if self.state.column(column) is not None:
            return True
        named: tuple[ConstraintState | IndexState, ...] = (*self.state.constraints, *self.state.indexes)
        return any(column.lower() == other.lower() for each in named for other in each.columns)


class Histories:
    """The trees of Alembic and of SQL files, with the tables that each of them leaves behind."""

    def __init__(self, project: Project) -> None:
        self.trees = [
            tree for tree in project.migrations.trees if tree.tool != "django" and not is_example(f"{tree.folder}/")
        ]
        self.doubts = {tree: Doubts(project, tree) for tree in self.trees}
        self._built: dict[str, list[Built]] = {}
        self._views: list[str] = []
        for tree in self.trees:
            for head in tree.heads:
                schema = project.migrations.schema_after(head)
                self._views += [name for kind, name in schema.objects if kind.endswith("view")]
                for state in schema.tables.values():
                    self._built.setdefault(bare(state.name), []).append(Built(tree, state))
        self._based_elsewhere = {
            built.tree
            for several in self._built.values()
            for built in several
            if all(each.state.created is None for each in several)
        }

    def of(self, table: str) -> list[Built]:
        """The tables of that name, whatever their schema."""
        return self._built.get(table.lower(), [])

    def names(self) -> list[str]:
        return list(self._built)

    def is_view(self, name: str) -> bool:
        return any(bare(view) == name.lower() for view in self._views)

    def is_whole(self, tree: MigrationTree) -> bool:
        """Whether the tree builds its schema from nothing, along one line, and all of it was understood."""
        return not (tree.truncated or len(tree.heads) != 1 or tree in self._based_elsewhere or self.doubts[tree].whole)

    def is_overtaken(self, tree: MigrationTree) -> bool:
        """Whether the tree is SQL files of which nobody knows who runs them, beside revisions of Alembic that are not
        known in full: these may do over again what the files did.
        """
        if tree.tool != "sql" or tree.layout:
            return False
        alembic = (other for other in self.trees if other.tool == "alembic")
        return any(not self.is_whole(other) or self.doubts[other].builds_anything for other in alembic)
