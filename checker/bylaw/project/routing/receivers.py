"""To what a registering call adds: `app.include_router(…)`, where `app` may be a parameter three calls up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from bylaw.facts.code import CallSite, Function
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Local, Ref, Value
from bylaw.project.routing.code import Code
from bylaw.project.routing.objects import Object, local_object
from bylaw.project.routing.vocabulary import PASS_THROUGH

Target = tuple[Literal["app", "node", "unknown"], str]


class Receivers:
    """Finds the applications and routers that are added to, by name; `unknown` where one cannot be found."""

    def __init__(self, code: Code, objects: dict[str, Object]) -> None:
        self._code = code
        self._objects = objects

    def of(self, site: CallSite, facts: FileFacts) -> tuple[Target, ...]:
        """All that the call may add to, each once."""
        return tuple(dict.fromkeys(self._find(site, facts)))

    def _find(self, site: CallSite, facts: FileFacts) -> Iterator[Target]:
        function = site.call.function
        if self._code.kinds.created_by(site.call, facts.module) is not None:
            made = local_object(site.assigned_to, site.function, self._objects)
            yield _target(made) if made is not None else ("unknown", "")
        elif isinstance(function, Ref):
            yield self._of_name(function.name, site, facts)
        elif isinstance(function, Attr):
            yield from self._of_value(function.value, site, facts)
        else:
            yield "unknown", ""

    def _of_name(self, name: str, site: CallSite, facts: FileFacts) -> Target:
        if site.call.method in PASS_THROUGH:
            patterns = f"{facts.module}.urlpatterns"
            return ("node", patterns) if not site.function and patterns in self._objects else ("unknown", "")
        base = name.rpartition(".")[0]
        place = self._code.place(base, facts.module) if base else None
        known = self._objects.get(place.node) if place is not None else None
        return _target(known) if known is not None else ("unknown", base)

    def _of_value(self, value: Value, site: CallSite, facts: FileFacts) -> Iterator[Target]:
        if isinstance(value, Attr) and value.name == "router":
            value = value.value
        if isinstance(value, Call) and (kind := self._code.kinds.of_value(value, facts.module)) is not None:
            yield ("app", value.name) if kind.role == "app" else ("unknown", value.name)
        elif isinstance(value, Local):
            known = local_object(value.name, site.function, self._objects)
            if known is not None:
                yield _target(known)
            elif (function := self._parameter_of(value.name, site.function)) is not None:
                yield from self._passed_to(function)
            else:
                yield self._made_in(site.function, facts) or ("unknown", value.name)
        else:
            yield "unknown", ""

    def _made_in(self, function: str, facts: FileFacts) -> Target | None:
        """The application of a project's own class or factory that a function calls, whatever variable takes it."""
        kinds = self._code.kinds
        for reference in facts.references:
            if reference.function == function and reference.role == "called":
                last = reference.name.rpartition(".")[2]
                kind = kinds.of_name(reference.name, facts.module) if last in kinds.words else None
                kind = kind or kinds.made_by_function(reference.name, facts.module)
                if kind is not None and kind.role == "app":
                    return "app", reference.name
        return None

    def _parameter_of(self, name: str, function: str) -> Function | None:
        """The function, or one around it, that has the parameter."""
        while function:
            found = self._code.functions.get(function)
            if found is not None and any(parameter.name == name for parameter in found.parameters):
                return found
            function = function.rpartition(".")[0]
        return None

    def _passed_to(self, function: Function, seen: frozenset[str] = frozenset()) -> Iterator[Target]:
        """What callers hand to a function, directly or from their own callers."""
        found = False
        for facts, reference, _ in list(self._code.mentions(function.qualified)):
            for target in self._handed(function.name, facts):
                found = True
                yield target
            for item in self._apps_in.get(reference.function, ()):
                found = True
                yield "app", item.name
            if (made := self._made_in(reference.function, facts)) is not None:
                found = True
                yield made
            caller = self._code.functions.get(reference.function)
            if caller is not None and caller.parameters and not caller.owner and caller.qualified not in seen:
                found = True
                yield from self._passed_to(caller, seen | {caller.qualified})
        if not found:
            yield "unknown", function.qualified

    def _handed(self, function: str, facts: FileFacts) -> Iterator[Target]:
        for reference in facts.references:
            if reference.call == function:
                place = self._code.place(reference.name, facts.module)
                if place is not None and not place.tail and place.node in self._objects:
                    yield _target(self._objects[place.node])

    @cached_property
    def _apps_in(self) -> dict[str, list[Object]]:
        """Functions → the applications that they create."""
        found: dict[str, list[Object]] = {}
        for item in self._objects.values():
            if item.role == "app" and item.inside:
                found.setdefault(item.inside, []).append(item)
        return found


def _target(item: Object) -> Target:
    return ("app", item.name) if item.role == "app" else ("node", item.name)
