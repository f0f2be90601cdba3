"""Whether MySQL and MariaDB copy a table for a column's new type."""

from __future__ import annotations

from typing import Final

from bylaw.project.migrations.compatibility.types import SqlType, parse_type
from bylaw.project.server_files import Product

_EXACT: Final = frozenset({
    "tinyint", "boolean", "smallint", "mediumint", "integer", "bigint", "numeric", "real", "double precision",
    "varchar", "char", "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob",
    "binary", "varbinary", "date", "time", "timestamp", "year", "enum", "set",
})  # fmt: skip
"""Types whose names mean the same wherever they are written; json is text on MariaDB."""
_PORTABLE: Final = frozenset({"smallint", "integer", "bigint", "numeric", "varchar", "text"})
"""Those that an ORM's word for them gives on every server."""
_ONE_BYTE: Final = 255
_MOST_BYTES_PER_CHARACTER: Final = 4
_SET_SIZES: Final = (8, 16, 24, 32, 64)


def copies_table(old: str, new: str, product: Product, *, exact: bool) -> bool:
    """Whether the change from one type (SQL text) to the other is known to copy the table; never where either is ''.

    `exact`: the types are written in SQL of the server itself.
    """
    before, after = parse_type(old), parse_type(new)
    if before is None or after is None or not old or not new:
        return False
    known = _EXACT if exact else _PORTABLE
    if before.base not in known or after.base not in known or (_is_byte(before) and _is_byte(after)):
        return False
    if before.base != after.base or before.unsigned != after.unsigned:
        return True
    match before.base:
        case "varchar":
            return _copies_varchar(before, after, product)
        case "enum" | "set":
            return _copies_labels(before, after)
        case "char" | "numeric" | "binary" | "varbinary" | "time" | "timestamp":
            return before.numbers != after.numbers and (bool(before.numbers and after.numbers) or exact)
        case _:
            return False


def _is_byte(kind: SqlType) -> bool:
    return kind.base in {"boolean", "tinyint"}


def _copies_varchar(before: SqlType, after: SqlType, product: Product) -> bool:
    """A longer one is made in place as long as its length takes as many bytes; characters take one to four. MariaDB
    makes more of them in place, depending on the character set.
    """
    if not before.numbers or not after.numbers:
        return False
    old, new = before.numbers[0], after.numbers[0]
    return new < old or (product == "mysql" and old * _MOST_BYTES_PER_CHARACTER <= _ONE_BYTE < new)


def _copies_labels(before: SqlType, after: SqlType) -> bool:
    """New labels at the end are made in place, unless the values take more bytes from then on."""
    if not before.labels or not after.labels:
        return False
    old, new = len(before.labels), len(after.labels)
    if after.labels[:old] != before.labels:
        return True
    if before.base == "enum":
        return old <= _ONE_BYTE < new
    return any(old <= size < new for size in _SET_SIZES)
