"""Messages name what the statement names, and the version of the server where the verdict depends on it."""

from __future__ import annotations

from typing import Final

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.facts.naming import listed
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

RULES: Final = load_builtin()
BEFORE: Final = "CREATE TABLE visits (id bigint, page text, day date);\nCREATE UNIQUE INDEX by_day ON visits (day);\n"


def message_of(rule: str, version: int, statements: str) -> str:
    """Of the one diagnostic of the rule for a migration behind another one."""
    texts = {"db/migrations/V1__visits.sql": BEFORE, "db/migrations/V2__change.sql": statements}
    settings = Settings(
        rules={rule: RuleSetting("error")},
        migrations=MigrationSettings(judge_all=True, dialect="postgres", postgres_version=version),
    )
    sources = MemorySources({path: text.encode() for path, text in texts.items()})
    (found,) = run(sources, settings, {rule: RULES[rule]}).diagnostics
    return found.message


@pytest.mark.parametrize(
    ("rule", "statement", "old"),
    [
        ("no-blocking-constraint", "ALTER TABLE visits ALTER page SET NOT NULL;", 11),
        ("no-blocking-constraint", "ALTER TABLE visits ADD PRIMARY KEY USING INDEX by_day;", 11),
        ("no-table-rewrite", "ALTER TABLE visits ADD COLUMN plan text DEFAULT 'free';", 10),
        ("no-concurrently-in-transaction", "CREATE TABLE t (x int);\nALTER TYPE mood ADD VALUE 'fine';", 11),
    ],
)
def test_a_verdict_that_depends_on_the_version_says_which(rule: str, statement: str, old: int) -> None:
    assert f"PostgreSQL {old}" in message_of(rule, old, statement)


def test_what_holds_for_all_versions_names_none() -> None:
    assert "PostgreSQL" not in message_of("no-blocking-constraint", 16, "ALTER TABLE visits ALTER page SET NOT NULL;")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("a",), "`a`"),
        (("a", "b"), "`a`, `b`"),
        (("",), "an expression"),
        (("", ""), "2 expressions"),
        (("", "a"), "`a` and an expression"),
        (tuple("abcdefg"), "`a`, `b`, `c`, `d`, `e` and 2 more"),
        ((), ""),
    ],
)
def test_columns_are_listed_in_words(columns: tuple[str, ...], said: str) -> None:
    assert listed(columns) == said
