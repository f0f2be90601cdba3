"""SQL that is only SQL after another program has filled it in."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.lexer import ANY, pieces

_SIGNS: Final = ("{{", "{%", "<%", "${", "#{")
_CONTROL: Final = re.compile(
    r"\{%-?\s*(\w+)|<%(?![=-]?\s*[\w.]+\s*%>)|\{\{-?\s*(?:if|range|with|else|end|block|define|template|each|unless|#|/)",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"\{\{[^}\n]{0,200}\}\}|<%[^\n]{0,200}?%>|\$\{[^}\n]{0,200}\}|#\{[^}\n]{0,200}\}")
_SCHEMA: Final = re.compile(
    r"(?<![\w.$])(?P<quote>[\"`]?)(?P<filled>\{\{[^{}\n]{1,200}\}\}|[$#]\{[^{}\n]{1,200}\}|<%=[^%\n]{1,200}%>)"
    r"(?P=quote)\.(?=[\w\"`\[])",
    re.ASCII,
)


def has_signs(text: str) -> bool:
    """Whether a text may be a template: worth a closer look."""
    return any(sign in text for sign in _SIGNS)


def code_of(text: str) -> str:
    """The text with its strings and comments blanked, at the same length. Quoted names stay."""
    parts: list[str] = []
    last = 0
    for kind, start, end, _ in pieces(text, ANY):
        if kind in {"string", "comment", "dollar"} and not text.startswith("/*!", start):
            parts.append(text[last:start])
            parts.append(" " * (end - start))
            last = end
    parts.append(text[last:])
    return "".join(parts)


def control_flow(code: str) -> str:
    """The first sign that a template decides which statements there are, '' without one."""
    match = _CONTROL.search(code)
    return match[0] if match else ""


def placeholder(code: str) -> str:
    """The first value that a template fills in, '' without one."""
    match = _PLACEHOLDER.search(code)
    return match[0] if match else ""


def without_schemas(text: str) -> str:
    """The text with blanks where a template fills in the schema of a name (`{{ .Schema }}.users`), at the same length.
    Unchanged where several are filled in: then two names may stand for two tables.
    """
    found = list(_SCHEMA.finditer(text))
    if len({re.sub(r"\s", "", match["filled"]) for match in found}) != 1:
        return text
    parts: list[str] = []
    last = 0
    for match in found:
        parts += (text[last : match.start()], " " * (match.end() - match.start()))
        last = match.end()
    return "".join((*parts, text[last:]))
