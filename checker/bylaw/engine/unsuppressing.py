"""The fix that takes a suppression away: one name of several, the comment, or the whole line it has for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bylaw.diagnostics import Fix, Replace
from bylaw.facts.code import Suppression
from bylaw.patterns import regex
from bylaw.source import SourceText, Span

_OPENING = regex(
    rb"(?:(?<!#)#++|(?<!-)--++|/\*++)[ \t]*bylaw[ \t]*:[ \t]*ignore(?:-file)?[ \t]*\[([^\]\r\n]*)\]", re.IGNORECASE
)
_OTHER_TOOL = regex(
    rb"(?<![ \t])[ \t]++#[ \t]*(?:noqa|type:|pyright:|mypy:|ty:|pragma|pylint:|nosec|fmt:|isort:|ruff:|bylaw:)"
)
_BLANK = b" \t"


def removal(fact: Suppression, unused: Sequence[str], source: SourceText) -> Fix | None:
    """A safe fix that removes the names `unused` from the comment, or all of it; None when the comment is not found."""
    content = source.content
    opening = _find(fact, unused, content)
    if opening is None:
        return None
    kept = [name for name in _names(opening) if name not in unused]
    if kept:
        span = Span(opening.start(1), opening.end(1))
        return Fix("Take the rule out of the suppression", (Replace(source.path, span, ", ".join(kept)),), "safe")
    return Fix("Remove the suppression", (Replace(source.path, _whole(opening, fact, content), ""),), "safe")


def _find(fact: Suppression, unused: Sequence[str], content: bytes) -> re.Match[bytes] | None:
    for match in _OPENING.finditer(content, fact.span.start, fact.span.end):
        if set(unused) <= set(_names(match)):
            return match
    return None


def _names(opening: re.Match[bytes]) -> list[str]:
    names = (name.strip() for name in opening[1].decode("utf-8", "replace").split(","))
    return [name for name in names if name]


def _whole(opening: re.Match[bytes], fact: Suppression, content: bytes) -> Span:
    """The comment with the blanks before it; with its line when nothing else stands there."""
    start = opening.start()
    end = start + len(content[start : fact.span.end].rstrip(b"\r\n"))
    if other := _OTHER_TOOL.search(content, opening.end(), end):
        return Span(start, other.end() - len(other[0].lstrip()))
    before = start
    while before > 0 and content[before - 1] in _BLANK:
        before -= 1
    after = end
    while after < len(content) and content[after] in _BLANK:
        after += 1
    line_break = 2 if content[after : after + 2] == b"\r\n" else 1 if content[after : after + 1] == b"\n" else 0
    starts_line = before == 0 or content[before - 1 : before] == b"\n"
    if starts_line and (line_break or after == len(content)):
        return Span(before, after + line_break)
    return Span(start if starts_line else before, end)
