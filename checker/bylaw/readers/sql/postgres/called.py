"""Calls of functions that the same text defines: what their bodies do, the migration does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from bylaw.facts.migrations import Operation, OtherStatement
from bylaw.patterns import regex
from bylaw.readers.sql.lexer import POSTGRES, Token, tokens
from bylaw.readers.sql.postgres.blocks import body_of, statements_of
from bylaw.readers.sql.postgres.statement import Statement, names_of, reads
from bylaw.readers.sql.postgres.tree.commands import CallStmt
from bylaw.readers.sql.text import Place, Reading, Stretch

_DEFINITION: Final = regex(
    r"\bcreate\s{1,9}(?:or\s{1,9}replace\s{1,9})?(?:function|procedure)\s{1,9}([\w.\"]{1,200})\s{0,9}\(", re.IGNORECASE
)


class _Definition(msgspec.Struct, frozen=True):
    """Where a function is defined in a text, its language, and the token that holds its body."""

    start: int
    end: int
    language: str
    body: Token


@reads(CallStmt)
def call(node: CallStmt, statement: Statement) -> Iterator[Operation]:
    if node.funccall is not None:
        yield from called(names_of(node.funccall.funcname), statement)
    yield OtherStatement("call", statement.span)


def called(names: tuple[str, ...], statement: Statement) -> Iterator[Operation]:
    """What the function does that a statement calls by these names, if the text, or one that ran before it, defined it
    before: at its first call, and in PL/pgSQL or SQL. Nothing for any other function.
    """
    name = names[-1].lower() if names else ""
    found = _before(statement, name) if name else None
    if found is not None:
        if found.start not in statement.reading.called:
            statement.reading.called.add(found.start)
            yield from _done(found, statement.text, statement)
    elif name:
        yield from _called_earlier(name, statement)


def _called_earlier(name: str, statement: Statement) -> Iterator[Operation]:
    earlier = statement.reading.earlier
    for number in reversed(range(len(earlier.texts))):
        known = _definitions(earlier.texts[number].text).get(name)
        if known:
            if (number, known[-1].start) not in earlier.called:
                earlier.called.add((number, known[-1].start))
                yield from _done(known[-1], earlier.texts[number].text, statement, earlier.texts[number].place)
            return


def _done(found: _Definition, text: str, statement: Statement, place: Place | None = None) -> Iterator[Operation]:
    """What a body does, whose text stands elsewhere where `place` is given."""
    defined = Statement(Stretch(text, found.start, found.end, place or statement.place), 0, statement.reading)
    body = body_of(defined, found.body)
    if found.language == "plpgsql":
        yield from statements_of(body, statement.reading)
    elif found.language == "sql":
        yield from _plain(body, statement.reading)


def _plain(body: Stretch, reading: Reading) -> Iterator[Operation]:
    from bylaw.readers.sql.postgres.reader import read_each  # noqa: PLC0415 - which imports this

    inner = reading.inner()
    read_each(body, inner)
    reading.blocks.extend(inner.blocks)
    yield from inner.operations


def _before(statement: Statement, name: str) -> _Definition | None:
    """The last definition of that name in front of a statement."""
    known = _definitions(statement.text).get(name, ())
    return next((one for one in reversed(known) if one.end <= statement.start), None)


@lru_cache(maxsize=2)
def _definitions(text: str) -> dict[str, list[_Definition]]:
    """All of them by their name, in order, but for those inside another one: nothing is looked through twice."""
    found: dict[str, list[_Definition]] = {}
    until = 0
    for match in _DEFINITION.finditer(text):
        if match.start() >= until:
            definition, until = _definition(text, match)
            if definition is not None:
                found.setdefault(match[1].rpartition(".")[2].strip('"').lower(), []).append(definition)
    return found


def _definition(text: str, match: re.Match[str]) -> tuple[_Definition | None, int]:
    """What a heading begins, if it has a body, and where its statement ends."""
    words: list[str] = []
    body, end, language = None, len(text), ""
    for token in tokens(text, POSTGRES, match.end(), len(text)):
        word = text[token.start : token.end].lower() if token.end - token.start < 100 else ""
        if word == ";":
            end = token.end
            break
        if words[-1:] == ["language"] and not language:
            language = word.strip("'\"")
        if words[-1:] == ["as"] and token.kind in {"dollar", "string"} and token.closed:
            body = token
        if token.kind != "comment":
            words.append(word)
    return (_Definition(match.start(), end, language, body) if body is not None else None), end
