"""`queryset = Book.objects.all()`, or `model = Book`, in the body of a view class, and fields that offer rows: the
framework executes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bylaw.facts.code import Class
from bylaw.facts.queries import Query
from bylaw.facts.values import Attr, Call, Index, Items, Ref, Value
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries.drafts import Draft
from bylaw.readers.python.queries.names import arguments, mentioned, of_path
from bylaw.readers.python.queries.roots import Roots

_READING = frozenset({"ListView", "DetailView", "UpdateView", "DeleteView"})
"""Django's views that read rows of their `model`."""
_DJANGO = ("django.views.", "django.contrib.")
_FRAMEWORKS = (*_DJANGO, "rest_framework.")
_DELETING = frozenset({
    "DeleteView", "ModelViewSet", "DestroyModelMixin", "DestroyAPIView", "RetrieveDestroyAPIView",
    "RetrieveUpdateDestroyAPIView",
})  # fmt: skip
"""Views of the frameworks that delete the row they are asked for."""
_ONLY_DELETING = frozenset({"DeleteView", "DestroyAPIView"})
_DELETING_METHODS = frozenset({"perform_destroy", "destroy", "delete", "form_valid", "post", "get_object"})
_CHOOSING = frozenset({"get_queryset", "filter_queryset"})
_HANDS_ON = re.compile(rb"\bsuper\([^()]*\)\.(?:get|filter)_queryset\(|\bself\.queryset\b")
"""How such a method takes the rows that the class names."""
_ITS_ROWS = re.compile(rb"\bself\.queryset\b")
_OF_ONE_ROW = frozenset({
    "RetrieveAPIView", "RetrieveUpdateAPIView", "RetrieveDestroyAPIView", "RetrieveUpdateDestroyAPIView",
    "UpdateAPIView", "DestroyAPIView", "DetailView", "UpdateView", "DeleteView",
})  # fmt: skip
"""Views that ask their `get_object` for the one row that they are about."""
_FILTERS = ("rest_framework.", "django_filters.")
"""Where filters come from that only do what a request asks for."""
_FIELDS = ("rest_framework.", "django.forms.")
"""Where fields come from that offer the rows as they are; one of the project may choose among them."""


def view_querysets(module: Module) -> Iterator[Query]:
    """One query for each class whose `queryset` is used as it stands: no `get_queryset` of its own changes it; and for
    each field that offers rows.
    """
    roots = Roots(module.content)
    for record in module.classes:
        yield from _fields(record.fact, roots)
        yield from _inherited_delete(record.fact, roots)
        if _CHOOSING.isdisjoint(record.fact.methods) or _only_narrows(record.fact, module):
            yield from _own_rows(record.fact, roots, _narrowing(record.fact, module))


def _fields(item: Class, roots: Roots) -> Iterator[Query]:
    """`book = PrimaryKeyRelatedField(queryset=Book.objects.all())`: what a form or serialiser lets people choose."""
    for variable in item.variables:
        if not isinstance(variable.value, Call) or not variable.value.name.startswith(_FIELDS):
            continue
        offered = variable.value.keyword("queryset")
        draft = _draft(offered, roots) if offered is not None else None
        if draft is not None:
            yield draft.finished("")


def is_choice_of_form(place: Value) -> bool:
    """`form.fields["author"].queryset`: what is assigned there, the form lets people choose from."""
    match place:
        case Attr(Index(Attr(_, "fields")), "queryset"):
            return True
        case _:
            return False


def _only_narrows(item: Class, module: Module) -> bool:
    """Whether the methods that choose rows take those that the class names."""
    own = (each for each in module.functions if each.fact.owner == item.qualified and each.fact.name in _CHOOSING)
    return all(_HANDS_ON.search(module.content, each.node.start_byte, each.node.end_byte) for each in own)


