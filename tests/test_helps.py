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


def help_for(rule: str, statements: str, before: str = BEFORE) -> str:
    """That of the one diagnostic of the rule for a migration behind another one."""
    texts = {"db/migrations/0001_visits.sql": before, "db/migrations/0002_change.sql": statements}
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


def test_the_index_that_has_the_most_in_common_replaces_another() -> None:
    before = "CREATE TABLE visits (id bigint, page text, day date);\nCREATE INDEX a ON visits (page, day);\n"
    built = "CREATE INDEX b ON visits (page, id);\nCREATE INDEX c ON visits (page, day, id);\n"
    assert "First build `c` on" in help_for("replacement-index-first", f"DROP INDEX a;\n{built}", before)


def test_a_key_does_not_count_by_itself() -> None:
    before = "CREATE TABLE pages (id bigserial PRIMARY KEY);\n"
    change = "CREATE TABLE visits (id bigint, page_id integer REFERENCES pages (id));\n"
    assert help_for("foreign-key-types-match", change, before) == "Declare `visits.page_id` as `bigint` too."


def test_a_type_of_the_project_is_quoted_where_it_must_be() -> None:
    change = 'ALTER TABLE visits ALTER page TYPE "State" USING page::"State"'
    told = help_for("no-table-rewrite", f"CREATE TYPE \"State\" AS ENUM ('a');\n{change};\n")
    assert 'ALTER TABLE visits ADD COLUMN page_new "State";' in told


def test_an_index_takes_no_name_that_is_given_up_only_later() -> None:
    change = "DROP INDEX visits_page;\nALTER TABLE visits ADD CONSTRAINT visits_page UNIQUE (page, day);\n"
    told = help_for("no-blocking-constraint", change)
    assert "CREATE UNIQUE INDEX CONCURRENTLY visits_page_new ON visits (page, day);" in told
    assert "ADD CONSTRAINT visits_page UNIQUE USING INDEX visits_page_new;" in told


def test_what_needs_the_filled_column_comes_behind_it() -> None:
    fill = "BEGIN;\nALTER TABLE visits ADD COLUMN b text;\nUPDATE visits SET b = page;\n"
    assert "into one behind that" in help_for(
        "no-lock-held-over-work", f"{fill}ALTER TABLE visits DROP page;\nCOMMIT;\n"
    )
    assert "behind that" not in help_for("no-lock-held-over-work", f"{fill}COMMIT;\n")


SHOP: Final = """\
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel("Order", fields=[("id", models.BigAutoField(primary_key=True))])]
"""


@pytest.mark.parametrize(
    ("rule", "operation", "told"),
    [
        (
            "no-blocking-constraint",
            "AddField('order', 'by', models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, default=1))",
            "FOREIGN KEY (by_id) REFERENCES … NOT VALID",
        ),
        (
            "no-blocking-index",
            "AddConstraint('order', models.UniqueConstraint(fields=['id'], condition=models.Q(id__gt=5), name='late'))",
            "CREATE UNIQUE INDEX CONCURRENTLY",
        ),
    ],
)
def test_django_is_told_what_it_can_do(rule: str, operation: str, told: str) -> None:
    change = SHOP.replace("initial = True\n    dependencies = []", 'dependencies = [("shop", "0001_initial")]')
    change = f"{change.partition('    operations')[0]}    operations = [migrations.{operation}]\n"
    sources = MemorySources({
        "shop/migrations/0001_initial.py": SHOP.encode(), "shop/migrations/0002_change.py": change.encode(),
    })  # fmt: skip
    settings = Settings(rules={rule: RuleSetting("error")}, migrations=MigrationSettings(judge_all=True))
    (found,) = run(sources, settings, {rule: RULES[rule]}).diagnostics
    assert told in (found.help or "")
