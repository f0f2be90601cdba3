"""Migrations in JavaScript and TypeScript, and for tools of Python that are neither Alembic nor Django: who runs them
can be told, but nothing reads them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.paths import is_set_aside, is_test

if TYPE_CHECKING:
    from bylaw.project import Project

_SUFFIXES: Final = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_NUMBERED: Final = regex(r"(?:Migration)?\d{3,}[\w .+-]*\.[cm]?[jt]s$")
_FOLDER: Final = regex(r"(?:^|/)[\w.-]*migrations?(?=/)", re.IGNORECASE)
_MOST_READ: Final = 3
_MOST_CHARACTERS: Final = 20_000
_WRITERS: Final = (
    ("TypeORM", regex(r"\bMigrationInterface\b|\bqueryRunner\.")),
    ("MikroORM", regex(r"@mikro-orm/migrations")),
    ("Kysely", regex(r"[\"']kysely[\"']|\bKysely<")),
    ("node-pg-migrate", regex(r"[\"']node-pg-migrate[\"']|\bpgm\.")),
    ("Sequelize", regex(r"\bqueryInterface\b|\bQueryInterface\b")),
    ("Knex", regex(r"\bknex\b|\bKnex\b")),
)
_PYTHON_WRITERS: Final = (
    ("peewee_migrate", "peewee-migrate"), ("yoyo", "yoyo"), ("piccolo.apps.migrations", "Piccolo"),
    ("tortoise.BaseDBAsyncClient", "Aerich"), ("tortoise.migrations", "Tortoise"),
)  # fmt: skip
"""What a migration of each tool imports."""


class Scripts(msgspec.Struct, frozen=True):
    """A folder of migrations that are not read. `writer` is the tool that they are written for."""

    folder: str
    files: tuple[str, ...]
    writer: str

    @property
    def language(self) -> str:
        if self.files[-1].endswith(".py"):
            return "Python"
        return "TypeScript" if self.files[-1].endswith("ts") else "JavaScript"


def may_be_script(path: str) -> bool:
    """Whether a file of that path (from the root, posix) may be a migration in JavaScript or TypeScript."""
    if not path.endswith(_SUFFIXES):
        return False
    return _NUMBERED.match(path.rpartition("/")[2]) is not None and _FOLDER.search(path) is not None


def migration_scripts(project: Project) -> Iterator[Scripts]:
    """Every folder, once, whose scripts bear the marks of a known tool for SQL databases; those of tests aside."""
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in project.beside:
        found = _FOLDER.search(path) if may_be_script(path) else None
        if found is not None and not is_set_aside(path) and not is_test(path, project.settings):
            folders[path[: found.end()]].append(path)
    for folder, files in sorted(folders.items()):
        files.sort()
        texts = [project.text_of(path) or "" for path in files[-_MOST_READ:]]
        writer = next(filter(None, map(_writer, texts)), "")
        if writer:
            yield Scripts(folder, tuple(files), writer)
    yield from _in_python(project)


def _in_python(project: Project) -> Iterator[Scripts]:
    folders: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for path, file in project.files.items():
        found = _FOLDER.search(path) if path.endswith(".py") and "igration" in path else None
        if found is None or is_set_aside(path) or file.facts.migrations or is_test(path, project.settings):
            continue
        writer = _python_writer({entry.target for entry in file.facts.imports})
        if writer and any(letter.isdigit() for letter in path.rpartition("/")[2]):
            folders[path[: found.end()], writer].append(path)
    for (folder, writer), files in sorted(folders.items()):
        yield Scripts(folder, tuple(sorted(files)), writer)


def _python_writer(imported: set[str]) -> str:
    return next(
        (
            writer
            for module, writer in _PYTHON_WRITERS
            if any(name == module or name.startswith(f"{module}.") for name in imported)
        ),
        "",
    )


def _writer(text: str) -> str:
    """The tool that a script is written for; '' for one that is not known, or no migration of an SQL database."""
    return next((name for name, mark in _WRITERS if mark.search(text[:_MOST_CHARACTERS])), "")
