"""What bylaw says of an operation of Django is what it says of the SQL that Django runs for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from django_cases import CASES, files_of

from bylaw.config.options import build_options
from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

if TYPE_CHECKING:
    from postgres_server import Server

pytest.importorskip("django", reason="Django is not installed")

_EMIT: Final = """\
import json
import sys

import django
from django.conf import settings

host, = sys.argv[1:]
database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": host}
settings.configure(INSTALLED_APPS=[], DATABASES={"default": database}, USE_TZ=True)
django.setup()

from django.db import connection
from django.db.migrations.state import ProjectState


class Log:
    def __init__(self):
        self.statements = []

    def __call__(self, execute, sql, params, many, context):
        if not sql.lstrip().startswith("SELECT") and "pg_catalog" not in sql:
            cursor = context["cursor"].cursor
            self.statements.append(cursor.mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)


found = {}
for name, (app, texts) in json.load(sys.stdin).items():
    state, found[name] = ProjectState(), []
    for number, text in enumerate(texts, start=1):
        known = {}
        exec(text, known)
        migration = known["Migration"](f"{number:04}", app)
        log = Log()
        with connection.execute_wrapper(log), connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
        found[name].append(log.statements)
    connection.cursor().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
json.dump(found, sys.stdout)
"""
_TASTE: Final = frozenset({
    "migration-file-name", "migration-tested", "qualified-table-name", "rerunnable-outside-transaction",
    "lock-timeout-set", "schema-object-names", "data-migration-hygiene", "foreign-key-indexed", "few-tables-locked",
    "schema-and-data-apart",
})  # fmt: skip
RULES: Final = {name: rule for name, rule in load_builtin().items() if rule.concern is not None and name not in _TASTE}
_STRICT: Final = {"no-incompatible-alter": {"strict": True, "drop-not-null": True}}
SETTINGS: Final = Settings(
    rules={name: RuleSetting("error", build_options(RULES[name], _STRICT.get(name, {}), name)) for name in RULES},
    migrations=MigrationSettings(judge_all=True, dialect="postgres"),
)
ONLY_SQL: Final = {
    # The index that goes, and the second one for LIKE, are no part of what the field says.
    "alter unique instead of indexed": {"replacement-index-first", "no-blocking-index"},
    "alter foreign key to one to one": {"replacement-index-first"},
    # Whether the running release survives other keys is another model's question.
    "alter foreign key to another model": {"no-incompatible-alter"},
    # Columns that point at the key are told of as rewritten: that their keys are checked again comes on top.
    "key grows": {"no-blocking-constraint"},
}
"""What only the statements show, and why that may be."""


def said(files: dict[str, str]) -> set[str]:
    """The rules that find something in the second migration."""
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    return {one.rule for one in run(sources, SETTINGS, RULES).diagnostics if "/0002_" in one.location.path}


@pytest.fixture(scope="session")
def emitted(postgres: Server) -> dict[str, list[list[str]]]:
    """The statements of both migrations of each case, as Django runs them on a server."""
    apps = {name: (f"a{at}", list(files_of(name, f"a{at}").values())) for at, name in enumerate(CASES)}
    with postgres.database():
        done = subprocess.run(
            [sys.executable, "-c", _EMIT, str(postgres.folder)], input=json.dumps(apps), capture_output=True, text=True,
            check=False, timeout=120, cwd=Path(__file__).parent,
        )  # fmt: skip
    assert not done.returncode, done.stderr
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_judged_as_its_statements_are(name: str, emitted: dict[str, list[list[str]]]) -> None:
    files = files_of(name, f"a{list(CASES).index(name)}")
    mark = "-- +goose NO TRANSACTION\n" if "atomic = False" in "".join(files.values()) else ""
    statements = {
        f"db/migrations/000{number}_x.sql": f"{mark}-- +goose Up\n" + "".join(f"{one};\n" for one in run_)
        for number, run_ in enumerate(emitted[name], start=1)
    }
    django, sql = said(files), said(statements)
    assert django == sql - ONLY_SQL.get(name, set()), emitted[name][1]


def test_a_field_of_the_house_may_have_been_a_foreign_key_already() -> None:
    first, second = files_of("alter to a foreign key", "shop").items()
    assert said(dict((first, second))) == {"no-blocking-constraint", "no-blocking-index", "no-incompatible-alter"}
    unknown = first[1].replace("models.BigIntegerField(null=True)", "house.TeamField(null=True)")
    assert said(dict(((first[0], unknown), second))) == set()


def test_a_key_by_which_the_database_deletes_is_another_one() -> None:
    first, second = files_of("alter foreign key on delete", "shop").items()
    assert said(dict((first, second))) == set()
    deleted = second[1].replace("models.CASCADE, null=True", "models.DB_CASCADE, null=True")  # since Django 6.1
    assert deleted != second[1]
    assert said(dict((first, (second[0], deleted)))) == {"no-blocking-constraint"}
