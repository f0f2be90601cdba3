"""Does a function only hand its `*args` or `**kwargs` on?"""

from __future__ import annotations

import re

from tree_sitter import Node

_SPLATS = frozenset({"list_splat", "dictionary_splat"})


def only_forwards(function: Node, name: str, content: bytes) -> bool:
    """Whether the body uses the starred parameter `name`, and only as `*name` or `**name` in calls."""
    body = function.child_by_field_name("body")
    if body is None:
        return False
    forwarded = False
    for match in re.finditer(rb"\b" + re.escape(name.encode()) + rb"\b", content[body.start_byte : body.end_byte]):
        start = body.start_byte + match.start()
        node = function.descendant_for_byte_range(start, body.start_byte + match.end())
        if node is None or node.type != "identifier" or _is_label(node):
            continue
        if not _is_spread(node):
            return False
        forwarded = True
    return forwarded


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
