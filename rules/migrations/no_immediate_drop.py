"""no-immediate-drop"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from bylaw import Drop, Finding, Project, Related, project_rule


@dataclass(frozen=True)
class Options:
    require_deprecation: Literal["comment", "registry", "release"] = "comment"
    """What announces a drop: a database comment set by an earlier migration; an entry in `registry`; or (`release`)
    that the running release names the object no longer. A comment is good for all three, and so is an earlier
    migration that takes the object out of the models and leaves it in the database."""
    min_releases: int = 1
    """How many releases must lie between the announcement and the drop: git tags, or migrations where there are no
    tags.
    """
    check_code_references: bool = True
    """Report an announced drop too, while a model maps the object or other code names it."""
    marker: str = "deprecated"
    """The word in a comment that announces a drop, whatever the case."""
    registry: str = ""
    """For `require-deprecation = "registry"`: the file that lists deprecated objects as `table.column` or `table`."""
    allow: tuple[str, ...] = ()
    """Patterns of tables (`legacy_*`) and columns (`users.legacy_*`) that may be dropped at once."""


@project_rule(
    summary="A column or table is dropped only after an earlier release deprecated it",
    severity="error",
    since="0.1.0",
    sources=("S2-43", "S2-44", "S2-47", "S2-142"),
    concern="compatibility",
)
def no_immediate_drop(project: Project, options: Options) -> Iterator[Finding]:
    """While a deployment runs, the old release still reads and writes the schema that it knows. A column or table that
    disappears under it makes every statement fail that names it, and an ORM names all mapped columns in every SELECT
    and INSERT.

    So a drop takes two releases. The first one stops using the object, takes it out of the models and marks it as
    deprecated; a later one drops it. What the same deployment created may be dropped freely, and so may what nobody
    sees go: a table that is rebuilt under its name, a temporary table, a partition, or a change of the models that
    leaves the database alone.

    Bad:

    ```python migrations/versions/b2_drop_nickname.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.drop_column("users", "nickname")
    ```

    Good:

    ```python migrations/versions/b2_deprecate_nickname.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("users", "nickname", comment="deprecated since 2.4, nothing reads it")
    ```

    ```python migrations/versions/c3_drop_nickname.py
    from alembic import op

    revision = "c3"
    down_revision = "b2"


    def upgrade() -> None:
        op.drop_column("users", "nickname")
    ```
    """
    for drop in project.migrations.drops():
        if any(fnmatchcase(name, pattern) for name in (drop.table, drop.name) for pattern in options.allow):
            continue
        announced = project.migrations.announcement(drop, options)
        references = project.migrations.references(drop) if options.check_code_references else ()
        what = f"the column `{drop.name}`" if drop.column else f"the table `{drop.table}`"
        verb = "rebuilds the table without" if drop.rebuilt else "drops"
        if announced.verdict == "made":
            if references:
                message = f"{verb} {what}, which is deprecated but still in use: the code fails as soon as it is gone"
                help_text = "Release code that no longer names it first, then drop it."
                yield Finding(drop.change.location, message, help_text, references)
            continue
        related = references
        reason = "no earlier release deprecated it"
        if announced.verdict == "early" and announced.where is not None:
            reason = _too_early(options)
            related = (Related(announced.where, "deprecated here"), *references)
        message = f"{verb} {what} under the running release, whose {_statements(drop)} still name it: {reason}"
        yield Finding(drop.change.location, message, _steps(drop, options), related)
    if options.check_code_references:
        for dropped in project.migrations.named_constraints():
            verb = "renames" if dropped.new_name else "drops"
            message = f"{verb} the constraint `{dropped.name}`, which code names: its ON CONFLICT fails from then on"
            help_text = "First release code that names the columns of the conflict, not the constraint."
            yield Finding(dropped.change.location, message, help_text, dropped.uses)


def _too_early(options: Options) -> str:
    if options.min_releases > 1:
        return f"it was deprecated less than {options.min_releases} releases ago"
    return "it is deprecated in the same deployment"


def _statements(drop: Drop) -> str:
    return "SELECTs and INSERTs" if drop.column else "statements"


def _steps(drop: Drop, options: Options) -> str:
    """The safe sequence, in the words of the tool that the migration is written for."""
    gone = f"`{drop.name}`"
    if options.require_deprecation == "registry":
        mark = f"list {gone} in {options.registry or 'the deprecation registry'}"
    elif options.require_deprecation == "release":
        mark = "ship that"
    else:
        mark = f"mark it: {_marking(drop, options.marker)}"
    count = "the next one" if options.min_releases == 1 else f"{options.min_releases} releases later"
    return f"Take {gone} out of the code in this release and {mark}. Drop it in a migration of {count}."


def _marking(drop: Drop, marker: str) -> str:
    tool = drop.change.tree.tool
    text = f"{marker}: unused since this release"
    if tool == "alembic":
        if drop.column:
            return f'op.alter_column("{drop.table}", "{drop.column}", comment="{text}")'
        return f'op.create_table_comment("{drop.table}", "{text}")'
    if tool == "django":
        if drop.column:
            return (
                f'AlterField with db_comment="{text}", then SeparateDatabaseAndState to take it out of the models only'
            )
        return f'AlterModelTableComment("{text}"), and SeparateDatabaseAndState to delete the model only'
    kind = "COLUMN" if drop.column else "TABLE"
    return f"COMMENT ON {kind} {drop.name} IS '{text}'"
