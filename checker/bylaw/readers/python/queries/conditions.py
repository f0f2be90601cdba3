"""What plain variables of a function hold that may be a condition: `filters = [Book.deleted_at.is_(None)]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bylaw.facts.values import Attr, Call, Choice, Entries, Items, Local, Operator, Ref, Starred, Value, walk
from bylaw.readers.python.queries.column_tests import tests_of
from bylaw.readers.python.queries.names import arguments, handed_over, helper_name, mentioned, of_path, variables
from bylaw.readers.python.queries.vocabulary import ATTRIBUTE_BY_NAME

_MAX_CONDITIONS = 200
_JOINS = frozenset({"&", "|", "~", "+", "and", "or", "not", "^"})
"""Operators between conditions, or between lists of them; any other makes a condition of two values."""
_JOINING = frozenset({"and_", "or_", "not_", "Q", "dict", "list", "tuple", "filter", "chain"})
_LIBRARIES = frozenset({"sqlalchemy", "sqlmodel", "django", "builtins", "sa"})


class _Held(NamedTuple):
    """Something that a variable came to hold: the how-manieth of all, and the value or a bare name."""

    at: int
    value: Value | str
    follows: bool
    """What the variables in the value held by then counts as well."""


class Conditions:
    """What each variable was given, as far as the function was read. Which names that mentions is asked of few.
    `is_foreign` says whether a variable holds rows, and none of an entity: how they were looked up says nothing of it.
    """

    def __init__(self, is_foreign: Callable[[str, str], bool]) -> None:
        self._is_foreign = is_foreign
        self._held: dict[str, list[_Held]] = {}
        self._count = 0
        self._looped: set[str] = set()

    def _hold(self, variable: str, *values: Value | str, follows: bool = False) -> None:
        self._count += 1
        self._held.setdefault(variable, []).extend(_Held(self._count, value, follows) for value in values)

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`target = value`: a later value does not take back what an earlier one mentioned."""
        for target in targets:
            self._hold(target, value, follows=True)

    def loop(self, targets: tuple[str, ...]) -> None:
        """`for name, value in filters.items()`: what is looped over may name any column."""
        self._looped.update(targets)

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

    def _mentioned_by(self, variable: str, entity: str) -> set[str]:
        """Every name that the values of a variable mention."""
        found: set[str] = set()
        done: dict[str, int] = {}
        waiting = [(variable, self._count + 1)]
        while waiting:
            name, before = waiting.pop()
            if self._is_foreign(name, entity):
                continue
            first = done.get(name, 0)
            done[name] = max(first, before)
            for held in self._held.get(name, ()) if first < before else ():
                if not first <= held.at < before:
                    continue
                if isinstance(held.value, str):
                    found.add(held.value)
                    continue
                found.update(mentioned(held.value, entity))
                if held.follows:
                    waiting.extend((other, held.at) for other in variables(held.value))
        return found

    def of_call(self, call: Call, entity: str) -> Iterator[str]:
        """Every name that the arguments of a filtering call mention, those of the variables in them included."""
        for argument in arguments(call):
            yield from mentioned(argument, entity)
            for name in variables(argument):
                yield from self._mentioned_by(name, entity)
        for keyword in call.keywords:
            yield from of_path(keyword.name)

    def tests(self, call: Call) -> set[str]:
        """What a filtering call asks of columns, as in `Query.tests`."""

        def held(variable: str) -> Iterator[Value]:
            return (each.value for each in self._held.get(variable, ()) if not isinstance(each.value, str))

        return {f"{name}={test}" for name, test in tests_of(call, held, negated=call.method == "exclude")}

    def named(self, call: Call, owner: str) -> Iterator[str]:
        """Qualified names of what stands for whole conditions in a filtering call: `where(LIVE)`, `where(*LIVE_ONLY)`,
        `where(and_(live(Book), Book.title == title))`. `owner` is the class around the function.
        """
        waiting: list[Value] = [*call.args, *(keyword.value for keyword in call.keywords if not keyword.name)]
        followed: set[str] = set()
        for _ in range(_MAX_CONDITIONS):
            if not waiting:
                return
            value = waiting.pop()
            if isinstance(value, Ref):
                yield from _constant(value.name)
            elif isinstance(value, Local) and value.name not in followed:
                followed.add(value.name)
                waiting.extend(held.value for held in self._held.get(value.name, ()) if not isinstance(held.value, str))
            elif isinstance(value, Call) and value.method not in _JOINING:
                yield from _asked_of(value, owner)
            else:
                waiting.extend(_joined(value))

    def are_unknown(self, call: Call) -> bool:
        """Whether conditions are handed over that were not made in this function: `where(*conditions)`."""
        spread = [keyword.value for keyword in call.keywords if not keyword.name]
        for argument in (*call.args, *spread):
            if any(name not in self._held for name in handed_over(argument)):
                return True
            if isinstance(argument, Starred) and isinstance(argument.value, Attr | Ref):
                return True
            if any(self._asks_by_name(part) for part in walk(argument)):
                return True
        return any(isinstance(value, Attr | Ref) for value in spread)

    def _asks_by_name(self, value: Value) -> bool:
        """`getattr(Book, name)`, where a loop gives the names."""
        if not isinstance(value, Call) or value.name not in ATTRIBUTE_BY_NAME or len(value.args) < 2:
            return False
        return isinstance(value.args[1], Local) and value.args[1].name in self._looped


def _joined(value: Value) -> tuple[Value, ...]:
    """The conditions that a condition is put together from."""
    match value:
        case Starred(inner):
            return (inner,)
        case Items(items=items):
            return items
        case Entries(entries):
            return tuple(held for key, held in entries if key is None)
        case Operator(operator=operator, left=left, right=right) if operator in _JOINS:
            return (right,) if left is None else (left, right)
        case Choice(_, then, otherwise):
            return (then, otherwise)
        case Call():
            return (*value.args, *(keyword.value for keyword in value.keywords if not keyword.name))
        case _:
            return ()


def _constant(name: str) -> Iterator[str]:
    """Classes are none."""
    last = name.rpartition(".")[2]
    if last.isupper() or not last[:1].isupper():
        yield name


def _asked_of(call: Call, owner: str) -> Iterator[str]:
    """The function that gives a condition: of the project, of the own class, or a method of some other class."""
    match call.function:
        case Ref(name):
            *above, _ = name.split(".")
            of_column = any(part[:1].isupper() for part in above[:-1])
            if not of_column and name.partition(".")[0] not in _LIBRARIES:
                yield name
        case Local() | Attr(Local("self" | "cls")):
            yield helper_name(call, owner)
        case _:
            return
