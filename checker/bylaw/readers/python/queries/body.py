"""A function body as a flat list of steps, in source order: assigned, looped over, returned, tested or just done."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Literal

import msgspec
from tree_sitter import Node

from bylaw.facts.values import Attr, Value
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.parse import field, kind, span
from bylaw.readers.python.scope import bound_names
from bylaw.readers.python.values import parts_of
from bylaw.source import Span

_NESTED = frozenset({
    kind("function_definition"), kind("class_definition"), kind("decorated_definition"), kind("lambda"),
})  # fmt: skip
_COMPREHENSIONS = frozenset({
    kind("list_comprehension"), kind("set_comprehension"), kind("dictionary_comprehension"),
    kind("generator_expression"),
})  # fmt: skip
_TESTED = frozenset({kind("assert_statement"), kind("delete_statement"), kind("raise_statement")})
_IF, _WHILE, _ELSE = kind("if_statement"), kind("while_statement"), kind("else_clause")
_LEAVING = frozenset({
    kind("return_statement"), kind("raise_statement"), kind("continue_statement"), kind("break_statement"),
})  # fmt: skip
_ASSIGNMENTS = frozenset({kind("assignment"), kind("augmented_assignment")})
_EXPRESSION, _RETURN, _FOR = kind("expression_statement"), kind("return_statement"), kind("for_statement")
_WITH_ITEM, _AS_PATTERN, _YIELD, _ASSIGNMENT = kind("with_item"), kind("as_pattern"), kind("yield"), kind("assignment")
_ELIF, _SUITES = kind("elif_clause"), frozenset({kind("block"), kind("else_clause")})
_WALRUS, _CLAUSE, _IF_CLAUSE, _PAIR = kind("named_expression"), kind("for_in_clause"), kind("if_clause"), kind("pair")
_BODY, _CONDITION, _LEFT, _RIGHT = field("body"), field("condition"), field("left"), field("right")
_NAME, _VALUE, _ALIAS = field("name"), field("value"), field("alias")
_MATCH, _CASE, _SUBJECT, _GUARD = kind("match_statement"), kind("case_clause"), field("subject"), field("guard")
_KEYWORD_PATTERN, _CASE_PATTERN = kind("keyword_pattern"), kind("case_pattern")
_CONSEQUENCE = field("consequence")
MAX_DEPTH = 200
StepKind = Literal["assign", "name", "loop", "return", "test", "do"]


class Step(msgspec.Struct, frozen=True):
    """One thing that a function does. `targets` are the plain names that it binds. A `name` (`:=`) is an assignment
    whose value comes again, in the step that it is a part of; so does what a `match` looks at.
    """

    kind: StepKind
    value: Value
    span: Span
    targets: tuple[str, ...] = ()
    place: Value | None = None
    """What is assigned to, when that is no plain name: an attribute, an item."""


class Fork(msgspec.Struct, frozen=True):
    """A place between the steps of an `if`: before its first branch, between two, behind the last. An `if` without
    `else` has an empty branch at its end. `left`: the branch that ends here never gets behind the `if`.
    """

    place: Literal["open", "next", "close"]
    left: bool = False


def steps_of(record: FunctionNode, module: Module) -> Iterator[Step | Fork]:
    """The steps of a function's own body, without those of functions and classes defined in it."""
    body = record.node.child_by_field_id(_BODY)
    if body is not None:
        yield from _Steps(record, module).block(body, 0)


