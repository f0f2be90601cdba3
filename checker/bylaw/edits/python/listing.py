"""New elements of a list or tuple."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from bylaw.diagnostics import InsertItem, Replace
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError
from bylaw.source import Span

_LISTS = frozenset({"list", "tuple"})


def insert_elements(file: PythonFile, edits: Sequence[InsertItem]) -> list[Replace]:
    """Elements before others, on a line of their own where those start one. Raises EditError.

    Nothing is inserted where the very element stands in front already.
    """
    found: list[Replace] = []
    for edit in dict.fromkeys(edits):
        element = _element(file, edit.span)
        before = element.prev_named_sibling
        if before is not None and file.text(before) == edit.item:
            continue
        indentation = file.indentation(element.start_byte)
        separator = " " if indentation is None else f"{file.eol(element.start_byte)}{indentation}"
        found.append(file.insertion(element.start_byte, f"{edit.item},{separator}"))
    return found


def _element(file: PythonFile, span: Span) -> Node:
    node: Node | None = file.node_at(span)
    while node is not None and (node.parent is None or node.parent.type not in _LISTS):
        node = node.parent
    if node is None or node.type == "comment":
        raise EditError("no element of a list stands at the place")
    return node
