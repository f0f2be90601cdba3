"""Model classes that a revision writes down for itself, where they, or their tables, are told to do something."""

from __future__ import annotations

from typing import Final

from bylaw.facts.code import Class
from bylaw.facts.migrations import DataChange
from bylaw.facts.values import Attr, Call, Constant, Ref, Value, text_of
from bylaw.readers.python.alembic.columns import is_column
from bylaw.readers.python.alembic.data import table_of
from bylaw.readers.python.walk import Module
from bylaw.source import Span

_CONSTRUCTS: Final = frozenset({"update", "delete", "insert"})
_KEEPS_ALL: Final = frozenset({"options", "execution_options", "enable_eagerloads"})
"""Methods of a query that leave no row out."""


def model_table(module: Module, qualified: str) -> Call | None:
    """The table of a class of this module as a `Table(name, metadata, *columns)` call; None where its name is
    unknown.
    """
    fact = next((record.fact for record in module.classes if record.fact.qualified == qualified), None)
    if fact is None:
        return None
    name = next((text_of(variable.value) for variable in fact.variables if variable.name == "__tablename__"), None)
    if name is None:
        return None
    where = fact.span
    columns = tuple(
        _named(variable.name, variable.value)
        for variable in fact.variables
        if isinstance(variable.value, Call) and is_column(variable.value)
    )
    unseen = () if _plain(fact, module) else (Ref("columns of its bases", where),)
    table = (Constant(name, where), Constant(None, where), *columns, *unseen)
    return Call(Ref("sqlalchemy.Table", where), table, (), where)


def with_tables(value: Value, module: Module) -> Value:
    """A construct like `update(User).values(…)`, with the table in the place of a class of this module."""
    if not isinstance(value, Call):
        return value
    function, args = value.function, value.args
    if isinstance(function, Attr):
        function = Attr(with_tables(function.value, module), function.name, function.span)
    elif isinstance(function, Ref) and ".__table__." in function.name:
        owner, _, method = function.name.partition(".__table__.")
        table = model_table(module, owner)
        function = Attr(table, method, function.span) if table is not None else function
    if args and isinstance(args[0], Ref) and value.method in _CONSTRUCTS:
        name = args[0].name.removesuffix(".__table__")
        args = (model_table(module, name) or args[0], *args[1:])
    return Call(function, args, value.keywords, value.span)


def query_change(call: Call, where: Span, module: Module) -> DataChange | None:
    """What `session.query(User).update(…)` and `.delete()` do to the table of a class of this module; None for any
    other call.
    """
    if call.method not in {"update", "delete"} or not isinstance(call.function, Attr):
        return None
    filtered = False
    query = call.function.value
    while isinstance(query, Call) and query.method != "query" and isinstance(query.function, Attr):
        filtered = filtered or query.method not in _KEEPS_ALL
        query = query.function.value
    model = query.args[0] if isinstance(query, Call) and query.method == "query" and len(query.args) == 1 else None
    table = table_of(model_table(module, model.name)) if isinstance(model, Ref) else None
    if not table:
        return None
    return DataChange("delete" if call.method == "delete" else "update", table, where, filtered)


def _named(name: str, column: Call) -> Value:
    """The column with its name as the first argument, where it is named after the attribute."""
    if column.args and text_of(column.args[0]) is not None:
        return column
    return Call(column.function, (Constant(name, column.span), *column.args), column.keywords, column.span)


def _plain(fact: Class, module: Module) -> bool:
    """Whether a class has no columns but its own: its bases are made by `declarative_base()` or the like."""
    made = {module.scope.own(variable.name) for variable in module.variables}
    return all(isinstance(base, Ref) and base.name in made for base in fact.bases)
