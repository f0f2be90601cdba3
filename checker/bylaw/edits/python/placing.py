"""Where a new import line belongs: beside its relatives, in its section, sorted where the others are."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

from tree_sitter import Node

from bylaw.diagnostics import Replace
from bylaw.edits.python.source import PythonFile
from bylaw.source import shared_parts

_IMPORTS = frozenset({"import_statement", "import_from_statement"})
_BEFORE_CODE = _IMPORTS | {"future_import_statement", "if_statement", "try_statement"}
_DEFINITIONS = (b"def ", b"class ", b"async ", b"@")
_CODING = re.compile(rb"[ \t\f]*#(!|.*coding[:=])")

Line = tuple[str, str]
"""The module of an import, and the import as a line of code."""


def place_lines(file: PythonFile, lines: Sequence[Line]) -> list[Replace]:
    """Insertions of new import lines; those that go to one place are in order."""
    if not lines:
        return []
    groups = _groups(file)
    at: dict[int, list[tuple[Node | None, Line]]] = {}
    group_of: dict[int, list[Node]] = {}
    apart: dict[tuple[int, bool], list[Line]] = {}
    for line in lines:
        choice = _choose(file, groups, line[0]) if groups else None
        if choice is None:
            apart.setdefault((-1, False), []).append(line)
        elif choice[1] == "in":
            group = groups[choice[0]]
            group_of[choice[0]] = group
            at.setdefault(choice[0], []).append((_predecessor(file, group, line), line))
        else:
            apart.setdefault((choice[0], choice[1] == "before"), []).append(line)
    found = [replace for index, placed in at.items() for replace in _into(file, group_of[index], placed)]
    for (index, before), block in apart.items():
        found.append(_alone(file, block) if index < 0 else _as_group(file, groups[index], block, before=before))
    return found


def _groups(file: PythonFile) -> list[list[Node]]:
    """The module's own imports (none of `__future__`), in runs without other code or blank lines in between."""
    groups: list[list[Node]] = []
    previous: Node | None = None
    for statement in file.statements(file.root):
        if statement.type in _IMPORTS and file.indentation(statement.start_byte) is not None:
            together = (
                previous is not None and previous.type in _IMPORTS and not _blank_between(file, previous, statement)
            )
            if together and groups:
                groups[-1].append(statement)
            else:
                groups.append([statement])
        previous = statement
    return groups


def _blank_between(file: PythonFile, first: Node, second: Node) -> bool:
    return any(not line.strip() for line in file.content[first.end_byte : second.start_byte].split(b"\n")[1:-1])


def _choose(file: PythonFile, groups: list[list[Node]], module: str) -> tuple[int, str] | None:
    """Index of a group and how to stand to it: `in`, `after` or `before`. None: as a block of its own at the top."""
    shared = [max(_shared(_module(file, node), module) for node in group) for group in groups]
    best = max(shared)
    if best > 0:
        return max(index for index, value in enumerate(shared) if value == best), "in"
    block = _leading(file, groups)
    if not block:
        return None
    section = _section(module)
    sections = [{_section(_module(file, node)) for node in groups[index]} for index in block]
    for index in reversed(block):
        if section in sections[index]:
            return index, "in"
    lower = [index for index in block if max(sections[index]) < section]
    return (lower[-1], "after") if lower else (block[0], "before")


def _leading(file: PythonFile, groups: list[list[Node]]) -> list[int]:
    """The groups that stand before any code, apart from docstrings, `if` and `try` blocks; else the first group."""
    statements = file.statements(file.root)
    code = (s.start_byte for s in statements[_is_docstring(statements[0]) :] if s.type not in _BEFORE_CODE)
    first_code = next(code, len(file.content))
    return [index for index, group in enumerate(groups) if group[0].start_byte < first_code]


def _shared(left: str, right: str) -> int:
    if left.startswith(".") or right.startswith("."):
        return int(left.startswith(".") and right.startswith("."))
    return shared_parts(left, right)


