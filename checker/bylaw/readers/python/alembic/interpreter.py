"""Follows `upgrade()` statement by statement, without running anything, and collects what its calls do to the database.

Loops over literals are unrolled, helper functions of the same module entered with their arguments bound, branches on the dialect
decided for one dialect; every other branch is taken as possible. What does not end after a bounded number of steps is unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Final

from tree_sitter import Node

from bylaw.facts.migrations import Operation, RunCode, Transaction, UnreadOperation
from bylaw.facts.values import Attr, Call, Constant, Entries, Items, Keyword, Local, Opaque, Ref, Starred, Value, walk
from bylaw.readers.python.alembic.conditions import Conditions
from bylaw.readers.python.folding import COMPREHENSIONS, Environment, Folder, TooMuch
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import Frame, bound_names
from bylaw.readers.python.walk import FunctionNode, Module
from bylaw.source import Span

MAX_STATEMENTS: Final = 20_000
MAX_CALL_DEPTH: Final = 4
MAX_OPERATIONS: Final = 5_000
MAX_NESTING: Final = 60
_OPERATIONS: Final = re.compile(r"\b(?:op|batch_op)\.|\bexecute\b")


class Flow(Enum):
    """How a block ends: at its last statement, or by leaving the loop or the function."""

    NEXT = auto()
    LOOP = auto()
    LEAVE = auto()


class Effects:
    """The operations met so far."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def add(self, operations: Sequence[Operation]) -> None:
        """Append operations; Python work that follows Python work is one piece of it."""
        for operation in operations:
            repeated = isinstance(operation, RunCode) and self.operations and isinstance(self.operations[-1], RunCode)
            if not repeated:
                self.operations.append(operation)
        if len(self.operations) > MAX_OPERATIONS:
            raise TooMuch


Effect = Callable[[Call, Call, bool], bool]
"""What a call does: the call as written, the call folded, whether it is a whole statement. True when its arguments need no look."""


