"""The text that a string literal stands for."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:(?P<line>\r\n|\n|\r)|(?P<simple>[\\'\"abfnrtv])|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})"
    r"|u(?P<u>[0-9a-fA-F]{4})|U(?P<wide>[0-9a-fA-F]{8})|N\{(?P<named>[^}]*)\})"
)
_QUOTES = frozenset("'\"")
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_REPLACEMENT = "\ufffd"


def plain_text(literal: str) -> str | None:
    """What stands between the quotes of a string without prefix and escapes, as most are; None for others."""
    quote = literal[:1]
    if quote not in _QUOTES or literal[-1:] != quote or len(literal) < len("''"):
        return None
    text = literal[1:-1]
    return None if quote in text or "\\" in text or "\r" in text else text


def literal_text(written: str, *, raw: bool, formatted: bool) -> str:
    """What Python makes of the characters between the quotes, or of a literal piece of a formatted string."""
    if "\r" in written:
        written = written.replace("\r\n", "\n").replace("\r", "\n")
    if formatted and ("{{" in written or "}}" in written):
        written = written.replace("{{", "{").replace("}}", "}")
    return written if raw or "\\" not in written else _ESCAPE.sub(_character, written)


def _character(match: re.Match[str]) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "line":
        return ""
    if kind == "simple":
        return _SIMPLE[value]
    if kind == "named":
        return _named(value) or match[0]
    return _code_point(int(value, 8 if kind == "octal" else 16))


def _code_point(number: int) -> str:
    """The character, or a replacement for a lone surrogate or a number that is none: such text cannot be stored."""
    return _REPLACEMENT if 0xD800 <= number <= 0xDFFF or number > 0x10FFFF else chr(number)


def _named(name: str) -> str:
    import unicodedata  # noqa: PLC0415 - rarely needed

    try:
        return unicodedata.lookup(name)
    except KeyError:
        return ""
