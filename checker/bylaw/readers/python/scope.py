"""What a plain name means at a place in one module."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field

from tree_sitter import Node

BUILTINS = frozenset(dir(builtins))


@dataclass
class Frame:
    """A function (or lambda, comprehension) around the code that is read: its own names, seen so far in source order."""

    qualified: str
    locals: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)


@dataclass
class Scope:
    """Names of a module: what its top level binds, and the functions and class bodies around the current place."""

    module: str
    is_package: bool
    names: dict[str, str] = field(default_factory=dict)
    """Name bound at the top level → what it refers to, qualified."""
    frames: list[Frame] = field(default_factory=list)
    class_bodies: list[tuple[str, set[str]]] = field(default_factory=list)

    def qualify(self, name: str) -> str | None:
        """The qualified meaning of a name, or None when it is a variable of an enclosing function."""
        for frame in reversed(self.frames):
            if name in frame.locals:
                return None
            if name in frame.imports:
                return frame.imports[name]
        if self.class_bodies:
            owner, bound = self.class_bodies[-1]
            if name in bound:
                return f"{owner}.{name}"
        if name in self.names:
            return self.names[name]
        if name in BUILTINS:
            return f"builtins.{name}"
        return self.own(name)

    def own(self, name: str) -> str:
        """The qualified name of something that this module defines."""
        return f"{self.module}.{name}" if self.module else name

    def absolute(self, level: int, target: str) -> str:
        """A relative import made absolute: `level` dots, then `target`. Too many dots give the target alone."""
        if level == 0:
            return target
        package = self.module.split(".") if self.module else []
        keep = len(package) - (level - 1 if self.is_package else level)
        return ".".join([*package[: max(keep, 0)], *([target] if target else [])])


def bound_names(node: Node | None) -> list[Node]:
    """The identifiers that an assignment target binds: `a`, `(a, *b)`, `[a, b]`; not `a.b` or `a[0]`."""
    if node is None:
        return []
    if node.type == "identifier":
        return [node]
    if node.type in {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list"}:
        return [name for child in node.named_children for name in bound_names(child)]
    return []
