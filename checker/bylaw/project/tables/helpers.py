"""Helpers that return a column: their calls with the caller's arguments in them."""

from __future__ import annotations

from bylaw.facts.code import Function
from bylaw.facts.values import Call, Keyword, Local, Starred, Value

MAX_HELPERS = 6


def inlined(function: Function, call: Call) -> Value | None:
    """The call that a helper returns, with the caller's arguments in it; None where its returns disagree or are no
    calls.
    """
    calls = [value for value in function.returns if isinstance(value, Call)]
    if len(calls) != len(function.returns) or not calls:
        return None
    parameters = [p for p in function.parameters if p.kind not in {"*", "**"}]
    bound: dict[str, Value] = {p.name: p.default for p in parameters if p.default is not None}
    positional = [p.name for p in parameters if p.kind == "positional"]
    bound.update(zip(positional, call.args, strict=False))
    names = {p.name for p in parameters}
    bound.update({k.name: k.value for k in call.keywords if k.name in names})
    extra_args = call.args[len(positional) :]
    extra_keywords = tuple(k for k in call.keywords if k.name not in names)
    returned = calls[-1]
    args: list[Value] = []
    for arg in returned.args:
        if isinstance(arg, Starred):
            args.extend(extra_args)
        else:
            args.append(substituted(arg, bound))
    keywords: list[Keyword] = []
    for keyword in returned.keywords:
        if keyword.name:
            keywords.append(Keyword(keyword.name, substituted(keyword.value, bound), keyword.span))
        else:
            keywords.extend(extra_keywords)
    return Call(returned.function, tuple(args), tuple(keywords), returned.span)


def substituted(value: Value, bound: dict[str, Value], depth: int = 0) -> Value:
    """The value with parameters replaced by what the caller gave, inside calls too."""
    match value:
        case Local(name):
            return bound.get(name, value)
        case Call(function, args, keywords, where) if depth < MAX_HELPERS:
            return Call(
                function,
                tuple(substituted(arg, bound, depth + 1) for arg in args),
                tuple(Keyword(k.name, substituted(k.value, bound, depth + 1), k.span) for k in keywords),
                where,
            )
        case _:
            return value
