"""What a plain name means at a place in one module."""

from __future__ import annotations

import builtins

import msgspec
from tree_sitter import Node

from bylaw.readers.python.star_names import star_names

BUILTINS = {name: f"builtins.{name}" for name in dir(builtins)}
_TARGETS = frozenset({
    "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list",
    "list_splat", "parenthesized_expression",
})  # fmt: skip


class Frame(msgspec.Struct):
    """Something around the code that is read, with names of its own: a function, lambda, comprehension or class body.

    `qualified` is the innermost function's name ('' at module level). The names are those seen so far in source order;
    they are complete once the walk is over. Bodies of functions are read after everything around them, as they run.
    """

    qualified: str
    locals: set[str] = msgspec.field(default_factory=set)
    imports: dict[str, str] = msgspec.field(default_factory=dict)
    class_name: str = ""
    """Set for a class body: the class's qualified name."""
    transparent: bool = False
    """A comprehension: `:=` inside it binds outside."""
    elsewhere: set[str] = msgspec.field(default_factory=set)
    """Names declared `nonlocal`."""
    of_module: set[str] = msgspec.field(default_factory=set)
    """Names declared `global`."""


class Scope(msgspec.Struct, dict=True):
    """Names of a module: what its top level binds, and the frames around the current place, outermost first.

    A class body is among them only while its own statements are read: functions inside a class do not see its names.
    """

    module: str
    is_package: bool
    names: dict[str, str] = msgspec.field(default_factory=dict)
    """Name bound at the top level → what it refers to, qualified."""
    frames: list[Frame] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        self._prefix = f"{self.module}." if self.module else ""
        self._typing_only: set[str] = set()

    def qualify(self, name: str) -> str | None:
        """The qualified meaning of a name, or None when it is a variable of an enclosing function."""
        for frame in reversed(self.frames):
            if name in frame.locals:
                return f"{frame.class_name}.{name}" if frame.class_name else None
            if name in frame.imports:
                return frame.imports[name]
            if name in frame.of_module:
                break
        return self.names.get(name) or BUILTINS.get(name) or self._prefix + name

    def own(self, name: str) -> str:
        """The qualified name of something that this module defines."""
        return self._prefix + name

    def bind(self, name: str, *, conditional: bool = False) -> None:
        """An assignment to `name` at the current place.

        A fallback does not hide the import it stands in for: after `try: import x` … `except ImportError: x = None`,
        `x` means the import.
        """
        self._bind_in(self.frames[-1] if self.frames else None, name, conditional=conditional)

    def bind_walrus(self, name: str) -> None:
        """`name := …` binds in the nearest place that is no comprehension."""
        self._bind_in(next((frame for frame in reversed(self.frames) if not frame.transparent), None), name)

    def _bind_in(self, frame: Frame | None, name: str, *, conditional: bool = False) -> None:
        if frame is None or name in frame.of_module:
            if not (conditional and name in self.names):
                self.names[name] = self._prefix + name
        elif name not in frame.elsewhere and not (conditional and name in frame.imports):
            frame.locals.add(name)
            frame.imports.pop(name, None)

    def bind_import(self, name: str, target: str, *, conditional: bool = False, typing_only: bool = False) -> None:
        """An import of `target` as `name` at the current place; of two alternatives the first one that runs counts."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or name in frame.of_module:
            known = self.names.get(name)
            if not conditional or known is None or known == self._prefix + name or name in self._typing_only:
                self.names[name] = target
                self._typing_only.discard(name)
                if typing_only:
                    self._typing_only.add(name)
        elif not (conditional and name in frame.imports):
            frame.imports[name] = target
            frame.locals.discard(name)

    def bind_star(self, target: str) -> None:
        """`from target import *`: what some libraries bring is known; the project's names are followed across files."""
        if not self.frames:
            for name in star_names(target):
                self.names.setdefault(name, f"{target}.{name}")

    def absolute(self, level: int, target: str) -> str:
        """A relative import made absolute: `level` dots, then `target`. Too many dots give the target alone."""
        if level == 0:
            return target
        package = self.module.split(".") if self.module else []
        keep = len(package) - (level - 1 if self.is_package else level)
        return ".".join([*package[: max(keep, 0)], *([target] if target else [])])


def bound_names(node: Node | None) -> list[Node]:
    """The identifiers that an assignment target binds, in source order: `a`, `(a, *b)`, `[a, b]`; not `a.b`, `a[0]`."""
    if node is None:
        return []
    if node.type == "identifier":
        return [node]
    found: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "identifier":
            found.append(current)
        elif current.type in _TARGETS:
            stack.extend(reversed(current.children))
    return found
