"""What may have become of a table in a migration that was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.migrations import UnreadOperation
from bylaw.patterns import regex
from bylaw.project.migrations.step import MigrationTree, Step

if TYPE_CHECKING:
    from bylaw.project import Project

_ENDS = regex(r"drop|rename", re.IGNORECASE)
_ALL_TABLES = regex(r"get_table_names|\breflect\b|information_schema|pg_tables|pg_class|sqlite_master")
_DOWN = regex(r"^def downgrade\b", re.MULTILINE)
_WORD = regex(r"\w+")


class Fates:
    """The tables of one tree that may not be there any more, or under another name."""

    def __init__(self, project: Project, tree: MigrationTree) -> None:
        self._project = project
        self._tree = tree

    def is_unknown(self, names: Iterable[str], created: Step) -> bool:
        """Whether a migration from `created` on may have dropped or renamed a table with one of these names, in a
        part of it that was not understood.
        """
        if not self._ends:
            return False
        wanted = {name.lower() for name in names}
        start = self._order.get(created.path, 0)
        return any(at >= start and (words is None or not wanted.isdisjoint(words)) for at, words in self._ends)

    @cached_property
    def _order(self) -> dict[str, int]:
        return {step.path: at for at, step in enumerate(self._tree.steps)}

    @cached_property
    def _ends(self) -> list[tuple[int, frozenset[str] | None]]:
        """For each step that may drop or rename what it was not understood to: its place, and the words around it, in
        lower case; None where it may be any table.
        """
        found: list[tuple[int, frozenset[str] | None]] = []
        for at, step in enumerate(self._tree.steps):
            for text in self._unread(step):
                if _ENDS.search(text):
                    words = None if _ALL_TABLES.search(text) else frozenset(_WORD.findall(text.lower()))
                    found.append((at, words))
        return found

    def _unread(self, step: Step) -> Iterator[str]:
        """The statements of a SQL file that were not understood; of a program, which may say elsewhere what it means,
        all of it but the way back.
        """
        migration = step.migration
        spans = [operation.span for operation in migration.operations if isinstance(operation, UnreadOperation)]
        if not spans and not migration.unread:
            return
        file = self._project.files[step.path]
        if step.path.endswith(".sql"):
            yield from (file.text(span) for span in spans)
        else:
            yield _DOWN.split(file.source.content.decode("utf-8", "replace"))[0]
