"""What conditions ask of columns: whether they are null or set, true or false, or how they compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bylaw.facts.queries import ColumnTest
from bylaw.facts.values import Attr, Call, Constant, Items, Local, Operator, Ref, Starred, Value

_OPPOSITES: dict[ColumnTest, ColumnTest | None] = {
    "null": "set", "set": "null", "true": "false", "false": "true", "compared": None,
}  # fmt: skip
_EQUAL = frozenset({"==", "is"})
_UNEQUAL = frozenset({"!=", "is not"})
_ORDERED = frozenset({"<", "<=", ">", ">="})
_IS, _IS_NOT = frozenset({"is_"}), frozenset({"is_not", "isnot"})
_COMPARING_METHODS = frozenset({"between"})
_COMPARING_LOOKUPS = frozenset({"lt", "lte", "gt", "gte", "range", "date", "year"})
_TOGETHER = frozenset({"and_", "or_", "Q", "where", "filter", "exclude", "having", "col", "all_", "any_"})
_BOTH = frozenset({"&", "|", "and", "or"})
_MAX_TESTS = 200

Asked = tuple[str, ColumnTest]


def tests_of(call: Call, held: Callable[[str], Iterator[Value]], *, negated: bool) -> Iterator[Asked]:
    """What the arguments of a filtering call ask; `held` gives what a variable of the function was given. With
    `negated` the call leaves those rows out.
    """
    yield from _of_keywords(call, negated=negated)
    yield from tests_in([(value, negated) for value in call.args], held)


def tests_in(
    conditions: list[tuple[Value, bool]], held: Callable[[str], Iterator[Value]] = lambda _: iter(())
) -> Iterator[Asked]:
    """What conditions ask, each with whether it is turned round."""
    waiting = list(conditions)
    followed: set[str] = set()
    for _ in range(_MAX_TESTS):
        if not waiting:
            return
        value, reverse = waiting.pop()
        if isinstance(value, Local):
            if value.name not in followed:
                followed.add(value.name)
                waiting.extend((each, reverse) for each in held(value.name))
            continue
        if isinstance(value, Call) and value.method in _TOGETHER:
            yield from _of_keywords(value, negated=reverse)
        waiting.extend(_inner(value, reverse))
        asked = _asked(value)
        if asked is not None and (test := _OPPOSITES[asked[1]] if reverse else asked[1]) is not None:
            yield asked[0], test


def _inner(value: Value, reverse: bool) -> Iterator[tuple[Value, bool]]:
    """The conditions that a condition is put together from, each with whether it is turned round."""
    match value:
        case Operator("~" | "not", None, inner):
            yield inner, not reverse
        case Operator(operator, left, right) if left is not None and operator in _BOTH:
            yield from ((left, reverse), (right, reverse))
        case Call() if value.method == "not_":
            yield from ((each, not reverse) for each in value.args)
        case Call() if value.method in _TOGETHER:
            yield from ((each, reverse) for each in value.args)
        case Items(items=items):
            yield from ((each, reverse) for each in items)
        case Starred(inner):
            yield inner, reverse
        case _:
            return


def _asked(value: Value) -> Asked | None:
    """What one condition asks of a column: `Book.deleted_at.is_(None)`, `Book.deleted_at < limit`."""
    match value:
        case Operator(operator, left, right) if left is not None and (name := _column(left)):
            if operator in _ORDERED:
                return name, "compared"
            known = _of_constant(right) if operator in _EQUAL | _UNEQUAL else None
            test = _OPPOSITES[known] if known is not None and operator in _UNEQUAL else known
            return (name, test) if test is not None else None
        case Call() if value.method in _IS | _IS_NOT | _COMPARING_METHODS and (name := _receiver(value)):
            if value.method in _COMPARING_METHODS:
                return name, "compared"
            known = _of_constant(value.argument(0))
            test = _OPPOSITES[known] if known is not None and value.method in _IS_NOT else known
            return (name, test) if test is not None else None
        case Ref() | Attr() if name := _column(value):
            return name, "true"
        case _:
            return None


def _of_keywords(call: Call, *, negated: bool) -> Iterator[Asked]:
    """`filter(deleted_at__isnull=False)`, `filter_by(is_deleted=True)`; what a relation leads to is another's."""
    for keyword in call.keywords:
        name, *lookups = keyword.name.split("__")
        test: ColumnTest | None = None
        if not lookups or lookups == ["exact"]:
            test = _of_constant(keyword.value)
        elif lookups == ["isnull"]:
            is_null = _of_constant(keyword.value)
            test = "null" if is_null == "true" else "set" if is_null == "false" else None
        elif len(lookups) == 1 and lookups[0] in _COMPARING_LOOKUPS:
            test = "compared"
        if test is not None and (asked := _OPPOSITES[test] if negated else test) is not None:
            yield name, asked


def _of_constant(value: Value | None) -> ColumnTest | None:
    match value:
        case Constant(None):
            return "null"
        case Constant(bool(is_true)):
            return "true" if is_true else "false"
        case Call() if value.method in {"null", "true", "false"} and not value.args:
            return "null" if value.method == "null" else "true" if value.method == "true" else "false"
        case _:
            return None


def _receiver(call: Call) -> str:
    """The column that a method is asked of."""
    match call.function:
        case Ref(name):
            owner, _, _ = name.rpartition(".")
            return owner.rpartition(".")[2] if "." in owner else ""
        case Attr(inner):
            return _column(inner)
        case _:
            return ""


def _column(value: Value) -> str:
    match value:
        case Ref(name) if "." in name:
            return name.rpartition(".")[2]
        case Attr(_, name):
            return name
        case Call() if value.method == "col" and value.args:
            return _column(value.args[0])
        case _:
            return ""
