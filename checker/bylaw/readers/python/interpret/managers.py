"""`with`: what stands inside runs where its context manager lets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tree_sitter import Node

from bylaw.facts.values import Call, Ref, Value
from bylaw.readers.python.interpret.environment import Flow
from bylaw.readers.python.interpret.expressions import Effect, Expressions
from bylaw.readers.python.interpret.folding import Environment
from bylaw.readers.python.walk import FunctionNode, Module


class Managers(Expressions):
    """The context managers of one run through a module. `managed` is told of them, and gives what their end calls; how
    a block runs is given by a subclass.
    """

    def __init__(self, module: Module, dialect: str, effect: Effect) -> None:
        super().__init__(module, dialect, effect)
        self.returned: list[list[Value]] = []
        """What the functions that are being run have returned so far."""
        self._wrapped: list[tuple[FunctionNode, Callable[[], None]]] = []
        """Context managers of this module that are being entered, and what runs inside them."""

    def block(self, statements: Sequence[Node], names: Environment) -> Flow:
        raise NotImplementedError

    def body(self, node: Node | None, names: Environment) -> Flow:
        """The statements of a block, if there is one. Raises TooMuch."""
        return self.block(node.named_children, names) if node is not None else Flow.NEXT

    def managed(self, value: Value) -> Call | None:
        """A context manager is entered; the call that its end is met as, or None."""
        del value
        return None

    def within(self, node: Node, names: Environment) -> Flow:
        """A `with`. Raises TooMuch."""
        items: list[Node] = []
        for clause in node.named_children:
            for item in clause.named_children if clause.type == "with_clause" else ():
                inner = item.child_by_field_name("value") if item.type == "with_item" else item
                items += [inner] if inner is not None else []
        return self._inside(items, node.child_by_field_name("body"), names)

    def _inside(self, items: list[Node], body: Node | None, names: Environment) -> Flow:
        """The body of a `with` within its context managers, outermost first."""
        if not items:
            return self.body(body, names)
        manager = self._generator(items[0], names)
        if manager is None:
            ending = self._with_item(items[0], names)
            flow = self._inside(items[1:], body, names)
            if ending is not None:
                self._effect(ending, ending, False)
            return flow
        flows: list[Flow] = []
        depth, returned = len(self.stack), len(self.returned)

        def inside() -> None:
            above, results = self.stack[depth:], self.returned[returned:]
            del self.stack[depth:], self.returned[returned:]
            try:
                flows.append(self._inside(items[1:], body, names))
            finally:
                self.stack += above
                self.returned += results

        self._wrapped.append((manager, inside))
        self._with_item(items[0], names)
        self._wrapped = [one for one in self._wrapped if one[1] is not inside]
        return flows[0] if flows else self._inside(items[1:], body, names)

    def _generator(self, item: Node, names: Environment) -> FunctionNode | None:
        """The function of this module, made a context manager by `contextlib`, that an item of a `with` calls."""
        value = self.value(item.named_children[0] if item.type == "as_pattern" else item)
        if self.silent or not isinstance(value, Call):
            return None
        function = self.own_function(Call(self.folder.fold(value.function, names), (), (), value.span))
        if function is None or not self.enters(function):
            return None
        marks = (mark.name for mark in function.fact.decorators if isinstance(mark, Ref))
        return function if any(mark.endswith("contextmanager") for mark in marks) else None

    def met_yield(self) -> None:
        """A generator yields: what stands inside the `with` that called it runs now."""
        if self._wrapped and not self.silent and self.stack and self.stack[-1] is self._wrapped[-1][0]:
            self._wrapped.pop()[1]()

    def _with_item(self, node: Node, names: Environment) -> Call | None:
        target = node.child_by_field_name("alias") if node.type == "as_pattern" else None
        value = self.evaluate(node.named_children[0] if node.type == "as_pattern" else node, names)
        if target is not None and target.named_children:
            self.assign(target.named_children[0], value, names)
        return None if self.silent else self.managed(value)
