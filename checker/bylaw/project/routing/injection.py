"""What dependency injection does with the modules that routers stand in."""

from __future__ import annotations

from bylaw.project.routing.code import Code

_INJECTOR = ("containers", "providers", "inject", "Provide", "DeclarativeContainer")


def injecting(code: Code) -> frozenset[str]:
    """`container.wire(modules=[views])` of dependency_injector, which puts what functions ask for into them."""
    offered = (found for name in _INJECTOR for found in code.imports.get(name, ()))
    used = any(imported.target.startswith("dependency_injector") for _, imported in offered)
    return frozenset({"wire"} if used and not any(name.endswith(".wire") for name in code.functions) else ())
