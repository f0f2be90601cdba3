"""Helps say the steps for the statement that is judged, with its own names."""

from __future__ import annotations

from typing import Final

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

RULES: Final = load_builtin()
BEFORE: Final = "CREATE TABLE visits (id bigint, page text, day date);\nCREATE INDEX visits_page ON visits (page);\n"


def help_for(rule: str, statements: str) -> str:
    """That of the one diagnostic of the rule for a migration behind `BEFORE`."""
    texts = {"db/migrations/0001_visits.sql": BEFORE, "db/migrations/0002_change.sql": statements}
    settings = Settings(
        rules={rule: RuleSetting("error")},
        migrations=MigrationSettings(judge_all=True, dialect="postgres", runner="psql"),
    )
    sources = MemorySources({path: text.encode() for path, text in texts.items()})
    (found,) = run(sources, settings, {rule: RULES[rule]}).diagnostics
    return found.help or ""


@pytest.mark.parametrize(
    ("built", "told"),
    [
        (
            "CREATE INDEX visits_page ON visits (page DESC, day)",
            "First build the new index on `visits` (page, day), otherwise as it is written, under another name, "
            "CONCURRENTLY, and drop `visits_page` after it; ALTER INDEX … RENAME TO gives it the old name.",
        ),
        (
            "CREATE INDEX visits_page_day ON visits (page, day)",
            "First build `visits_page_day` on `visits` (page, day), otherwise as it is written, but CONCURRENTLY, and "
            "drop `visits_page` after it.",
        ),
        (
            "ALTER TABLE visits ADD CONSTRAINT visits_page UNIQUE (page)",
            "First build a UNIQUE index on `visits` (page) under another name, CONCURRENTLY, and drop `visits_page` "
            "after it; ADD CONSTRAINT … UNIQUE USING INDEX makes the constraint of it.",
        ),
    ],
)
def test_what_replaces_an_index_is_built_as_it_was_written(built: str, told: str) -> None:
    assert help_for("replacement-index-first", f"DROP INDEX visits_page;\n{built};\n") == told
