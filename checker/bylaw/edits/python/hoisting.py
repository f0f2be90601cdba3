"""An import inside of a function, as the imports that the top of the file needs in its place."""

from __future__ import annotations

from bylaw.diagnostics import AddImport, HoistImport
from bylaw.edits.python.bindings import imported
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError


def as_added(file: PythonFile, edit: HoistImport) -> list[AddImport]:
    """The names that the statement imports, to be imported at the top. Raises EditError for any other statement."""
    statement = file.statement_at(edit.span)
    items = []
    if statement.type in {"import_statement", "import_from_statement"}:
        items = list(imported(file, statement, top=False))
    if not items:
        raise EditError("no import stands at the place")
    wanted = []
    for item in items:
        bound = item.name or item.module.partition(".")[0]
        wanted.append(AddImport(file.path, item.module, item.name, "" if item.local == bound else item.local))
    return wanted
