"""Columns that the models have forgotten: whether a row can be stored without them is what the database says."""

from __future__ import annotations

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