class Interpreter:
    """One run through a revision for one dialect."""

    def __init__(self, module: Module, dialect: str, effect: Effect) -> None:
        self.module = module
        self.conditions = Conditions(dialect)
        self.folder = Folder(module)
        self.folder.truth = self.conditions.truth
        self.folder.called = self._result_of
        self.folder.comprehension = self._comprehension
        self.effects = Effects()
        self._effect = effect
        self._statements = 0
        self._nesting = 0
        self._stack: list[FunctionNode] = []
        self._returned: list[list[Value]] = []
        self._silent = 0
        self._nodes = {(record.node.start_byte, record.node.end_byte): record for record in module.functions}

    def run(self, function: FunctionNode) -> tuple[Operation, ...]:
        """The operations of a function called with nothing known, `op` parameters aside."""
        names: Environment = {}
        for parameter in function.fact.parameters:
            if parameter.name in {"op", "ops", "operations"}:
                names[parameter.name] = Ref("alembic.op", parameter.span)
        try:
            self._enter(function, names)
        except TooMuch:
            self.effects.operations.append(UnreadOperation(function.fact.span, "the code has too many steps to follow"))
        return tuple(self.effects.operations)

    # -- functions

    def _enter(self, function: FunctionNode, names: Environment) -> Value | None:
        """Run a body; the value it returns when all its returns agree."""
        body = function.node.child_by_field_name("body")
        if body is None:
            return None
        self._stack.append(function)
        self._returned.append([])
        try:
            self._block(body.named_children, names)
            returned = self._returned[-1]
        finally:
            self._stack.pop()
            self._returned.pop()
        return returned[0] if returned and all(value == returned[0] for value in returned) else None

    def own_function(self, call: Call) -> FunctionNode | None:
        """The function of this module that a folded call calls; also a method of a class of this module."""
        match call.function:
            case Ref(name):
                return self.module.by_function.get(name)
            case Attr(Call(Ref(owner)), name):
                return self.module.by_function.get(f"{owner}.{name}")
            case _:
                return None

    def follow(self, call: Call) -> bool:
        """Enter a helper of this module, its effects included. False when it is none, or nested too deeply."""
        function = self.own_function(call)
        if function is None or len(self._stack) >= MAX_CALL_DEPTH or function in self._stack:
            return False
        self._enter(function, _bound(function, call))
        return True

    def follow_named(self, prefix: str) -> None:
        """Enter every function of this module whose name starts so, as if each was called."""
        for function in self.module.functions:
            name = function.fact.name
            if prefix and name.startswith(prefix) and not function.fact.owner and function not in self._stack:
                self._enter(function, {})

    def unfollowed(self, call: Call, where: Span) -> list[Operation]:
        """What is said of a helper that is not entered: nothing where its body never speaks of Alembic's operations."""
        function = self.own_function(call)
        if function is None or function in self._stack or not _OPERATIONS.search(self.module.converter.text(function.node)):
            return []
        return [UnreadOperation(where, f"{function.fact.name} is nested too deeply to follow")]

    def _result_of(self, call: Call) -> Value | None:
        """What a helper of this module returns, its effects left out."""
        function = self.own_function(call)
        if function is None or len(self._stack) >= MAX_CALL_DEPTH or function in self._stack:
            return None
        kept, self.effects = self.effects, Effects()
        try:
            return self._enter(function, _bound(function, call))
        finally:
            self.effects = kept

    # -- expressions

    @property
    def _frames(self) -> tuple[Frame, ...]:
        return self._stack[-1].frames if self._stack else ()

    def _value(self, node: Node) -> Value:
        return self.module.value_in(node, self._frames)

    def evaluate(self, node: Node, names: Environment, *, alone: bool = False) -> Value:
        """The folded value of an expression, after the effects of the calls in it. `alone`: it is a whole statement."""
        value = self._value(node)
        self._calls(value, names, alone=alone)
        return self.folder.fold(value, names)

    def _calls(self, value: Value, names: Environment, *, alone: bool = False) -> None:
        match value:
            case Call():
                folded = self._folded_call(value, names)
                if not self._effect(value, folded, alone):
                    self._calls(value.function, names)
                    for argument in (*value.args, *(keyword.value for keyword in value.keywords)):
                        self._calls(argument, names)
            case Opaque(kind) if kind in COMPREHENSIONS:
                self._loop_expression(value, names)
            case Constant() | Ref() | Local() | Opaque():
                return
            case _:
                for inner in _direct(value):
                    self._calls(inner, names)

    def _folded_call(self, call: Call, names: Environment) -> Call:
        """The call with function and arguments folded, itself not replaced by its result."""
        fold = self.folder.fold
        args: list[Value] = []
        for argument in call.args:
            folded = fold(argument, names)
            spread = isinstance(folded, Starred) and isinstance(folded.value, Items)
            args.extend(folded.value.items if spread else (folded,))  # type: ignore[union-attr]
        keywords: list[Keyword] = []
        for keyword in call.keywords:
            value = fold(keyword.value, names)
            if not keyword.name and isinstance(value, Entries):
                keywords.extend(
                    Keyword(str(key.value), inner, keyword.span) if isinstance(key, Constant) else Keyword("", inner, keyword.span)
                    for key, inner in value.entries
                )
            else:
                keywords.append(Keyword(keyword.name, value, keyword.span))
        return Call(fold(call.function, names), tuple(args), tuple(keywords), call.span)

    # -- comprehensions

    def _loop_expression(self, opaque: Opaque, names: Environment) -> None:
        for _ in self._rows(opaque, names, effects=True):
            pass

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
        node = self.module.root.descendant_for_byte_range(opaque.span.start, max(opaque.span.end - 1, opaque.span.start))
        while node is not None and node.end_byte < opaque.span.end:
            node = node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if node is None or body is None:
            yield None
            return
        clauses = [child for child in node.named_children if child.type in {"for_in_clause", "if_clause"}]
        bound = {self.module.converter.text(name) for clause in clauses for name in bound_names(clause.child_by_field_name("left"))}
        frames = (*self._frames, Frame("", bound))
        yield from self._expand(clauses, body, dict(names), frames, effects)

    def _expand(
        self, clauses: list[Node], body: Node, names: Environment, frames: tuple[Frame, ...], effects: bool
    ) -> Iterator[Value | None]:
        self._step()
        if not clauses:
            parts = body.named_children if body.type == "pair" else [body]
            values = tuple(self.module.value_in(part, frames) for part in parts)
            for value in values if effects else ():
                self._calls(value, names)
            folded = tuple(self.folder.fold(value, names) for value in values)
            yield folded[0] if len(folded) == 1 else Items("tuple", folded, span(body))
            return
        clause, *rest = clauses
        if clause.type == "if_clause":
            condition = self.folder.fold(self.module.value_in(clause.named_children[0], frames), names)
            if self.conditions.truth(condition) is not False:
                yield from self._expand(rest, body, names, frames, effects)
            return
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if left is None or right is None:
            yield None
            return
        iterable = self.module.value_in(right, frames)
        if effects:
            self._calls(iterable, names)
        rows = _elements(self.folder.fold(iterable, names))
        if rows is None:
            self._assign(left, Opaque("loop", span(left)), names)
            if effects:
                yield from self._expand(rest, body, names, frames, effects)
            yield None
            return
        for row in rows:
            inner = dict(names)
            self._assign(left, row, inner)
            yield from self._expand(rest, body, inner, frames, effects)

    # -- statements

    def _step(self) -> None:
        self._statements += 1
        if self._statements > MAX_STATEMENTS:
            raise TooMuch

    def _block(self, statements: Sequence[Node], names: Environment) -> Flow:
        if self._nesting >= MAX_NESTING:
            raise TooMuch
        self._nesting += 1
        try:
            for node in statements:
                flow = self._statement(node, names)
                if flow is not Flow.NEXT:
                    return flow
            return Flow.NEXT
        finally:
            self._nesting -= 1

    def _statement(self, node: Node, names: Environment) -> Flow:
        self._step()
        match node.type:
            case "expression_statement":
                for child in node.named_children:
                    self._expression(child, names)
            case "if_statement":
                return self._if(node, names)
            case "for_statement":
                return self._for(node, names)
            case "while_statement":
                return self._while(node, names)
            case "with_statement":
                return self._with(node, names)
            case "try_statement":
                return self._try(node, names)
            case "return_statement":
                for child in node.named_children:
                    if child.type != "comment":
                        value = self.evaluate(child, names)
                        if self._returned:
                            self._returned[-1].append(value)
                return Flow.LEAVE
            case "raise_statement":
                return Flow.LEAVE
            case "break_statement" | "continue_statement":
                return Flow.LOOP
            case "function_definition" | "decorated_definition":
                self._define(node, names)
            case "match_statement":
                return self._match(node, names)
            case "assert_statement":
                for child in node.named_children:
                    self.evaluate(child, names)
            case _:
                pass
        return Flow.NEXT

    def _expression(self, node: Node, names: Environment) -> None:
        if node.type == "assignment":
            self._assignment(node, names)
        elif node.type == "augmented_assignment":
            self._augmented(node, names)
        elif node.type not in {"string", "comment", "ellipsis"}:
            self.evaluate(node, names, alone=True)

    def _assignment(self, node: Node, names: Environment) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is None or left is None:
            return
        if right.type == "assignment":
            self._assignment(right, names)
            inner = right
            while inner.type == "assignment" and (following := inner.child_by_field_name("right")) is not None:
                inner = following
            self._assign(left, self.folder.fold(self._value(inner), names), names)
            return
        self._assign(left, self.evaluate(right, names), names)

    def _augmented(self, node: Node, names: Environment) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        added = self.evaluate(right, names)
        if left.type != "identifier":
            return
        name = self.module.converter.text(left)
        before, operator = names.get(name), node.child_by_field_name("operator")
        from bylaw.readers.python.pure import compare  # noqa: PLC0415

        sign = self.module.converter.text(operator).rstrip("=") if operator is not None else "?"
        result = compare(sign, before, added, span(node)) if before is not None else None
        names[name] = result or Opaque("augmented", span(node))

    def _assign(self, target: Node, value: Value, names: Environment) -> None:
        kind = target.type
        if kind == "identifier":
            names[self.module.converter.text(target)] = value
        elif kind in {"pattern_list", "tuple_pattern", "list_pattern"}:
            parts = [child for child in target.named_children if child.type != "comment"]
            items = _elements(value)
            fits = items is not None and len(items) == len(parts)
            for at, part in enumerate(parts):
                self._assign(part, items[at] if fits and items is not None else Opaque("unpacked", span(part)), names)
        else:
            for name in bound_names(target):
                names[self.module.converter.text(name)] = Opaque("unpacked", span(name))

    def _define(self, node: Node, names: Environment) -> None:
        """A helper inside the function: its name stands for it from here on."""
        definition = node.child_by_field_name("definition") or node
        record = self._nodes.get((definition.start_byte, definition.end_byte))
        if record is not None:
            names[record.fact.name] = Ref(record.fact.qualified, span(definition))

    def _if(self, node: Node, names: Environment) -> Flow:
        branches: list[tuple[Environment, Flow]] = []
        arms = [node, *(child for child in node.named_children if child.type in {"elif_clause", "else_clause"})]
        for arm in arms:
            condition = arm.child_by_field_name("condition")
            known: bool | None = True
            if condition is not None:
                known = self.conditions.truth(self.evaluate(condition, names))
            if known is False:
                continue
            body = arm.child_by_field_name("consequence") or arm.child_by_field_name("body")
            inner = dict(names)
            flow = self._block(body.named_children, inner) if body is not None else Flow.NEXT
            branches.append((inner, flow))
            if known:
                break
        else:
            branches.append((dict(names), Flow.NEXT))
        return _join(branches, names)

    def _for(self, node: Node, names: Environment) -> Flow:
        left, right, body = (node.child_by_field_name(field) for field in ("left", "right", "body"))
        if left is None or right is None or body is None:
            return Flow.NEXT
        rows = _elements(self.evaluate(right, names))
        if rows is None:
            self._unknown_loop(left, body, names)
        else:
            for row in rows:
                self._assign(left, row, names)
                if self._block(body.named_children, names) is Flow.LEAVE:
                    return Flow.LEAVE
        alternative = node.child_by_field_name("alternative")
        if alternative is not None and (inner := alternative.child_by_field_name("body")) is not None:
            return self._block(inner.named_children, names)
        return Flow.NEXT

    def _unknown_loop(self, target: Node | None, body: Node, names: Environment) -> None:
        """A body that runs any number of times: once, with everything that it assigns unknown."""
        for name in _assigned_in(body):
            names[self.module.converter.text(name)] = Opaque("loop", span(name))
        if target is not None:
            self._assign(target, Opaque("loop", span(target)), names)
        self._block(body.named_children, dict(names))

    def _while(self, node: Node, names: Environment) -> Flow:
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is not None:
            self.evaluate(condition, names)
        if body is not None:
            self._unknown_loop(None, body, names)
        return Flow.NEXT

    def _with(self, node: Node, names: Environment) -> Flow:
        endings: list[Operation] = []
        for clause in node.named_children:
            if clause.type != "with_clause":
                continue
            for item in clause.named_children:
                inner = item.child_by_field_name("value") if item.type == "with_item" else item
                if inner is not None:
                    endings.extend(self._with_item(inner, names))
        body = node.child_by_field_name("body")
        flow = self._block(body.named_children, names) if body is not None else Flow.NEXT
        self.effects.add(endings)
        return flow

    def _with_item(self, node: Node, names: Environment) -> list[Operation]:
        """Enter one context manager; what its end does."""
        target: Node | None = None
        if node.type == "as_pattern":
            target = node.child_by_field_name("alias")
            node = node.named_children[0]
        value = self.evaluate(node, names)
        if target is not None and target.named_children:
            self._assign(target.named_children[0], value, names)
        if isinstance(value, Call) and value.method == "autocommit_block":
            self.effects.add([Transaction("autocommit-begin", value.span)])
            return [Transaction("autocommit-end", value.span)]
        return []

    def _try(self, node: Node, names: Environment) -> Flow:
        before = dict(names)
        body = node.child_by_field_name("body")
        flow = self._block(body.named_children, names) if body is not None else Flow.NEXT
        ends: list[tuple[Environment, Flow]] = [(names, flow)]
        for clause in node.named_children:
            if clause.type in {"except_clause", "except_group_clause"}:
                inner = dict(before)
                block = next((child for child in clause.named_children if child.type == "block"), None)
                ends.append((inner, self._block(block.named_children, inner) if block is not None else Flow.NEXT))
            elif clause.type == "else_clause" and (block := clause.child_by_field_name("body")) is not None:
                ends[0] = (names, self._block(block.named_children, names))
        flow = _join([(dict(inner), end) for inner, end in ends], names)
        for clause in node.named_children:
            if clause.type == "finally_clause":
                block = next((child for child in clause.named_children if child.type == "block"), None)
                last = self._block(block.named_children, names) if block is not None else Flow.NEXT
                flow = last if last is not Flow.NEXT else flow
        return flow

    def _match(self, node: Node, names: Environment) -> Flow:
        """Every case is possible, except where literals decide."""
        subject = node.child_by_field_name("subject")
        value = self.evaluate(subject, names) if subject is not None else None
        body = node.child_by_field_name("body")
        branches: list[tuple[Environment, Flow]] = []
        for case in body.named_children if body is not None else ():
            consequence = case.child_by_field_name("consequence")
            known = self._case_holds(case, value)
            if consequence is None or known is False:
                continue
            inner = dict(names)
            branches.append((inner, self._block(consequence.named_children, inner)))
            if known:
                break
        else:
            branches.append((dict(names), Flow.NEXT))
        return _join(branches, names)

    def _case_holds(self, case: Node, subject: Value | None) -> bool | None:
        from bylaw.facts.values import Operator  # noqa: PLC0415

        patterns = [child for child in case.named_children if child.type == "case_pattern"]
        if subject is None or case.child_by_field_name("guard") is not None or len(patterns) != 1:
            return None
        inner = patterns[0].named_children
        if not inner:
            return True
        options = inner[0].named_children if inner[0].type == "union_pattern" else inner[:1]
        if not all(option.type == "string" for option in options):
            return None
        answers = [
            self.conditions.truth(Operator("==", subject, self._value(option), span(option))) for option in options
        ]
        return True if True in answers else None if None in answers else False


