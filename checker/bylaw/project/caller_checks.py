"""Rows that a function loads for others, who look at the marker: `user = load(key)`, then `user.deleted_at`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.code import Function
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import KEPT_AS, Query
from bylaw.project.deletion_words import looks_at

if TYPE_CHECKING:
    from bylaw.project import Project

_TELLING_NAME = 6
"""Characters of a method's name that is looked for in all files."""

_OF_SESSION = re.compile(r"\b\w*(?:session|sess|db|database|conn|connection|objects|query|cache|redis)\.\w+\(")
_OF_OTHERS = re.compile(rf"{_OF_SESSION.pattern}|\b(?:self|cls|super\(\))\.\w+\(")
"""Calls that are none of the method in question, though it may be called so: `session.get(…)`."""


class CallerChecks:
    """Asks the callers of one function. `text` gives a function's text."""

    def __init__(self, project: Project, text: Callable[[FileFacts, str], str]) -> None:
        self._project = project
        self._text = text

    def check(self, facts: FileFacts, query: Query, markers: set[str]) -> bool:
        """Whether somebody who calls the function looks at one of the markers: by name, as a method of the same
        object, as a method of an object that only its name tells, or around a function inside.
        """
        own = next((each for each in facts.functions if each.qualified == query.function), None)
        if own is None:
            return False
        if any(looks_at(text, own.name, markers) for text in self._by_name(own.qualified, own.name)):
            return True
        near = (*self._around(own, facts), *self._of_object(own, facts))
        return any(looks_at(text, own.name, markers, reads=True) for text in near) or self._kept(
            own, facts, query, markers
        )

    def _kept(self, own: Function, facts: FileFacts, query: Query, markers: set[str]) -> bool:
        """Whether another method looks at a marker of the row that this one keeps in `self.book`."""
        kept = {f"self.{name.removeprefix(KEPT_AS)}" for name in query.names if name.startswith(KEPT_AS)}
        others = (each for each in facts.functions if kept and each.owner == own.owner and each.name != own.name)
        looked_at = {f"{place}.{marker}" for place in kept for marker in markers}
        return any(name in self._text(facts, each.qualified) for each in others for name in looked_at)

    def _by_name(self, function: str, name: str) -> Iterator[str]:
        for file, caller, called in self._calls_by_name.get(name, ()):
            definition = self._project.names.definition(called, file.module)
            if definition is not None and definition.name == function != caller:
                yield self._text(file, caller)

    def _around(self, own: Function, facts: FileFacts) -> Iterator[str]:
        """The function that this one is defined in, without it."""
        outer = own.qualified.rpartition(".")[0]
        for each in facts.functions:
            if each.qualified == outer:
                file = self._project.files[facts.path]
                yield file.text(each.statement).replace(file.text(own.statement), "")

    def _of_object(self, own: Function, facts: FileFacts) -> Iterator[str]:
        """Methods of the same class, and of other files that speak of the class or where no other method is called
        so.
        """
        if not own.owner:
            return
        asked = re.compile(rf"\.{re.escape(own.name)}\(")
        for file in self._project.files.values():
            if own.name not in file.facts.words or not (file.path == facts.path or self._may_mean(own, file.facts)):
                continue
            for each in file.facts.functions if self._project.context_of(file.facts) == "app" else ():
                text = file.text(each.statement)
                if each.qualified != own.qualified and asked.search(text):
                    others = _OF_SESSION if each.owner == own.owner else _OF_OTHERS
                    yield others.sub("(", text)

    def _may_mean(self, own: Function, facts: FileFacts) -> bool:
        alone = len(own.name) >= _TELLING_NAME and self._methods.get(own.name) == 1
        owner = own.owner.rpartition(".")[2]
        return alone or any(item.target.rpartition(".")[2] == owner for item in facts.imports)

    @cached_property
    def _methods(self) -> dict[str, int]:
        """How many methods of application code have a name."""
        found: dict[str, int] = {}
        for file in self._project.files.values():
            for each in file.facts.functions if self._project.context_of(file.facts) == "app" else ():
                found[each.name] = found.get(each.name, 0) + 1
        return found

    @cached_property
    def _calls_by_name(self) -> dict[str, list[tuple[FileFacts, str, str]]]:
        """Last name of what application code calls → the file, the calling function, the name in full."""
        found: dict[str, list[tuple[FileFacts, str, str]]] = {}
        for file in self._project.files.values():
            for use in file.facts.references if self._project.context_of(file.facts) == "app" else ():
                if use.role == "called" and use.function:
                    found.setdefault(use.name.rpartition(".")[2], []).append((file.facts, use.function, use.name))
        return found
