"""Which functions anything may call. What stands in the others registers nothing."""

from __future__ import annotations

from bylaw.project.routing.code import Code
from bylaw.project.routing.objects import Object

_ENTRY_FUNCTIONS = frozenset({
    "main", "run", "cli", "serve", "start", "app", "application", "wsgi", "asgi", "handler", "setup",
})  # fmt: skip
"""Functions by these names are called from outside the code: console scripts, servers, plugin hosts."""


class Life:
    """Answers for each function, once. Methods are always alive: nothing tells who calls them."""

    def __init__(self, code: Code, objects: dict[str, Object]) -> None:
        self._code = code
        self._factories = {item.inside for item in objects.values() if item.role == "app" and item.inside}
        self._alive: dict[str, bool] = {}

    def is_alive(self, function: str) -> bool:
        """Whether the top-level function around is mentioned outside itself, decorated, or an entry point."""
        outer = self._code.outermost(function)
        if outer not in self._alive:
            self._alive[outer] = True
            self._alive[outer] = self._find(outer)
        return self._alive[outer]

    def _find(self, outer: str) -> bool:
        function = self._code.functions.get(outer)
        if function is None or function.decorators or function.name in _ENTRY_FUNCTIONS:
            return True
        if any(inside == outer or inside.startswith(f"{outer}.") for inside in self._factories):
            return True
        kind = self._code.kinds.made_by_function(outer, self._code.module_of(outer))
        if (kind is not None and kind.role == "app") or self._code.has_word(function.name):
            return True
        return any(not mention.reference.function.startswith(outer) for mention in self._code.mentions(outer))
