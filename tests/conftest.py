"""What several test modules share."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mariadb_server import MariaServer
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


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaServer]:
    """A MariaDB server, one for each worker. Tests that need it are skipped where it is not installed."""
    pytest.importorskip("pymysql", reason="PyMySQL is not installed: it talks to the MariaDB of these tests")
    from mariadb_server import running_mariadb
    from postgres_server import NoServerError

    with ExitStack() as stack:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # sockets of connections that came too early
            try:
                server = stack.enter_context(running_mariadb())
            except NoServerError as reason:
                pytest.skip(str(reason))
            gc.collect()
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Connection]:
    """A fresh database."""
    with postgres.database() as connection:
        yield connection
