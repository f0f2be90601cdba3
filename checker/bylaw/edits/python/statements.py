"""Whole statements put in and taken out, each on a line of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from bylaw.diagnostics import InsertStatement, Replace
from bylaw.edits.python.source import BODIES, NO_STATEMENTS, PythonFile
from bylaw.edits.text import EditError
from bylaw.readers.python.parse import parse
from bylaw.source import Span

_DEFINITIONS = frozenset({"function_definition", "class_definition", "decorated_definition"})


def insert_statements(file: PythonFile, edits: Sequence[InsertStatement]) -> list[Replace]:
    """New lines after or before the statement (or the lone comment) around each span. Raises EditError.

    Nothing is inserted where the very statement stands next to the place already.
    """
    found: list[Replace] = []
    for edit in dict.fromkeys(edits):
        _check_statement(edit.statement)
        node = file.node_at(edit.span)
        if node.type == "comment" and file.indentation(node.start_byte) is not None:
            found += _beside_comment(file, node, edit, edits)
        else:
            place = _without_comment(file, node, edit)
            found += _beside_statement(file, file.statement_at(place, last=edit.where == "after"), edit, edits)
    return found


def _check_statement(statement: str) -> None:
    if not statement.strip() or statement != statement.strip():
        raise EditError("the statement to insert is empty or indented")
    if "\n" in statement and ('"""' in statement or "'''" in statement):
        raise EditError("the statement to insert holds a string of several lines")


def _without_comment(file: PythonFile, node: Node, edit: InsertStatement) -> Span:
    """A comment behind code speaks of the code's statement."""
    if node.type != "comment":
        return edit.span
    code = file.content[file.line_start(node.start_byte) : node.start_byte].rstrip()
    end = file.line_start(node.start_byte) + len(code)
    return Span(end - 1, end)


def _beside_statement(
    file: PythonFile, statement: Node, edit: InsertStatement, edits: Sequence[InsertStatement]
) -> list[Replace]:
    first, last = file.on_line_of(statement)
    indentation = file.indentation(first.start_byte)
    if indentation is None:
        raise EditError("the statement stands on the line of its `if`, `for` or other header")
    forward = edit.where == "after"
    if statement != (last if forward else first):
        raise EditError("other statements stand on the same line")
    inserted = {other.statement for other in edits if other.where == edit.where}
    for sibling in file.siblings(statement, forward=forward):
        text = file.text(sibling)
        if text == edit.statement:
            return []
        if text not in inserted:
            break
    if not forward:
        if statement.type == "future_import_statement":
            raise EditError("nothing may stand before a `from __future__` import")
        return [_before(file, file.line_start(statement.start_byte), indentation, edit.statement)]
    blank = ("\n" if indentation else "\n\n") if statement.type in _DEFINITIONS else ""
    return [_after(file, statement.end_byte, indentation, edit.statement, blank)]


def _beside_comment(
    file: PythonFile, comment: Node, edit: InsertStatement, edits: Sequence[InsertStatement]
) -> list[Replace]:
    """At a comment with a line of its own, at the comment's indentation, where a statement may have that."""
    indentation = file.indentation(comment.start_byte)
    if indentation is None or not _could_be_statement(file, comment):
        raise EditError("no statement could stand at the comment")
    lines = [other.statement for other in edits if other.where == edit.where]
    if edit.where == "before":
        return [_before(file, file.line_start(comment.start_byte), indentation, edit.statement)]
    at = file.next_line(comment.end_byte)
    while at < len(file.content):
        line = file.content[at : file.line_end(at)].decode("utf-8", "replace").strip()
        if line == edit.statement:
            return []
        if line not in lines:
            break
        at = file.next_line(at)
    return [_after(file, comment.end_byte, indentation, edit.statement, "")]


def _could_be_statement(file: PythonFile, comment: Node) -> bool:
    """Whether a statement in place of the comment would be one of the body around it."""
    root = parse(b"pass".join([file.content[: comment.start_byte], file.content[comment.end_byte :]]))
    trial = root.named_descendant_for_byte_range(comment.start_byte, comment.start_byte + 4)
    if root.has_error or trial is None or trial.type != "pass_statement" or trial.parent is None:
        return False
    wanted = file.content[file.line_start(comment.start_byte) : comment.start_byte]
    columns = {child.start_point.column for child in trial.parent.named_children if child.type not in NO_STATEMENTS}
    return trial.parent.type in BODIES and columns == {len(wanted)}


def _after(file: PythonFile, end: int, indentation: str, statement: str, blank: str) -> Replace:
    eol = file.eol(end)
    text = blank.replace("\n", eol) + eol + _indented(statement, indentation, eol)
    return file.insertion(file.line_end(end), text)


def _before(file: PythonFile, start: int, indentation: str, statement: str) -> Replace:
    eol = file.eol(start)
    return file.insertion(start, _indented(statement, indentation, eol) + eol)


def _indented(statement: str, indentation: str, eol: str) -> str:
    return eol.join(f"{indentation}{line}" if line.strip() else "" for line in statement.splitlines())


def remove_statements(file: PythonFile, places: Sequence[Span]) -> list[Replace]:
    """The statements around the spans, taken away with their lines; an empty body gets `pass`. Raises EditError."""
    doomed = {(node.start_byte, node.end_byte): node for node in map(file.statement_at, places)}
    return [_removal(file, node, set(doomed)) for _, node in sorted(doomed.items())]


def _end_of_gap(file: PythonFile, statement: Node, doomed: set[tuple[int, int]]) -> int:
    """Where the line after the statement begins; after the blank lines, too, where a block would begin with them."""
    end = file.next_line(statement.end_byte)
    parent = statement.parent
    if parent is None or parent.type != "block":
        return end
    leading = parent.named_children[: parent.named_children.index(statement)]
    if any((node.start_byte, node.end_byte) not in doomed for node in leading) or _after_comment(parent):
        return end
    blank = end
    while blank < len(file.content) and file.is_blank(blank, file.line_end(blank)):
        blank = file.next_line(blank)
    return blank


def _after_comment(block: Node) -> bool:
    before = block.prev_named_sibling
    return before is not None and before.type == "comment"


def _removal(file: PythonFile, statement: Node, doomed: set[tuple[int, int]]) -> Replace:
    start, end = statement.start_byte, statement.end_byte
    parent = statement.parent
    if parent is not None and parent.type == "block":
        left = [s for s in file.statements(parent) if (s.start_byte, s.end_byte) not in doomed]
        if not left and file.statements(parent)[-1].start_byte == start:
            return Replace(file.path, Span(start, end), "pass")
    first, last = file.on_line_of(statement)
    if first == last == statement and file.indentation(start) is not None:
        return Replace(file.path, Span(file.line_start(start), _end_of_gap(file, statement, doomed)), "")
    if statement != last:
        after = next(file.siblings(statement, forward=True))
        return Replace(file.path, Span(start, after.start_byte), "")
    if statement != first:
        before = next(file.siblings(statement, forward=False))
        return Replace(file.path, Span(before.end_byte, end), "")
    raise EditError("the statement stands on the line of its `if`, `for` or other header")