class _Steps:
    def __init__(self, record: FunctionNode, module: Module) -> None:
        self.record = record
        self.module = module

    def value(self, node: Node) -> Value:
        return self.module.value_in(node, self.record.frames)

    def names(self, target: Node | None) -> tuple[str, ...]:
        return tuple(self.module.converter.text(name) for name in bound_names(target))

    def block(self, node: Node, depth: int) -> Iterator[Step | Fork]:
        if depth > MAX_DEPTH:
            return
        for child in parts_of(node):
            yield from self.statement(child, depth + 1)

    def statement(self, node: Node, depth: int) -> Iterator[Step | Fork]:
        kind_id = node.kind_id
        if kind_id == _EXPRESSION:
            for child in parts_of(node):
                yield from self.expression_statement(child)
        elif kind_id == _RETURN:
            yield from self.of_kind("return", node)
        elif kind_id in _TESTED:
            yield from self.of_kind("test", node)
        elif kind_id == _FOR:
            yield from self.loop(node)
            yield from self.block_of(node, depth)
        elif kind_id == _IF:
            yield from self.branches(node, depth)
        elif kind_id == _WHILE:
            yield from self.tested(node)
            yield from self.block_of(node, depth)
        elif kind_id == _WITH_ITEM:
            yield from self.with_item(node)
        elif kind_id == _MATCH:
            yield from self.matched(node, depth)
        elif kind_id not in _NESTED:
            yield from self.block(node, depth)

    def block_of(self, node: Node, depth: int) -> Iterator[Step | Fork]:
        """The suites of a compound statement, without its header."""
        for child in node.children:
            if child.kind_id in _SUITES:
                yield from self.block(child, depth)

    def branches(self, node: Node, depth: int) -> Iterator[Step | Fork]:
        """An `if` with its branches, each test in front of the branch that it leads to."""
        yield from self.tested(node)
        yield Fork("open")
        left = yield from self.branch(node.child_by_field_id(_CONSEQUENCE), depth)
        complete = False
        for clause in node.children:
            if clause.kind_id == _ELIF:
                yield Fork("next", left)
                yield from self.tested(clause)
                left = yield from self.branch(clause.child_by_field_id(_CONSEQUENCE), depth)
            elif clause.kind_id == _ELSE:
                yield Fork("next", left)
                left = yield from self.branch(clause.child_by_field_id(_BODY), depth)
                complete = True
        if not complete:
            yield Fork("next", left)
            left = False
        yield Fork("close", left)

    def tested(self, node: Node) -> Iterator[Step]:
        condition = node.child_by_field_id(_CONDITION)
        if condition is not None:
            yield from self.expression("test", condition)

    def branch(self, block: Node | None, depth: int) -> Generator[Step | Fork, None, bool]:
        """The steps of a branch; its value says whether it ends by leaving."""
        if block is None:
            return False
        yield from self.block(block, depth)
        parts = parts_of(block)
        return bool(parts) and parts[-1].kind_id in _LEAVING

    def expression_statement(self, node: Node) -> Iterator[Step]:
        if node.kind_id in _ASSIGNMENTS:
            left, right = node.child_by_field_id(_LEFT), node.child_by_field_id(_RIGHT)
            if right is None:
                return
            targets = self.names(left)
            yield from self.inner(right)
            if right.kind_id == _ASSIGNMENT:
                for step in self.expression_statement(right):
                    yield msgspec.structs.replace(step, kind="name") if step.kind == "assign" else step
                right = right.child_by_field_id(_RIGHT) or right
            place = self.value(left) if left is not None and not targets else None
            yield Step("assign", self.value(right), span(node), targets, place)
        elif node.kind_id == _YIELD:
            yield from self.of_kind("return", node)
        else:
            yield from self.expression("do", node)

    def of_kind(self, kind: StepKind, node: Node) -> Iterator[Step]:
        for child in parts_of(node):
            yield from self.expression(kind, child)

    def expression(self, kind: StepKind, node: Node) -> Iterator[Step]:
        yield from self.inner(node)
        yield Step(kind, self.value(node), span(node))

    def loop(self, node: Node) -> Iterator[Step]:
        right = node.child_by_field_id(_RIGHT)
        if right is not None:
            yield from self.inner(right)
            yield Step("loop", self.value(right), span(node), self.names(node.child_by_field_id(_LEFT)))

    def with_item(self, node: Node) -> Iterator[Step]:
        value = node.child_by_field_id(_VALUE) or node
        target = None
        if value.kind_id == _AS_PATTERN:
            target = value.child_by_field_id(_ALIAS)
            value = parts_of(value)[0]
        yield from self.inner(value)
        yield Step("assign", self.value(value), span(node), self.names(target))

    def matched(self, node: Node, depth: int) -> Iterator[Step | Fork]:
        """`match book: case Book(deleted_at=None): …` asks for what its patterns name."""
        subject, body = node.child_by_field_id(_SUBJECT), node.child_by_field_id(_BODY)
        if subject is None or body is None:
            return
        yield from self.inner(subject)
        value = self.value(subject)
        yield Step("name", value, span(subject))
        for case in parts_of(body):
            for part in parts_of(case) if case.kind_id == _CASE else ():
                for name in self.asked(part) if part.kind_id == _CASE_PATTERN else ():
                    yield Step("test", Attr(value, name, span(part)), span(part))
            guard, consequence = case.child_by_field_id(_GUARD), case.child_by_field_id(_CONSEQUENCE)
            if guard is not None:
                yield from self.of_kind("test", guard)
            if consequence is not None:
                yield from self.block(consequence, depth)

    def asked(self, pattern: Node) -> Iterator[str]:
        """The attributes that a pattern names, however deep."""
        stack = [pattern]
        while stack:
            current = stack.pop()
            parts = parts_of(current)
            if current.kind_id == _KEYWORD_PATTERN and parts:
                yield self.module.converter.text(parts[0])
            stack.extend(parts)

    def inner(self, node: Node) -> Iterator[Step]:
        """What an expression binds on its way: `:=`, and the clauses of comprehensions."""
        content, start, end = self.module.content, node.start_byte, node.end_byte
        if content.find(b"for", start, end) == -1 and content.find(b":=", start, end) == -1:
            return
        stack = [node]
        while stack:
            current = stack.pop()
            if current.kind_id == _WALRUS:
                name, value = current.child_by_field_id(_NAME), current.child_by_field_id(_VALUE)
                if name is not None and value is not None:
                    yield Step("name", self.value(value), span(current), (self.module.converter.text(name),))
            elif current.kind_id in _COMPREHENSIONS:
                yield from self.comprehension(current)
                continue
            elif current.kind_id in _NESTED:
                continue
            stack.extend(reversed(parts_of(current)))

    def comprehension(self, node: Node) -> Iterator[Step]:
        parts = parts_of(node)
        for child in parts:
            if child.kind_id == _CLAUSE:
                yield from self.loop(child)
        for child in parts:
            if child.kind_id == _IF_CLAUSE:
                yield from self.of_kind("test", child)
            elif child.kind_id == _PAIR:
                for part in parts_of(child):
                    yield from self.expression("do", part)
            elif child.kind_id != _CLAUSE:
                yield from self.expression("do", child)
