"""Projects that keep their data in a file of SQLite, and speak of no server at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bylaw.patterns import regex
from bylaw.project.paths import inside, upwards
from bylaw.project.roles import is_own

if TYPE_CHECKING:
    from bylaw.project import Project

_URL: Final = regex(rb"\bsqlite(?:\+\w+)?:///")
_SERVER: Final = regex(
    rb"postgres|psycopg|asyncpg|pg8000|mysql|mariadb|oracledb|cx_oracle|mssql|pyodbc|cockroach", re.IGNORECASE
)
_DEPENDENCIES: Final = (
    "pyproject.toml", "setup.cfg", "Pipfile", "poetry.lock", "uv.lock", "environment.yml", ".env", ".env.example",
    "requirements.txt", "requirements.in", "requirements/base.txt", "requirements/production.txt",
    "requirements/prod.txt", "requirements/main.txt",
)  # fmt: skip


def keeps_to_sqlite(project: Project, folder: str) -> bool:
    """Whether code or `alembic.ini` has an address of SQLite, and neither they nor the dependencies name a server.

    `folder` is that of the migrations: what stands above it is asked.
    """
    found = False
    for path, file in project.files.items():
        if is_own(project, path):
            content = file.source.content
            if _SERVER.search(content):
                return False
            found = found or _URL.search(content) is not None
    configured = list(_texts(project, folder, ("alembic.ini",)))
    if not found and not any(_URL.search(text) for text in configured):
        return False
    return not any(_SERVER.search(text) for text in (*configured, *_texts(project, folder, _DEPENDENCIES)))


def _texts(project: Project, folder: str, names: tuple[str, ...]) -> Iterator[bytes]:
    for above in upwards(folder):
        for name in names:
            text = project.text_of(inside(above, name))
            if text is not None:
                yield text.encode()
