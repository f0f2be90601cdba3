"""Which modules are migrations, by a look at their top level; only those are read further."""

from __future__ import annotations

import re

from bylaw.facts.code import Variable
from bylaw.facts.migrations import Helper, Migration
from bylaw.facts.values import Constant
from bylaw.patterns import regex
from bylaw.readers.python.walk import Module

_CHANGES = regex(
    r"\s*(?:create|drop|alter)\s+(?:or\s+replace\s+)?"
    r"(?:materialized|view|table|unique|index|type|function|procedure|trigger|extension|schema|sequence|policy)\b",
    re.IGNORECASE,
)


def migrations(module: Module) -> tuple[Migration, ...]:
    """The Alembic revision or Django migration that a module is, if it is one."""
    found: Migration | None = None
    if _like_alembic(module):
        from bylaw.readers.python.alembic import migration_of as alembic_migration  # noqa: PLC0415

        found = alembic_migration(module)
    elif _like_django(module):
        from bylaw.readers.python.django import migration_of as django_migration  # noqa: PLC0415

        found = django_migration(module)
    return () if found is None else (found,)


def migration_helpers(module: Module) -> tuple[Helper, ...]:
    """The functions of a module that imports Alembic's operations and is no revision itself, and SQL that any module
    keeps for revisions.
    """
    if _like_alembic(module):
        return ()
    uses = any(
        (item.target == "alembic" and item.local == "alembic") or item.target.startswith("alembic.op")
        for item in module.imports
    )
    kept = [variable for variable in module.variables if _is_statement(variable)]
    if not uses and not kept:
        return ()
    from bylaw.readers.python.alembic import helpers_of, statements_of  # noqa: PLC0415

    return (*(helpers_of(module) if uses else ()), *statements_of(module, kept, "postgres"))


def _is_statement(variable: Variable) -> bool:
    """Whether it holds a text that changes a schema."""
    value = variable.value
    return isinstance(value, Constant) and isinstance(value.value, str) and _CHANGES.match(value.value) is not None


def _like_alembic(module: Module) -> bool:
    names = {variable.name for variable in module.variables}
    return "down_revision" in names and "revision" in names


def _like_django(module: Module) -> bool:
    return any(record.fact.name == "Migration" and not record.fact.owner for record in module.classes)
