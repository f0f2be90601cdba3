"""Alembic revisions as Migration facts."""

from __future__ import annotations

from bylaw.readers.python.alembic.revision import migration_of

__all__ = ["migration_of"]
