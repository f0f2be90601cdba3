"""A function body as a flat list of steps, in source order: what is assigned, looped over, returned, tested or just done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from bylaw.facts.values import Value
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import bound_names
from bylaw.source import Span

_NESTED = frozenset({"function_definition", "class_definition", "decorated_definition", "lambda"})
_COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)
MAX_DEPTH = 200


@dataclass(frozen=True)
class Step:
    """One thing that a function does. `targets` are the plain names that it binds."""

    kind: Literal["assign", "loop", "return", "test", "do"]
    value: Value
    span: Span
    targets: tuple[str, ...] = ()
    place: Value | None = None
    """What is assigned to, when that is no plain name: an attribute, an item."""


def steps_of(record: FunctionNode, module: Module) -> Iterator[Step]:
    """The steps of a function's own body, without those of functions and classes defined in it."""
    body = record.node.child_by_field_name("body")
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

    def block(self, node: Node, depth: int) -> Iterator[Step]:
        if depth > MAX_DEPTH:
            return
        for child in node.named_children:
            yield from self.statement(child, depth + 1)

    def statement(self, node: Node, depth: int) -> Iterator[Step]:
        match node.type:
            case "expression_statement":
                for child in node.named_children:
                    yield from self.expression_statement(child)
            case "return_statement":
                yield from self.of_kind("return", node)
            case "assert_statement" | "delete_statement" | "raise_statement":
                yield from self.of_kind("test", node)
            case "for_statement":
                yield from self.loop(node)
                yield from self.block_of(node, depth)
            case "if_statement" | "while_statement" | "elif_clause":
                condition = node.child_by_field_name("condition")
                if condition is not None:
                    yield from self.expression("test", condition)
                yield from self.block_of(node, depth)
            case "with_item":
                yield from self.with_item(node)
            case kind if kind in _NESTED:
                return
            case _:
                yield from self.block(node, depth)

    def block_of(self, node: Node, depth: int) -> Iterator[Step]:
        """The suites of a compound statement, without its header."""
        for child in node.named_children:
            if child.type in {"block", "else_clause", "elif_clause"}:
                yield from self.statement(child, depth) if child.type == "elif_clause" else self.block(child, depth)

    def expression_statement(self, node: Node) -> Iterator[Step]:
        if node.type in {"assignment", "augmented_assignment"}:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if right is None:
                return
            targets = self.names(left)
            yield from self.inner(right)
            if right.type == "assignment":
                yield from self.expression_statement(right)
                right = right.child_by_field_name("right") or right
            place = self.value(left) if left is not None and not targets else None
            yield Step("assign", self.value(right), span(node), targets, place)
        elif node.type == "yield":
            yield from self.of_kind("return", node)
        else:
            yield from self.expression("do", node)

    def of_kind(self, kind: Literal["return", "test"], node: Node) -> Iterator[Step]:
        for child in node.named_children:
            yield from self.expression(kind, child)

    def expression(self, kind: Literal["return", "test", "do"], node: Node) -> Iterator[Step]:
        yield from self.inner(node)
        yield Step(kind, self.value(node), span(node))

    def loop(self, node: Node) -> Iterator[Step]:
        right = node.child_by_field_name("right")
        if right is not None:
            yield from self.inner(right)
            yield Step("loop", self.value(right), span(node), self.names(node.child_by_field_name("left")))

    def with_item(self, node: Node) -> Iterator[Step]:
        value = node.child_by_field_name("value") or node
        target = None
        if value.type == "as_pattern":
            target = value.child_by_field_name("alias")
            value = value.named_children[0]
        yield from self.inner(value)
        yield Step("assign", self.value(value), span(node), self.names(target))

    def inner(self, node: Node) -> Iterator[Step]:
        """What an expression binds on its way: `:=`, and the clauses of comprehensions."""
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type == "named_expression":
                name, value = current.child_by_field_name("name"), current.child_by_field_name("value")
                if name is not None and value is not None:
                    yield Step("assign", self.value(value), span(current), (self.module.converter.text(name),))
            elif current.type in _COMPREHENSIONS:
                yield from self.comprehension(current)
                continue
            elif current.type in _NESTED:
                continue
            stack.extend(reversed(current.named_children))

    def comprehension(self, node: Node) -> Iterator[Step]:
        for child in node.named_children:
            if child.type == "for_in_clause":
                yield from self.loop(child)
        for child in node.named_children:
            if child.type == "if_clause":
                yield from self.of_kind("test", child)
            elif child.type == "pair":
                for part in child.named_children:
                    yield from self.expression("do", part)
            elif child.type != "for_in_clause":
                yield from self.expression("do", child)
