"""Table names that code computes from the class's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

import msgspec

from bylaw.facts.code import Function
from bylaw.facts.database import Table
from bylaw.facts.naming import snake
from bylaw.facts.values import Attr, Call, Constant, Local, Operator, Ref, Text, Value
from bylaw.patterns import regex

_FLASK = regex(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


def flask_name(class_name: str) -> str:
    """The name that Flask-SQLAlchemy and its like give a table."""
    return _FLASK.sub(r"_\1", class_name).lower().lstrip("_")


def computed_name(method: Function, class_name: str) -> str:
    """What a `declared_attr` named `__tablename__` returns for a class; '' where that is not certain."""
    results = {_evaluated(value, class_name) for value in method.returns}
    return next(iter(results)) or "" if len(results) == 1 else ""


def _evaluated(value: Value, class_name: str) -> str | None:
    match value:
        case Constant(str(text)):
            return text
        case Attr(Local(), "__name__"):
            return class_name
        case Call(Attr(inner, "lower"), ()):
            found = _evaluated(inner, class_name)
            return None if found is None else found.lower()
        case Call(Ref(function), (argument,), ()) if "snake" in function.rpartition(".")[2].lower():
            found = _evaluated(argument, class_name)
            return None if found is None else snake(found)
        case Operator("+", left, right) if left is not None:
            return _joined((left, right), class_name)
        case Text(parts):
            return _joined(parts, class_name)
        case _:
            return None


def _joined(parts: tuple[Value, ...], class_name: str) -> str | None:
    found = [_evaluated(part, class_name) for part in parts]
    return None if any(part is None for part in found) else "".join(part or "" for part in found)


_CONVENTIONS: tuple[Callable[[str], str], ...] = (
    snake,
    flask_name,
    str.lower,
    lambda name: f"{snake(name)}s",
    lambda name: f"{name.lower()}s",
)


def confirmed(tables: Mapping[str, Table], pointed: Set[str]) -> dict[str, Table]:
    """Names for tables whose base computes them, where the foreign keys of the project show by which convention.

    `pointed`: the physical table names that foreign keys name.
    """
    found = dict(tables)
    for registry in {table.registry for table in tables.values() if not table.name and table.orm != "django"}:
        unnamed = {
            key: table
            for key, table in tables.items()
            if table.registry == registry and not table.name and table.class_name
        }
        hits = [sum(convention(t.class_name) in pointed for t in unnamed.values()) for convention in _CONVENTIONS]
        best = max(hits)
        if best:
            convention = _CONVENTIONS[hits.index(best)]
            for key, table in unnamed.items():
                if best > 1 or convention(table.class_name) in pointed:
                    found[key] = msgspec.structs.replace(table, name=convention(table.class_name))
    return found
