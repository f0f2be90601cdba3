"""Runs the migrations of a small project on a server, with the tool that they are written for.

The project is one of a rule's spec, which says no more than the rule needs to see. So what the migrations find missing
is put there beforehand: the server says what it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import environments
import msgspec
import psycopg
from postgres_server import empty

from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Settings

if TYPE_CHECKING:
    from postgres_server import Connection, Server

    from bylaw.project.migrations import MigrationTree, Step

_ATTEMPTS = 40
_WRAPPING = {
    "goose", "dbmate", "sql-migrate", "tern", "supabase", "drizzle", "aerich", "rambler", "diesel", "sqlx",
    "node-pg-migrate", "yoyo", "atlas", "morph",
}  # fmt: skip
_SENT_WHOLE = {"dbmate", "diesel", "sqlx", "morph"}
_ONE_QUERY = {"golang-migrate", "prisma", "hasura"}
_UNWRAPPED = re.compile(
    r"^-- \+goose NO TRANSACTION|^-- migrate:up transaction:false|^-- \+migrate Up notransaction|disable-tx"
    r"|^-- no-transaction|^-- transactional: false|^-- atlas:txmode none|^-- morph:nontransactional",
    re.MULTILINE,
)
_NAME = r'(?:"[^"]+"|\w+)'
_TABLE = re.compile(
    rf"\b(?:TABLE|ON|INTO|UPDATE|FROM)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?((?:{_NAME}\.)?{_NAME})", re.IGNORECASE
)
_REFERENCED = re.compile(rf"\bREFERENCES\s+((?:{_NAME}\.)?{_NAME})", re.IGNORECASE)

_STUB = """\
revision = {revision!r}
down_revision = None


def upgrade() -> None:
    pass
"""
_DJANGO = """\
import sys

import django
from django.conf import settings
from django.core.management import call_command

host, *apps = sys.argv[1:]
database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": host}
settings.configure(INSTALLED_APPS=apps, DATABASES={"default": database}, USE_TZ=True)
django.setup()
call_command("migrate", verbosity=0)
"""


_FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
{models}
    ]
"""
_MODEL = re.compile(
    r"""(?:(?:Add|Alter|Validate)\w+\(\s*(?:model_name=)?|get_model\(\s*["']\w+["'],\s*)["'](\w+)["']"""
)
_FIELDS = {"number": "models.IntegerField(null=True)", "email": "models.CharField(max_length=80, null=True)"}
_CLASS = "class Migration(migrations.Migration):"
_DEPENDS = "dependencies = ["
_OPERATIONS = "operations = ["


class NotRunnableError(Exception):
    """The migrations cannot be run, whatever is put there beforehand; the text says why."""


@dataclass
class Furniture:
    """What has to be there before: statements, in order."""

    statements: list[str] = field(default_factory=list)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)

    def put(self, connection: Connection) -> None:
        for statement in self.statements:
            connection.execute(statement)  # type: ignore[arg-type]
        for (table, column), kind in self.columns.items():
            connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {kind}")  # type: ignore[arg-type]

    def answer(self, error: psycopg.Error, statement: str) -> bool:
        """Add what the error asks for; False where that is not known."""
        before = (list(self.statements), dict(self.columns))
        self._add(str(error).partition("\n")[0], statement)
        return before != (self.statements, self.columns)

    def _add(self, message: str, statement: str) -> None:
        table = found[1] if (found := _TABLE.search(statement)) else ""
        if match := re.search(r'schema "(\w+)" does not exist', message):
            self.statements.insert(0, f"CREATE SCHEMA {match[1]}")
        elif match := re.search(r'constraint "(\w+)" of relation "(\w+)" does not exist', message):
            self.statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {match[1]} CHECK (true)")
        elif match := re.search(r'column (?:\w+\.)?"?(\w+)"? .*does not exist', message):
            referenced = _REFERENCED.search(statement)
            owner = (
                referenced[1] if referenced and "referenced in" not in message and "named in" not in message else table
            )
            self.columns[owner or table, f'"{match[1]}"'] = _type(match[1])
        elif match := re.search(r'^index "(\w+)" does not exist', message):
            self.statements.append(f"CREATE TABLE of_{match[1]} (a int); CREATE INDEX {match[1]} ON of_{match[1]} (a)")
        elif match := re.search(r'^"(\w+)" is not an index', message):
            self.statements.remove(_table(f'"{match[1]}"'))
            self.statements.append(f"CREATE TABLE of_{match[1]} (a int); CREATE INDEX {match[1]} ON of_{match[1]} (a)")
        elif match := re.search(r'(?:relation|table) "([\w.]+)" does not exist', message):
            self.statements.append(_table(".".join(f'"{part}"' for part in match[1].split("."))))
        elif match := re.search(r'type "(\w+)" does not exist', message):
            self.statements.append(f"CREATE TYPE {match[1]} AS ENUM ('sad')")
        elif "operator does not exist" in message or "invalid input syntax" in message:
            self.columns = dict.fromkeys(self.columns, "integer")


