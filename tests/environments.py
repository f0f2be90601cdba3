"""The `env.py` of the Alembic trees that tests run or read."""

from __future__ import annotations

from typing import Final

ALEMBIC: Final = """\
from alembic import context

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
"""As Alembic writes it, as far as it matters; the engine comes from whoever runs it."""
