"""Expressions and assignments as seen from inside a function: folded, with the effects of the calls in them,
comprehensions unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tree_sitter import Node

from bylaw.facts.values import Attr, Call, Constant, Entries, Items, Local, Opaque, Ref, Starred, Value, children
from bylaw.readers.python.interpret.conditions import Conditions
from bylaw.readers.python.interpret.environment import bound, elements, mutated
from bylaw.readers.python.interpret.folding import COMPREHENSIONS, Environment, Folder, TooMuch, spread_keywords
from bylaw.readers.python.interpret.pure import compare
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import Frame, bound_names
from bylaw.readers.python.walk import FunctionNode, Module

MAX_STATEMENTS: Final = 20_000
MAX_CALL_DEPTH: Final = 4

Effect = Callable[[Call, Call, bool], bool]
"""What a call does: the call as written, the call folded, whether it is a whole statement. True when its arguments
need no look."""


class Expressions:
    """The expressions of one run through a module. `enter` runs a function's body; what it returns is given by a
    subclass.
    """

    def __init__(self, module: Module, dialect: str, effect: Effect) -> None:
        self.module = module
        self.conditions = Conditions(dialect)
        self.folder = Folder(module)
        self.folder.truth = self.conditions.truth
        self.folder.called = self._result_of
        self.folder.comprehension = self._comprehension
        self.stack: list[FunctionNode] = []
        self.extra_frames: tuple[Frame, ...] = ()
        self._effect = effect
        self._written: dict[tuple[int, int], Value] = {}
        self._silent = 0
        self._steps = 0

    def enter(self, function: FunctionNode, names: Environment) -> Value | None:
        raise NotImplementedError

    def step(self) -> None:
        """Count one piece of work. Raises TooMuch."""
        self._steps += 1
        if self._steps > MAX_STATEMENTS:
            raise TooMuch

    @property
    def silent(self) -> bool:
        """Whether a helper runs for its result only: its effects belong to its call, which is met elsewhere."""
        return self._silent > 0

    @property
    def _frames(self) -> tuple[Frame, ...]:
        return self.stack[-1].frames if self.stack else self.extra_frames

    def value(self, node: Node) -> Value:
        """The value of an expression as it is written."""
        key = (node.start_byte, node.end_byte)
        value = self._written.get(key)
        if value is None:
            value = self._written[key] = self.module.value_in(node, self._frames)
        return value

    def evaluate(self, node: Node, names: Environment) -> Value:
        """The folded value of an expression, after the effects of its calls."""
        value = self.value(node)
        self._calls(value, names)
        return self.folder.fold(value, names)

    def meet_calls(self, node: Node, names: Environment) -> None:
        """The effects of the calls in an expression that is a whole statement."""
        self._calls(self.value(node), names, alone=True)

    def own_function(self, call: Call) -> FunctionNode | None:
        """The function of this module that a folded call calls; also a method of a class of this module."""
        match call.function:
            case Ref(name):
                return self.module.by_function.get(name)
            case Attr(Call(Ref(owner)), name):
                return self.module.by_function.get(f"{owner}.{name}")
            case _:
                return None

    def enters(self, function: FunctionNode | None) -> bool:
        """Whether a helper may be entered from here: neither too deep nor recursive."""
        return function is not None and len(self.stack) < MAX_CALL_DEPTH and function not in self.stack

    def _result_of(self, call: Call) -> Value | None:
        """What a helper of this module returns, its effects left out."""
        function = self.own_function(call)
        if function is None or not self.enters(function):
            return None
        self._silent += 1
        try:
            return self.enter(function, bound(function, call))
        finally:
            self._silent -= 1

    def _calls(self, value: Value, names: Environment, *, alone: bool = False) -> None:
        match value:
            case Call():
                self._call(value, names, alone=alone)
            case Opaque(kind) if kind in COMPREHENSIONS:
                for _ in self._rows(value, names, effects=True):
                    pass
            case Constant() | Ref() | Local() | Opaque():
                return
            case _:
                for inner in children(value):
                    self._calls(inner, names)

    def _call(self, call: Call, names: Environment, *, alone: bool) -> None:
        arguments = self._folded_arguments(call, names)
        grown = mutated(Call(call.function, arguments.args, arguments.keywords, call.span), names)
        if grown is not None:
            self.folder.weigh(grown[1])
            names[grown[0]] = grown[1]
        folded = Call(self.folder.fold(call.function, names), arguments.args, arguments.keywords, call.span)
        if not self.silent and self._effect(call, folded, alone):
            return
        for inner in children(call):
            self._calls(inner, names)

    def _folded_arguments(self, call: Call, names: Environment) -> Call:
        args: list[Value] = []
        for argument in call.args:
            folded = self.folder.fold(argument, names)
            args.extend(
                folded.value.items if isinstance(folded, Starred) and isinstance(folded.value, Items) else (folded,)
            )
        keywords = spread_keywords(call.keywords, lambda value: self.folder.fold(value, names))
        return Call(call.function, tuple(args), keywords, call.span)

    # -- comprehensions

    def _comprehension(self, opaque: Opaque, names: Environment) -> Value | None:
        rows = list(self._rows(opaque, names, effects=False))
        known = tuple(row for row in rows if row is not None)
        if len(known) < len(rows):
            return None
        if opaque.kind == "dictionary_comprehension":
            pairs = [row.items for row in known if isinstance(row, Items)]
            return Entries(tuple((key, value) for key, value in pairs), opaque.span)
        return Items("list", known, opaque.span)

    def _rows(self, opaque: Opaque, names: Environment, *, effects: bool) -> Iterator[Value | None]:
        """The values of a comprehension over literals; None for one over anything else."""
        start, end = opaque.span.start, opaque.span.end
        node = self.module.root.descendant_for_byte_range(start, max(end - 1, start))
        while node is not None and node.end_byte < end:
            node = node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if node is None or body is None:
            yield None
            return
        clauses = [child for child in node.named_children if child.type in {"for_in_clause", "if_clause"}]
        targets = [name for clause in clauses for name in bound_names(clause.child_by_field_name("left"))]
        frame = Frame("", {self.module.converter.text(name) for name in targets})
        yield from self._expand(clauses, body, dict(names), (*self._frames, frame), effects=effects)

    def _expand(
        self, clauses: list[Node], body: Node, names: Environment, frames: tuple[Frame, ...], *, effects: bool
    ) -> Iterator[Value | None]:
        self.step()
        if not clauses:
            yield self._row(body, names, frames, effects=effects)
            return
        clause, *rest = clauses
        if clause.type == "if_clause":
            condition = self.folder.fold(self.module.value_in(clause.named_children[0], frames), names)
            if self.conditions.truth(condition) is not False:
                yield from self._expand(rest, body, names, frames, effects=effects)
            return
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if left is None or right is None:
            yield None
            return
        iterable = self.module.value_in(right, frames)
        if effects:
            self._calls(iterable, names)
        rows = elements(self.folder.fold(iterable, names))
        if rows is None:
            self.assign(left, Opaque("loop", span(left)), names)
            if effects:
                yield from self._expand(rest, body, names, frames, effects=effects)
            yield None
            return
        for row in rows:
            inner = dict(names)
            self.assign(left, row, inner)
            yield from self._expand(rest, body, inner, frames, effects=effects)

    def _row(self, body: Node, names: Environment, frames: tuple[Frame, ...], *, effects: bool) -> Value:
        parts = body.named_children if body.type == "pair" else [body]
        values = tuple(self.module.value_in(part, frames) for part in parts)
        for value in values if effects else ():
            self._calls(value, names)
        folded = tuple(self.folder.fold(value, names) for value in values)
        return folded[0] if len(folded) == 1 else Items("tuple", folded, span(body))

    # -- assignments

    def assignment(self, node: Node, names: Environment) -> None:
        """Carry out `a = b = value`. Raises TooMuch."""
        targets: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "assignment":
            left = current.child_by_field_name("left")
            if left is not None:
                targets.append(left)
            current = current.child_by_field_name("right")
        if current is None:
            return
        value = self.evaluate(current, names)
        for target in targets:
            self.assign(target, value, names)

    def augmented_assignment(self, node: Node, names: Environment) -> None:
        """Carry out `a += value`. Raises TooMuch."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        added = self.evaluate(right, names)
        if left.type != "identifier":
            return
        name = self.module.converter.text(left)
        operator = node.child_by_field_name("operator")
        sign = self.module.converter.text(operator).rstrip("=") if operator is not None else "?"
        before = names.get(name)
        result = compare(sign, before, added, span(node)) if before is not None else None
        self.assign(left, result or Opaque("augmented", span(node)), names)

    def assign(self, target: Node, value: Value, names: Environment) -> None:
        """Bind what an assignment's target names to a folded value, taken apart where it has parts. Raises TooMuch."""
        if not isinstance(value, Constant | Ref | Opaque):
            self.folder.weigh(value)
        kind = target.type
        if kind == "identifier":
            names[self.module.converter.text(target)] = value
        elif kind in {"pattern_list", "tuple_pattern", "list_pattern"}:
            parts = [child for child in target.named_children if child.type != "comment"]
            items = elements(value)
            fits = items if items is not None and len(items) == len(parts) else None
            for at, part in enumerate(parts):
                self.assign(part, fits[at] if fits is not None else Opaque("unpacked", span(part)), names)
        else:
            for name in bound_names(target):
                names[self.module.converter.text(name)] = Opaque("unpacked", span(name))
