"""Reads and deletes of rows in functions, followed from where a statement starts to where it is executed."""

from __future__ import annotations

import re

from bylaw.facts.queries import Query
from bylaw.facts.values import Constant
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.body import steps_of
from bylaw.readers.python.queries.evaluate import Evaluation
from bylaw.readers.python.queries.guards import Guards
from bylaw.readers.python.queries.own_class import in_own_class
from bylaw.readers.python.queries.texts import constants_of
from bylaw.readers.python.queries.views import view_querysets

_STARTERS = known.SELECT | known.DELETE | known.SHORTCUTS
_OF_OBJECTS = set(known.OF_OBJECTS) - {"get", "count", "exists"}
_STARTING_WORDS = known.EXECUTE | known.FETCH | known.DELETES | _OF_OBJECTS | {"query", "raw", "get_one", "get_or_404"}
_GOT = re.compile(rb"\.get\(\s*[A-Za-z_][\w.]*\s*[,=]")
"""`.get(Model, key)`; the `get` of a dict is mostly handed a literal."""


def queries(module: Module) -> tuple[Query, ...]:
    """Every statement of the module's functions, and the `queryset` attributes of its view classes."""
    found: list[Query] = []
    constants: dict[str, Constant] | None = None
    starting = {
        use.function
        for use in module.references.values()
        if use.name in _STARTERS or use.name.endswith((*known.SELECT_ELSEWHERE, *known.DELETE_ELSEWHERE))
    }
    for record in module.functions:
        if record.fact.qualified in starting or _may_start(record, module):
            constants = constants_of(module) if constants is None else constants
            evaluation = Evaluation(module, record, constants)
            guards = Guards(each.name for each in record.fact.parameters)
            for step in steps_of(in_own_class(record, module), module):
                guards.take(step)
                before = len(evaluation.drafts)
                evaluation.take(step)
                if len(evaluation.drafts) > before:
                    guards.note(evaluation.drafts[before:])
            found.extend(evaluation.finished())
    found.extend(view_querysets(module))
    return tuple(found)


def _may_start(record: FunctionNode, module: Module) -> bool:
    """Whether a function has a word that statements begin with: most have none, and are not followed."""
    words = record.words
    if not words.isdisjoint(_STARTING_WORDS) or any(word.endswith(known.MANAGERS) for word in words):
        return True
    node = record.node
    return "get" in words and _GOT.search(module.content, node.start_byte, node.end_byte) is not None
