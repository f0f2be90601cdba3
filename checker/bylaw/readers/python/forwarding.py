"""What a function does with a parameter: does it only hand its `*args` on, does it need to know what it is?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

_SPLATS = frozenset({"list_splat", "dictionary_splat"})
_OPENED = {"attribute": "object", "subscript": "value", "call": "function", "for_statement": "right",
           "for_in_clause": "right"}  # fmt: skip
"""By the kind of a node: the part whose value it takes apart."""
_OPENING = frozenset({"binary_operator", "augmented_assignment", "unary_operator", "await", "with_item", *_SPLATS})
_LOOKS = re.compile(rb"\b(?:isinstance|issubclass|callable|hasattr|type|is_dataclass)\s{0,9}\(|\bmatch\b")
"""Words that tell what a value is, so that a type checker knows more from there on."""


def only_forwards(function: Node, name: str, content: bytes) -> bool:
    """Whether the body uses the starred parameter `name`, and only as `*name` or `**name` in calls."""
    body = function.child_by_field_name("body")
    if body is None:
        return False
    uses = list(_uses(body, name, content))
    return bool(uses) and all(map(_is_spread, uses))


def opens(function: Node, name: str, content: bytes) -> bool:
    """Whether the body takes the value of the parameter apart (an attribute, an item, a call, a sum), and never asks
    what it is: with `object` for its type, no type checker would let that pass.
    """
    body = function.child_by_field_name("body")
    if body is None or _LOOKS.search(content, body.start_byte, body.end_byte):
        return False
    return any(map(_is_opened, _uses(body, name, content)))


def _uses(body: Node, name: str, content: bytes) -> Iterator[Node]:
    """The places where the variable `name` is used."""
    for match in re.finditer(rb"\b" + re.escape(name.encode()) + rb"\b", content[body.start_byte : body.end_byte]):
        start = body.start_byte + match.start()
        node = body.descendant_for_byte_range(start, body.start_byte + match.end())
        if node is not None and node.type == "identifier" and not _is_label(node):
            yield node


def _is_opened(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    part = _OPENED.get(parent.type)
    return parent.type in _OPENING or (part is not None and parent.child_by_field_name(part) == node)


def _is_label(node: Node) -> bool:
    """An attribute's or a keyword argument's name, which is no use of the variable."""
    parent = node.parent
    if parent is None:
        return False
    label = {"attribute": "attribute", "keyword_argument": "name"}.get(parent.type)
    return label is not None and parent.child_by_field_name(label) == node


def _is_spread(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in _SPLATS:
        return False
    outer = parent.parent
    return outer is not None and outer.type == "argument_list"
