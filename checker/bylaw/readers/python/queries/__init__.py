"""Reads and deletes of rows in functions, followed from where a statement starts to where it is executed."""

from __future__ import annotations

import re

from bylaw.facts.queries import Query
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.parse import field, kind
from bylaw.readers.python.queries.body import steps_of
from bylaw.readers.python.queries.evaluate import Evaluation
from bylaw.readers.python.queries.views import view_querysets

_WORTH = re.compile(
    rb"(?:select|delete)\w*\s*\(|(?i:select|delete)\s|\bquery\b|objects\b|_(?:default|base)_manager\b|_or_404\b"
    rb"|\.get(?:_one)?\(\s*[A-Za-z_][\w.]*\s*[,=]"
)
"""A body without any of these starts no statement that matters: it is what `roots` and `vocabulary` know, loosely."""
_BODY, _STATEMENT, _STRING = field("body"), kind("expression_statement"), kind("string")


def queries(module: Module) -> tuple[Query, ...]:
    """Every statement of the module's functions, and the `queryset` attributes of its view classes."""
    if not _WORTH.search(module.content):
        return ()
    found: list[Query] = []
    for record in module.functions:
        if _is_worth(record, module.content):
            evaluation = Evaluation(module, record)
            for step in steps_of(record, module):
                evaluation.take(step)
            found.extend(evaluation.finished())
    found.extend(view_querysets(module))
    return tuple(found)


def _is_worth(record: FunctionNode, content: bytes) -> bool:
    body = record.node.child_by_field_id(_BODY)
    if body is None:
        return False
    # The words are common in prose: a docstring is passed over.
    first = body.children[0] if body.children else body
    prose = first.kind_id == _STATEMENT and first.child_count == 1 and first.children[0].kind_id == _STRING
    return _WORTH.search(content, first.end_byte if prose else body.start_byte, body.end_byte) is not None
