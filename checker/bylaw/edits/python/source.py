"""A Python file being edited: its bytes, its tree, and where its lines begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from bylaw.diagnostics import Replace
from bylaw.edits.text import EditError
from bylaw.readers.python.parse import parse
from bylaw.source import Span

_BOM = b"\xef\xbb\xbf"
_LONE_CR = re.compile(rb"\r(?!\n)")
_BLANK = b" \t\f"
BODIES = frozenset({"module", "block"})
NO_STATEMENTS = frozenset({"comment", "case_clause", "line_continuation"})
"""What stands in a body and is no statement."""


class PythonFile:
    """One file and its syntax tree. Offsets are UTF-8 bytes, 0-based.

    Raises EditError for a file that the parser does not understand in full: there a place could be mistaken.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.root = parse(content)
        if self.root.has_error:
            raise EditError(f"{path} has a syntax that is not understood")
        if _LONE_CR.search(content):
            raise EditError(f"{path} has line endings that are not understood")

    @property
    def start(self) -> int:
        """Where text begins: after a byte order mark."""
        return len(_BOM) if self.content.startswith(_BOM) else 0

    def text(self, node: Node) -> str:
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def line_start(self, offset: int) -> int:
        return max(self.content.rfind(b"\n", 0, offset) + 1, self.start)

    def line_end(self, offset: int) -> int:
        """Where the line around `offset` ends, before its line ending."""
        end = self.content.find(b"\n", offset)
        if end == -1:
            return len(self.content)
        return end - 1 if self.content[end - 1 : end] == b"\r" else end

    def next_line(self, offset: int) -> int:
        """Where the line after the one around `offset` begins; the end of the file when there is none."""
        end = self.content.find(b"\n", offset)
        return len(self.content) if end == -1 else end + 1

    def eol(self, offset: int) -> str:
        """The line ending in use at `offset`, or at the start of the file when its last line has none."""
        for at in (self.content.find(b"\n", offset), self.content.find(b"\n")):
            if at != -1:
                return "\r\n" if self.content[at - 1 : at] == b"\r" else "\n"
        return "\n"

    def indentation(self, offset: int) -> str | None:
        """The blanks between the start of the line and `offset`; None when something else stands there."""
        before = self.content[self.line_start(offset) : offset]
        return None if before.strip(_BLANK) else before.decode()

    def is_blank(self, start: int, end: int) -> bool:
        return not self.content[start:end].strip()

    def statements(self, body: Node) -> list[Node]:
        """The statements of a module or block, without comments and separators."""
        return [child for child in body.named_children if child.type not in NO_STATEMENTS]

    def node_at(self, span: Span) -> Node:
        """The smallest node around `span` without the blanks at its ends. Raises EditError outside of the file."""
        if not 0 <= span.start <= span.end <= len(self.content):
            raise EditError(f"the place {span.start}-{span.end} lies outside of the file")
        words = self.content[span.start : span.end]
        start = span.start + len(words) - len(words.lstrip())
        end = max(start, span.start + len(words.rstrip()))
        node = self.root.descendant_for_byte_range(start, end)
        if node is None:
            raise EditError("no code stands at the place")
        return node

    def statement_at(self, span: Span, *, last: bool = True) -> Node:
        """The innermost statement around `span`; of several that it spans, the last or the first. Raises EditError."""
        node = self.node_at(span)
        while node.parent is not None and node.type not in BODIES:
            if node.parent.type in BODIES and node.type not in NO_STATEMENTS and node.is_named:
                return node
            node = node.parent
        touched = [
            s for s in self.statements(node) if s.start_byte < max(span.end, span.start + 1) and span.start < s.end_byte
        ]
        if not touched:
            raise EditError("no statement stands at the place")
        return touched[-1] if last else touched[0]

    def on_line_of(self, statement: Node) -> tuple[Node, Node]:
        """The first and the last statement of the body on the lines of `statement`: `a; b` are two."""
        first = last = statement
        for before in self.siblings(statement, forward=False):
            if self.line_end(before.end_byte) < first.start_byte:
                break
            first = before
        for after in self.siblings(statement, forward=True):
            if self.line_end(last.end_byte) < after.start_byte:
                break
            last = after
        return first, last

    def insertion(self, offset: int, text: str) -> Replace:
        return Replace(self.path, Span(offset, offset), text)

    def siblings(self, statement: Node, *, forward: bool) -> Iterator[Node]:
        """The statements after (or, nearest first, before) this one in the same body."""
        at = _neighbour(statement, forward=forward)
        while at is not None:
            yield at
            at = _neighbour(at, forward=forward)


def _neighbour(node: Node, *, forward: bool) -> Node | None:
    found = node.next_named_sibling if forward else node.prev_named_sibling
    while found is not None and found.type in {"comment", "line_continuation"}:
        found = found.next_named_sibling if forward else found.prev_named_sibling
    return found
