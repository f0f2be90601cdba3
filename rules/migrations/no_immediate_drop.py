"""no-immediate-drop"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import Drop, DroppedObject, Finding, Project, Related, RuleOptions, project_rule
from bylaw.facts.naming import listed, matches_any


class Options(RuleOptions):
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
    """Patterns of tables (`legacy_*`), columns (`users.legacy_*`) and other objects (`report_*`) that may be dropped at
    once.
    """


@project_rule(
    summary="Columns, tables, views and the like are dropped only after an earlier release deprecated them",
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

    The same holds for views, functions, sequences, types, schemas and extensions, where statements name them: a
    function that only triggers call, the sequence of a column, or a type that no column has any more is missed by
    nobody. With CASCADE a drop takes others along, and they are named.

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

    The same in SQL, where the first file comes with the release that no longer names the column or view:

    Bad:

    ```sql db/migrations/0002_release_1.sql
    ALTER TABLE users DROP COLUMN nickname;
    DROP VIEW active_users;
    ```

    Good:

    ```sql db/migrations/0002_release_1.sql
    COMMENT ON COLUMN users.nickname IS 'deprecated: unused since this release';
    COMMENT ON VIEW active_users IS 'deprecated: unused since this release';
    ```

    ```sql db/migrations/0003_release_2.sql
    ALTER TABLE users DROP COLUMN nickname;
    DROP VIEW active_users;
    ```

    In Django the first migration takes the field out of the models and leaves it in the database. A required column
    has to become nullable first, or the new code's INSERTs fail:

    Bad:

    ```python shop/migrations/0002_release_1.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RemoveField("order", "note")]
    ```

    Good:

    ```python shop/migrations/0002_release_1.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AlterField("order", "note", models.TextField(null=True, db_comment="deprecated since 2.4")),
            migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", "note")]),
        ]
    ```

    ```python shop/migrations/0003_release_2.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_release_1")]
        operations = [migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN note", migrations.RunSQL.noop)]
    ```
    """
    for drop in project.migrations.drops():
        if matches_any(options.allow, drop.table, drop.name):
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
        reason, help_text = "no earlier release deprecated it", _steps(project, drop, options)
        if announced.verdict == "early" and announced.where is not None:
            reason = _too_early(options)
            related = (Related(announced.where, "deprecated here"), *references)
        replaced = project.migrations.replacement(drop)
        if replaced is not None:
            expand = f"the expand step (`{replaced.name}`, added and filled from it)"
            reason = f"{expand} and the contract step are squeezed into one deployment"
            help_text = f"Deploy the expand step alone, with code that writes both. Then: {help_text}"
            related = (Related(replaced.added.location, "added here"), *related)
        message = f"{verb} {what} under the running release, whose {_statements(drop)} still name it: {reason}"
        yield Finding(drop.change.location, message, help_text, related)
    yield from _objects(project, options)
    if options.check_code_references:
        for dropped in project.migrations.named_constraints():
            verb = "renames" if dropped.new_name else "drops"
            message = f"{verb} the constraint `{dropped.name}`, which code names: its ON CONFLICT fails from then on"
            help_text = "First release code that names the columns of the conflict, not the constraint."
            yield Finding(dropped.change.location, message, help_text, dropped.uses)
        for lost in project.migrations.lost_targets():
            name = getattr(lost.change.operation, "name", "")
            message = f"drops `{name}`, and " if name else ""
            message += (
                f"nothing makes {listed(lost.columns)} of `{lost.table}` unique any more: "
                f"the code's ON CONFLICT ({', '.join(lost.columns)}) fails from then on"
            )
            help_text = (
                "First release code that does without that ON CONFLICT, or keep a unique index of these columns."
            )
            yield Finding(lost.change.location, message, help_text, lost.uses)


