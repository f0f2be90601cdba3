"""Imports added at the top of a Python file: into an existing statement, or as a new line where the block wants it."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from bylaw.diagnostics import AddImport, Replace
from bylaw.edits.python.bindings import Bindings
from bylaw.edits.python.items import ItemList, insert_items
from bylaw.edits.python.placing import place_lines
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError
from bylaw.source import Span


def add_imports(file: PythonFile, edits: Sequence[AddImport]) -> list[Replace]:
    """What makes the names available at run time at the module's top level; nothing for those that are.

    Raises EditError for a name that the module binds to something else.
    """
    if not edits:
        return []
    bindings = Bindings(file)
    missing: dict[str, list[AddImport]] = {}
    for edit in dict.fromkeys(edits):
        _check(edit)
        if not bindings.has(edit):
            bindings.claim(edit)
            missing.setdefault(edit.module, []).append(edit)
    found: list[Replace] = []
    lines: list[tuple[str, str]] = []
    for module, wanted in missing.items():
        names = [edit for edit in wanted if edit.name]
        lines += [(module, _import_line(edit)) for edit in wanted if not edit.name]
        statement = bindings.statement_of(module) if names else None
        if statement is not None:
            found += _extend(file, statement, names)
        elif names:
            items = sorted({_item(edit) for edit in names}, key=by_type)
            line = f"from {module} import {', '.join(items)}"
            lines.append((module, line if len(line) <= _WIDTH else f"from {module} import {_wrapped(file, items)}"))
    return [*found, *place_lines(file, lines)]


def _check(edit: AddImport) -> None:
    module = edit.module.lstrip(".")
    parts = [*module.split(".")] if module else []
    names = [name for name in (edit.name, edit.alias) if name]
    is_relative = edit.module.startswith(".")
    if not all(part.isidentifier() for part in [*parts, *names]) or not (parts or (is_relative and edit.name)):
        raise EditError(f"`{edit.module}` and `{edit.name}` cannot be imported by name")
    if is_relative and not edit.name:
        raise EditError("a relative import needs a name")


def _import_line(edit: AddImport) -> str:
    return f"import {edit.module} as {edit.alias}" if edit.alias else f"import {edit.module}"


def _item(edit: AddImport) -> str:
    return f"{edit.name} as {edit.alias}" if edit.alias and edit.alias != edit.name else edit.name


def by_type(item: str) -> tuple[int, str]:
    """Import sorters put constants first, then classes, then the rest."""
    name = item.partition(" ")[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


_WIDTH = 88
"""Characters of a line from which import sorters wrap, unless told otherwise."""
_ORDERS = (by_type, lambda item: (0, item.lower()), lambda item: (0, item))


def _extend(file: PythonFile, statement: Node, edits: Sequence[AddImport]) -> list[Replace]:
    """The names as new items of a `from module import …`; in their sorted places if the items are sorted."""
    items = statement.children_by_field_name("name")
    target = ItemList.of(statement, items)
    present = [file.text(item) for item in items]
    order = next((key for key in _ORDERS if present == sorted(present, key=key)), None)
    at: dict[int, list[str]] = {}
    for text in sorted({_item(edit) for edit in edits}, key=order or by_type):
        index = len(items) if order is None else sum(1 for other in present if order(other) <= order(text))
        at.setdefault(index, []).append(text)
    added = [text for texts in at.values() for text in texts]
    if _grows_too_long(file, statement, added):
        everything = [*present, *added]
        everything = everything if order is None else sorted(everything, key=order)
        span = Span(items[0].start_byte, items[-1].end_byte)
        return [Replace(file.path, span, _wrapped(file, everything))]
    return [replace for index, texts in at.items() for replace in insert_items(file, target, index, texts)]


def _grows_too_long(file: PythonFile, statement: Node, added: list[str]) -> bool:
    """Whether a plain line of a usual width would become one that formatters break."""
    start, end = statement.start_byte, statement.end_byte
    text = file.text(statement)
    if "(" in text or "\n" in text or not file.is_blank(end, file.line_end(end)) or file.indentation(start) != "":
        return False
    return len(text) <= _WIDTH < len(text) + sum(len(name) + 2 for name in added)


def _wrapped(file: PythonFile, items: list[str]) -> str:
    eol = file.eol(file.start)
    return f"({eol}{''.join(f'    {item},{eol}' for item in items)})"
