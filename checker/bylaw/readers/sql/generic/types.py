"""The types of columns, normalised."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.terms import COLUMN_OPTIONS

_TYPE_TAILS: Final = frozenset({
    "varying", "precision", "unsigned", "signed", "zerofill", "large", "object", "binary", "varchar", "char",
    "character", "raw", "byte", "integer", "int", "bigint", "smallint", "long", "big",
})  # fmt: skip
_TWO_WORD_HEADS: Final = frozenset(
    {"national", "long", "character", "char", "double", "bit", "unsigned", "signed", "binary", "nchar"}
)
_TYPE_NAMES: Final = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "decimal": "numeric",
    "dec": "numeric", "character varying": "varchar", "char varying": "varchar", "character": "char",
    "float8": "double precision", "float4": "real", "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone", "timestamp without time zone": "timestamp", "time without time zone": "time",
    "varbit": "bit varying", "bpchar": "char", "serial4": "serial", "serial8": "bigserial", "serial2": "smallserial",
}  # fmt: skip
_WIDTHLESS: Final = re.compile(r"^(integer|bigint|smallint|mediumint)\(\d+\)")


def type_text(cursor: Cursor) -> str:
    """A type and its arguments, normalised; '' where an option or the end comes next (SQLite)."""
    if not cursor.is_name() or (cursor.peek() in COLUMN_OPTIONS and cursor.peek() != "character"):
        return ""
    quoted = cursor.tokens[cursor.at].kind == "quoted"
    head = cursor.dotted()
    words = [head if quoted else head.lower()]
    arguments = ""
    while not cursor.is_done():
        word = cursor.peek()
        if word == "(" and not arguments:
            bounds = cursor.group()
            arguments = f"({_argument_text(cursor, *bounds)})"
            words[-1] += "\0"
        elif word == "<" and not arguments:
            arguments = _angles(cursor)
            words[-1] += "\0"
        elif word.startswith("[") and word != "[" and cursor.dialect == "sqlite":
            words[-1] += word  # a name in brackets, and names are what a type is made of
            cursor.at += 1
        elif word == "[":
            words[-1] += "[]" * _dimensions(cursor)
        elif word in {"with", "without"} and cursor.peek(1) in {"time", "local"}:
            while cursor.peek() in {"with", "without", "local", "time", "zone"}:
                words.append(cursor.peek())
                cursor.at += 1
        elif word in _TYPE_TAILS and (
            len(words) == 1 or words[0] in _TWO_WORD_HEADS or word in {"unsigned", "zerofill", "signed"}
        ):
            if word == "character" and cursor.peek(1) == "set":
                break
            words.append(word)
            cursor.at += 1
        else:
            break
    return _normal(" ".join(words), arguments)


def _dimensions(cursor: Cursor) -> int:
    """Step over `[3][]…`. Returns how many there are."""
    found = 0
    while cursor.peek() == "[":
        found += 1
        while not cursor.is_done() and not cursor.accept("]"):
            cursor.at += 1
    return found


def _argument_text(cursor: Cursor, first: int, last: int) -> str:
    parts = []
    for begin, end in cursor.elements(first, last):
        text = cursor.source(begin, end)
        parts.append(text if cursor.tokens[begin].kind in {"string", "quoted"} else text.lower())
    return ", ".join(parts)


def _angles(cursor: Cursor) -> str:
    depth, first = 0, cursor.at
    while not cursor.is_done():
        depth += (cursor.peek() == "<") - (cursor.peek() == ">")
        cursor.at += 1
        if depth == 0:
            break
    return cursor.source(first, cursor.at).lower()


def _normal(words: str, arguments: str) -> str:
    plain = words.replace("\0", "")
    words = words if "\0" in words else words + "\0"
    base = re.sub(r" (?:unsigned|signed|zerofill|binary)\b", "", plain)
    named = _TYPE_NAMES.get(base.replace("[]", ""))
    if named is not None:
        rest = plain[len(base) :]
        head, space, tail = named.partition(" ")
        timed = head in {"timestamp", "time"}
        text = f"{head}{arguments}{space}{tail}" if timed else f"{named}{arguments}"
        text += "[]" * base.count("[]") + rest
    else:
        text = words.replace("\0", arguments, 1)
    return _WIDTHLESS.sub(r"\1", text.replace(" signed", ""))
