"""What plain variables of a function hold that may be a condition: `filters = [Book.deleted_at.is_(None)]`."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.values import Attr, Call, Local, Starred, Value, walk
from bylaw.readers.python.queries.names import arguments, handed_over, mentioned, variables


class Conditions:
    """The names that each variable's value mentions, as far as the function was read."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`target = value`: a later value does not take back what an earlier one mentioned."""
        if not targets:
            return
        mentions = set(mentioned(value))
        for name in variables(value):
            mentions |= self._names.get(name, set())
        for target in targets:
            self._names.setdefault(target, set()).update(mentions)

    def assign_into(self, place: Value, value: Value) -> None:
        """`filters["deleted_at"] = value`."""
        for part in walk(place):
            if isinstance(part, Local):
                self._names.setdefault(part.name, set()).update(mentioned(place), mentioned(value))

    def collect(self, call: Call) -> bool:
        """`filters.append(…)`; says whether it was a variable that collected."""
        if not isinstance(call.function, Attr) or not isinstance(call.function.value, Local):
            return False
        held = self._names.setdefault(call.function.value.name, set())
        held.update(*(mentioned(argument) for argument in arguments(call)))
        held.update(keyword.name for keyword in call.keywords)
        return True

    def of_call(self, call: Call, entity: str) -> Iterator[str]:
        """Every name that the arguments of a filtering call mention, those of the variables in them included."""
        for argument in arguments(call):
            yield from mentioned(argument, entity)
            for name in variables(argument):
                yield from self._names.get(name, ())
        for keyword in call.keywords:
            yield from keyword.name.split("__")

    def are_unknown(self, call: Call) -> bool:
        """Whether conditions are handed over that were not made in this function: `where(*conditions)`."""
        spread = [keyword.value for keyword in call.keywords if not keyword.name]
        for argument in (*call.args, *spread):
            if any(name not in self._names for name in handed_over(argument)):
                return True
            if isinstance(argument, Starred) and isinstance(argument.value, Attr):
                return True
        return False
