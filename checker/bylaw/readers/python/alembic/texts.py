"""SQL that a module keeps in variables, for migrations of other modules to run."""

from __future__ import annotations

from collections.abc import Iterable

from bylaw.facts.code import Variable
from bylaw.facts.migrations import Helper
from bylaw.readers.python.embedded_sql import SqlStrings, sql_of, sql_operations
from bylaw.readers.python.walk import Module


def statements_of(module: Module, kept: Iterable[Variable], dialect: str) -> tuple[Helper, ...]:
    """What the texts of these variables do, each as something that is called by the variable's name."""
    found = []
    for variable in kept:
        sql = sql_of(variable.value) if variable.value is not None else None
        if sql is not None:
            operations = sql_operations(sql, module.content, dialect, SqlStrings())
            found.append(Helper(module.scope.own(variable.name), (), operations))
    return tuple(found)
