"""Source lines with carets, safe to print: no control characters, tabs as spaces, long lines cut around the place."""

from __future__ import annotations

import unicodedata

import msgspec

from bylaw.source import Position

_WIDTH = 110
"""Columns of a source line that are shown."""
_TAB = "    "


class Paint(msgspec.Struct, frozen=True):
    """ANSI colours, or none."""

    enabled: bool

    def __call__(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(_CODES[code] for code in codes)}m{text}\x1b[0m" if self.enabled and text else text


_CODES = {"bold": "1", "dim": "2", "error": "31", "warning": "33", "info": "36", "blue": "34", "green": "32"}


def printable(text: str) -> str:
    """`text` for a terminal: what it could use to move the cursor or change colours is shown, not sent."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t":
        return _TAB
    if "\ud800" <= character <= "\udfff" or unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
    return character


def marked_line(line: str, start: Position, end: Position, mark: str) -> tuple[str, str]:
    """A source line and the marks below it. `start` lies in the line; an `end` on a later line marks the rest of it."""
    first = start.column - 1
    last = len(line.rstrip()) if end.line > start.line else end.column - 1
    before, marked, after = line[:first], line[first:last], line[max(first, last) :]
    if len(marked) > _WIDTH:
        marked, after = f"{marked[:_WIDTH]}…", ""
    before, after = _cut(before, marked, after)
    shown = printable(before), printable(marked), printable(after)
    marks = " " * _columns(shown[0]) + mark * max(1, min(_columns(shown[1]), _WIDTH))
    return "".join(shown).rstrip(), marks


def _cut(before: str, marked: str, after: str) -> tuple[str, str]:
    room = max(20, _WIDTH - len(marked))
    if len(before) > room:
        before = "…" + before[-room // 2 :]
    left = max(20, _WIDTH - len(before) - len(marked))
    if len(after) > left:
        after = after[:left] + "…"
    return before, after


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
