"""What about some lines of migrations keeps a comparison from being certain."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.environment import environment
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.schema_drift.environments import hides_keys
from bylaw.project.schema_drift.histories import Built, Histories

if TYPE_CHECKING:
    from bylaw.project import Project

_OWN_COMPARISON = regex(r"\bcompare_type\s*=\s*(?!True\b)\w")


class Outlook:
    """The outlook on tables that some trees build."""

    def __init__(self, project: Project, histories: Histories, trees: frozenset[MigrationTree]) -> None:
        self._project = project
        self._histories = histories
        self._trees = trees
        files = (environment(project, tree) for tree in trees)
        self._texts = [file.source.content.decode("utf-8", "replace") for file in files if file is not None]

    @staticmethod
    def trees_of(built: list[Built]) -> frozenset[MigrationTree]:
        return frozenset(each.tree for each in built)

    def doubts(self, table: str, name: str) -> bool:
        """Whether migrations may have done something to a column, key or index of that name, on that table, which was
        not understood, or which they do on one kind of database alone.
        """
        table, lowered = bare(table), name.lower()
        places = ((table, lowered), (table, ""), ("", lowered))
        return any(
            doubts.unread(name) or lowered in doubts.handed_over or any(place in doubts.on_one_kind for place in places)
            for doubts in (self._histories.doubts[tree] for tree in self._trees)
        )

    @cached_property
    def compares_types(self) -> bool:
        """Whether Alembic would compare types, by itself."""
        own = any(_OWN_COMPARISON.search(text) for text in self._texts)
        return not own and all(tree.tool == "alembic" for tree in self._trees)

    @cached_property
    def compares_keys(self) -> bool:
        """Whether no hook leaves keys or indexes out."""
        return not any(hides_keys(self._project, tree) for tree in self._trees)
