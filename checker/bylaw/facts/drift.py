"""Where the models and the schema that migrations build disagree: derived by `bylaw.project.schema_drift`."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location

DriftKind = Literal[
    "table", "column", "left-table", "left-column", "nullability", "type", "foreign-key", "unique", "index",
    "constraint", "required", "removed",
]  # fmt: skip


class Drift(msgspec.Struct, frozen=True):
    """One table, column, key or index that one side has and the other lacks, or that they tell differently.

    `table`, `column`, `foreign-key`, `unique`, `index`, `constraint` (Django's named ones): a model declares it, and no
    migration creates it. `left-table`, `left-column`: migrations create it, and no model declares it. `required`: a
    column of that sort that takes no NULL and that nothing fills; `removed`: one that does no harm. `nullability`,
    `type`: a column differs in it.
    """

    kind: DriftKind
    tool: Literal["alembic", "django", "sql"]
    location: Location
    """The model's line (class or column); the migration's operation for `left-table`."""
    table: str
    """Physical name."""
    model: str
    """The class's name, or '' where there is none."""
    column: str = ""
    """Physical name; for Django the field's name."""
    type: str = ""
    """As the model writes it; as SQL for what is left over."""
    others: tuple[str, ...] = ()
    """Further tables for which the same line declares the column (a mixin's)."""
    related: tuple[tuple[Location, str], ...] = ()
    """The other side: where migrations create the table, or the column that is left over."""
    app: str = ""
    """Django: the application's label."""
    columns: tuple[str, ...] = ()
    """What a key or an index is over: physical names; for Django the fields' names."""
    wanted: str = ""
    """`nullability`: NULL or NOT NULL; `type`: the type; `foreign-key`: the table it points to; the name of a
    constraint or an index. As the model has it."""
    built: str = ""
    """The same as migrations leave it."""


class Push(msgspec.Struct, frozen=True):
    """Code that creates tables from the models, beside the migrations."""

    location: Location
    text: str
    """As written: `Base.metadata.create_all`, `run_syncdb`."""
    in_tests: bool = False


def nullability(nullable: bool) -> str:
    """How SQL says whether a column takes NULL."""
    return "NULL" if nullable else "NOT NULL"
