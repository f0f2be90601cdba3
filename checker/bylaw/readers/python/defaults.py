"""Defaults of type parameters (`class Box[T = int]`, Python 3.13), which tree-sitter's grammar does not know."""

from __future__ import annotations

import re

_LISTED = re.compile(rb"^[ \t]*(?:async[ \t]+def|def|class|type)[ \t]+\w+[ \t]*\[", re.MULTILINE)
_SIGN = re.compile(rb"[\[\](){},]|(?<![=!<>:])=(?!=)")
_LONGEST = 4_000
"""Bytes of a list of type parameters."""
_VISIBLE = re.compile(rb"[^\r\n]")


def without_defaults(content: bytes) -> bytes:
    """The content with blanks where such defaults stand: every offset stays where it is."""
    parts: list[bytes] = []
    last = at = 0
    while (header := _LISTED.search(content, at)) is not None:
        found, at = _defaults(content, header.end())
        for start, end in found:
            parts += [content[last:start], _VISIBLE.sub(b" ", content[start:end])]
            last = end
    return b"".join([*parts, content[last:]]) if parts else content


def _defaults(content: bytes, start: int) -> tuple[list[tuple[int, int]], int]:
    """From the sign of each default in a list of type parameters to its end, and where the list ends; nothing of one
    that does not end. `start`: behind the list's bracket.
    """
    found: list[tuple[int, int]] = []
    depth, begun = 0, -1
    for sign in _SIGN.finditer(content, start, start + _LONGEST):
        match sign[0]:
            case b"[" | b"(" | b"{":
                depth += 1
            case b"=" if not depth and begun < 0:
                begun = sign.start()
            case b"," | b"]" if not depth:
                if begun >= 0:
                    found.append((begun, sign.start()))
                    begun = -1
                if sign[0] == b"]":
                    return found, sign.end()
            case b"]" | b")" | b"}":
                depth -= 1
            case _:
                pass
    return [], min(start + _LONGEST, len(content))
