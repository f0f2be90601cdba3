"""What happens to the statements of the running release when a column's type changes."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import msgspec

from bylaw.patterns import regex

Verdict = Literal["same", "wider", "grown", "narrower", "other", "unknown"]
"""`wider`: every old value and statement still works. `grown`: the same, but values may come that the running release
cannot hold (int → bigint, a longer enum). `narrower`: old values may not fit. `other`: a different kind of value."""

_WORDS = regex(r"[a-z_]")
_SPELLINGS = {
    "varchar": ("character varying", "nvarchar", "varchar2", "string"), "char": ("character", "bpchar", "nchar"),
    "integer": ("int", "int4", "serial", "serial4"), "bigint": ("int8", "bigserial", "serial8"),
    "smallint": ("int2", "smallserial"), "boolean": ("bool",), "numeric": ("decimal", "dec"), "real": ("float4",),
    "double precision": ("float8", "double", "float"), "timestamp": ("datetime", "timestamp without time zone"),
    "timestamp with time zone": ("timestamptz",), "time": ("time without time zone",),
    "time with time zone": ("timetz",), "varbit": ("bit varying",), "text": ("clob",),
}  # fmt: skip
_ALIASES = {spelling: base for base, spellings in _SPELLINGS.items() for spelling in spellings}
_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "integer": 4, "bigint": 8}
_FLOATS = {"real": 1, "double precision": 2}
_TEXTS = {"tinytext": 1, "text": 2, "mediumtext": 3, "longtext": 4}
_BLOBS = {"tinyblob": 1, "blob": 2, "bytea": 2, "mediumblob": 3, "longblob": 4}
CLOCKS = frozenset({"timestamp", "timestamp with time zone", "time", "time with time zone", "interval"})
_FINEST = (6,)
"""Digits of a second: PostgreSQL keeps them where a type says none, MySQL none, and nobody more."""
_ALWAYS_WIDER = frozenset({
    ("json", "jsonb"), ("cidr", "inet"), ("xml", "text"), ("bit", "varbit"), ("text", "citext"), ("citext", "text"),
    ("varchar", "citext"),
})  # fmt: skip
_PLAIN = frozenset({
    "boolean", "date", "uuid", "json", "jsonb", "inet", "cidr", "macaddr", "tsvector", "tsquery", "hstore", "money",
    "citext", "xml", "bit", "varbit", "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange",
    "enum", "year", "oid", "regclass", "regproc", "regprocedure", "regtype", "macaddr8", "point", "box", "polygon",
    "circle", "path", "lseg",
})  # fmt: skip
_KNOWN = _PLAIN.union(_INTEGERS, _FLOATS, _TEXTS, _BLOBS, CLOCKS, {"varchar", "char", "numeric", "binary", "varbinary"})
_NEVER_A_WIDENING = frozenset({"smallint", "tinyint", "date", "time"})


class SqlType(msgspec.Struct, frozen=True):
    """A type in its parts: `varchar(120)` is the base `varchar` and the numbers (120,)."""

    base: str
    numbers: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    unsigned: bool = False
    array: int = 0

    @property
    def is_known(self) -> bool:
        return self.base in _KNOWN


@cache
def parse_type(text: str) -> SqlType | None:
    """SQL text in its parts, aliases resolved; None for text that is no type."""
    lowered = text.strip().lower()
    if lowered.startswith(("enum(", "set(")):
        base = lowered[: lowered.index("(")]
        labels = re.findall(r"'((?:[^']|'')*)'", text) or [
            label.strip() for label in text[len(base) + 1 : -1].split(",")
        ]
        return SqlType("enum" if base == "enum" else "set", labels=tuple(labels))
    stem, _, brackets = lowered.partition("[")
    base, _, after = stem.partition("(")
    arguments, _, rest = after.partition(")")
    words = [word for word in f"{base} {rest}".split() if word not in {"unsigned", "zerofill", "signed"}]
    if not words or not _WORDS.match(words[0]):
        return None
    base = " ".join(words).removeprefix("pg_catalog.")
    base = _ALIASES.get(base, base)
    numbers = tuple(int(part) for part in arguments.split(",") if part.strip().isdigit())
    if base == "tinyint" and numbers == (1,):
        base = "boolean"
    if base in _INTEGERS or base in _FLOATS or base == "boolean":
        numbers = ()
    if base == "numeric" and len(numbers) == 1:
        numbers = (numbers[0], 0)
    return SqlType(base, numbers, (), "unsigned" in lowered, (1 if brackets else 0) + brackets.count("["))


def compare(old: str, new: str) -> Verdict:
    """What the change from one type (SQL text) to another means; `unknown` where either is not known or not
    understood.
    """
    before, after = parse_type(old), parse_type(new)
    if before is None or after is None:
        return "unknown"
    if before == after:
        return "same"
    if before.array != after.array:
        return "other" if before.is_known and after.is_known else "unknown"
    if before.base == "enum" and after.base == "enum":
        return _labels(before.labels, after.labels)
    if before.labels and before.base == "enum" and after.base in {"varchar", *_TEXTS}:
        return "narrower" if after.numbers and after.numbers[0] < max(map(len, before.labels)) else "wider"
    if not before.is_known or not after.is_known:
        return "unknown"
    if before.unsigned != after.unsigned:
        return "other"
    return _scalar(before, after)


def _labels(before: tuple[str, ...], after: tuple[str, ...]) -> Verdict:
    if not before or not after:
        return "unknown"
    if set(before) - set(after):
        return "narrower"
    return "grown" if set(after) - set(before) else "same"


def compare_labels(before: tuple[str, ...], after: tuple[str, ...]) -> Verdict:
    """The same for the labels of two enum types."""
    return _labels(before, after)


def _scalar(before: SqlType, after: SqlType) -> Verdict:
    pair = (before.base, after.base)
    if pair in _ALWAYS_WIDER:
        return "wider"
    for ranks in (_INTEGERS, _FLOATS, _TEXTS, _BLOBS):
        if before.base in ranks and after.base in ranks:
            if ranks[before.base] == ranks[after.base]:
                return "same"
            if ranks[before.base] > ranks[after.base]:
                return "narrower"
            return "grown" if ranks is _INTEGERS else "wider"
    if before.base in {"varchar", "char"} and after.base in {"varchar", "char", *_TEXTS}:
        return _text(before, after)
    if before.base in _TEXTS and after.base in {"varchar", "char"}:
        return "same" if after.base == "varchar" and not after.numbers else "narrower"
    if before.base == "citext" and after.base == "varchar":
        return "narrower" if after.numbers else "wider"
    if pair == ("numeric", "numeric"):
        return _numeric(before.numbers, after.numbers)
    if before.base in CLOCKS and before.base == after.base:
        return "wider" if after.numbers == _FINEST else _precision(before.numbers, after.numbers)
    if before.base in {"binary", "varbinary", *_BLOBS} and after.base in {"binary", "varbinary", *_BLOBS}:
        return "wider" if after.base in _BLOBS else _precision(before.numbers, after.numbers)
    return "other" if before.base != after.base else "unknown"


def _text(before: SqlType, after: SqlType) -> Verdict:
    if after.base in _TEXTS:
        return "wider"
    if after.base == "char" and before.base == "varchar":
        return "narrower"
    if not after.numbers:
        return "wider" if before.numbers or before.base == "char" else "same"
    if not before.numbers:
        return "narrower" if before.base == "varchar" else "wider"
    return "wider" if after.numbers[0] >= before.numbers[0] else "narrower"


def _numeric(before: tuple[int, ...], after: tuple[int, ...]) -> Verdict:
    if not after:
        return "wider"
    if not before:
        return "narrower"
    keeps = after[1] >= before[1] and after[0] - after[1] >= before[0] - before[1]
    return "wider" if keeps else "narrower"


def _precision(before: tuple[int, ...], after: tuple[int, ...]) -> Verdict:
    if not after:
        return "wider"
    if not before:
        return "narrower"
    return "wider" if after[0] >= before[0] else "narrower"


def is_never_a_widening(new: str) -> bool:
    """Whether no type could have been narrower than this one, so that a change to it is no widening."""
    parsed = parse_type(new)
    return parsed is not None and not parsed.array and parsed.base in _NEVER_A_WIDENING
