"""What one walk over a module collects, and the means to convert more of its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec
from tree_sitter import Node

from bylaw.facts.code import CallSite, Class, Function, Import, Reference, Role, Unread, Variable
from bylaw.facts.values import Call, Value
from bylaw.readers.python.parse import comments_in
from bylaw.readers.python.scope import Frame, Scope
from bylaw.readers.python.values import Converter
from bylaw.source import Span


class FunctionNode(msgspec.Struct):
    """A function with its node, for topics that read bodies. `frames` (its own last) hold all local names.

    `words` are the module's words that its body has: a quick look whether it is worth reading.
    """

    fact: Function
    node: Node
    frames: tuple[Frame, ...]
    words: set[str]


class ClassNode(msgspec.Struct):
    fact: Class
    node: Node


class Annotation(msgspec.Struct):
    """A type expression, where it stands, and the function around it (None at module level or in a class body)."""

    value: Value
    position: str
    """parameter, `*args`, `**kwargs`, return, variable, attribute, field, alias, base class, type parameter."""
    name: str
    """Of the parameter, function, variable, alias or class."""
    function: Node | None = None
    frames: Sequence[Frame] = ()
    """What is around the annotation, for names inside a quoted one."""


class CastNode(msgspec.Struct):
    """A call of typing.cast, and the function around it (None at module level or in a class body)."""

    value: Value
    node: Node
    function: Node | None = None
    frames: Sequence[Frame] = ()


class Doubt(msgspec.Struct):
    """Something that tree-sitter lets pass but only an older Python or a half-written file has: it has to be judged."""

    span: Span
    message: str


class Module(msgspec.Struct, dict=True):
    """What the walk collected, and the means to convert more nodes."""

    path: str
    content: bytes
    root: Node
    scope: Scope
    converter: Converter
    imports: list[Import] = msgspec.field(default_factory=list)
    exports: tuple[str, ...] | None = None
    variables: list[Variable] = msgspec.field(default_factory=list)
    classes: list[ClassNode] = msgspec.field(default_factory=list)
    functions: list[FunctionNode] = msgspec.field(default_factory=list)
    """In source order."""
    by_function: dict[str, FunctionNode] = msgspec.field(default_factory=dict)
    """By qualified name; of several with one name the first."""
    references: dict[tuple[str, Role, str, bool], Reference] = msgspec.field(default_factory=dict)
    calls: list[CallSite] = msgspec.field(default_factory=list)
    annotations: list[Annotation] = msgspec.field(default_factory=list)
    casts: list[CastNode] = msgspec.field(default_factory=list)
    made_types: list[tuple[Call, Sequence[Frame]]] = msgspec.field(default_factory=list)
    """Calls that make types: TypeVar, NewType, and TypedDict and NamedTuple as functions."""
    words: set[str] = msgspec.field(default_factory=set)
    dotted: set[str] = msgspec.field(default_factory=set)
    """String literals that may name a module or something in it."""
    unread: list[Unread] = msgspec.field(default_factory=list)
    import_anchor: int = 0
    doubts: list[Doubt] = msgspec.field(default_factory=list)

    @cached_property
    def comments(self) -> list[Node]:
        """All comment nodes, in source order."""
        return list(comments_in(self.root, self.content))

    def value_in(self, node: Node, frames: Sequence[Frame]) -> Value:
        """Convert an expression as seen from inside a function."""
        before = self.scope.frames
        self.scope.frames = list(frames)
        try:
            return self.converter.value(node)
        finally:
            self.scope.frames = before
