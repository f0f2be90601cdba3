"""Which functions nothing calls. What such a function registers is not registered.

Only a function that is handed an application or router can be said to wait for a call; one that makes its own may be an
entry point that a server or console script names.
"""

from __future__ import annotations

from bylaw.facts.code import Function
from bylaw.facts.values import Attr, Local, Ref
from bylaw.project.routing.code import Code
from bylaw.project.routing.objects import Object
from bylaw.project.routing.vocabulary import REGISTER_CALLS

_ENTRY_FUNCTIONS = frozenset({
    "main", "run", "cli", "serve", "start", "app", "application", "wsgi", "asgi", "handler", "setup",
})  # fmt: skip
"""Functions by these names are called from outside the code: console scripts, servers, plugin hosts."""
_HANDED = frozenset({"app", "application", "api", "router", "api_router", "server", "fastapi_app", "flask_app"})


class Life:
    """Answers for each function, once. Methods are always alive: nothing tells who calls them."""

    def __init__(self, code: Code, objects: dict[str, Object]) -> None:
        self._code = code
        self._factories = {item.inside for item in objects.values() if item.role == "app" and item.inside}
        self._alive: dict[str, bool] = {}

    def is_alive(self, function: str) -> bool:
        """False when the top-level function around waits for an application or router, and nothing calls it."""
        outer = self._code.outermost(function)
        if outer not in self._alive:
            self._alive[outer] = True
            found = self._code.functions.get(outer)
            self._alive[outer] = found is None or not self._waits(found) or self.is_known(found)
        return self._alive[outer]

    def is_known(self, function: Function) -> bool:
        """Whether anything may call a top-level function: code that mentions it, a decorator, a host that knows it."""
        if function.decorators or function.name in _ENTRY_FUNCTIONS or self._code.has_word(function.name):
            return True
        name = function.qualified
        if any(inside == name or inside.startswith(f"{name}.") for inside in self._factories) or self.makes_app(name):
            return True
        return any(not mention.reference.function.startswith(name) for mention in self._code.mentions(name))

    def makes_app(self, function: str) -> bool:
        """Whether a function returns an application, for a server to call."""
        kind = self._code.kinds.made_by_function(function, self._code.module_of(function))
        return kind is not None and kind.role == "app"

    def _waits(self, function: Function) -> bool:
        module = self._code.module_of(function.qualified)
        receivers = {
            site.call.function.value.name
            for site in self._code.names.modules[module].calls
            if site.function == function.qualified
            and site.call.method in REGISTER_CALLS
            and isinstance(site.call.function, Attr)
            and isinstance(site.call.function.value, Local)
        }
        for parameter in function.parameters:
            annotation = parameter.annotation
            kind = self._code.kinds.of_name(annotation.name, module) if isinstance(annotation, Ref) else None
            if (
                parameter.name in _HANDED
                or parameter.name in receivers
                or (kind is not None and kind.role != "controller")
            ):
                return True
        return False
