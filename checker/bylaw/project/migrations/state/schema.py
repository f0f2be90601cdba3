"""The schema that migrations have built so far. What is not known stays unknown (None), it is never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bylaw.facts.naming import bare
from bylaw.project.migrations.step import Step


class Note(msgspec.Struct, frozen=True):
    """A comment on a table or column, and the migration that set it."""

    text: str
    by: Step


class ColumnState(msgspec.Struct, frozen=True):
    """A column. `created` is None where no migration was seen to create it: it was there before."""

    name: str
    type: str = ""
    """Normalised SQL text, '' where unknown."""
    nullable: bool | None = None
    default: str | None = None
    """The database's default as text ('' for one that cannot be written down); None where there is none, or none
    known.
    """
    default_known: bool = False
    """Whether `default` tells the truth; False for a column whose declaration was not seen."""
    declared_default: str | None = None
    """The default of the last whole definition: Django compares these, and knows of no default that SQL has set."""
    generated: bool = False
    primary_key: bool = False
    unique: bool = False
    references: str = ""
    created: Step | None = None
    comment: Note | None = None
    field: str = ""
    """Django's name for it, where that differs."""
    unmapped: Step | None = None
    """The migration that took it out of the models and left it in the database."""
    identity: int = 0
    """As for tables; 0 for a column whose addition was not seen."""
    generation: str = ""
    """How the database fills it, as far as that is known: identity, serial, stored or virtual."""
    check: str = ""
    """The condition that its own declaration brings along."""
    compared: tuple[tuple[str, str], ...] = ()
    """Django: of a relation, as in `ColumnSpec`; what the models were last told."""
    computed_from: tuple[str, ...] = ()
    """Columns of the same table that a generated one surely reads."""
    always: bool = False
    """An identity that takes no value which a statement gives."""

    @property
    def required(self) -> bool | None:
        """Whether an INSERT that leaves it out fails; None where that is unknown."""
        if self.generated or self.default is not None or self.nullable:
            return False
        if self.nullable is None or not self.default_known:
            return None
        return True


class ConstraintState(msgspec.Struct, frozen=True):
    """A constraint, by name ('' for one that the database named)."""

    kind: str
    columns: tuple[str, ...]
    name: str = ""
    expression: str = ""
    validated: bool = True
    created: Step | None = None
    enforced: bool = True
    references: str = ""
    """What a foreign key points to: `table.column` or `table`."""
    named: bool = True
    """False where nobody gave it a name: it then has the one that PostgreSQL gives it, or none."""
    inline: bool = False
    """A key that the statement creates which creates the table."""


class IndexState(msgspec.Struct, frozen=True):
    """An index."""

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""
    created: Step | None = None


class TableState(msgspec.Struct, frozen=True):
    """A table. `complete` is False where it may have columns that were not seen."""

    name: str
    columns: Mapping[str, ColumnState] = msgspec.field(default_factory=dict)
    constraints: tuple[ConstraintState, ...] = ()
    indexes: tuple[IndexState, ...] = ()
    complete: bool = False
    created: Step | None = None
    temporary: bool = False
    comment: Note | None = None
    model: str = ""
    """Django: the key of its model."""
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Django: field → column, where they differ."""
    unmapped: Step | None = None
    partition_of: str = ""
    identity: int = 0
    """The same number before and after a rename, another one for a table that was dropped and made again."""
    partitioned: bool = False

    def column(self, name: str) -> ColumnState | None:
        """The column of that name; identifiers that differ in case alone are one."""
        found = self.columns.get(name)
        if found is None and name:
            lowered = name.lower()
            found = next((column for key, column in self.columns.items() if key.lower() == lowered), None)
        return found

    def computed_from(self, name: str) -> tuple[str, ...]:
        """Generated columns that surely read a column: they go with it."""
        return tuple(column.name for column in self.columns.values() if name in column.computed_from)

    def unique_columns(self) -> frozenset[frozenset[str]]:
        """The sets of columns that are unique already, whatever says so. Partial indexes do not."""
        sets = {frozenset(c.columns) for c in self.constraints if c.kind in {"unique", "primary-key"}}
        sets |= {frozenset(index.columns) for index in self.indexes if index.unique and not index.where}
        sets |= {frozenset((column.name,)) for column in self.columns.values() if column.unique}
        key = frozenset(column.name for column in self.columns.values() if column.primary_key)
        return frozenset(sets | {key}) - {frozenset()}


class Schema(msgspec.Struct, frozen=True):
    """Everything at one moment."""

    tables: Mapping[str, TableState] = msgspec.field(default_factory=dict)
    keys: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Django: the model's default table name → the table it has."""
    enums: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Labels by type."""
    objects: Mapping[tuple[str, str], Step] = msgspec.field(default_factory=dict)
    """(kind, name) of a view, type, function … → the migration that created it."""

    bare_names: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Last part of a table's name, in lower case → the tables it may mean."""
    views: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    """Last part of a view's name, materialised or not → the views it may mean, all in lower case."""
    untouched: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Django: keys of models whose table migrations leave alone, and why: `proxy-model` or `unmanaged-model`."""

    def table(self, name: str) -> TableState | None:
        """The table of that name. The schema part counts only where both sides have one; so does the case of the
        letters.
        """
        found = self.tables.get(name)
        if found is not None or not name:
            return found
        schema, _, bare = name.lower().rpartition(".")
        candidates = self.bare_names.get(bare, ())
        matches = [key for key in candidates if _same_schema(schema, key.lower().rpartition(".")[0])]
        return self.tables[matches[0]] if len(matches) == 1 else None

    def of_model(self, key: str) -> TableState | None:
        """Django: the table of the model with that key."""
        return self.table(self.keys.get(key, key))

    def has_view(self, name: str) -> bool:
        """Whether migrations created a view (materialised or not) of that name. A view of another schema is none beside
        a table that they created by exactly this name.
        """
        views = self.views.get(bare(name), ())
        if not views or name.lower() in views:
            return bool(views)
        table, schema = self.tables.get(name), name.lower().rpartition(".")[0]
        is_table = table is not None and table.created is not None
        return not is_table and any(_same_schema(schema, view.rpartition(".")[0]) for view in views)

    def column(self, table: str, column: str) -> ColumnState | None:
        state = self.table(table)
        return state.column(column) if state is not None else None


def _same_schema(one: str, other: str) -> bool:
    """`public` is where names without a schema go; a name without one may mean any."""
    return one == other or not one or not other or {one, other} <= {"", "public", "dbo", "main"}
