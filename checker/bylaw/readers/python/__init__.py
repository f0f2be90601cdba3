"""Reads Python: source bytes to FileFacts, by tree-sitter, without running or importing anything."""

from __future__ import annotations

from bylaw.facts.code import SyntaxProblem
from bylaw.facts.file import FileFacts
from bylaw.readers.python.escapes import escapes
from bylaw.readers.python.migrations import migrations
from bylaw.readers.python.parse import NotText, to_utf8
from bylaw.readers.python.walk import walk
from bylaw.source import Span


def module_name(path: str) -> str:
    """The dotted name derived from a path: `src/app/models/__init__.py` → `src.app.models`."""
    stem = path.removesuffix(".py").removesuffix(".pyi")
    return "" if stem == "__init__" else stem.removesuffix("/__init__").replace("/", ".")


def read(path: str, content: bytes) -> FileFacts:
    """All facts of one Python file. `path` is relative to the root, posix. Never raises for any content."""
    module = module_name(path)
    is_package = path.rpartition("/")[2] == "__init__.py"
    try:
        source = to_utf8(content)
    except NotText as problem:
        return FileFacts(path, "python", module, is_package, syntax_problem=SyntaxProblem(Span(0, 0), str(problem)))
    walked = walk(path, source, module, is_package=is_package)
    return FileFacts(
        path, "python", module, is_package,
        imports=tuple(walked.imports),
        exports=walked.exports,
        variables=tuple(walked.variables),
        classes=tuple(record.fact for record in walked.classes),
        functions=tuple(record.fact for record in walked.functions),
        references=tuple(walked.references.values()),
        calls=tuple(walked.calls),
        escapes=tuple(escapes(walked)),
        migrations=migrations(walked),
        words=frozenset(walked.words),
        import_anchor=walked.import_anchor,
        unread=tuple(walked.unread),
        dotted=frozenset(walked.dotted),
    )  # fmt: skip
