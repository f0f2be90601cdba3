"""Blocks that are empty or crooked: tree-sitter reads them without a word."""

from __future__ import annotations

from tree_sitter import Node

from bylaw.readers.python.parse import kind
from bylaw.readers.python.visit import Visitor

_MODULE, _COMMENT = kind("module"), kind("comment")
_CLAUSES = frozenset({kind("else_clause"), kind("elif_clause"), kind("except_clause"), kind("finally_clause")})
_WIDEST = 1_000
"""Columns: what stands further to the right is not indented, but on a line with something else."""


def check_indentation(walk: Visitor, node: Node) -> None:
    """Doubt a block that is empty, or whose statements do not begin in one column: tree-sitter accepts both."""
    content = walk.module.content
    expected = b"" if node.kind_id == _MODULE else None
    empty = node.kind_id != _MODULE
    for child in node.children:
        if not child.is_named or child.kind_id == _COMMENT:
            continue
        empty = False
        start = child.start_byte
        if expected is not None and content.endswith(b"\n" + expected, 0, start):
            continue
        before = _indentation(content, start)
        if expected is None:
            expected = before
        elif before not in {expected, None}:
            walk.doubt(child, "this line is not indented as its block")
    if empty:
        walk.doubt(node, "a block needs a statement")


def check_clauses(walk: Visitor, node: Node) -> None:
    """Doubt an `else` or `except` that does not stand below its statement."""
    clauses = [child for child in node.children if child.kind_id in _CLAUSES]
    expected = _indentation(walk.module.content, node.start_byte) if clauses else None
    if expected is None:
        return
    for clause in clauses:
        if _indentation(walk.module.content, clause.start_byte) not in {expected, None}:
            walk.doubt(clause, "this line is not indented as its statement")


def _indentation(content: bytes, start: int) -> bytes | None:
    """The blanks before a place, None when something else stands before it on its line."""
    earliest = max(0, start - _WIDEST)
    line = content.rfind(b"\n", earliest, start)
    if line == -1 and earliest:
        return None
    before = content[line + 1 : start].lstrip(b"\xef\xbb\xbf\x0c")
    return None if before.strip(b" \t\x0c") else before
