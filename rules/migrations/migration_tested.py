"""migration-tested"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule
from bylaw.facts.migration_tests import Untried


class Options(RuleOptions):
    evidence: tuple[str, ...] = ()
    """What counts as a proof besides: paths or globs of files (`tests/test_migrations.py`), and words that a step of a
    CI job contains (`make migrate`)."""
    review_marker: bool = False
    """Report new revisions in which Alembic's `please adjust!` still stands: nobody took it out after reading them."""


@project_rule(
    summary="Something runs the migrations before a deployment does",
    severity="info",
    since="0.1.0",
    sources=("S2-48", "S3-69"),
    concern="robustness",
    confidence="heuristic",
)
def migration_tested(project: Project, options: Options) -> Iterator[Finding]:
    """A migration that was never run fails for the first time where it hurts.

    Whether the data of a test is like production's cannot be seen. What can be seen is whether anything runs the
    migrations at all: a test that imports their runner (pytest-alembic, django-test-migrations, `alembic.command`,
    Django's own test database), a step of a CI job (`alembic upgrade head`, `manage.py migrate`, `prisma migrate`,
    `dbmate up` …), or a task or script that it calls. Where there is none, the newest migration is reported, once for
    each tool that writes migrations.

    Repair: add a test that upgrades to the newest revision and back (`pytest --test-alembic`), or a CI step that
    upgrades a database filled with data like production's.

    Bad:

    ```python alembic/versions/a1_users.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("users", sa.Column("user_id", sa.Integer(), primary_key=True))
    ```

    Good:

    ```python alembic/versions/a1_users.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("users", sa.Column("user_id", sa.Integer(), primary_key=True))
    ```

    ```python tests/test_upgrades.py
    from pytest_alembic.tests import test_single_head_revision, test_up_down_consistency, test_upgrade
    ```

    In Django and in files of SQL:

    Good:

    ```python users/migrations/0001_initial.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        initial = True
        operations = [migrations.CreateModel("User", [("user_id", models.BigAutoField(primary_key=True))])]
    ```

    ```yaml .github/workflows/test.yml
    jobs:
      test:
        steps:
          - run: python manage.py migrate
    ```

    Good:

    ```sql db/migrations/20260101000000_users.sql
    -- migrate:up
    CREATE TABLE users (user_id bigint PRIMARY KEY);

    -- migrate:down
    DROP TABLE users;
    ```

    ```yaml .github/workflows/test.yml
    jobs:
      test:
        steps:
          - run: dbmate up
    ```
    """
    for found in project.migrations.untried(options.evidence):
        yield Finding(
            found.location,
            f"no test and no CI job runs the migrations up to `{found.name}`",
            _help(found),
        )
    if options.review_marker:
        for marked in project.migrations.unreviewed():
            yield Finding(
                marked.location,
                f"the generator's request to adjust `{marked.name}` still stands",
                "Read what it wrote, correct it, and take the words out.",
            )


def _help(found: Untried) -> str:
    match found.tool:
        case "alembic":
            return "Test them with pytest-alembic (`pytest --test-alembic`), or run `alembic upgrade head` in CI."
        case "django":
            return "Let a test use the database, or run `python manage.py migrate` in CI."
        case _:
            return "Let a CI job bring them to a database that is filled like production's."