def _table(name: str) -> str:
    schema, dot, _ = name.rpartition(".")
    created = f"CREATE TABLE {name} (id bigint PRIMARY KEY)"
    return f"CREATE SCHEMA IF NOT EXISTS {schema}; {created}" if dot else created


def _type(column: str) -> str:
    return "bigint" if column == "id" or column.endswith("_id") else "text"


@dataclass
class Run:
    """Migrations of one tool, ready to be run on a database as often as need be."""

    server: Server
    folder: Path
    files: Mapping[str, str]
    furniture: Furniture = field(default_factory=Furniture)

    def furnished(self, run: Callable[[Connection], None]) -> None:
        """Run on an empty database, again and again with more in it, until nothing is missing.

        Raises NotRunnableError, and ActiveSqlTransaction for what wants to run outside of a transaction.
        """
        for _ in range(_ATTEMPTS):
            with self.server.connect() as connection:
                empty(connection)
                self.furniture.put(connection)
            with self.server.connect() as connection:
                try:
                    run(connection)
                except _FailedError as failed:
                    if isinstance(failed.error, psycopg.errors.ActiveSqlTransaction):
                        raise failed.error from None
                    if not self.furniture.answer(failed.error, failed.statement):
                        raise NotRunnableError(f"{failed.error} in {failed.statement}") from None
                else:
                    return
        raise NotRunnableError("there is always something missing")


class _FailedError(Exception):
    def __init__(self, error: psycopg.Error, statement: str) -> None:
        self.error = error
        self.statement = statement


def trees(files: Mapping[str, str], settings: Settings) -> tuple[MigrationTree, ...]:
    """The trees of migrations for PostgreSQL among the files."""

    def load(path: str) -> bytes:
        try:
            return files[path].encode()
        except KeyError:
            raise FileNotFoundError(path) from None

    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    migrations = Project(facts, settings, load).migrations
    found = [
        (tree, tuple(step for step in tree.steps if migrations.servers.is_postgres(tree, step)))
        for tree in migrations.trees
    ]
    return tuple(msgspec.structs.replace(tree, steps=steps) for tree, steps in found if steps)


# --- SQL ----------------------------------------------------------------------------------------------


def run_sql(run: Run, tree: MigrationTree, *, bare: bool) -> None:
    """Each step as its runner does it; with `bare`, statement by statement, and no transaction."""

    def steps(connection: Connection) -> None:
        for step in tree.steps:
            _step(connection, step, step.migration.layout or tree.layout, run.files[step.path], bare=bare)

    run.furnished(steps)


def _step(connection: Connection, step: Step, layout: str, text: str, *, bare: bool) -> None:
    content = text.encode()
    statements = [content[span.start : span.end].decode() for span in step.migration.statements]
    alone = len(statements) == 1 and "CONCURRENTLY" in statements[0].upper()
    if bare:
        pass
    elif layout in _ONE_QUERY or (layout in _SENT_WHOLE and _UNWRAPPED.search(text)):
        statements = ["; ".join(statements)]
    elif (layout in _WRAPPING and not _UNWRAPPED.search(text)) or (layout == "flyway" and not alone):
        statements = ["BEGIN", *statements, "COMMIT"]
    for statement in statements:
        try:
            connection.execute(statement)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise _FailedError(error, statement) from None


# --- Alembic ------------------------------------------------------------------------------------------


