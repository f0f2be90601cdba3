"""Reads and deletes of rows in functions, followed from where a statement starts to where it is executed."""

from __future__ import annotations

import re

from bylaw.facts.queries import Query
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries.body import steps_of
from bylaw.readers.python.queries.evaluate import Evaluation
from bylaw.readers.python.queries.views import view_querysets

_WORTH = re.compile(rb"(?i:select|delete)|query|objects|_manager|_or_404|\.get\(")
"""A function without any of these words starts no statement that matters."""


def queries(module: Module) -> tuple[Query, ...]:
    """Every statement of the module's functions, and the `queryset` attributes of its view classes."""
    if not _WORTH.search(module.content):
        return ()
    found: list[Query] = []
    for record in module.functions:
        node = record.node
        if _WORTH.search(module.content, node.start_byte, node.end_byte):
            evaluation = Evaluation(module, record)
            for step in steps_of(record, module):
                evaluation.take(step)
            found.extend(evaluation.finished())
    found.extend(view_querysets(module))
    return tuple(found)
