"""What bylaw says of an operation of Alembic is what it says of the SQL that Alembic renders for it."""

from __future__ import annotations

import io
from typing import Any, Final

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic_cases import CASES, files_of

from bylaw.config.options import build_options
from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

_TASTE: Final = frozenset({
    "migration-file-name", "migration-tested", "qualified-table-name", "rerunnable-outside-transaction",
    "lock-timeout-set", "schema-object-names", "data-migration-hygiene", "foreign-key-indexed",
})  # fmt: skip
RULES: Final = {name: rule for name, rule in load_builtin().items() if rule.concern is not None and name not in _TASTE}
_STRICT: Final = {
    "no-incompatible-alter": {"strict": True, "drop-not-null": True},
    "no-blocking-index": {"drops": True},
}
SETTINGS: Final = Settings(
    rules={name: RuleSetting("error", build_options(RULES[name], _STRICT.get(name, {}), name)) for name in RULES},
    migrations=MigrationSettings(judge_all=True, dialect="postgres"),
)
ONLY_SQL: Final = {
    # One call is one operation: its rewrite is worth the word, the scan that comes on top is not.
    "alter type required": {"no-blocking-constraint"},
}


def said(files: dict[str, str]) -> set[str]:
    """The rules that find something in the second migration."""
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    return {one.rule for one in run(sources, SETTINGS, RULES).diagnostics if "/0002_" in one.location.path}


def rendered(revision: str) -> str:
    """The SQL of a revision, for PostgreSQL, as `alembic upgrade --sql` gives it."""
    buffer, names = io.StringIO(), dict[str, Any]()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer, "transactional_ddl": False}
    )
    with Operations.context(context):
        exec(revision, names)  # noqa: S102 - the cases are our own
        names["upgrade"]()
    return buffer.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_judged_as_its_statements_are(name: str) -> None:
    files = files_of(name)
    mark = "-- +goose NO TRANSACTION\n" if "autocommit_block" in CASES[name] else ""
    statements = {
        f"db/migrations/000{number}_x.sql": f"{mark}-- +goose Up\n{rendered(text)}"
        for number, text in enumerate(files.values(), start=1)
    }
    assert said(files) == said(statements) - ONLY_SQL.get(name, set()), statements


IGNORED: Final = (
    "op.alter_column('t', sa.Column('a', sa.Boolean(), server_default='False', nullable=False))",
    "op.alter_column('t', 'a', default=1, type=sa.Text(), unique=True, index=True, primary_key=True)",
)


@pytest.mark.parametrize("call", IGNORED)
def test_what_is_said_to_be_ignored_is_no_statement(call: str) -> None:
    revision = f"import sqlalchemy as sa\nfrom alembic import op\n\n\ndef upgrade():\n    {call}\n"
    assert rendered(revision) == ""
    named = "revision = 'b2'\ndown_revision = 'a1'\n"
    assert said({"migrations/versions/0002_b.py": revision.replace("\n\n\n", f"\n{named}\n\n", 1)}) == {
        "no-ignored-argument"
    }