def run_alembic(run: Run, tree: MigrationTree, *, bare: bool) -> None:
    """All revisions, each in its transaction; with `bare` there is none."""
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    folder = run.folder / "alembic"
    known = {step.migration.revision for step in tree.steps}
    missing = {parent for step in tree.steps for parent in step.migration.parents} - known
    texts = {f"versions/{number:04}.py": run.files[step.path] for number, step in enumerate(tree.steps)}
    texts |= {f"versions/stub_{name}.py": _STUB.format(revision=name) for name in missing}
    _write(folder, {**texts, "env.py": environments.ALEMBIC})
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    engine = sa.create_engine("postgresql+psycopg://", creator=run.server.connect, poolclass=sa.NullPool)
    if bare:
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    config.attributes["engine"] = engine

    def upgrade(_: Connection) -> None:
        try:
            command.upgrade(config, "heads")
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                raise _FailedError(error.orig, str(error.statement)) from None
            raise

    run.furnished(upgrade)


# --- Django -------------------------------------------------------------------------------------------


def run_django(run: Run, *, bare: bool) -> None:
    """All apps, in a process of their own: Django is configured once in each. With `bare` there are no transactions.

    Raises NotRunnableError, and ActiveSqlTransaction for what wants to run outside of a transaction.
    """
    files = {path: text for path, text in run.files.items() if path.endswith(".py")}
    if bare:
        files = {path: text.replace(_CLASS, f"{_CLASS}\n    atomic = False") for path, text in files.items()}
    apps = sorted({path.partition("/migrations/")[0].replace("/", ".") for path in files if "/migrations/" in path})
    packages = {str(parent) for path in files for parent in Path(path).parents if str(parent) != "."}
    if any('"auth.User"' in text for text in files.values()):
        apps += ["django.contrib.contenttypes", "django.contrib.auth"]
        files = {path: text.replace(_DEPENDS, f'{_DEPENDS}("auth", "__first__"), ') for path, text in files.items()}
    first_file, models = "", dict[str, dict[str, str]]()
    for _ in range(_ATTEMPTS):
        _write(run.folder, {f"{package}/__init__.py": "" for package in packages} | files)
        with run.server.connect() as connection:
            empty(connection)
        command = [sys.executable, "-c", _DJANGO, str(run.server.folder), *apps]
        done = subprocess.run(command, cwd=run.folder, capture_output=True, text=True, check=False, timeout=60)
        if not done.returncode:
            return
        problem = done.stderr.strip().splitlines()[-1]
        if "cannot be executed inside a transaction" in problem or "cannot run inside a transaction" in problem:
            raise psycopg.errors.ActiveSqlTransaction(problem)
        if parent := re.search(r"nonexistent parent node \('(\w+)', '(\w+)'\)", problem):
            names = {name.lower(): name.capitalize() for text in files.values() for name in _MODEL.findall(text)}
            models = {name: dict(_FIELDS) for name in names.values()}
            first_file = f"{parent[1]}/migrations/{parent[2]}.py"
            files[first_file] = _first(models)
            continue
        if first_file and (field := re.search(r"has no field named '(\w+)'|resolve keyword '(\w+)'", problem)):
            for fields in models.values():
                fields[field[1] or field[2]] = "models.CharField(max_length=80, null=True)"
            files[first_file] = _first(models)
            continue
        if first_file and (index := re.search(r"No index named (\w+) on model (\w+)", problem)):
            made = f'migrations.AddIndex("{index[2]}", models.Index(fields=["number"], name="{index[1]}"))'
            files[first_file] = files[first_file].removesuffix("    ]\n") + f"        {made},\n    ]\n"
            continue
        missing = re.search(r"Related model '(\w+)\.(\w+)' cannot be resolved", problem)
        first = min((path for path in files if missing and path.startswith(f"{missing[1]}/migrations/0")), default="")
        if missing is None or not first:
            raise NotRunnableError(problem)
        model = f'migrations.CreateModel("{missing[2]}", [("id", models.BigAutoField(primary_key=True))])'
        files[first] = files[first].replace(_OPERATIONS, f"{_OPERATIONS}\n        {model},")
    raise NotRunnableError("there is always a model missing")


def _first(models: Mapping[str, Mapping[str, str]]) -> str:
    """The first migration of an app, that others build on."""
    made = [
        f'        migrations.CreateModel("{model}", [("id", models.BigAutoField(primary_key=True)), '
        + ", ".join(f'("{name}", {kind})' for name, kind in fields.items())
        + "]),"
        for model, fields in models.items()
    ]
    return _FIRST.format(models="\n".join(made))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
