"""PostgreSQL text to operations, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from bylaw.facts.migrations import NO_POSTGRES, Operation, OtherStatement, UnreadOperation
from bylaw.patterns import regex
from bylaw.readers.sql.lexer import POSTGRES
from bylaw.readers.sql.postgres import alter, columns, data, do, objects, renames, shapes  # noqa: F401 - HANDLERS
from bylaw.readers.sql.postgres.binds import as_names, without_binds
from bylaw.readers.sql.postgres.named import by_name
from bylaw.readers.sql.postgres.native import ParseError, parse
from bylaw.readers.sql.postgres.statement import HANDLERS, Statement
from bylaw.readers.sql.postgres.tree.nodes import ParseTree, RawStmt
from bylaw.readers.sql.rows import begun_table, row_change
from bylaw.readers.sql.splitter import skip_blank, split, trim_end
from bylaw.readers.sql.templates import code_of
from bylaw.readers.sql.text import Reading, Stretch

LARGEST_PARSED: Final = 60_000
"""Characters outside strings. A tree as deep as a longer text may make it exhausts the C stack."""
LARGEST_INSERT: Final = 4_000
"""Characters. Of a longer INSERT only the table and its columns are read."""


Plainly = Callable[[Stretch], Iterable[Operation]]
_ITS_OWN: Final = ('near "user"', 'near "offset"', 'near "freeze"', 'near "verbose"')
"""How the complaint about a word ends that is a name elsewhere."""
_DROPS_TRIGGER: Final = regex(r"drop\s{1,9}trigger\s{1,9}(?:if\s{1,9}exists\s{1,9})?[\w.]{1,200}", re.IGNORECASE)
"""Of no table: only PostgreSQL asks for that."""


def read_whole(stretch: Stretch, reading: Reading) -> bool:
    """Read a text in one go, if all of it is PostgreSQL. Says whether it was; `reading` is left alone otherwise."""
    if stretch.end - stretch.start > LARGEST_PARSED:
        return False
    try:
        tree = parse(stretch.source.encode("latin-1"))
    except ParseError:
        return False
    for raw in tree.stmts:
        statement = Statement(_without_blanks(raw, stretch), stretch.start, reading)
        reading.statements.append(statement.span)
        reading.operations.extend(handled(raw, statement))
    return True


def _without_blanks(raw: RawStmt, stretch: Stretch) -> Stretch:
    """The stretch of a statement: the parser counts the white space and comments before it as its own."""
    start = stretch.start + raw.stmt_location
    end = start + raw.stmt_len if raw.stmt_len else stretch.end
    first = skip_blank(stretch.text, POSTGRES, start, end)
    return stretch.part(first, trim_end(stretch.text, POSTGRES, first, end))


def read_each(stretch: Stretch, reading: Reading, plainly: Plainly | None = None) -> None:
    """Read statement by statement: what cannot be parsed becomes an UnreadOperation.

    `plainly` reads a statement as SQL of no server in particular: of a text that may be another's, those that trip over
    a word which only PostgreSQL reserves are read so.
    """
    for chunk in split(stretch.text, POSTGRES, stretch.start, stretch.end):
        part = stretch.part(chunk.start, chunk.end)
        if chunk.kind == "meta":
            reading.operations.append(_client_command(part))
        else:
            reading.statements.append(part.span)
            reading.operations.extend(_chunk(part, chunk.problem, reading, plainly))


def handled(raw: RawStmt, statement: Statement) -> Iterable[Operation]:
    """The operations of one parsed statement."""
    for name, node in raw.stmt.items():
        handler = HANDLERS.get(name)
        return handler(node, statement) if handler is not None else (by_name(name, node, statement),)
    return ()


def _chunk(stretch: Stretch, problem: str, reading: Reading, plainly: Plainly | None) -> Iterable[Operation]:
    if problem:
        return (UnreadOperation(stretch.span, problem),)
    size = stretch.end - stretch.start
    if size > LARGEST_INSERT and (change := row_change(stretch.source, POSTGRES, stretch.span)) is not None:
        return (change,)
    if size > LARGEST_PARSED and len(code_of(stretch.source).replace(" ", "")) > LARGEST_PARSED:
        return (UnreadOperation(stretch.span, f"longer than {LARGEST_PARSED:,} characters"),)
    found = read_statement(stretch, reading)
    if plainly is not None and any(isinstance(one, UnreadOperation) and _is_plain(one, stretch) for one in found):
        plain = tuple(plainly(stretch))
        return found if any(isinstance(one, UnreadOperation) for one in plain) else plain
    return found


def _is_plain(found: UnreadOperation, stretch: Stretch) -> bool:
    """Whether other servers agree on a statement that PostgreSQL does not understand."""
    return found.reason.endswith(_ITS_OWN) or _DROPS_TRIGGER.fullmatch(stretch.source) is not None


def read_statement(stretch: Stretch, reading: Reading) -> Iterable[Operation]:
    """The operations of the single statement that fills a stretch."""
    try:
        tree = parse(stretch.source.encode("latin-1"))
    except ParseError as problem:
        readings = ((text, _parsed(text)) for text in (without_binds(stretch.source), as_names(stretch.source)))
        text, found_tree = next((entry for entry in readings if entry[1] is not None), ("", None))
        if found_tree is None:
            begun = begun_table(stretch.source, POSTGRES, stretch.span)
            return (*begun, UnreadOperation(stretch.span, reason_of(problem)))
        stretch, tree = stretch.rewritten(text), found_tree
    found: list[Operation] = []
    for raw in tree.stmts:
        found.extend(handled(raw, Statement(stretch, stretch.start, reading)))
    return found


def _parsed(text: str) -> ParseTree | None:
    try:
        return parse(text.encode("latin-1"))
    except ParseError:
        return None


def reason_of(problem: ParseError) -> str:
    return f"{NO_POSTGRES}: {problem.message}"


def _client_command(stretch: Stretch) -> Operation:
    """A psql command: harmless, unless it reads other files or decides what runs."""
    word = stretch.source.split(maxsplit=1)[0].lower()
    if word in {"\\i", "\\ir", "\\include", "\\include_relative"}:
        return UnreadOperation(stretch.span, f"psql's {word} runs another file")
    if word in {"\\if", "\\elif", "\\else", "\\endif", "\\gexec"}:
        return UnreadOperation(stretch.span, f"psql's {word} decides what runs")
    return OtherStatement("psql", stretch.span, name=word)
