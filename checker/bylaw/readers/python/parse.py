"""UTF-8 source to a tree-sitter tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Range

from bylaw.readers.encoding import BOM
from bylaw.readers.python.defaults import without_defaults
from bylaw.source import Span

_ERROR_KIND = 0xFFFF
_CONTINUED = re.compile(rb"(\\\r?\n)(?:[ \t]*\\\r?\n){100,}")
"""Lines that are continued and empty, one after the other: for each tree-sitter looks at all that follow, which takes
hours for a file of nothing else. As spaces they mean the same, and every offset stays where it is.
"""


@cache
def language() -> Language:
    return Language(tree_sitter_python.language())


@cache
def _parser() -> Parser:
    return Parser(language())


@cache
def all_kinds() -> dict[int, str]:
    """The name of every named kind of node by its id, that of ERROR nodes included."""
    known = language()
    kinds = {
        number: known.node_kind_for_id(number) or ""
        for number in range(known.node_kind_count)
        if known.node_kind_is_named(number)
    }
    kinds[_ERROR_KIND] = "ERROR"
    return kinds


@cache
def kind(name: str) -> int:
    """The `kind_id` of nodes that are called `name`: comparing numbers is cheaper than comparing names."""
    found = language().id_for_node_kind(name, True)
    if found is None:
        raise ValueError(f"the grammar has no {name}")
    return found


@cache
def field(name: str) -> int:
    """The number of a field, for `child_by_field_id`."""
    found = language().field_id_for_name(name)
    if found is None:
        raise ValueError(f"the grammar has no field {name}")
    return found


def parse(content: bytes) -> Node:
    """The root node of UTF-8 source. Never fails: what is not understood becomes ERROR nodes."""
    if _CONTINUED.search(content) is not None:
        content = _CONTINUED.sub(lambda run: run[1] + b" " * (run.end() - run.end(1)), content)
    # A byte order mark would be an ERROR node; three line ends keep every offset where it is.
    blanked = b"\n\n\n" + content[3:] if content.startswith(BOM) else content
    root = _parser().parse(blanked).root_node
    if root.has_error and (without := without_defaults(blanked)) != blanked:
        return _parser().parse(without).root_node
    return root


def parse_inside(content: bytes, start: int, end: int) -> Node:
    """The root node of a part of a file (a quoted annotation), with offsets into the whole file."""
    parser = Parser(language(), included_ranges=[Range((0, start), (0, end), start, end)])
    return parser.parse(content).root_node


def comments_in(root: Node, content: bytes, start: int = 0, end: int | None = None) -> Iterator[Node]:
    """The comment nodes that begin in a range of bytes, in source order. A `#` inside a string is none."""
    stop = len(content) if end is None else end
    comment, text = kind("comment"), kind("string_content")
    at = content.find(b"#", start, stop)
    while at != -1:
        node = root.descendant_for_byte_range(at, at + 1)
        if node is not None and node.kind_id in {comment, text}:
            if node.kind_id == comment and node.start_byte == at:
                yield node
            at = max(node.end_byte, at + 1)
        else:
            at += 1
        at = content.find(b"#", at, stop)


def span(node: Node) -> Span:
    """The bytes of a node."""
    return Span(node.start_byte, node.end_byte)
