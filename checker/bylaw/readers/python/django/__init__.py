"""Django migrations as Migration facts."""

from __future__ import annotations

from bylaw.readers.python.django.migration import migration_of

__all__ = ["migration_of"]
