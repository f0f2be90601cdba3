"""A MariaDB of our own for the time of a test run: in a temporary folder, on a Unix socket, for nobody else."""

from __future__ import annotations

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

import pymysql
from postgres_server import NoServerError, run_program, unprivileged

_SETTINGS = (
    "--skip-networking", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--innodb-flush-method=fsync",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--performance-schema=OFF", "--skip-log-bin",
    "--character-set-server=utf8mb4", "--sql-mode=STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION", "--max-connections=10",
)  # fmt: skip
_FOLDERS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])

MariaConnection = pymysql.connections.Connection


@dataclass
class MariaServer:
    """A running server. Its only user is `root`."""

    socket: str
    version: tuple[int, int]

    def connect(self) -> MariaConnection:
        """A connection that commits each statement, in the database `test`."""
        return pymysql.connect(unix_socket=self.socket, user="root", database="test", autocommit=True)

    @contextmanager
    def database(self) -> Iterator[MariaConnection]:
        """An empty database, and a connection to it."""
        with pymysql.connect(unix_socket=self.socket, user="root", autocommit=True) as other:
            other.cursor().execute("DROP DATABASE IF EXISTS test")
            other.cursor().execute("CREATE DATABASE test")
        connection = self.connect()
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def running_mariadb() -> Iterator[MariaServer]:
    """Start a server, and stop it in the end. Raises NoServerError."""
    server, install = _program("mariadbd"), _program("mariadb-install-db")
    with tempfile.TemporaryDirectory(prefix="bylaw-maria-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = unprivileged()
        if user:
            os.chown(folder, user["user"], user["group"])
        data = folder / "data"
        run_program(
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=8M"],
            user,
        )  # fmt: skip
        socket = folder / "socket"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--pid-file={folder}/pid",
                 f"--tmpdir={folder}", *_SETTINGS],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, **user,
            )  # fmt: skip
        try:
            yield MariaServer(str(socket), _wait(socket, folder / "log", process))
        finally:
            process.send_signal(signal.SIGKILL)  # nothing of it is kept
            process.wait(30)


def _program(name: str) -> str:
    found = shutil.which(name, path=_FOLDERS)
    if found is None:
        raise NoServerError(f"MariaDB is not installed here: there is no program {name}")
    return found


def _wait(socket: Path, log: Path, process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Its version as soon as it answers, half a minute at most."""
    for _ in range(1500):
        if process.poll() is not None:
            break
        if not socket.exists():
            time.sleep(0.02)
            continue
        try:
            with pymysql.connect(unix_socket=str(socket), user="root") as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT version()")
                major, minor = str((cursor.fetchone() or ("0.0",))[0]).split(".")[:2]
                return int(major), int(minor)
        except pymysql.OperationalError:
            time.sleep(0.02)
    raise NoServerError(f"MariaDB did not start: {log.read_text('utf-8', 'replace').strip()[-300:]}")
