"""migration-file-name"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw import Finding, Project, RuleOptions, project_rule
from bylaw.facts.file_names import FileName


class Options(RuleOptions):
    pattern: str = ""
    """A regular expression that the name must match from its start: the part that says what the migration does
    (`add_phone_to_users`), or all of the file's name without suffix. Empty: any phrase in snake_case."""
    directory: str = ""
    """The folder that migrations live in (`alembic/versions`), from the root or from any folder; empty: wherever they
    are."""
    allow_first: bool = True
    """Spare first migrations (`0001_initial`, `init`): they do everything at once."""


@project_rule(
    summary="The name of a migration says what it does",
    severity="info",
    since="0.1.0",
    sources=("S3-41",),
    concern="robustness",
)
def migration_file_name(project: Project, options: Options) -> Iterator[Finding]:
    """A history of `0007_auto_20260301_1200`, `update` and `a1b2c3_` has to be opened file by file to find the change
    that broke something.

    The revision, the number and the date in front of a name are left out; what stays must be a phrase in snake_case
    (files of SQL may have hyphens) with at least one word that tells it from others (`auto`, `update`, `fix`,
    `changes` and the like are none), and match the house's pattern where there is one. Merges, squashes, first
    migrations and Drizzle's random names are spared. Only new migrations are looked at: one that has run somewhere
    keeps its name.

    Repair: rename the file (Alembic and most runners of SQL know it by the revision inside or the number in front), or
    generate it again with a message: `alembic revision -m "add phone to users"`, `makemigrations --name add_phone`.

    Bad:

    ```python alembic/versions/a1b2c3d4e5f6_update.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1b2c3d4e5f6"
    down_revision = "000000000000"


    def upgrade() -> None:
        op.add_column("users", sa.Column("phone", sa.String(), nullable=True))
    ```

    Good:

    ```python alembic/versions/a1b2c3d4e5f6_add_phone_to_users.py
    import sqlalchemy as sa
    from alembic import op

    revision = "a1b2c3d4e5f6"
    down_revision = "000000000000"


    def upgrade() -> None:
        op.add_column("users", sa.Column("phone", sa.String(), nullable=True))
    ```

    In Django and in files of SQL:

    Good:

    ```python users/migrations/0002_add_phone_to_users.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("users", "0001_initial")]
        operations = [migrations.AddField("user", "phone", models.TextField(null=True))]
    ```

    Good:

    ```sql db/migrations/0002_add_phone_to_users.sql
    ALTER TABLE users ADD COLUMN phone text;
    ```
    """
    for step, name in project.migrations.named_files():
        problem = _problem(name, step.path, options, first=step.exempt == "first")
        if problem:
            yield Finding(step.location, problem, _help(name))


def _problem(name: FileName, path: str, options: Options, *, first: bool) -> str:
    folder = path.rpartition("/")[0]
    wanted = options.directory.strip("/")
    if wanted and not f"/{folder}/".startswith(f"/{wanted}/") and f"/{wanted}/" not in f"/{folder}/":
        return f"`{name.stem}` stands in `{folder or '.'}`, migrations live in `{wanted}`"
    if first and options.allow_first:
        return ""
    if not name.words:
        return f"`{name.stem}` has no words that say what the migration does"
    if name.is_vague:
        return f"`{name.stem}` does not say what the migration does"
    if options.pattern:
        matches = re.match(options.pattern, name.words) or re.match(options.pattern, name.stem)
        return "" if matches else f"`{name.words}` does not follow the pattern `{options.pattern}`"
    return "" if _is_written_well(name.words, path) else f"`{name.words}` is not written in snake_case"


def _is_written_well(words: str, path: str) -> bool:
    """Files of SQL may have hyphens: most of their runners write them so."""
    separator = "[-_]" if path.endswith(".sql") else "_"
    return re.fullmatch(rf"[a-z0-9]+(?:{separator}+[a-z0-9]+)*_*", words) is not None


def _help(name: FileName) -> str:
    example = f", such as `{name.suggestion}`," if name.suggestion else ""
    return f"Give it a name that says what changes{example} while it has run nowhere else."
