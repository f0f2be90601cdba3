"""Which names a literal SELECT asks of its own table, and which of those that are joined to it."""

from __future__ import annotations

import re

from bylaw.readers.python.queries.vocabulary import WORD

_NAMED = r"[\w.\"`]+"
_SOURCE = re.compile(
    rf"\b(?:JOIN|FROM)\s+(?:LATERAL\s+|ONLY\s+)?({_NAMED})(?:\s+(?:AS\s+)?([A-Za-z_]\w*))?", re.IGNORECASE
)
_ALIAS = re.compile(r"\s+(?:AS\s+)?([A-Za-z_]\w*)", re.IGNORECASE)
_QUALIFIED = re.compile(r"(?:\b(\w+)[\"`]?\s*\.\s*[\"`]?)?\b([A-Za-z_]\w*)")
_OF_ONE = re.compile(r"\s*(?:DISTINCT\s+)?[\"`]?(\w+)[\"`]?\s*\.\s*(?:[\"`\w]+|\*)", re.IGNORECASE)
_NO_ALIAS = frozenset({
    "where", "join", "inner", "left", "right", "full", "cross", "natural", "on", "using", "order", "group", "limit",
    "offset", "for", "union", "having", "window", "fetch", "tablesample", "as", "lateral", "intersect", "except", "set",
    "force", "use", "ignore", "qualify", "returning",
})  # fmt: skip
"""Words that follow a table and are no name for it."""


def asked_of_table(table: str, what: str, rest: str) -> set[str] | None:
    """The words of a SELECT behind its table, without columns of the tables that are joined to it by another name:
    `o`, `deleted_at` of `FROM orders o JOIN users u ON … WHERE o.deleted_at IS NULL AND u.name = ''`. None where only
    columns of joined tables are read.

    `what` stands before FROM, `rest` after the table.
    """
    others = _others(table, rest)
    if others and all((part := _OF_ONE.match(each)) is not None and part[1] in others for each in what.split(",")):
        return None
    if not others:
        return set(WORD.findall(rest))
    return {name for owner, name in _QUALIFIED.findall(rest) if owner not in others}


def _others(table: str, rest: str) -> set[str]:
    """The names that other tables have in the statement."""
    own = {_last(table)}
    named = _ALIAS.match(rest)
    if named is not None and named[1].lower() not in _NO_ALIAS:
        own.add(named[1])
    others: set[str] = set()
    for source, alias in _SOURCE.findall(rest):
        called = alias if alias and alias.lower() not in _NO_ALIAS else _last(source)
        (own if _last(source) == _last(table) else others).add(called)
    return others - own


def _last(table: str) -> str:
    return table.replace('"', "").replace("`", "").rpartition(".")[2]
