"""The state of one walk over a module, and how it goes from node to node. What a node means is said by handlers."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from tree_sitter import Node

from bylaw.facts.code import Function, Loop, Parameter, Reference, Role, Unread, Variable
from bylaw.facts.values import Value
from bylaw.readers.python.meaning import MEANINGFUL_CALLS
from bylaw.readers.python.module import Annotation, Doubt, FunctionNode, Module
from bylaw.readers.python.parse import kind, span
from bylaw.readers.python.scope import Frame

MAX_DEPTH = 400
"""Levels of nesting that are looked into; what lies deeper is an Unread fact."""

_HANDED = frozenset({"argument", "item"})
Handler = Callable[["Visitor", Node, Role], None]
Handlers = Mapping[int, Handler | None]
"""What to do with a node by its `kind_id`; None: nothing in it is of interest."""


class ClassBody(msgspec.Struct):
    """A class whose body is being read."""

    qualified: str
    variables: list[Variable] = msgspec.field(default_factory=list)
    methods: list[str] = msgspec.field(default_factory=list)


class FunctionBody(msgspec.Struct):
    """A function whose body waits to be read, or is. `frames` are those around it and its own."""

    node: Node
    body: Node
    statement: Node
    name_node: Node
    name: str
    qualified: str
    owner: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Value, ...]
    annotation: Value | None
    frames: list[Frame]
    conditional: bool
    returns: list[Value] = msgspec.field(default_factory=list)
    words: set[str] = msgspec.field(default_factory=set)

    def finished(self) -> FunctionNode:
        """The function's fact, once its body was read."""
        fact = Function(
            self.name, self.qualified, self.parameters, self.decorators, self.annotation, tuple(self.returns),
            span(self.name_node), span(self.statement), self.owner, self.conditional,
            bool(self.owner) and _does_nothing(self.body),
        )  # fmt: skip
        return FunctionNode(fact, self.node, tuple(self.frames), self.words)


_MOST_IDLE: Final = 3
_EXPRESSION = kind("expression_statement")
_IDLE: Final = frozenset({kind("pass_statement"), kind("comment")})
_RETURN: Final = kind("return_statement")
_PROSE: Final = frozenset({kind("string"), kind("concatenated_string"), kind("ellipsis")})


def _does_nothing(body: Node) -> bool:
    """Whether a body is only there because one has to be."""
    statements = body.named_children if body.named_child_count <= _MOST_IDLE else ()
    return bool(statements) and all(_is_idle(statement) for statement in statements)


def _is_idle(statement: Node) -> bool:
    if statement.kind_id == _EXPRESSION:
        return statement.named_child_count == 1 and statement.named_children[0].kind_id in _PROSE
    return statement.kind_id in _IDLE or (statement.kind_id == _RETURN and statement.named_child_count == 0)


class LoopNode(msgspec.Struct):
    """A loop or comprehension clause around the current node; its values are converted when a call in it matters."""

    targets: tuple[str, ...]
    values: Node
    fact: Loop | None = None


