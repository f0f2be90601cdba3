"""merged-migration-unchanged"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bylaw import DeletedMigration, EditedMigration, Finding, NoOptions, Project, project_rule
from bylaw.facts.migrations import CreateObject, DataChange, DropObject, Operation, OtherStatement, RenameObject
from bylaw.facts.wording import operation_in_words

_HELP = "Bring `{name}` back to what it was when it was merged, and put the change into a new migration."
_BACK = "Bring {names} back, and undo in a new migration what is not wanted any more."


@project_rule(
    summary="A migration that is merged stays as it is",
    severity="warning",
    since="0.1.0",
    sources=("S2-141",),
    concern="robustness",
)
def merged_migration_unchanged(project: Project, options: NoOptions) -> Iterator[Finding]:
    """A runner remembers which migrations a database has run, not what stood in them. One that is edited after it was
    merged runs in its new form on fresh databases alone: production keeps the old one, tests see the new one, and no
    tool tells the difference. The same goes for one that is renamed (it runs a second time, or is not found), for one
    that is deleted while the migrations before it stay (what it did stays in the databases that ran it; Alembic does
    not find its place any more), and for an Alembic revision that is put on top of another one (a database that is past
    it skips that one).

    Compared with the default branch, or with `--since REV`. What counts is what a migration leaves behind: comments,
    docstrings, formatting, the way down, guards like `IF NOT EXISTS`, `CONCURRENTLY`, time limits and the inside of
    `RunPython` functions may change. Squashing, a history that begins anew or without its oldest migrations, deleting
    or moving whole folders, Flyway's repeatable files, Sqitch's reworked changes and changesets appended to a Liquibase
    file are no edits.

    It is a warning, because a branch may be merged before anybody has deployed it: whether a database has run it
    cannot be seen from here. Repair: bring the merged text back, and write a new migration for the change.

    Bad:

    ```sql migrations/001_users.sql base
    CREATE TABLE users (user_id bigint PRIMARY KEY, nick text);
    ```

    ```sql migrations/001_users.sql
    CREATE TABLE users (user_id bigint PRIMARY KEY, nick varchar(40));
    ```

    Good:

    ```sql migrations/001_users.sql base
    CREATE TABLE users (user_id bigint PRIMARY KEY, nick text);
    ```

    ```sql migrations/001_users.sql
    -- The people who may sign in.
    CREATE TABLE users (
        user_id bigint PRIMARY KEY,
        nick text
    );
    ```

    ```sql migrations/002_short_nicks.sql
    ALTER TABLE users ADD CONSTRAINT short_nick CHECK (length(nick) <= 40) NOT VALID;
    ```

    In Alembic and Django, too, the merged file stays, and the change is a file of its own:

    Good:

    ```python alembic/versions/a1_users.py base
    import sqlalchemy as sa
    from alembic import op

    revision = "a1"
    down_revision = None


    def upgrade() -> None:
        op.create_table("users", sa.Column("user_id", sa.BigInteger(), primary_key=True), sa.Column("nick", sa.Text()))
    ```

    ```python alembic/versions/b2_short_nicks.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.create_check_constraint("short_nick", "users", "length(nick) <= 40", postgresql_not_valid=True)
    ```

    Good:

    ```python users/migrations/0001_initial.py base
    from django.db import migrations, models


    class Migration(migrations.Migration):
        initial = True
        operations = [
            migrations.CreateModel(
                "User", [("user_id", models.BigAutoField(primary_key=True)), ("nick", models.TextField(null=True))]
            )
        ]
    ```

    ```python users/migrations/0002_short_nicks.py
    from django.contrib.postgres.operations import AddConstraintNotValid
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("users", "0001_initial")]
        operations = [
            AddConstraintNotValid(
                "user", models.CheckConstraint(condition=models.Q(nick__length__lte=40), name="short_nick")
            )
        ]
    ```
    """
    del options
    for edit in project.migrations.edited():
        step = edit.step
        location = step.at(edit.added[0].span) if edit.added else step.location
        yield Finding(location, _message(edit), _HELP.format(name=edit.name or step.name))
    for gone in project.migrations.deleted():
        names = _listed([f"`{one.name}`" for one in gone])
        yield Finding(gone[0].before.location, _gone(gone, names), _BACK.format(names=names))


def _gone(gone: Sequence[DeletedMigration], names: str) -> str:
    before = gone[0].before
    alembic = before.migration.tool == "alembic"
    lost = "a database that stands there does not find its place" if alembic else "new databases never get that"
    merged = f"merged behind `{before.name}`"
    if len(gone) == 1:
        return f"{names} was {merged} and is gone: databases that ran it keep what it did, and {lost}"
    return f"{names} were {merged} and are gone: databases that ran them keep what they did, and {lost}"


def _message(edit: EditedMigration) -> str:
    name = edit.step.name
    if edit.name:
        migration = edit.step.migration
        then = "databases that ran it run it again"
        if migration.tool == "alembic":
            then = "a database that stands there does not find it"
        elif migration.layout in {"flyway", "refinery"}:
            then = "a database that ran it knows its number by that name, and the next migration fails"
        return f"`{name}` was merged as `{edit.name}`: {then}"
    added, gone = _said(edit.added), _said(edit.gone)
    both = [words for words in added if words in gone]
    if both:
        return f"`{name}` was merged with another {_listed(both)}: databases that ran it keep the old one"
    if added:
        return f"`{name}` was merged without {_listed(added)}: databases that ran it never get that"
    if gone:
        return f"`{name}` was merged with {_listed(gone)}, which it lacks now: databases that ran it keep that"
    parents = _listed([f"`{parent}`" for parent in edit.parents])
    return f"`{name}` was merged on top of {parents} alone: databases that are past it skip what was put before it"


def _listed(words: Sequence[str]) -> str:
    more = len(words) - 2
    return " and ".join(words[:2]) + (f" and {more} more" if more > 0 else "")


def _said(operations: Sequence[Operation]) -> list[str]:
    """`add-column` of `customer.vat_number`, each once."""
    return list(dict.fromkeys(operation_in_words(operation, _kind(operation)) for operation in operations))


def _kind(operation: Operation) -> str:
    """`add-column`, `create-view`, `update`."""
    tag = str(type(operation).__struct_config__.tag)
    match operation:
        case CreateObject() | DropObject() | RenameObject():
            return tag.replace("object", operation.kind)
        case DataChange() | OtherStatement():
            return operation.kind
        case _:
            return tag
