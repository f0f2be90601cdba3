"""Patterns of paths as git's ignore files have them: `*.py`, `/build/`, `docs/**/old`, `!keep.py`.

Most patterns match no path of a project. So each first looks for the longest text that it has literally, and becomes a
regular expression only when some path has that. No pattern takes longer than linear time for a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \t", "cntrl": "\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": " \t\n\r\f\v", "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_NOTHING = "(?!)"
_ANY_FOLDERS = "**"
_TOKEN = re.compile(r"\\.|\[(?:[!^]?\]?)(?:\[:\w+:\]|\\.|[^\]\\])*\]|\*+|\?|\\$|\[", re.DOTALL)
_RANGE = re.compile(r"\[:(?P<name>\w+):\]|(?P<low>\\.|[^\\])-(?P<high>\\.|[^\\\]])|(?P<one>\\.|[^\\])", re.DOTALL)


class Globs:
    """An ordered list of patterns; the last one that matches decides. Lines that are no pattern are left out."""

    def __init__(self, lines: Iterable[str]) -> None:
        patterns = (_pattern(line) for line in lines)
        self._last_first = [pattern for pattern in patterns if pattern is not None][::-1]

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the path itself is matched; False when the last match takes it out again, None without any match."""
        name = path[path.rfind("/") + 1 :]
        for pattern in self._last_first:
            if pattern.matches(path, name, is_folder=is_folder):
                return not pattern.negated
        return None

    def cover(self, path: str) -> bool:
        """Whether a file, or a folder around it, is matched."""
        parts = path.split("/")
        above = [("/".join(parts[:count]), parts[count - 1]) for count in range(1, len(parts))]
        for pattern in self._last_first:
            if pattern.matches(path, parts[-1], is_folder=False) or any(
                pattern.matches(folder, name, is_folder=True) for folder, name in above
            ):
                return not pattern.negated
        return False


@lru_cache(maxsize=64)
def _covered(globs: tuple[str, ...]) -> Callable[[str], bool]:
    return Globs(globs).cover


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Says whether a file, or a folder around it, matches the patterns."""
    return _covered(tuple(globs))


class _Pattern:
    """One line. A pattern with a slash before its end speaks of the whole path, any other of the name."""

    def __init__(self, glob: str, *, negated: bool) -> None:
        self.negated = negated
        self._folders_only = glob.endswith("/")
        glob = glob.removesuffix("/").replace("\\/", "/")
        self._whole_path = "/" in glob
        self._parts = [_Part(part) for part in glob.removeprefix("/").split("/")]
        self._literal = max((part.literal for part in self._parts), key=len)

    def matches(self, path: str, name: str, *, is_folder: bool) -> bool:
        if self._folders_only and not is_folder:
            return False
        if not self._whole_path:
            return self._parts[0].matches(name)
        return self._literal in path and self._matches_parts(path.split("/"))

    def _matches_parts(self, names: list[str]) -> bool:
        """Follow all ways to hand out the names to the parts at once."""
        reached = {0}
        last = len(self._parts) - 1
        for index, part in enumerate(self._parts):
            if part.glob == _ANY_FOLDERS:
                first = min(reached)
                reached = set(range(first, len(names) + 1)) if index < last else {len(names)} - {first}
            else:
                reached = {at + 1 for at in reached if at < len(names) and part.matches(names[at])}
            if not reached:
                return False
        return len(names) in reached


class _Part:
    """What a pattern has between two slashes."""

    def __init__(self, glob: str) -> None:
        self.glob = glob
        self._special = _TOKEN.search(glob) is not None
        self.literal = max(_TOKEN.split(glob), key=len) if self._special else glob

    def matches(self, name: str) -> bool:
        if not self._special:
            return name == self.glob
        return self.literal in name and self._regex.fullmatch(name) is not None

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        """Stars give nothing back once what follows them was found: what is tried is linear, not exponential."""
        fixed = [""]
        at = 0
        for token in _TOKEN.finditer(self.glob):
            fixed[-1] += re.escape(self.glob[at : token.start()])
            at = token.end()
            if token[0].startswith("*"):
                fixed.append("")
            else:
                fixed[-1] += _one(token[0])
        fixed[-1] += re.escape(self.glob[at:])
        if len(fixed) == 1:
            return re.compile(fixed[0], re.DOTALL)
        first, *middle, last = fixed
        return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)


def _pattern(line: str) -> _Pattern | None:
    line = line.removesuffix("\r")
    if line.startswith("#"):
        return None
    stripped = line.rstrip(" ")
    if stripped != line and stripped.endswith("\\") and not stripped.endswith("\\\\"):
        stripped += " "
    negated = stripped.startswith("!")
    glob = stripped[1:] if negated else stripped
    return _Pattern(glob, negated=negated) if glob.strip("/") else None


def _one(written: str) -> str:
    """The regular expression for one character: a class, any, or an escaped one."""
    if written == "?":
        return "."
    if written in {"\\", "["}:
        return _NOTHING
    return re.escape(written[1:]) if written[0] == "\\" else _class(written[1:-1])


def _class(inside: str) -> str:
    """A bracket expression. A range that runs backwards holds nothing."""
    negated = inside[:1] in {"!", "^"}
    found: list[str] = []
    for match in _RANGE.finditer(inside, int(negated)):
        if match["name"]:
            found.append(_CLASSES.get(match["name"], ""))
        elif match["one"]:
            found.append(re.escape(match["one"][-1]))
        elif match["low"][-1] <= match["high"][-1]:
            found.append(f"{re.escape(match['low'][-1])}-{re.escape(match['high'][-1])}")
    characters = "".join(found)
    if not characters:
        return "." if negated else _NOTHING
    return f"[{'^' if negated else ''}{characters}]"
