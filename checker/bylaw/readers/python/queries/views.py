"""`queryset = Book.objects.all()` in the body of a view class: the framework executes it."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.queries import Query
from bylaw.facts.values import Attr, Call, Ref, Value
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries.drafts import Draft
from bylaw.readers.python.queries.names import arguments, mentioned
from bylaw.readers.python.queries.roots import Roots


def view_querysets(module: Module) -> Iterator[Query]:
    """One query for each class whose `queryset` is used as it stands: no `get_queryset` of its own changes it."""
    roots = Roots(module.content)
    for record in module.classes:
        if "get_queryset" in record.fact.methods:
            continue
        for variable in record.fact.variables:
            if variable.name == "queryset" and variable.value is not None:
                draft = _draft(variable.value, roots)
                if draft is not None:
                    yield draft.finished("")


def _draft(value: Value, roots: Roots) -> Draft | None:
    names: set[str] = set()
    while isinstance(value, Call):
        names.update(
            *(mentioned(argument) for argument in arguments(value)), *(k.name.split("__") for k in value.keywords)
        )
        names.add(value.method)
        value = value.function.value if isinstance(value.function, Attr) else value.function
    found = roots.attribute(value) if isinstance(value, Ref) else None
    if found is None:
        return None
    draft = found[0].drafts[0]
    draft.names |= {*names, *found[1]}
    draft.executed = True
    return draft
