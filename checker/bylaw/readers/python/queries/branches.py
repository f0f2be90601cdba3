"""What a function's variables mean behind an `if`: what any of its branches made of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bylaw.readers.python.queries.body import Fork
from bylaw.readers.python.queries.drafts import Draft, Meaning, Rows, Statement


class _Open(msgspec.Struct):
    """An `if` whose branches are being read: the variables in front of it, and at the end of each branch so far that
    goes on behind it.
    """

    before: dict[str, Meaning]
    ends: list[dict[str, Meaning]]


class Branches:
    """The variables of one function, from branch to branch."""

    def __init__(self) -> None:
        self._open: list[_Open] = []

    def at(self, fork: Fork, env: dict[str, Meaning]) -> dict[str, Meaning]:
        """The variables that hold from here on, where `env` are those that held until here."""
        if fork.place == "open":
            self._open.append(_Open(dict(env), []))
            return env
        current = self._open[-1]
        if not fork.left:
            current.ends.append(env)
        if fork.place == "next":
            return dict(current.before)
        self._open.pop()
        return _either(current.ends) if current.ends else env


def _either(ends: list[dict[str, Meaning]]) -> dict[str, Meaning]:
    merged: dict[str, Meaning] = {}
    for end in ends:
        for name, meaning in end.items():
            merged[name] = meaning if name not in merged else _both(merged[name], meaning)
    return merged


def _both(first: Meaning, then: Meaning) -> Meaning:
    """Both of two statements, or the rows of both; of different things the later one, as far as anything is known."""
    if first is then or first is None or then is None:
        return then if then is not None else first
    drafts = _distinct((*first.drafts, *then.drafts))
    if isinstance(first, Rows) and isinstance(then, Rows):
        return Rows(drafts, then.entity if first.entity == then.entity else "")
    if isinstance(first, Statement) and isinstance(then, Statement) and first.collected == then.collected:
        return Statement(drafts, then.collected)
    return then


def _distinct(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    by_identity: Mapping[int, Draft] = {id(draft): draft for draft in drafts}
    return tuple(by_identity.values())
