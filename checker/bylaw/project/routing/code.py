"""The code that counts, indexed for questions about flows: where a name leads, and who mentions it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import NamedTuple

from bylaw.facts.code import Class, Function, Import, Reference
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Ref
from bylaw.project.names import Names
from bylaw.project.routing.kinds import Kinds
from bylaw.source import Span

MAX_TAIL = 2
"""How many attributes may follow a router where it is mentioned: `router.registry.extend`."""


class Place(NamedTuple):
    """A definition at the top level of a module, or a module, and what follows it: (`app.users.router`, `urls`)."""

    node: str
    tail: str


class Mention(NamedTuple):
    """A use of a node, with what follows it there (`urls` in `router.urls`)."""

    facts: FileFacts
    reference: Reference
    tail: str


class Code:
    """All files that are no tests."""

    def __init__(self, names: Names, files: Iterable[FileFacts], kinds: Kinds) -> None:
        self.names = names
        self.files = list(files)
        self.kinds = kinds
        self._places: dict[tuple[str, str], Place | None] = {}
        self._placed: dict[str, dict[str, list[Mention]]] = {}

    def place(self, name: str, near: str) -> Place | None:
        """Where a qualified name leads inside this project; None for a library's."""
        key = (name, near)
        if key not in self._places:
            canonical = self.names.resolve(name, near)
            module = self.module_of(canonical)
            if module:
                head, _, tail = canonical[len(module) + 1 :].partition(".")
                self._places[key] = Place(f"{module}.{head}" if head else module, tail)
            else:
                self._places[key] = None
        return self._places[key]

    def module_of(self, canonical: str) -> str:
        """The module that a canonical name starts with, or ''."""
        while canonical and canonical not in self.names.modules:
            canonical = canonical.rpartition(".")[0]
        return canonical

    def is_inside(self, node: str, facts: FileFacts, span: Span) -> bool:
        """Whether a place lies in the statement of the class `node`: what a class says of itself hands it to nobody."""
        own = self.classes.get(node)
        if own is None or self.module_of(node) != facts.module:
            return False
        return own.statement.start <= span.start < own.statement.end

    # -- mentions

    def mentions(self, node: str) -> Iterator[Mention]:
        """Every mention of a node outside the tests."""
        if node in self.names.modules:
            yield from self._module_mentions.get(node, ())
            return
        seen: set[tuple[str, int, str]] = set()
        for last in sorted(self.known_as(node.rpartition(".")[2])):
            for mention in self._mentions_with(last).get(node, ()):
                key = (mention.facts.path, mention.reference.span.start, mention.reference.role)
                if key not in seen:
                    seen.add(key)
                    yield mention

    def _mentions_with(self, last: str) -> dict[str, list[Mention]]:
        """The mentions with `last` among their last parts, by the node that they mean."""
        placed = self._placed.get(last)
        if placed is None:
            placed = self._placed[last] = {}
            for facts in self._files_with.get(last, ()):
                for reference in facts.references:
                    if last in reference.name and last in _last_parts(reference.name):
                        place = self.place(reference.name, facts.module)
                        if place is not None:
                            placed.setdefault(place.node, []).append(Mention(facts, reference, place.tail))
        return placed

    @cached_property
    def _files_with(self) -> dict[str, list[FileFacts]]:
        """Each of the last parts of mentioned names → the files with such a mention."""
        index: dict[str, list[FileFacts]] = {}
        for facts in self.files:
            parts: set[str] = set()
            for name in {reference.name for reference in facts.references}:
                parts.update(_last_parts(name))
            for part in parts:
                index.setdefault(part, []).append(facts)
        return index

    @cached_property
    def _module_mentions(self) -> dict[str, list[Mention]]:
        """A module → where the module itself is used as a value."""
        lasts = {module.rpartition(".")[2] for module in self.names.modules}
        index: dict[str, list[Mention]] = {}
        for facts in self.files:
            for reference in facts.references:
                if reference.role in _NO_VALUE or reference.name.rpartition(".")[2] not in lasts:
                    continue
                place = self.place(reference.name, facts.module)
                if place is not None and place.node in self.names.modules:
                    index.setdefault(place.node, []).append(Mention(facts, reference, ""))
        return index

    def known_as(self, last: str) -> set[str]:
        """The last parts under which variables and imports know something whose own last part is given."""
        found, waiting = {last}, [last]
        while waiting:
            for alias in self._aliases.get(waiting.pop(), ()):
                if alias not in found:
                    found.add(alias)
                    waiting.append(alias)
        return found

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        for facts in self.files:
            for item in facts.imports:
                last = item.target.rpartition(".")[2]
                if item.local not in {last, "*"} and not item.is_module:
                    index.setdefault(last, set()).add(item.local)
            for variable in facts.variables:
                if isinstance(variable.value, Ref):
                    last = variable.value.name.rpartition(".")[2]
                    if last != variable.name:
                        index.setdefault(last, set()).add(variable.name)
        return index

    # -- Django's URL patterns

    def patterns_of(self, module: str) -> str:
        """The node of the `urlpatterns` that a module has, its own or another module's that it imports."""
        name = f"{module}.urlpatterns"
        facts = self.names.modules.get(module)
        if facts is None or any(variable.name == "urlpatterns" for variable in facts.variables):
            return name
        place = self.place(name, module)
        return place.node if place is not None else name

    def modules_with(self, node: str) -> list[str]:
        """The modules whose `urlpatterns` are those of the node: its own, then those that import them."""
        own = node.rpartition(".")[0]
        importing = [facts.module for facts, item in self.imports.get("urlpatterns", ()) if item.local == "urlpatterns"]
        importing += [facts.module for facts in self.star_imports.get(own, ())]
        return [own, *(module for module in dict.fromkeys(importing) if self.patterns_of(module) == node)]

    # -- other indexes

    @cached_property
    def imports(self) -> dict[str, list[tuple[FileFacts, Import]]]:
        """Last part of an import's target → the imports."""
        index: dict[str, list[tuple[FileFacts, Import]]] = {}
        for facts in self.files:
            for item in facts.imports:
                index.setdefault(item.target.rpartition(".")[2], []).append((facts, item))
        return index

    @cached_property
    def spelled(self) -> dict[str, list[FileFacts]]:
        """Last part of a dotted name in a string → the files where it stands."""
        index: dict[str, list[FileFacts]] = {}
        for facts in self.files:
            for last in {text.replace(":", ".").rpartition(".")[2] for text in facts.dotted}:
                index.setdefault(last, []).append(facts)
        return index

    @cached_property
    def star_imports(self) -> dict[str, list[FileFacts]]:
        """A module → the files that import everything from it."""
        index: dict[str, list[FileFacts]] = {}
        for facts in self.files:
            for item in facts.imports:
                source = self.names.module(item.target, facts.module) if item.local == "*" else None
                if source is not None and source is not facts:
                    index.setdefault(source.module, []).append(facts)
        return index

    @cached_property
    def module_by_path(self) -> dict[str, str]:
        return {facts.path: facts.module for facts in self.files}

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions and methods by qualified name."""
        return {item.qualified: item for facts in self.files for item in facts.functions}

    @cached_property
    def classes(self) -> dict[str, Class]:
        """Classes by qualified name."""
        return {item.qualified: item for facts in self.files for item in facts.classes}

    def has_word(self, word: str) -> bool:
        """Whether any file uses a word as an attribute, keyword or in a string, other than to export it."""
        return any(word in facts.words and word not in (facts.exports or ()) for facts in self.files)

    def outermost(self, function: str) -> str:
        """The top-level function or class around a function."""
        module = self.module_of(function)
        return f"{module}.{function[len(module) + 1 :].partition('.')[0]}"


_NO_VALUE = frozenset({"called", "receiver", "decorator", "annotation"})


@cache
def _last_parts(name: str) -> list[str]:
    return name.rsplit(".", MAX_TAIL + 1)[-MAX_TAIL - 1 :]
