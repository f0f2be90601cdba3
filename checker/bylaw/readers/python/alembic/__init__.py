"""Alembic revisions as Migration facts."""

from __future__ import annotations

from bylaw.readers.python.alembic.revision import helpers_of, migration_of
from bylaw.readers.python.alembic.texts import statements_of

__all__ = ["helpers_of", "migration_of", "statements_of"]
