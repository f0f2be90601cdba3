"""On which line of a TOML text a key stands; good enough for messages, without a second parser."""

from __future__ import annotations

from collections import Counter

from bylaw.patterns import regex

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_HEADER = regex(rf"^\s*(\[\[?)\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY = regex(rf"^\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_SPLIT = regex(_PART)

Key = tuple[str, ...]


def key_lines(text: str) -> dict[Key, int]:
    """Every key path that starts a line, with its line number (1-based).

    Items of an array of tables are numbered from 0. Keys are spelled with dashes, whatever the file does.
    """
    found: dict[Key, int] = {}
    arrays: Counter[Key] = Counter()
    table: Key = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            table = _parts(match[2])
            if match[1] == "[[":
                arrays[table] += 1
                table = (*table, str(arrays[table] - 1))
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault((*table, *_parts(match[1])), number)
    return found


def line_of(lines: dict[Key, int], key: str) -> int | None:
    """The line of a dotted key, or of the nearest table around it; None when nothing of it is known."""
    parts = tuple(kebab(part) for part in key.split("."))
    return next((lines[parts[:size]] for size in range(len(parts), 0, -1) if parts[:size] in lines), None)


def kebab(key: str) -> str:
    """The one spelling of a key: `rule_packs` and `rule-packs` are the same."""
    return key.replace("_", "-")


def _parts(dotted: str) -> Key:
    return tuple(kebab(part.strip("\"'")) for part in _SPLIT.findall(dotted))
