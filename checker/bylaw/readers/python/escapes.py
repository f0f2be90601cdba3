"""Type escapes: Any in annotations, casts, and ignore comments."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.code import TypeEscape
from bylaw.facts.values import Index, Items, Ref, Value, children
from bylaw.readers.python.walk import Module

ANY = frozenset({"typing.Any", "typing_extensions.Any"})


def escapes(module: Module) -> Iterator[TypeEscape]:
    """Every explicit Any of the module's annotations."""
    for annotation in module.annotations:
        for ref, nested in _anys(annotation.value, nested=False):
            yield TypeEscape("any", ref.span, annotation.position, nested, annotation.name)


def _anys(value: Value, *, nested: bool) -> Iterator[tuple[Ref, bool]]:
    if isinstance(value, Ref) and value.name in ANY:
        yield value, nested
    inside = nested or isinstance(value, Index | Items)
    for child in children(value):
        yield from _anys(child, nested=inside)
