"""Counts the endpoints of every router: a router without any harms nobody when it is not registered."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Local, Ref, Value
from bylaw.project.routing.code import Code
from bylaw.project.routing.objects import Object, local_object
from bylaw.project.routing.vocabulary import ENDPOINT_METHODS


def count_endpoints(code: Code, objects: dict[str, Object]) -> None:
    """Adds up `@router.get(…)`, `@cbv(router)`, `@guard(router.get)`, `router.add_api_route(…)`, `router.get(…)(f)`."""
    counter = _Counter(code, objects)
    for facts in code.files:
        for value, around in _uses(facts):
            target = counter.router_of(value, around, facts.module)
            if target is not None:
                target.endpoints += 1


def _uses(facts: FileFacts) -> Iterator[tuple[Value, str]]:
    """What may be `router.method` or `router` itself, with the function around it."""
    for function in facts.functions:
        for decorator in function.decorators:
            yield from _decorated(decorator, function.qualified)
    for item in facts.classes:
        for decorator in item.decorators:
            yield from _decorated(decorator, item.qualified)
    for site in facts.calls:
        if site.call.method in ENDPOINT_METHODS:
            yield site.call.function, site.function
    for reference in facts.references:
        if reference.role == "called" and reference.name.rpartition(".")[2] in ENDPOINT_METHODS:
            yield Ref(reference.name, reference.span), reference.function


def _decorated(decorator: Value, around: str) -> Iterator[tuple[Value, str]]:
    if isinstance(decorator, Call):
        yield decorator.function, around
        if decorator.args and isinstance(decorator.args[0], Ref | Local):
            yield Attr(decorator.args[0], "", decorator.span), around
    else:
        yield decorator, around


class _Counter:
    """Finds the router in `router.method`; most names are told apart by their last parts alone."""

    def __init__(self, code: Code, objects: dict[str, Object]) -> None:
        self._code = code
        self._objects = objects
        self._held: dict[str, list[Object]] = {}
        """The routers that a class makes when an object of it is made."""
        for item in objects.values():
            if item.held_by and item.inside:
                self._held.setdefault(item.held_by, []).append(item)
        self._lasts = {alias for name in objects for alias in code.known_as(name.rpartition(".")[2])}

    def router_of(self, value: Value, around: str, module: str) -> Object | None:
        if isinstance(value, Attr):
            if isinstance(value.value, Attr) and isinstance(value.value.value, Local) and self._held:
                return self._kept(around) if value.value.value.name == "self" else None
            if isinstance(value.value, Local):
                return local_object(value.value.name, around, self._objects)
            return self._named(value.value.name, module) if isinstance(value.value, Ref) else None
        if isinstance(value, Ref):
            owner, _, method = value.name.rpartition(".")
            return self._named(owner, module) if method else None
        return None

    def _kept(self, around: str) -> Object | None:
        """The only router that the class around a method keeps: `self.router`."""
        while around and around not in self._held:
            around = around.rpartition(".")[0]
        kept = self._held.get(around, [])
        return kept[0] if len(kept) == 1 else None

    def _named(self, name: str, module: str) -> Object | None:
        if (item := self._objects.get(name)) is not None and item.held_by:
            return item
        owner, _, last = name.rpartition(".")
        if last not in self._lasts and owner.rpartition(".")[2] not in self._lasts:
            return None
        place = self._code.place(name, module)
        if place is None or (place.tail and place.tail not in ENDPOINT_METHODS):
            return None
        return self._objects.get(place.node)