def _join(branches: list[tuple[Environment, Flow]], names: Environment) -> Flow:
    """Continue after branches with what those that go on agree about."""
    going = [inner for inner, flow in branches if flow is Flow.NEXT]
    if not going:
        return Flow.LEAVE if all(flow is Flow.LEAVE for _, flow in branches) else Flow.LOOP
    first, *others = going
    merged: Environment = {}
    for name, value in first.items():
        agreed = all(other.get(name) == value for other in others)
        merged[name] = value if agreed else Opaque("branch", value.span)
    for other in others:
        for name, value in other.items():
            merged.setdefault(name, Opaque("branch", value.span) if name not in first else value)
    names.clear()
    names.update(merged)
    return Flow.NEXT


def _elements(value: Value) -> tuple[Value, ...] | None:
    """What a loop over a folded value goes through; None where it is not known."""
    if isinstance(value, Items) and not any(isinstance(item, Starred) for item in value.items):
        return value.items
    if isinstance(value, Entries) and all(key is not None for key, _ in value.entries):
        return tuple(key for key, _ in value.entries if key is not None)
    return None


def _bound(function: FunctionNode, call: Call) -> Environment:
    """The parameters of a helper, bound to the folded arguments of a call."""
    names: Environment = {}
    positional = [parameter for parameter in function.fact.parameters if parameter.kind == "positional"]
    if positional and positional[0].name in {"self", "cls"}:
        owner = positional.pop(0)
        names[owner.name] = call.function.value if isinstance(call.function, Attr) else Local(owner.name, call.span)
    for parameter in function.fact.parameters:
        if parameter.default is not None:
            names[parameter.name] = parameter.default
    for parameter, value in zip(positional, call.args, strict=False):
        if isinstance(value, Starred):
            break
        names[parameter.name] = value
    for keyword in call.keywords:
        if keyword.name:
            names[keyword.name] = keyword.value
    for parameter in function.fact.parameters:
        if parameter.kind == "*":
            names[parameter.name] = Items("tuple", call.args[len(positional) :], call.span)
        elif parameter.kind == "**":
            known = {other.name for other in function.fact.parameters}
            extra = tuple((Constant(kw.name, kw.span), kw.value) for kw in call.keywords if kw.name not in known)
            names[parameter.name] = Entries(extra, call.span)
    return names


def _assigned_in(body: Node) -> list[Node]:
    """Names that assignments anywhere in a block bind."""
    found: list[Node] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type in {"assignment", "augmented_assignment", "for_statement"}:
            found.extend(bound_names(node.child_by_field_name("left")))
        if node.type not in {"function_definition", "class_definition", "lambda"}:
            stack.extend(node.named_children)
    return found


def _direct(value: Value) -> tuple[Value, ...]:
    from bylaw.facts.values import children  # noqa: PLC0415

    return children(value)


__all__ = ["Attr", "Effects", "Interpreter", "walk"]
