"""Types written in comments, as before annotations: `x = []  # type: list[Any]`, `# type: (Any) -> None`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from bylaw.facts.values import Items
from bylaw.readers.python.annotations import Types
from bylaw.readers.python.comments import Lines
from bylaw.readers.python.module import Annotation, Module
from bylaw.readers.python.scope import bound_names

_TYPE = re.compile(rb"#[ \t]*type:[ \t]*(?!ignore\b)(?P<type>[^#\n]*[^#\s])")
_SIGNATURE = re.compile(rb"(?P<parameters>\(.*\))[ \t]*->[ \t]*(?P<returned>.+)", re.DOTALL)
_STOP = frozenset({"block", "module", "lambda", "call"})


def typed_by_comment(module: Module, types: Types, lines: Lines) -> Iterator[Annotation]:
    """The type expressions in comments, where Python's type checkers read them."""
    if b"type:" not in module.content or _TYPE.search(module.content) is None:
        return
    for comment in module.comments:
        match = _TYPE.match(module.content, comment.start_byte, comment.end_byte)
        if match is None:
            continue
        start, end = match.span("type")
        if signature := _SIGNATURE.fullmatch(match["type"]):
            if function := _function_headed_by(comment):
                yield from _signature(signature, start, function, module, types)
        elif place := _typed_place(module, lines.before(comment.start_byte), comment.start_byte):
            value = types.parsed(start, end, ())
            if value is not None:
                yield Annotation(value, place[0], place[1])


def _signature(
    signature: re.Match[bytes], offset: int, function: Node, module: Module, types: Types
) -> Iterator[Annotation]:
    """The parameters' types and the returned one of `(int, Any) -> str`; `offset` is where that begins."""
    name = function.child_by_field_name("name")
    written = module.converter.text(name) if name is not None else ""
    for group, position in (("parameters", "parameter"), ("returned", "return")):
        start, end = signature.span(group)
        value = types.parsed(offset + start, offset + end, ()) if start < end else None
        several = isinstance(value, Items) and value.kind == "tuple" and position == "parameter"
        for part in value.items if isinstance(value, Items) and several else (value,):
            if part is not None:
                yield Annotation(part, position, written)


def _function_headed_by(comment: Node) -> Node | None:
    """The function whose signature a comment gives: it stands between the header and the first statement."""
    parent = comment.parent
    if parent is not None and parent.type == "block":
        first = next((child for child in parent.children if child.is_named and child.type != "comment"), None)
        parent = parent.parent if first is None or first.start_byte > comment.start_byte else None
    return parent if parent is not None and parent.type == "function_definition" else None


def _typed_place(module: Module, code: bytes, at: int) -> tuple[str, str] | None:
    """Position and name of what a comment at `at` behind `code` gives a type to."""
    if not code.strip(b" \t,"):
        return None
    end = at
    while end and module.content[end - 1] in b" \t,":
        end -= 1
    node = module.root.descendant_for_byte_range(end - 1, end)
    while node is not None and node.type not in _STOP:
        parent = node.parent
        if node.type == "assignment" and (left := node.child_by_field_name("left")):
            return "variable", module.converter.text(left)
        if node.type in {"for_statement", "with_statement"}:
            names = bound_names(node.child_by_field_name("left"))
            return "variable", module.converter.text(names[0]) if names else ""
        if parent is not None and parent.type == "parameters":
            name = node.child_by_field_name("name") or node
            return "parameter", module.converter.text(name)
        node = parent
    return None
