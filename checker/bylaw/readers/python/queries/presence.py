"""Reads that only tell whether there is a row: `return session.scalar(select(Book)…) is not None`."""

from __future__ import annotations

from collections.abc import Iterable

from bylaw.facts.values import Call, Constant, Operator, Value
from bylaw.readers.python.queries.drafts import Draft

_READS = frozenset({"select", "columns", "get", "sql-select"})


def note_presence(value: Value, drafts: Iterable[Draft]) -> None:
    """Statements that were executed for a returned value may answer nothing but whether there is a row."""
    if _is_presence(value):
        for draft in drafts:
            if draft.executed and draft.kind in _READS:
                draft.kind = "exists"


def _is_presence(value: Value) -> bool:
    match value:
        case Operator("is" | "is not" | "==" | "!=", Call(), Constant(None)):
            return True
        case Operator("not", None, Call()):
            return True
        case Call() if value.name == "builtins.bool" and len(value.args) == 1:
            return isinstance(value.args[0], Call)
        case _:
            return False
