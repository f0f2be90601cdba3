"""Model classes that a revision writes down for itself, where they are told to create or drop their table."""

from __future__ import annotations

from bylaw.facts.code import Class
from bylaw.facts.values import Call, Constant, Ref, Value, text_of
from bylaw.readers.python.alembic.columns import is_column
from bylaw.readers.python.walk import Module


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


def _named(name: str, column: Call) -> Value:
    """The column with its name as the first argument, where it is named after the attribute."""
    if column.args and text_of(column.args[0]) is not None:
        return column
    return Call(column.function, (Constant(name, column.span), *column.args), column.keywords, column.span)


def _plain(fact: Class, module: Module) -> bool:
    """Whether a class has no columns but its own: its bases are made by `declarative_base()` or the like."""
    made = {module.scope.own(variable.name) for variable in module.variables}
    return all(isinstance(base, Ref) and base.name in made for base in fact.bases)
