"""Reads that only tell whether there is a row: `return session.scalar(select(Book)…) is not None`."""

from __future__ import annotations

from bylaw.facts.values import Call, Constant, Operator, Value
from bylaw.readers.python.queries.drafts import Draft

_READS = frozenset({"select", "columns", "get", "sql-select"})


class Presence:
    """One value that a function returns, and the statements before it is read; more may be put there meanwhile."""

    def __init__(self, value: Value, drafts: list[Draft]) -> None:
        self._drafts = drafts
        self._asked = _is_presence(value)
        self._before = [draft.executed for draft in drafts] if self._asked else []

    def note(self) -> None:
        """Statements that were executed for it may answer nothing but whether there is a row."""
        if not self._asked:
            return
        before = self._before + [False] * (len(self._drafts) - len(self._before))
        for draft, was_executed in zip(self._drafts, before, strict=True):
            if draft.executed and not was_executed and draft.kind in _READS:
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
