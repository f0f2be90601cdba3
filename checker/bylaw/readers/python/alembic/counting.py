"""The column that SQLAlchemy lets the database count: a lone key of whole numbers that points nowhere."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from bylaw.facts.migrations import AddConstraint, ColumnSpec, Operation
from bylaw.facts.values import Call, flag_of, is_none, text_of

_WHOLE: Final = frozenset({"integer", "bigint", "smallint"})


def counted(
    columns: list[ColumnSpec], calls: dict[str, Call], keys: tuple[str, ...], beside: list[Operation]
) -> tuple[ColumnSpec, ...]:
    """The columns of `create_table`, of which SQLAlchemy makes one a SERIAL, or none. `calls`: each column's
    expression by name; `beside`: the constraints of the table.
    """
    asked = [key for key in keys if key in calls and flag_of(calls[key].keyword("autoincrement")) is True]
    pointing = {name for each in beside if isinstance(each, AddConstraint) and each.kind == "foreign-key"
                for name in each.columns}  # fmt: skip
    alone = keys[0] if len(keys) == 1 and keys[0] in calls else ""
    chosen = asked[0] if asked else alone
    return tuple(
        replace(spec, generated=True, generation="serial")
        if spec.name == chosen and (asked or _counts(spec, calls[chosen], pointing))
        else spec
        for spec in columns
    )


def _counts(spec: ColumnSpec, call: Call, pointing: set[str]) -> bool:
    auto = call.keyword("autoincrement")
    ignores = text_of(auto) == "ignore_fk"
    if call.spreads or not (auto is None or ignores or text_of(auto) == "auto"):
        return False
    default = call.keyword("default")
    free = ignores or not (spec.references or spec.name in pointing)
    filled = spec.generated or spec.server_default is not None or not (default is None or is_none(default))
    return spec.type in _WHOLE and free and not filled
