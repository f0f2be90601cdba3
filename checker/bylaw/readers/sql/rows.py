"""Statements that are read by their first words alone: those that move many rows may be megabytes long, and of what
nobody understands the name of a new table is worth knowing.
"""

from __future__ import annotations

from bylaw.facts.migrations import CreateTable, DataChange
from bylaw.readers.sql.lexer import Lexicon, tokens
from bylaw.readers.sql.text import readable
from bylaw.source import Span

_BEFORE_TABLE = frozenset(
    {"into", "ignore", "or", "replace", "rollback", "abort", "fail", "low_priority", "delayed", "high_priority", "only"}
)
_BEFORE_NEW_TABLE = frozenset(
    {"create", "global", "local", "temp", "temporary", "unlogged", "table", "if", "not", "exists"}
)


def row_change(sql: str, lexicon: Lexicon, span: Span, *, fold: bool = True) -> DataChange | None:
    """The change of an INSERT or REPLACE statement; None for any other."""
    words = tokens(sql, lexicon)
    verb = next((token for token in words if token.kind != "comment"), None)
    if verb is None or sql[verb.start : verb.end].lower() not in {"insert", "replace"}:
        return None
    name: list[str] = []
    columns: list[str] = []
    inside = joined = False
    for token in words:
        mark = sql[token.start : token.end]
        if token.kind == "comment":
            continue
        if inside:
            if mark == ")":
                break
            if token.kind in {"word", "quoted"}:
                columns.append(identifier(mark, fold=fold))
            elif mark != ",":
                return DataChange("insert", ".".join(name), span, literal=is_literal(sql))
        elif mark == "(" and name:
            inside = True
        elif mark == ".":
            joined = True
        elif token.kind in {"word", "quoted"}:
            if not name and mark.lower() in _BEFORE_TABLE:
                continue
            if name and not joined:
                break
            name.append(identifier(mark, fold=fold))
            joined = False
        else:
            break
    if not name:
        return None
    return DataChange("insert", ".".join(name), span, columns=tuple(columns), literal=is_literal(sql))


def begun_table(sql: str, lexicon: Lexicon, span: Span, *, fold: bool = True) -> tuple[CreateTable, ...]:
    """The table that a statement makes which could not be understood as a whole: that it is new is certain, and nothing
    of its columns is. Empty for any other statement.
    """
    name: list[str] = []
    before: list[str] = []
    for token in tokens(sql, lexicon):
        mark = sql[token.start : token.end]
        if token.kind == "comment":
            continue
        if mark.lower() in _BEFORE_NEW_TABLE and not name:
            before.append(mark.lower())
        elif "table" not in before or before[0] != "create":
            return ()
        elif token.kind in {"word", "quoted"} and (not name or name[-1] == "."):
            name.append(identifier(mark, fold=fold))
        elif mark == "." and name:
            name.append(mark)
        elif mark == "(" and name and name[-1] != ".":
            temporary = not {"temp", "temporary"}.isdisjoint(before)
            made = "".join(name)
            return (CreateTable(made, (), (), span, temporary, if_not_exists="exists" in before, partial=True),)
        else:
            return ()
    return ()


def is_literal(sql: str) -> bool:
    """Whether an INSERT brings its own values, and asks no table for them."""
    words = sql.lower()
    return "values" in words and "select" not in words


def identifier(token: str, *, fold: bool = True) -> str:
    """A name as the database sees it: quotes removed, what stands unquoted in lower case where it folds."""
    if token[0] in '"`' and len(token) > 1:
        return readable(token[1:-1].replace(token[0] * 2, token[0]))
    if token[0] == "[":
        return readable(token[1:-1])
    return readable(token).lower() if fold else readable(token)