def _objects(project: Project, options: Options) -> Iterator[Finding]:
    """Views, functions, types and the like."""
    for drop in project.migrations.dropped_objects():
        if matches_any(options.allow, drop.name, *drop.with_it):
            continue
        announced = project.migrations.object_announcement(drop, options)
        related = drop.uses if options.check_code_references else ()
        what = f"the {drop.kind} `{drop.name}`"
        if drop.through:
            what = f"`{drop.through}` with CASCADE, and {what} with it,"
        elif drop.with_it:
            what = f"{what} and with it {listed(drop.with_it)}"
        if announced.verdict == "made":
            if related:
                message = f"drops {what}, which is deprecated but still in use: the code fails as soon as it is gone"
                yield Finding(drop.change.location, message, "Release code without it first, then drop it.", related)
            continue
        reason = "no earlier release deprecated it"
        if announced.verdict == "early" and announced.where is not None:
            reason = _too_early(options)
            related = (Related(announced.where, "deprecated here"), *related)
        message = f"drops {what} under the running release, whose statements that {_USED[drop.kind]} fail: {reason}"
        yield Finding(drop.change.location, message, _object_steps(project, drop, options), related)


_USED = {
    "view": "read it", "materialized view": "read it", "function": "call it", "procedure": "call it",
    "aggregate": "call it", "routine": "call it", "sequence": "take values of it", "type": "name it",
    "domain": "name it", "extension": "use what it brings", "schema": "use what it holds", "database": "need it",
}  # fmt: skip


def _object_steps(project: Project, drop: DroppedObject, options: Options) -> str:
    """The safe sequence for what is no table."""
    if drop.kind == "database":
        return "Switch every service over first, and drop the database by hand once nobody connects to it."
    name = drop.name if "(" in drop.name else project.migrations.repairs.quoted(drop.name)
    mark = f"COMMENT ON {drop.kind.upper()} {name} IS '{options.marker}: unused since this release'"
    if options.require_deprecation == "registry":
        mark = f"list it in {options.registry or 'the deprecation registry'}"
    elif options.require_deprecation == "release":
        mark = "nothing else"
    elif drop.change.tree.tool == "alembic":
        mark = f'op.execute("{mark}")'
    elif drop.change.tree.tool == "django":
        mark = f'RunSQL("{mark}")'
    without = ", without CASCADE" if drop.with_it or drop.through else ""
    count = "the next one" if options.min_releases == 1 else f"{options.min_releases} releases later"
    return (
        f"Let no code of this release use `{drop.name}` and do no more than mark it: {mark}. "
        f"Drop it in a migration of {count}{without}."
    )


def _too_early(options: Options) -> str:
    if options.min_releases > 1:
        return f"it was deprecated less than {options.min_releases} releases ago"
    return "it is deprecated in the same deployment"


def _statements(drop: Drop) -> str:
    return "SELECTs and INSERTs" if drop.column else "statements"


def _steps(project: Project, drop: Drop, options: Options) -> str:
    """The safe sequence, in the words of the tool that the migration is written for."""
    gone = f"`{drop.name}`"
    if options.require_deprecation == "registry":
        mark = f"list {gone} in {options.registry or 'the deprecation registry'}"
    elif options.require_deprecation == "release":
        mark = "ship that"
    else:
        mark = f"mark it: {_marking(project, drop, options.marker)}"
    count = "the next one" if options.min_releases == 1 else f"{options.min_releases} releases later"
    return f"Take {gone} out of the code in this release and {mark}. Drop it in a migration of {count}."


def _marking(project: Project, drop: Drop, marker: str) -> str:
    tool, quoted = drop.change.tree.tool, project.migrations.repairs.quoted
    text = f"{marker}: unused since this release"
    dialect = project.migrations.servers.dialect(drop.change.tree, drop.change.step)
    if dialect == "sqlite" and tool != "django":
        return 'SQLite keeps no comments, so list it in a registry (`require-deprecation = "registry"`)'
    if tool == "alembic":
        schema, _, table = drop.table.rpartition(".")
        where = f', schema="{schema}"' if schema else ""
        if drop.column:
            return f'op.alter_column("{table}", "{drop.column}", comment="{text}"{where})'
        return f'op.create_table_comment("{table}", "{text}"{where})'
    if tool == "django":
        if drop.column:
            return (
                f'AlterField with db_comment="{text}", then SeparateDatabaseAndState to take it out of the models only'
            )
        return f'AlterModelTableComment("{text}"), and SeparateDatabaseAndState to delete the model only'
    if dialect in {"mysql", "mariadb"}:
        if drop.column:
            return f"ALTER TABLE {drop.table} MODIFY {drop.column} with all that it is, and COMMENT '{text}'"
        return f"ALTER TABLE {drop.table} COMMENT = '{text}'"
    kind = "COLUMN" if drop.column else "TABLE"
    return f"COMMENT ON {kind} {quoted(drop.name)} IS '{text}'"