def _section(module: str) -> int:
    if module.startswith("."):
        return 2
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def _module(file: PythonFile, node: Node) -> str:
    source = node.child_by_field_name("module_name")
    if source is not None:
        return "".join(file.text(source).split())
    name = node.child_by_field_name("name")
    inner = name.child_by_field_name("name") if name is not None and name.type == "aliased_import" else name
    return file.text(inner) if inner is not None else ""


def _predecessor(file: PythonFile, group: list[Node], line: Line) -> Node | None:
    """The statement of the group to stand after; None: before them all."""
    keys = [(_is_from(file.text(node)), _module(file, node).lower()) for node in group]
    own = (_is_from(line[1]), line[0].lower())
    orders: tuple[Callable[[tuple[int, str]], object], ...] = (lambda key: key, lambda key: key[1])
    for order in orders:
        if all(order(a) <= order(b) for a, b in pairwise(keys)):  # type: ignore[operator]
            before = [node for node, key in zip(group, keys, strict=True) if order(key) <= order(own)]  # type: ignore[operator]
            return before[-1] if before else None
    return group[-1]


def _is_from(text: str) -> int:
    return int(text.startswith("from"))


def _into(file: PythonFile, group: list[Node], placed: list[tuple[Node | None, Line]]) -> list[Replace]:
    by_offset: dict[tuple[int, bool], list[str]] = {}
    for node, (_, text) in sorted(placed, key=lambda item: (_is_from(item[1][1]), item[1][0].lower())):
        key = (group[0].start_byte, True) if node is None else (_line_end(file, node), False)
        by_offset.setdefault(key, []).append(text)
    found = []
    for (offset, before), texts in by_offset.items():
        eol = file.eol(offset)
        found.append(file.insertion(offset, "".join(f"{text}{eol}" if before else f"{eol}{text}" for text in texts)))
    return found


def _line_end(file: PythonFile, statement: Node) -> int:
    return file.line_end(file.on_line_of(statement)[1].end_byte)


def _as_group(file: PythonFile, neighbour: list[Node], lines: list[Line], *, before: bool) -> Replace:
    texts = [text for _, text in sorted(lines)]
    if before:
        offset = neighbour[0].start_byte
        eol = file.eol(offset)
        return file.insertion(offset, eol.join(texts) + eol * 2)
    offset = _line_end(file, neighbour[-1])
    eol = file.eol(offset)
    return file.insertion(offset, eol * 2 + eol.join(texts))


def _alone(file: PythonFile, lines: list[Line]) -> Replace:
    """The first imports of a file: after its docstring, `__future__` imports and header comments."""
    texts = [text for _, text in sorted(lines, key=lambda line: (_section(line[0]), line))]
    statements = file.statements(file.root)
    head = [s for s in statements if s.type == "future_import_statement"]
    if not head and statements and _is_docstring(statements[0]):
        head = statements[:1]
    eol = file.eol(head[-1].end_byte if head else file.start)
    block = eol.join(texts)
    if head:
        offset = _line_end(file, head[-1])
        below = file.next_line(offset)
        gap = eol if below < len(file.content) and file.content[below : file.line_end(below)].strip() else ""
        return file.insertion(offset, eol * 2 + block + gap)
    offset = _after_header(file)
    rest = file.content[offset:]
    if rest.strip():
        breaks = 1 if rest.startswith((b"\n", b"\r")) else 3 if rest.startswith(_DEFINITIONS) else 2
        return file.insertion(offset, block + eol * breaks)
    opening = "" if offset == file.start else eol if file.content[offset - 1 : offset] == b"\n" else eol * 2
    return file.insertion(offset, opening + block + eol)


def _is_docstring(statement: Node) -> bool:
    return statement.type == "expression_statement" and [child.type for child in statement.named_children] == ["string"]


def _after_header(file: PythonFile) -> int:
    """Start of the line after the top comments that a blank line sets apart; at least after `#!` and encoding."""
    offset, keep = file.start, file.start
    while offset < len(file.content):
        line = file.content[offset : file.line_end(offset)]
        if not line.lstrip().startswith(b"#"):
            return file.next_line(offset) if not line.strip() and offset > file.start else keep
        if _CODING.match(line) and keep == offset:
            keep = file.next_line(offset)
        offset = file.next_line(offset)
    return offset
