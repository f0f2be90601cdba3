"""What several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from postgres_server import Connection, Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, one for each worker. Tests that need it are skipped where it cannot run."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: it talks to the PostgreSQL of these tests")
    from postgres_server import NoServerError, running_server

    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except NoServerError as reason:
            pytest.skip(str(reason))
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Connection]:
    """A fresh database."""
    with postgres.database() as connection:
        yield connection
