"""A star before a call that opens a list: the parser binds it to the call's first name."""

from __future__ import annotations

from bylaw.facts.values import Attr, Call, Index, Ref, Starred, Value
from bylaw.source import Span


def starred_whole(value: Value) -> Value:
    """`*rules()`, `*a.b()`: what was read as a call of `*rules`, with the star around all of it."""
    return Starred(_without(value), value.span)


def _without(value: Value) -> Value:
    where = Span(value.span.start + 1, value.span.end)
    match value:
        case Starred(inner):
            return inner
        case Call(function, args, keywords):
            return Call(_without(function), args, keywords, where)
        case Attr(inner, name):
            base = _without(inner)
            return Ref(f"{base.name}.{name}", where) if isinstance(base, Ref) else Attr(base, name, where)
        case Index(inner, index):
            return Index(_without(inner), index, where)
        case _:
            return value
