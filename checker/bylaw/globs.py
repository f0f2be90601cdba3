"""Ignore rules and globs, as in a `.gitignore`: by pathspec, in time that grows with the length of a path.

pathspec makes `[^/]*` of every `*`, and tries each length of each of them: a rule like `*a*a*a*a*b` would take hours on
a long name. What stands between two stars has a fixed length, so the first place where it matches is as good as any
later one, and need not be given up again; the same holds for the folders between two `**`. What is not one of some
characters (`[!a]`) is no slash either, as git has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_ANY = "[^/]*"
_STARS = re.compile(r"(?:\[\^/\]\*){2,}")
_FIXED = r"(?:\\.|\[(?!\^?\])\^?(?:\\.|[^\]\\])+\](?![*+?])|[^][(){}*+?|/^$.\\])+"
"""What matches as many characters as it has: letters, escaped characters, classes of characters."""
_BETWEEN_STARS = re.compile(rf"\[\^/\]\*({_FIXED})(?=\[\^/\]\*)")
_NEGATED = re.compile(r"\\.|\[\^(?!\]|/\])(?=(?:\\.|[^\]\\])+\])", re.DOTALL)
_BEGINNING, _ANYWHERE, _BETWEEN = "^", "(?:.+/)?", "(?:/.+)?"


def spec_of(lines: Iterable[str]) -> GitIgnoreSpec:
    """What the lines of an ignore file, or globs, say of paths. Raises ValueError for a line that is no pattern."""
    return GitIgnoreSpec.from_lines(lines, _pattern(), backend="simple")  # the others know no such expressions


@cache
def _pattern() -> type[GitIgnoreSpecPattern]:
    class Pattern(GitIgnoreSpecPattern):
        __slots__ = ()

        @classmethod
        def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
            text, include = super().pattern_to_regex(pattern)
            return (None if text is None else _without_second_thoughts(text)), include

    return Pattern


def _without_second_thoughts(expression: str) -> str:
    """The expression that matches the same, and never tries another place for what has found the first one."""
    text = _NEGATED.sub(lambda found: found[0] if found[0][0] == "\\" else "[^/", expression)
    text = _BETWEEN_STARS.sub(rf"(?>{_ANY}?\1)", _STARS.sub(_ANY, text))
    first, *others = text.split(_BETWEEN)
    if not others:
        return text
    *middle, last = others
    if first.startswith(_BEGINNING + _ANYWHERE):
        first = f"{_BEGINNING}(?>(?:.+?/)??{first.removeprefix(_BEGINNING + _ANYWHERE)}(?=/))"
    return "".join([first, *(f"(?>(?:/.+?)??{folders}(?=/))" for folders in middle), _BETWEEN, last])
