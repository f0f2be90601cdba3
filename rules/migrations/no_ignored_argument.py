"""no-ignored-argument"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw import Finding, NoOptions, Project, project_rule

_INSTEAD: Final = {
    "default": "`server_default=` sets a default that the database applies; one of the ORM belongs to the model",
    "type": "the new type is `type_=`",
    "unique": "a unique constraint is `op.create_unique_constraint(…)`",
    "index": "an index is `op.create_index(…)`",
    "primary_key": "a primary key is `op.create_primary_key(…)`",
}


@project_rule(
    summary="alter_column is told nothing that Alembic takes no notice of",
    severity="warning",
    since="0.1.0",
    sources=("S2-43",),
    concern="robustness",
)
def no_ignored_argument(project: Project, _options: NoOptions) -> Iterator[Finding]:
    """Alembic's `alter_column` changes what `nullable=`, `server_default=`, `type_=`, `comment=` and
    `new_column_name=` say, and forgets any other keyword without a word. A `Column(…)` in the place of the column's
    name says nothing, either. The migration runs, the database stays as it was, and the models say otherwise.

    Arguments that only describe the column (`existing_type=`, `existing_nullable=`) are no part of this.

    Repair: say it in the words of `alter_column`, or with the operation that does it.

    Bad:

    ```python migrations/versions/b2_open.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("orders", sa.Column("is_open", sa.Boolean(), nullable=False))
        op.alter_column("orders", "kind", default="plain")
    ```

    Good:

    ```python migrations/versions/b2_open.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.alter_column("orders", "is_open", nullable=False)
        op.alter_column("orders", "kind", server_default="plain")
    ```

    Nothing to show in SQL or Django: a server, and Django's `AlterField`, refuse what they do not know.
    """
    for found in project.migrations.ignored_arguments():
        if found.names:
            said = ", ".join(f"`{name}=`" for name in found.names)
            of = f"`{found.table}.{found.column}`, of which Alembic takes no notice"
            rest = "so changes nothing" if found.alone else "changes the rest alone"
            message = f"tells `alter_column` {said} of {of}, and {rest}"
            help_text = f"Say it otherwise: {', '.join(_INSTEAD[name] for name in found.names)}."
        else:
            message = f"hands `alter_column` a Column for a column's name, and so changes nothing of `{found.table}`"
            help_text = 'Say what changes: alter_column("…", "<name>", nullable=…, server_default=…, type_=…).'
        yield Finding(found.change.location, message, help_text)
