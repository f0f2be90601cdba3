"""One walk over a module's tree: imports, variables, classes, functions, references and meaningful calls.

Other topics (type escapes, queries, migrations) get the nodes they need from the Module and do not walk again.
"""

from __future__ import annotations

from functools import cache

from bylaw.readers.python import definitions, expressions, imports, statements
from bylaw.readers.python.module import Annotation, CastNode, ClassNode, FunctionNode, Module
from bylaw.readers.python.parse import all_kinds, language, parse
from bylaw.readers.python.scope import Scope
from bylaw.readers.python.values import Converter
from bylaw.readers.python.visit import Handler, Handlers, Visitor, descend

__all__ = ["Annotation", "CastNode", "ClassNode", "FunctionNode", "Module", "walk"]

_LEAVES = frozenset({
    "comment", "line_continuation", "integer", "float", "true", "false", "none", "ellipsis", "dotted_name",
    "string_start", "string_content", "string_end", "escape_sequence", "escape_interpolation", "type_conversion",
    "pass_statement", "break_statement", "continue_statement", "keyword_separator", "positional_separator",
    "wildcard_import", "import_prefix",
})  # fmt: skip


@cache
def _handlers() -> Handlers:
    known = {**imports.HANDLERS, **definitions.HANDLERS, **statements.HANDLERS, **expressions.HANDLERS}
    table: dict[int, Handler | None] = dict.fromkeys(range(language().node_kind_count))
    for number, name in all_kinds().items():
        table[number] = None if name in _LEAVES else known.get(name, descend)
    return table


def walk(path: str, source: bytes, module: str, *, is_package: bool) -> Module:
    """Everything that one walk finds in UTF-8 source. `module` is the file's dotted name."""
    scope = Scope(module, is_package)
    found = Module(path, source, parse(source), scope, Converter(source, scope))
    Visitor(found, _handlers()).run()
    return found
