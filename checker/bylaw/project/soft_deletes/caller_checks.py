"""Rows that a function loads for others, who look at the marker: `user = load(key)`, then `user.deleted_at`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from bylaw.facts.code import Function, Reference
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import KEPT_AS, Query
from bylaw.project.soft_deletes.deletion_words import asks_for, handed_to, looks_at, rows_of

if TYPE_CHECKING:
    from bylaw.project import Project

_TELLING_NAME = 6
"""Characters of a method's name that is looked for in all files."""

_OF_SESSION = re.compile(r"\b\w*(?:session|sess|db|database|conn|connection|objects|query|cache|redis)\.\w+\(")
_OF_OTHERS = re.compile(rf"{_OF_SESSION.pattern}|\b(?:self|cls|super\(\))\.\w+\(")
"""Calls that are none of the method in question, though it may be called so: `session.get(…)`."""


class _Caller(NamedTuple):
    """A function that has the row: its file, the class around it, and its text. `by_name`: it calls the function by a
    name that is known to mean it.
    """

    file: FileFacts
    owner: str
    text: str
    by_name: bool = False


class CallerChecks:
    """Asks the callers of one function. `text` gives a function's text."""

    def __init__(self, project: Project, text: Callable[[FileFacts, str], str]) -> None:
        self._project = project
        self._text = text

    def check(self, facts: FileFacts, query: Query, markers: set[str]) -> bool:
        """Whether somebody who calls the function looks at one of the markers: by name, as a method of the same
        object, as a method of an object that only its name tells, or around a function inside. Others may do so for
        them: they hand the row on, or FastAPI hands it to them.
        """
        own = next((each for each in facts.functions if each.qualified == query.function), None)
        if own is None:
            return False
        callers = chain(
            self._by_name(own.qualified, own.name),
            self._around(own, facts),
            self._of_object(own, facts),
            self._depending(own),
        )
        for caller in callers:
            rows = rows_of(caller.text, own.name)
            if looks_at(caller.text, rows, markers, reads=not caller.by_name):
                return True
            if self._handed_on(caller, rows, markers):
                return True
        return self._kept(own, facts, query, markers)

    def _handed_on(self, caller: _Caller, rows: set[str], markers: set[str]) -> bool:
        """Whether the row goes to a function that asks for a marker: `ensure_alive(book)`, `self._check(book)`."""
        for called in handed_to(caller.text, rows):
            head, _, rest = called.partition(".")
            name = f"{caller.owner}.{rest}" if head in {"self", "cls"} else f"{caller.file.module}.{called}"
            found = self._project.names.definition(name, caller.file.module)
            if found is not None and isinstance(found.item, Function):
                given = {parameter.name for parameter in found.item.parameters} - {"self", "cls"}
                if asks_for(self._text(found.file, found.item.qualified), given, markers):
                    return True
        return False

    def _kept(self, own: Function, facts: FileFacts, query: Query, markers: set[str]) -> bool:
        """Whether another method that takes what this one keeps in `self.book` or `self.books` looks at a marker."""
        kept = {f"self.{name.removeprefix(KEPT_AS)}" for name in query.names if name.startswith(KEPT_AS)}
        others = (each for each in facts.functions if kept and each.owner == own.owner and each.name != own.name)
        for text in (self._text(facts, each.qualified) for each in others):
            if any(place in text for place in kept) and any(f".{marker}" in text for marker in markers):
                return True
        return False

    def _by_name(self, function: str, name: str) -> Iterator[_Caller]:
        for file, caller, called in self._calls_by_name.get(name, ()):
            definition = self._project.names.definition(called, file.module)
            if definition is not None and definition.name == function != caller:
                yield _Caller(file, caller.rpartition(".")[0], self._text(file, caller), by_name=True)

    def _depending(self, own: Function) -> Iterator[_Caller]:
        """The functions that FastAPI hands the row to: `book: Book = Depends(load_book)`."""
        asked = re.compile(rf"\bDepends\([\w.]*\b{re.escape(own.name)}\)")
        for file, name in self._handed_about.get(own.name, ()):
            definition = self._project.names.definition(name, file.module)
            if definition is not None and definition.name == own.qualified:
                for each in file.functions:
                    if asked.search(text := self._project.files[file.path].text(each.statement)):
                        yield _Caller(file, each.owner, text)

    def _around(self, own: Function, facts: FileFacts) -> Iterator[_Caller]:
        """The function that this one is defined in, without it."""
        outer = own.qualified.rpartition(".")[0]
        for each in facts.functions:
            if each.qualified == outer:
                file = self._project.files[facts.path]
                yield _Caller(facts, each.owner, file.text(each.statement).replace(file.text(own.statement), ""))

    def _of_object(self, own: Function, facts: FileFacts) -> Iterator[_Caller]:
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
                    yield _Caller(file.facts, each.owner, others.sub("(", text))

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
        for file, use in self._uses():
            if use.role == "called" and use.function:
                found.setdefault(use.name.rpartition(".")[2], []).append((file, use.function, use.name))
        return found

    @cached_property
    def _handed_about(self) -> dict[str, list[tuple[FileFacts, str]]]:
        """Last name of what is an argument of a call in application code → the file, the name in full."""
        found: dict[str, list[tuple[FileFacts, str]]] = {}
        for file, use in self._uses():
            if use.role == "argument":
                found.setdefault(use.name.rpartition(".")[2], []).append((file, use.name))
        return found

    def _uses(self) -> Iterator[tuple[FileFacts, Reference]]:
        for file in self._project.files.values():
            if self._project.context_of(file.facts) == "app":
                yield from ((file.facts, use) for use in file.facts.references)
