"""Statements put into a block of their own: a header above, four more blanks before each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from bylaw.diagnostics import Replace, WrapStatement
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError
from bylaw.readers.python.parse import parse
from bylaw.source import Span


def wrap_statements(file: PythonFile, edits: Sequence[WrapStatement]) -> list[Replace]:
    """The statements, each below its header. Raises EditError.

    Nothing is done for a statement that stands in such a block already.
    """
    found: list[Replace] = []
    previous: tuple[Node, str] | None = None
    for statement, header in _wanted(file, edits):
        first, last = file.on_line_of(statement)
        indentation = file.indentation(statement.start_byte)
        if first != last or indentation is None:
            raise EditError("the statement shares its line with another one")
        if previous is None or previous[1] != header or previous[0] != _before(file, statement):
            start = file.line_start(statement.start_byte)
            found.append(file.insertion(start, f"{indentation}{header}{file.eol(start)}"))
        found += (file.insertion(at, _step(indentation)) for at in _lines(file, statement))
        previous = statement, header
    return found


def indented(file: PythonFile, found: Sequence[Replace], edits: Sequence[WrapStatement]) -> list[Replace]:
    """Other replacements, those inside of the wrapped statements with the new lines indented like the old ones."""
    wanted = [statement for statement, _ in _wanted(file, edits)]
    return [
        Replace(replace.path, replace.span, _deeper(file, replace.content, inside)) if inside is not None else replace
        for replace in found
        for inside in [next((s for s in wanted if s.start_byte < replace.span.start < s.end_byte), None)]
    ]


def _deeper(file: PythonFile, content: str, statement: Node) -> str:
    return content.replace("\n", f"\n{_step(file.indentation(statement.start_byte) or '')}")


def _wanted(file: PythonFile, edits: Sequence[WrapStatement]) -> list[tuple[Node, str]]:
    """Statements and headers, in the file's order."""
    wanted: dict[int, tuple[Node, str]] = {}
    for edit in edits:
        if parse(f"{edit.header}\n    pass\n".encode()).has_error:
            raise EditError(f"`{edit.header}` opens no block")
        statement = file.statement_at(edit.span)
        block = statement.parent
        if block is not None and block.parent is not None and _header(file, block.parent, block) == edit.header:
            continue
        if wanted.setdefault(statement.start_byte, (statement, edit.header))[1] != edit.header:
            raise EditError("two blocks are wanted around one statement")
    return [wanted[start] for start in sorted(wanted)]


def _header(file: PythonFile, parent: Node, block: Node) -> str:
    return file.content[parent.start_byte : block.start_byte].decode("utf-8", "replace").strip()


def _before(file: PythonFile, statement: Node) -> Node | None:
    """The statement right above; None where a blank line or a comment lies between."""
    before = next(file.siblings(statement, forward=False), None)
    if before is None or file.content[before.end_byte : statement.start_byte].strip():
        return None
    return before if file.next_line(before.end_byte) == file.line_start(statement.start_byte) else None


def _lines(file: PythonFile, statement: Node) -> Iterator[int]:
    """Where each line of the statement begins; lines that begin inside of a string stay as they are."""
    yield file.line_start(statement.start_byte)
    strings = list(_strings(statement))
    at = file.next_line(statement.start_byte)
    while at < statement.end_byte:
        inside = any(string.start < at <= string.end for string in strings)
        if not inside and not file.is_blank(at, file.line_end(at)):
            yield at
        at = file.next_line(at)


def _strings(statement: Node) -> Iterator[Span]:
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if node.type == "string":
            yield Span(node.start_byte, node.end_byte)
        else:
            waiting += node.children


def _step(indentation: str) -> str:
    return "\t" if "\t" in indentation else "    "
