"""What little of SQL expressions has to be understood: whether a CHECK forbids NULL, whether a default is one."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.patterns import regex

_TOKEN = regex(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\S|\s+")
_NULL = regex(r"\(*\s*null\s*\)*(?:::[\w\s.\"\[\](),]+)?")
_MOST = 2_000
"""Longer expressions are not looked into."""


def is_null(default: str | None) -> bool:
    """Whether a default gives nothing: there is none, or it is NULL, with or without a cast."""
    return default is None or _NULL.fullmatch(default.strip().lower()) is not None


def forbids_null(expression: str, column: str) -> bool:
    """Whether a CHECK fails for every row without the column: it says `column IS NOT NULL`, alone or with AND."""
    wanted = f"{column.lower()} is not null"
    return any(_plain(part) == wanted for part in conjuncts(expression))


def words(expression: str) -> frozenset[str]:
    """The names (and keywords) that an expression says, quoted ones without their quotes; texts are no names."""
    tokens = _TOKEN.findall(expression[:_MOST])
    return frozenset(token.strip('"') for token in tokens if token[0] == '"' or token[0].isidentifier())


def renamed(expression: str, name: str, new_name: str) -> str:
    """The expression with one name put in another's place."""
    if name not in expression:
        return expression
    return "".join(
        new_name if token == name else f'"{new_name}"' if token == f'"{name}"' else token
        for token in _TOKEN.findall(expression)
    )


def conjuncts(expression: str) -> Iterator[str]:
    """The parts that AND connects, without the parentheses around them: `(a > 0) AND b` gives `a > 0` and `b`.

    A part that is itself a conjunction in parentheses is taken apart too.
    """
    text = expression[:_MOST] if len(expression) <= _MOST else ""
    pending = [text]
    while pending:
        tokens = _unwrapped(_TOKEN.findall(pending.pop()))
        parts = _split(tokens)
        if len(parts) > 1:
            pending.extend("".join(part) for part in reversed(parts))
        elif parts:
            yield "".join(tokens).strip()


def _split(tokens: list[str]) -> list[list[str]]:
    """At every AND that stands in no parentheses, unless an OR does so too, or the AND belongs to a BETWEEN."""
    parts: list[list[str]] = [[]]
    depth = 0
    between = False
    for part in tokens:
        word = part.lower()
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in {"or", "case"}:
            return [tokens]
        if depth == 0 and word == "and" and not between:
            parts.append([])
            continue
        between = (between or word == "between") and not (depth == 0 and word == "and")
        parts[-1].append(part)
    return parts


def _unwrapped(tokens: list[str]) -> list[str]:
    """Without the parentheses (and blanks) around all of it."""
    start, end = 0, len(tokens)
    closing = _closing(tokens)
    while start < end:
        if tokens[start].isspace():
            start += 1
        elif tokens[end - 1].isspace():
            end -= 1
        elif tokens[start] == "(" and closing.get(start) == end - 1:
            start, end = start + 1, end - 1
        else:
            break
    return tokens[start:end]


def _closing(tokens: list[str]) -> dict[int, int]:
    """For every opening parenthesis where its closing one is."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for at, part in enumerate(tokens):
        if part == "(":
            opened.append(at)
        elif part == ")" and opened:
            found[opened.pop()] = at
    return found


def _plain(part: str) -> str:
    return " ".join(part.replace('"', "").lower().split())
