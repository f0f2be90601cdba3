"""Columns that the models have forgotten: a database says whether a row can be stored without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bylaw.spec import Case, parse_spec

if TYPE_CHECKING:
    from postgres_server import Connection, Server

SPEC = Path(__file__).parents[1] / "fixtures" / "rules" / "migrations" / "migration-accompanies-schema-change.md"
TITLES = (
    "a column that takes no NULL and that the model has forgotten",
    "a column that a later revision makes NOT NULL, and the model does not know",
    "SQLModel: a column that the model has forgotten",
    "what the model has forgotten takes NULL, has a default, or is filled by the database",
    "a later revision lets the forgotten column take NULL, and another one drops it",
)
CASES = [case for case in parse_spec(SPEC.read_text("utf-8"), SPEC.stem) if case.title in TITLES]

DJANGO = (
    "Django: a required column that stays when the model forgets the field",
    "Django: a column that stays when the model forgets the field",
    "Django: a column that stays when the model forgets the field has a default, or goes with the next migration",
    "Django: the column goes over to another field",
)
DJANGO_CASES = [case for case in parse_spec(SPEC.read_text("utf-8"), SPEC.stem) if case.title in DJANGO]
STORE = """
import django
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.configure(INSTALLED_APPS=["shop.catalog"], DATABASES={"default": database}, USE_TZ=True)
django.setup()
call_command("migrate", verbosity=0)
from shop.catalog.models import Book

fields = {field.name: 1 for field in Book._meta.fields if field.name not in {"id", "title"}}
try:
    Book.objects.create(title="a", **fields)
except IntegrityError:
    print("refused")
else:
    print("stored")
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_rows_are_refused_where_the_rule_says_so(case: Case, database: Connection, postgres: Server) -> None:
    sa = pytest.importorskip("sqlalchemy")
    pytest.importorskip("alembic")
    if "sqlmodel" in case.files["app/models.py"]:
        pytest.importorskip("sqlmodel")
    assert len(CASES) == len(TITLES)
    engine = sa.create_engine("postgresql+psycopg://", creator=postgres.connect, poolclass=sa.NullPool)
    _migrate(engine, [text for path, text in sorted(case.files.items()) if path.startswith("alembic/versions/")])
    assert _stores(engine, case.files["app/models.py"]) == case.good
    if not case.good:
        database.execute("ALTER TABLE users ALTER COLUMN phone DROP NOT NULL")  # as the help says
        assert _stores(engine, case.files["app/models.py"])


@pytest.mark.parametrize("case", DJANGO_CASES, ids=lambda case: case.title)
def test_django_stores_no_row_where_the_rule_says_so(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("django", minversion="5.0")
    assert len(DJANGO_CASES) == len(DJANGO)
    packages = ("shop/__init__.py", "shop/catalog/__init__.py", "shop/catalog/migrations/__init__.py")
    for path, text in {**dict.fromkeys(packages, ""), **case.files, "store.py": STORE}.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    done = subprocess.run([sys.executable, "store.py"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ("stored" if case.good else "refused")


def _migrate(engine: Any, revisions: list[str]) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    for source in revisions:
        names: dict[str, Any] = {}
        exec(compile(source, "revision", "exec"), names)  # noqa: S102 - our own text
        with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            names["upgrade"]()


def _stores(engine: Any, models: str) -> bool:
    """Whether the model's class can store a row."""
    import sqlalchemy as sa
    from sqlalchemy.exc import IntegrityError

    names: dict[str, Any] = {"__name__": "models"}
    exec(compile(models, "models", "exec", dont_inherit=True), names)  # noqa: S102 - our own text
    table = names["User"].__table__
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(table).values(user_id=1, email="a"))
            connection.execute(sa.delete(table))
    except IntegrityError:
        return False
    finally:
        table.metadata.clear()
    return True
