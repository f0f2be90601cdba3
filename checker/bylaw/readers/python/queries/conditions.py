"""What plain variables of a function hold that may be a condition: `filters = [Book.deleted_at.is_(None)]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bylaw.facts.values import Attr, Call, Local, Ref, Starred, Value, walk
from bylaw.readers.python.queries.names import arguments, handed_over, mentioned, variables


class _Held(NamedTuple):
    """Something that a variable came to hold: the how-manieth of all, and the value or a bare name."""

    at: int
    value: Value | str
    follows: bool
    """What the variables in the value held by then counts as well."""


class Conditions:
    """What each variable was given, as far as the function was read. Which names that mentions is asked of few."""

    def __init__(self) -> None:
        self._held: dict[str, list[_Held]] = {}
        self._count = 0

    def _hold(self, variable: str, *values: Value | str, follows: bool = False) -> None:
        self._count += 1
        self._held.setdefault(variable, []).extend(_Held(self._count, value, follows) for value in values)

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`target = value`: a later value does not take back what an earlier one mentioned."""
        for target in targets:
            self._hold(target, value, follows=True)

    def assign_into(self, place: Value, value: Value) -> None:
        """`filters["deleted_at"] = value`."""
        for part in walk(place):
            if isinstance(part, Local):
                self._hold(part.name, place, value)

    def collect(self, call: Call) -> bool:
        """`filters.append(…)`; says whether it was a variable that collected."""
        if not isinstance(call.function, Attr) or not isinstance(call.function.value, Local):
            return False
        self._hold(call.function.value.name, *arguments(call), *(keyword.name for keyword in call.keywords))
        return True

    def _mentioned_by(self, variable: str) -> set[str]:
        """Every name that the values of a variable mention."""
        found: set[str] = set()
        done: dict[str, int] = {}
        waiting = [(variable, self._count + 1)]
        while waiting:
            name, before = waiting.pop()
            first = done.get(name, 0)
            done[name] = max(first, before)
            for held in self._held.get(name, ()) if first < before else ():
                if not first <= held.at < before:
                    continue
                if isinstance(held.value, str):
                    found.add(held.value)
                    continue
                found.update(mentioned(held.value))
                if held.follows:
                    waiting.extend((other, held.at) for other in variables(held.value))
        return found

    def of_call(self, call: Call, entity: str) -> Iterator[str]:
        """Every name that the arguments of a filtering call mention, those of the variables in them included."""
        for argument in arguments(call):
            yield from mentioned(argument, entity)
            for name in variables(argument):
                yield from self._mentioned_by(name)
        for keyword in call.keywords:
            yield from keyword.name.split("__")

    def are_unknown(self, call: Call) -> bool:
        """Whether conditions are handed over that were not made in this function: `where(*conditions)`."""
        spread = [keyword.value for keyword in call.keywords if not keyword.name]
        for argument in (*call.args, *spread):
            if any(name not in self._held for name in handed_over(argument)):
                return True
            if isinstance(argument, Starred) and isinstance(argument.value, Attr | Ref):
                return True
        return any(isinstance(value, Attr | Ref) for value in spread)
