"""soft-delete-column"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import SLIPS, Adoption, Finding, Project, RuleOptions, project_rule
from bylaw.facts.database import Column, Table
from bylaw.facts.naming import matches_any, snake

_MARKERS = (
    "deleted_at", "is_deleted", "deleted", "archived_at", "is_archived", "archived", "removed_at", "is_removed",
    "deleted_on",
    "delete_time", "deleted_date", "date_deleted", "del_flag", "deleted_by", "is_active", "active",
)  # fmt: skip
_RECORDS = ("*_log", "*_logs", "*_event", "*_events", "*_history", "*_outbox", "log", "logs", "history", "outbox")
_BOOLEAN = frozenset({"bool", "boolean", "booleanfield", "nullbooleanfield", "bit"})
_MOMENTS = frozenset({
    "datetime", "timestamp", "datetimefield", "date", "datefield", "timestamptz", "timestamp with time zone",
    "timestamp without time zone",
})  # fmt: skip


class Options(RuleOptions):
    column: str = "deleted_at"
    """The marker every primary entity has: attribute or physical name."""
    kind: Literal["timestamp", "flag"] = "timestamp"
    """`timestamp`: null until the row is deleted (a date-time, or a number of milliseconds). `flag`: a boolean."""
    primary_entities: Literal["auto"] | tuple[str, ...] = "auto"
    """`auto`: every table that is no association table and records no events; else patterns of table names."""
    exempt: tuple[str, ...] = ()
    """Patterns of physical table names whose rows are really deleted."""
    when: Literal["always", "followed"] = "always"
    """`followed`: speak only where three quarters of at least five primary entities have the column; nine tenths, if
    more than five have not."""


def _entities(project: Project, options: Options) -> Iterator[tuple[Table, Column | None]]:
    """Every primary entity with its marker; tables of which too little is known are left out."""
    for table in project.tables:
        if table.context != "app" or table.is_made_elsewhere:
            continue
        if _matches(table, options.exempt) or not _is_primary(table, options):
            continue
        column = _marker(project, table, options.column)
        if column is None and (not _is_known(project, table) or _defines(project, table, options.column)):
            continue
        if column is None and any(above is not table for above in _family(project, table)):
            continue  # its rows begin in the parent, where the column belongs
        yield table, column


def _is_primary(table: Table, options: Options) -> bool:
    if options.primary_entities != "auto":
        return _matches(table, options.primary_entities)
    if table.is_association or not (table.primary_key or table.class_name):
        return False
    if not (table.name or table.class_name):
        return False  # a name that the program computes may be that of a log
    in_words = snake(table.class_name)  # Django runs the words of a class together: `shop_stocklog`
    return not _matches(table, _RECORDS) and not (table.orm == "django" and matches_any(_RECORDS, in_words))


def _matches(table: Table, patterns: tuple[str, ...]) -> bool:
    return matches_any(patterns, table.name)


def _family(project: Project, table: Table) -> Iterator[Table]:
    """The table and those its rows continue in: joined inheritance keeps the marker in the parent."""
    yield table
    for parent in table.parents:
        above = project.table_of(parent)
        if above is not None and above is not table:
            yield from _family(project, above)


def _marker(project: Project, table: Table, name: str) -> Column | None:
    return next((column for each in _family(project, table) if (column := each.column(name)) is not None), None)


def _is_known(project: Project, table: Table) -> bool:
    return all(each.complete for each in _family(project, table))


def _defines(project: Project, table: Table, name: str) -> bool:
    """A property, synonym or relation of that name: something answers to it."""
    return any(name in each.attributes for each in _family(project, table))


def _adoption(project: Project, options: Options) -> Adoption:
    having = [column is not None for _, column in _entities(project, options)]
    return Adoption(len(having), sum(having), slips=SLIPS)


@project_rule(
    summary="Every primary entity has the soft-delete column",
    severity="error",
    since="0.1.0",
    sources=("S0-43", "S2-125", "S2-126"),
    adoption=_adoption,
)
def soft_delete_column(project: Project, options: Options) -> Iterator[Finding]:
    """A row that is marked as deleted can be restored, explained and synchronised; for that every entity needs the
    same marker.

    Association tables, and tables whose names end in `_log`, `_events`, `_history` or `_outbox`, are no primary
    entities. The column may come from a mixin, a base class or a parent table. A table with another marker
    (`is_deleted`, `archived_at`) is reported too: the convention is one column. So is a marker of the wrong kind: a
    `deleted_at` that can never be null marks every row as deleted.

    Add the column, best through the mixin that the other tables use, and a migration that adds it as nullable.

    Bad:

    ```python app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class Customer(Base):
        __tablename__ = "customers"

        customer_id: Mapped[int] = mapped_column(primary_key=True)
    ```

    Good:

    ```python app/models.py
    from datetime import datetime

    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class SoftDelete:
        deleted_at: Mapped[datetime | None] = mapped_column(default=None)


    class Customer(SoftDelete, Base):
        __tablename__ = "customers"

        customer_id: Mapped[int] = mapped_column(primary_key=True)
    ```
    """
    for table, column in _entities(project, options):
        if column is None:
            yield _missing(project, table, options)
        elif not column.from_library and (problem := _wrong_kind(column, options)):
            yield Finding(column.location, f"`{column.attribute}` {problem}", _help(options))


def _missing(project: Project, table: Table, options: Options) -> Finding:
    label = table.class_name or table.name
    other = next(
        (name for name in _MARKERS if name != options.column and _marker(project, table, name) is not None), ""
    )
    if other and not (other in ("is_active", "active") and options.kind == "timestamp"):
        return Finding(
            table.location, f"`{label}` marks deleted rows with `{other}` instead of `{options.column}`",
            f"Use `{options.column}`, as the other tables do.",
        )  # fmt: skip
    return Finding(table.location, f"`{label}` has no soft-delete column `{options.column}`", _help(options))


def _wrong_kind(column: Column, options: Options) -> str:
    kind = column.type.lower().partition("(")[0].strip()
    if options.kind == "timestamp":
        if kind in _BOOLEAN:
            return "is a boolean, not the moment of deletion"
        if kind in _MOMENTS and column.nullable is False and not (column.has_default or column.has_server_default):
            return "can never be null, so every row counts as deleted"
    elif kind in _MOMENTS:
        return "is a moment, not a flag"
    return ""


def _help(options: Options) -> str:
    if options.kind == "timestamp":
        return f"Add a nullable date-time column `{options.column}`, best through the mixin that the other tables use."
    return f"Add a boolean column `{options.column}` with a default, best through the mixin that the other tables use."
