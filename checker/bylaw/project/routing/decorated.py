"""What a decorator makes an endpoint, or a class of endpoints, that nothing serves until it is listed somewhere:
ninja-extra's controllers, Litestar's functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Ref, Value
from bylaw.project.routing.code import Code
from bylaw.project.routing.objects import Object

_CONTROLLER = "api_controller"
_HANDLERS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "route", "websocket", "websocket_listener", "websocket_stream",
    "asgi",
})  # fmt: skip
_DISCOVERING = "auto_discover_controllers"


def decorated(facts: FileFacts, code: Code) -> Iterator[Object]:
    """The controllers and handler functions of one file."""
    if any(item.target.startswith("ninja_extra") for item in facts.imports):
        for item in facts.classes:
            if any(_comes_from("ninja_extra.", _CONTROLLER, each, facts, code) for each in item.decorators):
                yield Object(
                    item.qualified, "controller", "ninja", facts, item.span, endpoints=len(item.methods) or 1,
                    generated=code.has_word(_DISCOVERING),
                )  # fmt: skip
    if any(item.target.startswith("litestar") for item in facts.imports):
        for function in facts.functions:
            at_the_top = function.qualified == f"{facts.module}.{function.name}"
            if at_the_top and any(_handles(each, facts, code) for each in function.decorators):
                yield Object(function.qualified, "controller", "litestar", facts, function.span, endpoints=1)


def _handles(decorator: Value, facts: FileFacts, code: Code) -> bool:
    return any(_comes_from("litestar.", name, decorator, facts, code) for name in _HANDLERS)


def _comes_from(package: str, name: str, decorator: Value, facts: FileFacts, code: Code) -> bool:
    """Whether a decorator is that of the library, called or bare."""
    written = decorator.name if isinstance(decorator, Call | Ref) else ""
    if written.rpartition(".")[2] != name:
        return False
    return code.names.resolve(written, facts.module).startswith(package)
