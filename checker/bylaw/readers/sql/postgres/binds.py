"""Bind parameters inside a statement (`:name`, `%s`, `%(name)s`, `%%`) made harmless, at the same length."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.lexer import POSTGRES, pieces

_BIND: Final = re.compile(
    r"""
    (?P<list> (?<=\b[iI][nN]) \s+ (?: :[A-Za-z_]\w* | %s\b | %\(\w+\)s ) )   # IN :ids
  | (?P<number> (?<=\b[wW][iI][tT][hH]) \s+ (?: :[A-Za-z_]\w* | %s\b | %\(\w+\)s ) )   # RESTART WITH :next
  | %\([A-Za-z_]\w*\)s | %s | %%
  | (?<![:\w\]]) : (?=')                                                      # psql's :'name'
  | (?<![:\w\]]) :[A-Za-z_]\w* (?!:)
    """,
    re.VERBOSE,
)
_VARIABLE: Final = re.compile(r"(?<![:\w\]]):(?=[A-Za-z_]\w*(?!:)|\")")


def without_binds(sql: str) -> str:
    """The statement with every parameter outside strings replaced by `$1` and blanks."""
    parts: list[str] = []
    last = 0
    for kind, start, end, _ in pieces(sql, POSTGRES):
        if kind == "punct":
            continue
        parts.append(_BIND.sub(_replacement, sql[last : start + (sql[start] == "'")]))
        parts.append(sql[start + (sql[start] == "'") : end])
        last = end
    parts.append(_BIND.sub(_replacement, sql[last:]))
    return "".join(parts)


def as_names(sql: str) -> str:
    """The statement with psql's variables outside strings (`:owner`, `:"owner"`) as if they were names themselves, at
    the same length.
    """
    texts = [(start, end) for kind, start, end, _ in pieces(sql, POSTGRES) if kind in {"string", "comment", "dollar"}]
    parts: list[str] = []
    last = 0
    for start, end in (*texts, (len(sql), len(sql))):
        parts += (_VARIABLE.sub(" ", sql[last:start]), sql[start:end])
        last = end
    return "".join(parts)


def _replacement(match: re.Match[str]) -> str:
    text = match[0]
    if match["list"]:
        return "(1)".ljust(len(text))
    if match["number"]:
        return " 1".ljust(len(text))
    if text == "%%":
        return "% "
    return "$1".ljust(len(text))[: len(text)] if len(text) > 1 else " "
