"""PostgreSQL text to operations, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bylaw.facts.migrations import CreateObject, Operation, OtherStatement, UnreadOperation
from bylaw.readers.sql.lexer import POSTGRES
from bylaw.readers.sql.postgres import alter, blocks, columns, data, objects, renames  # noqa: F401 - they fill HANDLERS
from bylaw.readers.sql.postgres.binds import without_binds
from bylaw.readers.sql.postgres.native import ParseError, parse
from bylaw.readers.sql.postgres.statement import HANDLERS, Statement, kebab
from bylaw.readers.sql.postgres.tree import RawStmt
from bylaw.readers.sql.rows import row_change
from bylaw.readers.sql.splitter import Chunk, skip_blank, split, trim_end
from bylaw.readers.sql.text import Place, Reading, readable

LARGEST_PARSED: Final = 60_000
"""Characters. A longer text is split first, and a longer statement is not parsed: a tree as deep as that exhausts the C stack."""
LARGEST_INSERT: Final = 4_000
"""Characters. Of a longer INSERT only the table and its columns are read."""
_QUOTED: Final = re.compile(r"'[^']*'|\$([A-Za-z_]*)\$.*?\$\1\$", re.DOTALL)


def read_whole(text: str, start: int, end: int, place: Place, reading: Reading) -> bool:
    """Read a text in one go, when all of it is PostgreSQL; says whether it was, and leaves `reading` alone otherwise."""
    if end - start > LARGEST_PARSED:
        return False
    try:
        tree = parse(text[start:end].encode("latin-1"))
    except ParseError:
        return False
    for raw in tree.stmts:
        _add(raw, text, start, end, place, reading)
    return True


def read_each(text: str, start: int, end: int, place: Place, reading: Reading) -> None:
    """Read statement by statement: what cannot be parsed becomes an UnreadOperation."""
    for chunk in split(text, POSTGRES, start, end):
        if chunk.kind == "meta":
            reading.operations.append(_client_command(chunk, text, place))
        else:
            reading.statements.append(place(chunk.start, chunk.end))
            reading.operations.extend(_statement(chunk, text, place, reading))


def _add(raw: RawStmt, text: str, start: int, end: int, place: Place, reading: Reading) -> None:
    until = start + raw.stmt_location + raw.stmt_len if raw.stmt_len else end
    first = skip_blank(text, POSTGRES, start + raw.stmt_location, until)
    statement = Statement(text, first, trim_end(text, POSTGRES, first, until), start, place, reading)
    reading.statements.append(statement.span)
    reading.operations.extend(handled(raw, statement))


def handled(raw: RawStmt, statement: Statement) -> Iterable[Operation]:
    """The operations of one parsed statement."""
    for name, node in raw.stmt.items():
        handler = HANDLERS.get(name)
        return handler(node, statement) if handler is not None else (_by_name(name, statement),)
    return ()


def _by_name(node: str, statement: Statement) -> Operation:
    """A statement that changes no table, known by the name of its node alone: `CreateCastStmt`, `ListenStmt` …"""
    word = kebab(node.removesuffix("Stmt"))
    verb, _, kind = word.partition("-")
    if verb == "create" and kind:
        return CreateObject(kind.replace("-", " "), "", statement.span)
    return OtherStatement(word, statement.span)


def _statement(chunk: Chunk, text: str, place: Place, reading: Reading) -> Iterable[Operation]:
    span = place(chunk.start, chunk.end)
    if chunk.problem:
        return (UnreadOperation(span, chunk.problem),)
    source = text[chunk.start : chunk.end]
    if len(source) > LARGEST_INSERT and (change := row_change(source, POSTGRES, span)) is not None:
        return (change,)
    if len(source) > LARGEST_PARSED and len(_QUOTED.sub("", source)) > LARGEST_PARSED:
        return (UnreadOperation(span, f"longer than {LARGEST_PARSED:,} characters"),)
    return read_statement(text, chunk.start, chunk.end, place, reading)


def read_statement(text: str, start: int, end: int, place: Place, reading: Reading) -> Iterable[Operation]:
    """The operations of the single statement between two offsets."""
    source = text[start:end]
    try:
        tree = parse(source.encode("latin-1"))
    except ParseError as problem:
        bound = without_binds(source)
        if bound == source:
            return (UnreadOperation(place(start, end), reason_of(problem)),)
        try:
            tree = parse(bound.encode("latin-1"))
        except ParseError:
            return (UnreadOperation(place(start, end), reason_of(problem)),)
        text, source = text[:start] + bound + text[end:], bound
    found: list[Operation] = []
    for raw in tree.stmts:
        found.extend(handled(raw, Statement(text, start, end, start, place, reading)))
    return found


def reason_of(problem: ParseError) -> str:
    return f"PostgreSQL does not understand it: {readable(problem.message)}"


def _client_command(chunk: Chunk, text: str, place: Place) -> Operation:
    """A psql command: harmless, unless it reads other files or decides what runs."""
    word = text[chunk.start : chunk.end].split(maxsplit=1)[0].lower()
    span = place(chunk.start, chunk.end)
    if word in {"\\i", "\\ir", "\\include", "\\include_relative"}:
        return UnreadOperation(span, f"psql's {word} runs another file")
    if word in {"\\if", "\\elif", "\\else", "\\endif", "\\gexec"}:
        return UnreadOperation(span, f"psql's {word} decides what runs")
    return OtherStatement("psql", span, name=word)