def _narrowing(item: Class, module: Module) -> list[str]:
    """The methods that may choose among the rows a class names, besides those that are there for it: `get_object` of a
    view of one row, and what asks for `self.queryset`.
    """
    one = any(name.rpartition(".")[2] in _OF_ONE_ROW for name in _bases(item))
    own = (each for each in module.functions if each.fact.owner == item.qualified)
    return [
        each.fact.qualified
        for each in own
        if (one and each.fact.name == "get_object")
        or _ITS_ROWS.search(module.content, each.node.start_byte, each.node.end_byte)
    ]


def _own_rows(item: Class, roots: Roots, narrowing: Sequence[str]) -> Iterator[Query]:
    """What the class says in `queryset`; without one, the rows of its `model`, where the framework reads those.
    `narrowing` are further methods that may leave rows out.
    """
    assigned = _assigned(item)
    value, model = assigned.get("queryset"), assigned.get("model")
    draft = _draft(value, roots) if value is not None else None
    if all(name.rpartition(".")[2] in _ONLY_DELETING for name in _bases(item)):
        return  # the row that is to be deleted: a matter of how
    reads = "get_object" not in item.methods and _reads_its_model(item)
    if value is None and isinstance(model, Ref) and reads:
        written = roots.written(model.span)
        draft = Draft("select", "django", model.span, model.name, manager="objects", written=written, executed=True)
    if draft is not None:
        draft.helpers += (*_filters(assigned), *_chosen_by(item), *narrowing)
        yield draft.finished("")


def _filters(assigned: Mapping[str, Value | None]) -> Iterator[str]:
    """What the project itself may leave out of the rows: `filter_backends`, `filterset_class`."""
    backends, filters = assigned.get("filter_backends"), assigned.get("filterset_class")
    for backend in backends.items if isinstance(backends, Items) else ():
        if isinstance(backend, Ref) and not backend.name.startswith(_FILTERS):
            yield f"{backend.name}.filter_queryset"
    if isinstance(filters, Ref):
        yield f"{filters.name}.qs"


def _chosen_by(item: Class) -> Iterator[str]:
    """The methods of the class, and of its bases in this project, that may choose among the rows."""
    for owner in (item.qualified, *(name for name in _bases(item) if name and not name.startswith(_FRAMEWORKS))):
        for method in sorted(_CHOOSING):
            if owner != item.qualified or method in item.methods:
                yield f"{owner}.{method}"


def _inherited_delete(item: Class, roots: Roots) -> Iterator[Query]:
    """The delete that a view class inherits from its framework, where it has none of its own and hides none."""
    names, assigned = _bases(item), _assigned(item)
    if not any(name.rpartition(".")[2] in _DELETING for name in names):
        return
    if not all(name.startswith(_FRAMEWORKS) for name in names):
        return
    if not _DELETING_METHODS.isdisjoint(item.methods) or "http_method_names" in assigned:
        return
    value, model = assigned.get("queryset"), assigned.get("model")
    draft = _draft(value, roots) if value is not None else None
    if draft is None and isinstance(model, Ref):
        draft = Draft("delete", "django", model.span, model.name, manager="objects")
    if draft is not None:
        draft.kind, draft.executed, draft.written, draft.insert_at = "delete", True, item.name, -1
        yield draft.finished("")


def _reads_its_model(item: Class) -> bool:
    """Whether it is one of Django's own views of rows, and nothing that the project derives from stands beside it."""
    names = _bases(item)
    views = [name for name in names if name.startswith("django.views.generic.")]
    reading = any(name.rpartition(".")[2] in _READING for name in views)
    return reading and all(name.startswith(_DJANGO) for name in names)


def _bases(item: Class) -> list[str]:
    return [base.name if isinstance(base, Ref) else "" for base in item.bases]


def _assigned(item: Class) -> dict[str, Value | None]:
    return {variable.name: variable.value for variable in item.variables}


def _draft(value: Value, roots: Roots) -> Draft | None:
    names: set[str] = set()
    while isinstance(value, Call):
        if value.method == "none":
            return None  # no rows: others are put there later
        names.update(
            *(mentioned(argument) for argument in arguments(value)), *(of_path(k.name) for k in value.keywords)
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
