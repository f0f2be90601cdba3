"""DO: where the block stands that it runs, and in which language."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.migrations import Operation, UnreadOperation
from bylaw.readers.sql.lexer import Token
from bylaw.readers.sql.postgres.blocks import body_of, statements_of
from bylaw.readers.sql.postgres.statement import Statement, reads, string_of
from bylaw.readers.sql.postgres.tree.commands import DoStmt


@reads(DoStmt)
def do_block(node: DoStmt, statement: Statement) -> Iterator[Operation]:
    options = {item.def_elem.defname: item.def_elem for item in node.args if item.def_elem is not None}
    language = options.get("language")
    named = string_of(language.arg).lower() if language is not None and language.arg is not None else "plpgsql"
    if named != "plpgsql":
        yield UnreadOperation(statement.span, f"a DO block in {named}")
        return
    body = _block_of(statement)
    if body is None:
        yield UnreadOperation(statement.span, "a DO block without its block")
    else:
        yield from statements_of(body_of(statement, body), statement.reading)


def _block_of(statement: Statement) -> Token | None:
    """The literal that holds the block: not the one that names the language (`LANGUAGE 'plpgsql'`)."""
    last = ""
    for token in statement.tokens():
        if token.kind in {"dollar", "string"} and last != "language":
            return token
        last = statement.text[token.start : token.end].lower() if token.kind != "comment" else last
    return None
