"""Tables as the project's models declare them: derived by `bylaw.project.tables`, neutral of the ORM."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location

Orm = Literal["sqlalchemy", "sqlmodel", "django", "sql"]
Context = Literal["app", "test", "migration", "example"]
"""What the file around a declaration is for. Conventions speak of `app` tables."""


class ForeignKey(msgspec.Struct, frozen=True):
    """Where a column points. `table` and `column` are physical names; empty where they cannot be known."""

    table: str
    column: str
    target_model: str = ""
    """Qualified class name, where the code names a class."""
    schema: str = ""
    constraint: bool = False
    """Declared together with other columns, by a composite constraint."""


class Column(msgspec.Struct, frozen=True):
    """One column. `attribute` is the name the code uses, `name` the physical one."""

    attribute: str
    name: str
    location: Location
    """The name in the declaration, or the class line for an implicit column (Django's `id`)."""
    type: str = ""
    """As written, without arguments where they are not literal: `String(50)`, `UUID`, `BooleanField`."""
    nullable: bool | None = None
    primary_key: bool = False
    foreign_key: ForeignKey | None = None
    has_default: bool = False
    has_server_default: bool = False
    unique: bool = False
    implicit: bool = False
    from_library: bool = False
    """Declared by a class outside the project."""
    relation: str = ""
    """Django: the attribute that holds the related row (`author`, where `author_id` holds its key)."""
    conditional: bool = False
    """Declared only under a condition, or under a name that cannot be read: the table may lack it."""
    indexed: bool = False
    """`index=True`: it has an index of its own, which is the unique one where `unique` is set as well."""
    sql_type: str = ""
    """The type in the words of SQL (`varchar(50)`), as migrations spell it; '' where it is not known for certain."""
    settled: bool = True
    """All of the declaration was understood, so what it does not say is not so."""
    stamped: bool = False
    """It holds the moment at which the row was made: `auto_now_add=True`, `default=timezone.now`."""

    def as_key(self) -> Column:
        """The same column as a primary key, or as a part of one."""
        return msgspec.structs.replace(self, primary_key=True, nullable=False)


class TableIndex(msgspec.Struct, frozen=True):
    """A unique constraint or an index that a table declares beside its columns. `columns` are physical names."""

    columns: tuple[str, ...]
    location: Location
    unique: bool = False
    constraint: bool = False
    """It is a constraint, not an index by itself."""
    name: str = ""
    """'' where it is computed, or left to the database."""
    partial: bool = False
    """It does not hold for all rows, or is of a kind of its own (`postgresql_using=`)."""


class Table(msgspec.Struct, frozen=True):
    """A mapped class or a `Table(...)`, with inherited columns resolved."""

    name: str
    """Physical name; '' when it is computed."""
    model: str
    """Qualified class name; '' for a plain Table()."""
    class_name: str
    orm: Orm
    location: Location
    """The class's name, or the variable's."""
    columns: tuple[Column, ...]
    complete: bool = True
    """False when a base, mixin or expression could not be followed: columns may be missing."""
    parents: tuple[str, ...] = ()
    """Qualified names of mapped classes it inherits from (joined or single-table inheritance)."""
    is_association: bool = False
    """Named as `secondary=`/`through=`, or its key is made of two or more foreign keys."""
    schema: str = ""
    app_label: str = ""
    context: Context = "app"
    registry: str = ""
    """Canonical name of the declarative base (or metadata object) that the table is registered with."""
    bases: tuple[str, ...] = ()
    """Canonical names of every class it inherits from, the project's own and the libraries'."""
    attributes: frozenset[str] = frozenset()
    """Every name that the class and the project's classes it inherits from define: columns, relations, properties,
    methods.
    """
    managed: bool = True
    """False where migrations may leave the table alone: Django's `managed = False`, or a class that exists only under a
    condition.
    """
    indexes: tuple[TableIndex, ...] = ()
    """Those of `__table_args__`, or among the arguments of `Table(...)`, as far as they were understood."""
    is_view: bool = False
    """A model of SQLAlchemy that stands for a view: `info={"is_view": True}`, or SQL of the project makes the view."""

    @property
    def is_made_elsewhere(self) -> bool:
        """Whether it is a view, or a table of others: a Django model whose `managed = False` says so."""
        return self.is_view or (self.orm == "django" and not self.managed)

    @property
    def primary_key(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.primary_key)

    def column(self, name: str) -> Column | None:
        """The column with that attribute, relation or physical name."""
        return next((c for c in self.columns if name and name in (c.attribute, c.name, c.relation)), None)


class TableRegistration(msgspec.Struct, frozen=True):
    """Whether the place that migrations are generated from knows a table.

    `registry`: path of the module that should import it (a settings module for Django), '' where none is evident.
    `reason`: why.
    """

    table: Table
    status: Literal["registered", "unregistered", "undecided"]
    registry: str = ""
    reason: str = ""
    import_module: str = ""
    """How the registry would import the table's module (`app.models.user`); '' where that is not evident."""
    metadata: Location | None = None
    """Where the `env.py` that should see the table names its metadata."""
    governed: bool = True
    """False where no `env.py` and no registry is about the table's metadata."""
    unloaded: bool = False
    """Django: the application is installed, and nothing imports the table's module; `registry` should."""