class Visitor:
    """Walks one module top down, keeping what is around the current node. Bodies of functions are read last."""

    def __init__(self, module: Module, handlers: Handlers) -> None:
        self.module = module
        self.scope = module.scope
        self.text = module.converter.text
        self.value = module.converter.value
        self.name = module.converter.name
        self.words = module.words
        """Where words are noted: the function's whose body is read, which become the module's."""
        self.pending: deque[FunctionBody] = deque()
        self.owner = ""
        """Qualified name of the class or function that a definition here belongs to, or ''."""
        self.class_body: ClassBody | None = None
        self.function: FunctionBody | None = None
        self.function_name = ""
        self.loops: list[LoopNode] = []
        self.conditions = 0
        """How many ifs, loops, tries and withs are around, inside this function or class body."""
        self.typing_only = 0
        self.calling = ""
        """The last name of the innermost call around, `@name` inside a decorator's."""
        self.assigned: dict[int, str] = {}
        """By the id of a call node: the single name that its result is assigned to."""
        self.anchored = False
        """The place for new imports is settled: definitions have begun."""
        self._handlers = handlers
        self._not_ours = sys.stdlib_module_names - {module.scope.module.partition(".")[0]} | {"builtins"}
        """First parts of names that never mean something of the project."""
        self._depth = 0

    def run(self) -> None:
        """Read the whole module, then the bodies of its functions."""
        self.visit(self.module.root, "other")
        functions = self.module.functions
        while self.pending:
            function = self.pending.popleft()
            self._read_body(function)
            functions.append(function.finished())
        self.scope.frames = []
        functions.sort(key=lambda function: function.node.start_byte)
        for record in functions:
            self.module.by_function.setdefault(record.fact.qualified, record)

    def _read_body(self, function: FunctionBody) -> None:
        self.function, self.function_name, self.owner = function, function.qualified, function.qualified
        self.class_body, self.conditions, self.typing_only, self.loops, self.calling = None, 0, 0, [], ""
        self.scope.frames, self.words = function.frames, function.words
        self.visit(function.body, "other")
        self.module.words |= function.words

    def visit(self, node: Node, role: Role) -> None:
        """Read one node."""
        handler = self._handlers[node.kind_id]
        if handler is None:
            return
        if self._depth >= MAX_DEPTH:
            self._too_deep(node)
            return
        self._depth += 1
        handler(self, node, role)
        self._depth -= 1

    def children(self, node: Node, role: Role) -> None:
        """Read every child of a node in the same role."""
        if self._depth >= MAX_DEPTH:
            self._too_deep(node)
            return
        self._depth += 1
        handlers = self._handlers
        for child in node.children:
            handler = handlers[child.kind_id]
            if handler is not None:
                handler(self, child, role)
        self._depth -= 1

    def _too_deep(self, node: Node) -> None:
        unread = self.module.unread
        if not unread or unread[-1].reason != "nested too deeply" or not unread[-1].span.contains(span(node)):
            unread.append(Unread(span(node), "nested too deeply"))

    def doubt(self, node: Node, message: str) -> None:
        """Note something that no Python of today allows."""
        self.module.doubts.append(Doubt(span(node), message))

    def refer(self, name: str, role: Role, node: Node) -> None:
        """Note the use of a qualified name, the first time that it is used so in this function."""
        if role == "annotation" or name.partition(".")[0] in self._not_ours:
            return
        call = self.calling if role in _HANDED else ""
        key = (name, role, self.function_name, call in MEANINGFUL_CALLS or call[:1] == "@")
        if key not in self.module.references:
            self.module.references[key] = Reference(name, role, span(node), self.function_name, call)

    @property
    def around(self) -> Node | None:
        """The node of the function whose variables are seen here, or None in a class body and at module level."""
        return self.function.node if self.function is not None and self.class_body is None else None

    def annotate(self, node: Node, position: str, name: str, function: Node | None = None) -> Value:
        """Note a type expression; calls inside it (`Annotated[…, Depends(…)]`) are read like any other.

        `function` is the one whose head it stands in.
        """
        value = self.value(node)
        function = function or self.around
        self.module.annotations.append(Annotation(value, position, name, function, self.scope.frames))
        if b"(" in self.module.content[node.start_byte : node.end_byte]:
            self.children(node, "annotation")
        return value

    def bind(self, name: str) -> None:
        """A name gets a value here."""
        self.scope.bind(name, conditional=self.conditions > 0)

    def surrounding_loops(self) -> tuple[Loop, ...]:
        """The loops around the current node, outermost first."""
        return tuple(self._loop(loop) for loop in self.loops)

    def _loop(self, loop: LoopNode) -> Loop:
        if loop.fact is None:
            loop.fact = Loop(loop.targets, self.value(loop.values))
        return loop.fact


def descend(walk: Visitor, node: Node, _role: Role) -> None:
    """What is done with a node that means nothing by itself."""
    walk.children(node, "other")


def within(walk: Visitor, frame: Frame, nodes: Sequence[Node], role: Role) -> None:
    """Read nodes inside one more frame."""
    walk.scope.frames.append(frame)
    for node in nodes:
        walk.visit(node, role)
    walk.scope.frames.pop()
