"""Statements that a function hands out unexecuted: whether those who ask for them add a filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from bylaw.facts.code import Function
from bylaw.facts.file import FileFacts
from bylaw.project.names import Definition
from bylaw.project.soft_deletes.helpers import Helpers

if TYPE_CHECKING:
    from bylaw.project import Project

_MAX_CALLERS = 15
_MAX_DEPTH = 3
_SHORTEST, _SHORTEST_OWN = 6, 5
"""Characters of a name, or of one that begins with `_`, that is looked for in all files: `all` is called everywhere."""
_COMMON = frozenset({"filter", "search", "select", "queryset", "objects", "execute", "results", "__call__", "__iter__"})


class HandedOut:
    """Follows a function to its callers by name. `text` gives a function's text."""

    def __init__(self, project: Project, helpers: Helpers, text: Callable[[FileFacts, str], str]) -> None:
        self._project = project
        self._helpers = helpers
        self._text = text

    def nobody_filters(self, function: str) -> bool:
        """Whether all who call a function are known, and neither they nor what they call speaks of deleted rows."""
        return self._nobody(function, {function}, _MAX_DEPTH)

    def _nobody(self, function: str, seen: set[str], depth: int) -> bool:
        name = function.rpartition(".")[2]
        short = len(name) < (_SHORTEST_OWN if name.startswith("_") else _SHORTEST)
        if depth == 0 or short or name in _COMMON:
            return False
        callers = list(islice(self._callers(function, name), _MAX_CALLERS + 1))
        if not callers or len(callers) > _MAX_CALLERS:
            return False
        for caller, file in callers:
            if caller.qualified in seen:
                continue
            seen.add(caller.qualified)
            if self._helpers.may_look(Definition(file, caller.qualified, caller)):
                return False
            if _passes_on(self._text(file, caller.qualified), name) and not self._nobody(
                caller.qualified, seen, depth - 1
            ):
                return False
        return True

    def _callers(self, function: str, name: str) -> Iterator[tuple[Function, FileFacts]]:
        """The functions of application code whose text has the name."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        for file in self._project.files.values():
            if file.path not in self._naming.get(name, ()) and (
                name not in file.facts.words or self._project.context_of(file.facts) != "app"
            ):
                continue
            for each in file.facts.functions:
                if each.qualified != function and each.name != name and word.search(file.text(each.statement)):
                    yield each, file.facts

    @cached_property
    def _naming(self) -> dict[str, set[str]]:
        """Last name of what is called or handed on → the files of application code that do."""
        index: dict[str, set[str]] = {}
        for file in self._project.files.values():
            if self._project.context_of(file.facts) == "app":
                for last in {use.name.rpartition(".")[2] for use in file.facts.references}:
                    index.setdefault(last, set()).add(file.path)
        return index


def _passes_on(text: str, name: str) -> bool:
    """Whether a function returns what it got from a call: `return books()`, `found = books()` and `return found`."""
    got = rf"\(?\s*(?:await )?[\w.]*\b{re.escape(name)}\b"
    kept = {name for names in re.findall(rf"\b(\w+(?:, ?\w+)*) ?= ?{got}", text) for name in names.split(",")}
    return any(
        re.search(rf"\b(?:return|yield) {returned}", text) is not None
        for returned in (got, *(rf"{re.escape(each.strip())}\b" for each in kept))
    )
