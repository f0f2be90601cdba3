"""Comments by line, and the suppressions among them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from bylaw.facts.code import Suppression
from bylaw.readers.python.module import Module
from bylaw.readers.python.parse import comments_in
from bylaw.readers.suppressions import parse_suppression
from bylaw.source import SourceText, Span

_MENTION = re.compile(r"(?:^|(?<=[ \t]))#+[ \t]*(?=bylaw[ \t]*:)", re.IGNORECASE)
_BLANKS = re.compile(rb"[ \t\r\n\x0c\\]*")
_OUTSIDE = frozenset({"block", "module", "decorated_definition"})
_HEADED = frozenset({
    "function_definition", "class_definition", "if_statement", "elif_clause", "else_clause", "for_statement",
    "while_statement", "try_statement", "except_clause", "finally_clause", "with_statement", "match_statement",
    "case_clause",
})  # fmt: skip


class Lines:
    """The lines of a module, for facts that speak of lines. Lines are 1-based."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.source = SourceText(module.path, module.content)
        self._beginnings: dict[int, tuple[int, int]] = {}
        self._code_after: dict[int, int | None] = {}
        """By the offset of a comment that was passed on the way: the next code."""

    def line(self, offset: int) -> int:
        """The line of a byte offset."""
        return self.source.position(offset).line

    def before(self, offset: int) -> bytes:
        """What stands before an offset on its line, without blanks at the end."""
        return self.module.content[self.source.line_starts[self.line(offset) - 1] : offset].rstrip()

    def remarks(self, offset: int) -> str:
        """The comment on the line of an offset and those that stand right above it, without the `#`, one a line.

        '' when there are none.
        """
        if b"#" not in self.module.content:
            return ""
        line = self.line(offset)
        found = self._comment_texts(line)
        while line > 1 and self.source.line_text(line - 1).lstrip().startswith("#"):
            line -= 1
            found = [*self._comment_texts(line), *found]
        return "\n".join(found)

    def _comment_texts(self, line: int) -> list[str]:
        starts = self.source.line_starts
        end = starts[line] if line < len(starts) else len(self.module.content)
        comments = comments_in(self.module.root, self.module.content, starts[line - 1], end)
        return [self.module.converter.text(comment).lstrip("#").strip() for comment in comments]

    def spoken_of(self, comment: Node) -> tuple[int, int]:
        """First and last line that a comment speaks of.

        Behind code it speaks of its line, and of all of a statement, argument or item that begins or ends on that
        line. Alone on a line it speaks of the statement, argument or item that begins next. Of a statement with a body
        that is the header, decorators included when the comment stands above them.
        """
        own = self.line(comment.start_byte)
        code = self.before(comment.start_byte)
        code = code.rstrip(b", \t") or code
        if code.strip(b"\xef\xbb\xbf\x0c \t"):
            return self._around(self.source.line_starts[own - 1] + len(code) - 1, own)
        following = self._next_code(comment.end_byte)
        return (own, own) if following is None else self._beginning_at(following)

    def _around(self, offset: int, line: int) -> tuple[int, int]:
        first = last = line
        node = self.module.root.descendant_for_byte_range(offset, offset + 1)
        while node is not None and node.type not in _OUTSIDE:
            start, end = self._extent(node)
            if line in {start, end}:
                first, last = min(first, start), max(last, end)
            node = None if node.type in _HEADED else node.parent
        return first, last

    def _beginning_at(self, offset: int) -> tuple[int, int]:
        if offset not in self._beginnings:
            self._beginnings[offset] = self._lines_from(offset)
        return self._beginnings[offset]

    def _lines_from(self, offset: int) -> tuple[int, int]:
        node = self.module.root.descendant_for_byte_range(offset, offset + 1)
        if node is None:
            line = self.line(offset)
            return line, line
        while (
            (parent := node.parent) is not None
            and parent.start_byte == offset
            and parent.type not in {"block", "module"}
        ):
            node = parent
        return self._extent(node)

    def _extent(self, node: Node) -> tuple[int, int]:
        """The lines of a node, without the body of a statement that has one."""
        end = node.end_byte
        headed = node.child_by_field_name("definition") or node if node.type == "decorated_definition" else node
        if headed.type in _HEADED:
            end = next((child.end_byte for child in headed.children if child.type == ":"), end)
        return self.line(node.start_byte), self.line(max(node.start_byte, end - 1))

    def _next_code(self, offset: int) -> int | None:
        """The offset of the next character that is neither blank nor in a comment."""
        content, passed = self.module.content, []
        found: int | None = None
        while True:
            match = _BLANKS.match(content, offset)
            offset = match.end() if match is not None else offset
            if offset in self._code_after:
                found = self._code_after[offset]
                break
            if content[offset : offset + 1] != b"#":
                found = offset if offset < len(content) else None
                break
            passed.append(offset)
            end = content.find(b"\n", offset)
            offset = len(content) if end == -1 else end
        self._code_after.update(dict.fromkeys(passed, found))
        return found


def suppressions(module: Module) -> tuple[Suppression, ...]:
    """All suppression comments of a module, those with a problem included."""
    if b"bylaw" not in module.content.lower():
        return ()
    lines = Lines(module)
    return tuple(found for comment in module.comments for found in _in_comment(comment, lines))


def _in_comment(comment: Node, lines: Lines) -> Iterator[Suppression]:
    written = lines.module.converter.text(comment)
    if "bylaw" not in written.lower():
        return
    found = list(_MENTION.finditer(written))
    for index, match in enumerate(found):
        until = found[index + 1].start() if index + 1 < len(found) else len(written)
        parsed = parse_suppression(written[match.end() : until])
        if parsed is None:
            continue
        start = comment.start_byte + len(written[: match.start()].encode())
        end = comment.start_byte + len(written[:until].rstrip().encode())
        first, last = lines.spoken_of(comment)
        yield Suppression(parsed.rules, parsed.reason, Span(start, end), first, parsed.whole_file, parsed.problem, last)
