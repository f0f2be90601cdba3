"""Type names as people write them."""

from __future__ import annotations

from typing import Final

from bylaw.readers.sql.postgres.statement import Statement, names_of, string_of
from bylaw.readers.sql.postgres.tree.nodes import TypeName

_NAMES: Final = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "float4": "real",
    "float8": "double precision", "bpchar": "char", "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone", "varbit": "bit varying", "serial4": "serial", "serial8": "bigserial",
    "serial2": "smallserial", "decimal": "numeric",
}  # fmt: skip
_INTERVAL_FIELDS: Final = ((2, "year"), (1, "month"), (3, "day"), (10, "hour"), (11, "minute"), (12, "second"))
_FULL_INTERVAL: Final = 0x7FFF


def type_text(node: TypeName | None, statement: Statement) -> str:
    """`character varying(120)` as `varchar(120)`, `int4` as `integer`, `timestamptz(3)[]` as `timestamp(3) with time
    zone[]`.
    """
    if node is None:
        return ""
    names = names_of(node.names)
    if names[:1] == ("pg_catalog",):
        names = names[1:]
    name = ".".join(names)
    name = _NAMES.get(name, name)
    if node.pct_type:
        name += "%type"
    elif name == "interval":
        name += _interval(node)
    elif node.typmods:
        name = _with_arguments(name, _arguments(node, statement))
    return name + "[]" * len(node.array_bounds)


def _arguments(node: TypeName, statement: Statement) -> str:
    if all(modifier.const is not None for modifier in node.typmods):
        return ", ".join(string_of(modifier) for modifier in node.typmods)
    return statement.in_brackets(statement.base + node.location).lower()


def _with_arguments(name: str, arguments: str) -> str:
    first, space, rest = name.partition(" ")
    return f"{first}({arguments}){space}{rest}" if first in {"timestamp", "time"} else f"{name}({arguments})"


def _interval(node: TypeName) -> str:
    numbers = [int(text) if (text := string_of(modifier)).isdigit() else 0 for modifier in node.typmods]
    if not numbers:
        return ""
    fields = [word for bit, word in _INTERVAL_FIELDS if numbers[0] >> bit & 1] if numbers[0] != _FULL_INTERVAL else []
    words = f" {' to '.join(dict.fromkeys((fields[0], fields[-1])))}" if fields else ""
    return f"{words}({numbers[1]})" if len(numbers) > 1 else words
