"""Edits of Python files: positions from the syntax tree, changes as the smallest possible replacements of text.

The tree is tree-sitter's, as in the reader: it gives byte offsets, costs a millisecond per file and, unlike a tree that
is printed anew, leaves every other byte alone by construction. libcst judges the result (`bylaw.edits.judge`).
"""

from __future__ import annotations

from collections.abc import Sequence

from bylaw.diagnostics import (
    AddImport,
    HoistImport,
    InsertItem,
    InsertStatement,
    RemoveStatement,
    Replace,
    SetKeyword,
    WrapStatement,
)
from bylaw.edits.python.calls import set_keywords
from bylaw.edits.python.hoisting import as_added
from bylaw.edits.python.imports import add_imports
from bylaw.edits.python.listing import insert_elements
from bylaw.edits.python.source import PythonFile
from bylaw.edits.python.statements import insert_statements, remove_statements
from bylaw.edits.python.wrapping import indented, wrap_statements

__all__ = ["PythonEdit", "PythonFile", "replacements"]

PythonEdit = AddImport | InsertStatement | SetKeyword | RemoveStatement | HoistImport | WrapStatement | InsertItem


def replacements(file: PythonFile, edits: Sequence[PythonEdit]) -> list[Replace]:
    """All the edits of one file as replacements. Raises EditError.

    Those of one kind know of each other: two imports of a module become one line.
    """
    hoisted = [edit for edit in edits if isinstance(edit, HoistImport)]
    added = [edit for edit in edits if isinstance(edit, AddImport)]
    added += (wanted for edit in hoisted for wanted in as_added(file, edit))
    wrapped = [edit for edit in edits if isinstance(edit, WrapStatement)]
    found = [
        *add_imports(file, added),
        *insert_statements(file, [edit for edit in edits if isinstance(edit, InsertStatement)]),
        *set_keywords(file, [edit for edit in edits if isinstance(edit, SetKeyword)]),
        *insert_elements(file, [edit for edit in edits if isinstance(edit, InsertItem)]),
        *remove_statements(file, [edit.span for edit in edits if isinstance(edit, RemoveStatement | HoistImport)]),
    ]
    return [*wrap_statements(file, wrapped), *indented(file, found, wrapped)]
