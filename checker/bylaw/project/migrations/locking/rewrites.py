"""Whether PostgreSQL writes every row of a table anew for a column: for its new type, or for its default."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from bylaw.patterns import regex
from bylaw.project.migrations.compatibility.types import CLOCKS, SqlType, parse_type

_TEXTS: Final = frozenset({"varchar", "text", "citext"})
_FREE: Final = frozenset({("cidr", "inet"), ("xml", "text"), ("xml", "varchar")})
_UNSURE: Final = frozenset({
    "bit", "varbit", "oid", "set", "year", "enum", "tinyint", "mediumint", "tinytext", "mediumtext", "longtext", "blob",
    "tinyblob", "mediumblob", "longblob", "binary", "varbinary",
})  # fmt: skip
"""Among them the types of MySQL: code that names one means another one on PostgreSQL."""
_REWRITTEN_FROM_ANYTHING: Final = frozenset({
    "smallint", "integer", "bigint", "real", "double precision", "boolean", "uuid", "date", "json", "jsonb",
})  # fmt: skip
"""Types that no other type can become without a rewrite."""
_VOLATILE: Final = frozenset({
    "random", "random_normal", "setseed", "gen_random_uuid", "gen_random_bytes", "gen_salt", "uuidv4", "uuidv7",
    "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "uuid_generate_v6", "uuid_generate_v7",
    "clock_timestamp", "timeofday", "nextval", "currval", "lastval", "pg_sleep",
})  # fmt: skip
_LITERAL: Final = regex(r"'(?:[^']|'')*'")
_FUNCTION: Final = regex(r"(?<![a-z0-9_])([a-z_][a-z0-9_]*+)\s*\(")


def rewritten_default(default: str) -> str:
    """The function that gives each row of a new column a value of its own, as in `gen_random_uuid()`; '' for none that
    is known to.
    """
    words = _LITERAL.sub("''", default.lower())
    return next((name for name in _FUNCTION.findall(words) if name in _VOLATILE), "")


def rewritten_type(old: str, new: str, using: str, column: str, enums: Container[str] = ()) -> bool:
    """Whether the change from one type (SQL text) to another is known to rewrite the table. `old` may be ''.

    `using` is the expression that computes the new values; one that only casts the column computes nothing. `enums`
    are the names that are known to be enum types.
    """
    if using and not _only_casts(using, column):
        return True
    after = parse_type(new)
    if after is None:
        return False
    if not old:
        return after.base in _REWRITTEN_FROM_ANYTHING and not after.array
    before = parse_type(old)
    if before is None or before == after or _UNSURE & {before.base, after.base}:
        return False
    if old != new and (
        (old in enums and (after.is_known or new in enums)) or (new in enums and (before.is_known or old in enums))
    ):
        return True
    if old != new and new in enums and "::text::" in re.sub(r"[\s\"]", "", using.lower()):
        return True  # from the enum of that name before, which a table may have brought along
    if not before.is_known or not after.is_known:
        return False
    if before.array or after.array:
        return before.base != after.base and not {before.base, after.base} <= _TEXTS
    return _scalar(before, after)


def _scalar(before: SqlType, after: SqlType) -> bool:
    if before.base in _TEXTS and after.base in _TEXTS:
        return bool(after.numbers) and not (before.numbers and before.numbers[0] <= after.numbers[0])
    if (before.base, after.base) in _FREE:
        return bool(after.numbers)
    if before.base != after.base:
        return True
    if before.base == "numeric":
        grown = bool(before.numbers) and before.numbers[1:] == after.numbers[1:] and before.numbers <= after.numbers
        return bool(after.numbers) and not grown
    if before.base in CLOCKS:
        return bool(after.numbers) and (not before.numbers or before.numbers > after.numbers) and after.numbers != (6,)
    return before.base == "char" and before.numbers != after.numbers


def _only_casts(using: str, column: str) -> bool:
    words = re.sub(r'[\s"]', "", using.lower()).strip("()")
    name = re.escape(column.lower())
    if re.fullmatch(rf"(?:\w+\.)?{name}\)?(?:::[\w.]+(?:\([\d,]+\)?)?(?:\[\])?)*", words):
        return True
    return re.fullmatch(rf"cast\((?:\w+\.)?{name}as[\w.]+(?:\([\d,]+\)?)?\)?", words) is not None
