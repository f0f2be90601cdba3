"""Follows code statement by statement, without running anything, and tells of every call that it meets.

Loops over literals are unrolled, helper functions of the same module entered with their arguments bound, branches on
the dialect decided for one dialect; every other branch is taken as possible. Work is bounded: TooMuch is raised where
it does not end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tree_sitter import Node

from bylaw.facts.values import Call, Opaque, Operator, Ref, Value
from bylaw.readers.python.embedded_sql import SqlStrings
from bylaw.readers.python.interpret.environment import Flow, agreed, bound, changed_in, elements, join
from bylaw.readers.python.interpret.expressions import Effect
from bylaw.readers.python.interpret.folding import Environment, TooMuch
from bylaw.readers.python.interpret.managers import Managers
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import Frame
from bylaw.readers.python.walk import FunctionNode, Module
from bylaw.source import Span

MAX_NESTING: Final = 60


class Interpreter(Managers):
    """One run through a module for one dialect. `managed` is told of context managers, and gives what their end
    calls.
    """

    def __init__(self, module: Module, dialect: str, effect: Effect) -> None:
        super().__init__(module, dialect, effect)
        self.strings = SqlStrings()
        self._nesting = 0
        self._changed: dict[Span, list[tuple[str, Span]]] = {}
        self._nodes = {(record.node.start_byte, record.node.end_byte): record for record in module.functions}

    def enter(self, function: FunctionNode, names: Environment) -> Value | None:
        """Run a function's body; the value it returns when all its returns agree, or are texts. Raises TooMuch."""
        body = function.node.child_by_field_name("body")
        if body is None:
            return None
        self.stack.append(function)
        self.returned.append([])
        try:
            self.block(body.named_children, names)
            returned = self.returned[-1]
        finally:
            self.stack.pop()
            self.returned.pop()
        return agreed(returned)

    def follow(self, call: Call) -> bool:
        """Enter a helper of this module, its effects included. False when it is none, or nested too deeply."""
        function = self.own_function(call)
        if function is None or not self.enters(function):
            return False
        self.enter(function, bound(function, call))
        return True

    def follow_named(self, prefix: str) -> None:
        """Enter every function of this module whose name starts so, as if each was called."""
        for function in self.module.functions:
            name = function.fact.name
            if prefix and name.startswith(prefix) and not function.fact.owner and function not in self.stack:
                self.enter(function, {})

    def top_level(self) -> Environment:
        """What the names of the module's top level stand for at its end. Raises TooMuch."""
        environment: Environment = {}
        own = {variable.name for variable in self.module.variables}
        own.update(self.module.converter.text(name) for name in changed_in(self.module.root))
        self.extra_frames = (Frame("", own),)
        self.block(self.module.root.named_children, environment)
        return environment

    def class_body(self, node: Node, names: Sequence[str]) -> Environment:
        """What the names of a class body stand for at its end. `names`: those that it binds; until it does, they are
        the module's. Raises TooMuch.
        """
        above = {name: self.folder.top_level(name) for name in names}
        environment: Environment = {name: value for name, value in above.items() if value is not None}
        self.extra_frames = (Frame("", set(names)),)
        body = node.child_by_field_name("body")
        if body is not None:
            self.block(body.named_children, environment)
        return environment

    def block(self, statements: Sequence[Node], names: Environment) -> Flow:
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
        self.step()
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
                return self.within(node, names)
            case "try_statement":
                return self._try(node, names)
            case "match_statement":
                return self._match(node, names)
            case "return_statement":
                self._return(node, names)
                return Flow.LEAVE
            case "raise_statement":
                return Flow.LEAVE
            case "break_statement" | "continue_statement":
                return Flow.LOOP
            case "function_definition" | "decorated_definition":
                self._define(node, names)
            case "assert_statement":
                for child in node.named_children:
                    self.evaluate(child, names)
            case _:
                pass
        return Flow.NEXT

    # -- simple statements

    def _expression(self, node: Node, names: Environment) -> None:
        if node.type == "assignment":
            self.assignment(node, names)
        elif node.type == "augmented_assignment":
            self.augmented_assignment(node, names)
        elif node.type not in {"string", "comment", "ellipsis"}:
            self.meet_calls(node, names)
            if node.type == "yield":
                self.met_yield()

    def _return(self, node: Node, names: Environment) -> None:
        for child in node.named_children:
            if child.type != "comment":
                value = self.evaluate(child, names)
                if self.returned:
                    self.returned[-1].append(value)

    def _define(self, node: Node, names: Environment) -> None:
        """A helper inside the function: its name stands for it from here on."""
        definition = node.child_by_field_name("definition") or node
        record = self._nodes.get((definition.start_byte, definition.end_byte))
        if record is not None:
            names[record.fact.name] = Ref(record.fact.qualified, span(definition))

    # -- blocks

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
            inner = dict(names)
            flow = self.body(arm.child_by_field_name("consequence") or arm.child_by_field_name("body"), inner)
            branches.append((inner, flow))
            if known:
                break
        else:
            branches.append((dict(names), Flow.NEXT))
        return join(branches, names)

    def _for(self, node: Node, names: Environment) -> Flow:
        left, right, body = (node.child_by_field_name(field) for field in ("left", "right", "body"))
        if left is None or right is None or body is None:
            return Flow.NEXT
        rows = elements(self.evaluate(right, names))
        if rows is None:
            self._unknown_loop(left, body, names)
        else:
            for row in rows:
                self.assign(left, row, names)
                if self.block(body.named_children, names) is Flow.LEAVE:
                    return Flow.LEAVE
        alternative = node.child_by_field_name("alternative")
        return self.body(alternative.child_by_field_name("body") if alternative is not None else None, names)

    def _unknown_loop(self, target: Node | None, body: Node, names: Environment) -> None:
        """A body that runs any number of times: once, with everything that it changes unknown."""
        where = span(body)
        if where not in self._changed:
            self._changed[where] = [(self.module.converter.text(name), span(name)) for name in changed_in(body)]
        for name, place in self._changed[where]:
            names[name] = Opaque("loop", place)
        if target is not None:
            self.assign(target, Opaque("loop", span(target)), names)
        self.block(body.named_children, dict(names))

    def _while(self, node: Node, names: Environment) -> Flow:
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is not None:
            self.evaluate(condition, names)
        if body is not None:
            self._unknown_loop(None, body, names)
        return Flow.NEXT

    def _try(self, node: Node, names: Environment) -> Flow:
        before = dict(names)
        ends: list[tuple[Environment, Flow]] = []
        tried = dict(names)
        flow = self.body(node.child_by_field_name("body"), tried)
        for clause in node.named_children:
            if clause.type in {"except_clause", "except_group_clause"}:
                inner = dict(before)
                ends.append((inner, self.body(_block_of(clause), inner)))
            elif clause.type == "else_clause" and flow is Flow.NEXT:
                flow = self.body(clause.child_by_field_name("body"), tried)
        flow = join([(tried, flow), *ends], names)
        for clause in node.named_children:
            if clause.type == "finally_clause":
                last = self.body(_block_of(clause), names)
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
            branches.append((inner, self.block(consequence.named_children, inner)))
            if known:
                break
        else:
            branches.append((dict(names), Flow.NEXT))
        return join(branches, names)

    def _case_holds(self, case: Node, subject: Value | None) -> bool | None:
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
            self.conditions.truth(Operator("==", subject, self.value(option), span(option))) for option in options
        ]
        return True if True in answers else None if None in answers else False


def _block_of(clause: Node) -> Node | None:
    return next((child for child in clause.named_children if child.type == "block"), None)
