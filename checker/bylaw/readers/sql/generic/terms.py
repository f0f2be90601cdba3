"""What definitions of every kind are made of: literals, expressions, references."""

from __future__ import annotations

from typing import Final

from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.text import readable

COLUMN_OPTIONS: Final = frozenset({
    "not", "null", "default", "on", "auto_increment", "autoincrement", "identity", "primary", "key", "unique", "check",
    "references", "comment", "collate", "character", "charset", "generated", "as", "constraint", "first", "after",
    "visible", "invisible", "column_format", "storage", "asc", "desc", "deferrable", "initially", "match", "enforced",
    "virtual", "stored", "persisted", "persistent", "sparse", "rowguidcol", "encode", "codec", "auto_random", "srid",
    "ttl", "materialized", "alias", "without", "compression", "options", "masking", "tag", "with", "clustered",
    "nonclustered", "distkey", "sortkey",
})  # fmt: skip


def string_value(cursor: Cursor) -> str:
    """The value of the string literal that comes next."""
    if cursor.is_done() or cursor.tokens[cursor.at].kind not in {"string", "quoted"}:
        raise cursor.fail()
    first = cursor.tokens[cursor.at]
    end = first.start
    while not cursor.is_done() and cursor.tokens[cursor.at].start == end:  # a doubled quote parts a literal
        token = cursor.tokens[cursor.at]
        if token.kind != first.kind:
            break
        end = token.end
        cursor.at += 1
    raw = cursor.text[first.start : end]
    return readable(raw[1:-1]).replace(raw[0] * 2, raw[0])


def expression(cursor: Cursor) -> str:
    """A default or the like: its first term, and what follows it up to the next option."""
    first = cursor.at
    if cursor.is_done():
        raise cursor.fail()
    while True:
        if cursor.peek() == "(":
            cursor.group()
        else:
            cursor.at += 1
        if cursor.is_done() or (cursor.tokens[cursor.at].kind == "word" and cursor.peek() in COLUMN_OPTIONS):
            return cursor.source(first, cursor.at)


def enforcement(cursor: Cursor) -> bool:
    """Step over `[NOT] ENFORCED`. Returns whether the constraint is not enforced."""
    if cursor.accept("not", "enforced"):
        return True
    cursor.accept("enforced")
    return False


def reference(cursor: Cursor) -> tuple[str, tuple[str, ...]]:
    """`REFERENCES table (columns) actions`: the target (`table.column` or `table`) and its columns."""
    cursor.expect("references")
    table = cursor.dotted()
    columns = cursor.column_list() if cursor.peek() == "(" else ()
    while not cursor.is_done():
        if cursor.accept("on"):
            if not cursor.accept_any("delete", "update"):
                raise cursor.fail()
            if not (cursor.accept("no", "action") or cursor.accept("set", "null") or cursor.accept("set", "default")):
                if not cursor.accept_any("cascade", "restrict"):
                    raise cursor.fail()
            elif cursor.peek() == "(":
                cursor.group()
        elif cursor.accept("match") or cursor.accept("initially"):
            cursor.name()
        elif (
            cursor.accept("not", "deferrable")
            or cursor.accept("deferrable")
            or cursor.accept("not", "for", "replication")
        ):
            continue
        else:
            break
    return (f"{table}.{columns[0]}" if len(columns) == 1 else table), columns
