"""Whether two types are of different kinds for certain."""

from __future__ import annotations

from typing import Final

from bylaw.project.migrations.compatibility.types import parse_type

_FAMILIES: Final = {
    "text": ("varchar", "char", "text", "citext"),
    "whole number": ("integer", "bigint", "smallint"),
    "number": ("numeric", "real", "double precision"),
    "boolean": ("boolean",),
    "moment": ("timestamp", "timestamp with time zone"),
    "date": ("date",),
    "time": ("time", "time with time zone"),
    "interval": ("interval",),
    "uuid": ("uuid",),
    "json": ("json", "jsonb"),
    "bytes": ("bytea",),
}
_FAMILY: Final = {base: family for family, bases in _FAMILIES.items() for base in bases}


def differ(one: str, other: str) -> bool:
    """Whether both types are known, and are of different families or texts of different lengths."""
    first, second = parse_type(one), parse_type(other)
    if first is None or second is None or first.array or second.array:
        return False
    families = _FAMILY.get(first.base), _FAMILY.get(second.base)
    if None in families:
        return False
    if families[0] != families[1]:
        return True
    sized = first.base == second.base == "varchar" and first.numbers and second.numbers
    return bool(sized and first.numbers != second.numbers)
