"""Migrations and their operations, whoever wrote them: Alembic, Django, or SQL.

Identifiers are as the database sees them (unquoted ones folded to lower case by the SQL reader), schema-qualified
where the source says so: `public.users`. Types are SQL text, normalised to lower case (`varchar(120)`,
`numeric(10, 2)`), '' where unknown. A constraint or an index whose name is computed, or left to the database, has the
name ''; a table or column never has.

**Django operations speak of models and fields**, and only the state that earlier migrations built says which table
and column those are. So in a migration whose tool is `django`, outside SQL text (`RunSQL`):

- `table` is a *key*: the default name of the model, `app_model` in lower case. `CreateTable` alone carries both
  sides: `table` is the physical name (it may come from `db_table`) and `model` the model, whose key is the default
  name. A replay keeps key → physical name and falls back to the key.
- `RenameTable.model` tells the two renames apart. `RenameModel`: `new_name` is the key of `model`; the physical name
  follows only where it was the default one. `AlterModelTable`: `table` is the key of `model` and stays; `new_name` is
  the new physical name.
- `column` (also `columns` of indexes and constraints, and `new_name` of `RenameColumn`) is a *field* name.
  `ColumnSpec.field` is the field where `name`, the column, differs from it (`author` → `author_id`, or `db_column`).
  A renamed field renames its column accordingly, and none where `db_column` fixed it.
- A many-to-many field is a table of its own: `CreateTable` with the model `app.Model_field`. Dropping, renaming or
  altering such a field (there is no such column, but a table with the key `app_model_field`) drops or renames that
  table.
- `references` is the key of the referenced model, without a column.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from bylaw.facts.code import Unread
from bylaw.source import Span

ConstraintKind = Literal["primary-key", "unique", "foreign-key", "check", "exclude", "not-null"]
Generation = Literal["", "identity", "serial", "stored", "virtual", "computed"]
"""`computed` is stored or virtual, as the server and the tool take it that says neither: PostgreSQL 18 and MySQL keep
no values then.
"""
SERIAL_TYPES: Final = frozenset({"serial", "bigserial", "smallserial"})
"""PostgreSQL's types that bring a sequence along, as every reader spells them (`serial8` is `bigserial`)."""


class ColumnSpec(msgspec.Struct, frozen=True, array_like=True):
    """A column as an operation declares it. None means: not said, or not readable."""

    name: str
    type: str = ""
    nullable: bool | None = None
    server_default: str | None = None
    """The default that the *database* applies, as text; '' when there is one that cannot be written down (an
    expression).
    """
    client_default: bool = False
    """A default that only the ORM applies."""
    primary_key: bool = False
    unique: bool = False
    references: str = ""
    """`table.column` or `table` of an inline foreign key."""
    generated: bool = False
    """Identity, serial or generated: the database fills it."""
    check: str = ""
    comment: str = ""
    span: Span | None = None
    field: str = ""
    """Django: the field's name, where the column is named otherwise, or `db_column` names it."""
    generation: Generation = ""
    """How the database fills it, where `generated` is set and the source says how."""
    constraint_names: tuple[tuple[str, str], ...] = ()
    """(kind, name) of the inline constraints that bear a name; kinds as in `AddConstraint`."""
    indexed: bool = False
    """Django: the field has an index of its own, which an operation beside it creates."""
    labels: tuple[str, ...] = ()
    """The labels of the enum type that `type` names, where the column states them."""
    compared: tuple[tuple[str, str], ...] = ()
    """Django: what of a relation, beside its model and its column, Django compares with the field before: `class` and
    the arguments that are not the usual ones, `?` for a value that is computed. Empty where that is not known."""
    starts_false: bool = False
    """Django: the rows that are there get FALSE in it, of which the database keeps no default."""
    computed_from: tuple[str, ...] = ()
    """Those columns of the same table that a generated column surely reads."""
    always: bool = False
    """An identity that takes no value which a statement gives: `GENERATED ALWAYS`."""


class CreateTable(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="create-table"):
    """A new table. `primary_key` are the columns of its key, in order; `partition_of` is the table that it becomes a
    partition of.
    """

    table: str
    columns: tuple[ColumnSpec, ...]
    primary_key: tuple[str, ...]
    span: Span
    temporary: bool = False
    if_not_exists: bool = False
    comment: str = ""
    model: str = ""
    """Django: `app_label.ModelName`, with which later operations name the table."""
    partial: bool = False
    """There are columns (or constraints) beside these that could not be read, or that another table gives: `LIKE`,
    `INHERITS`, `PARTITION OF`, `AS SELECT`.
    """
    primary_key_name: str = ""
    partition_of: str = ""
    partitioned: bool = False
    """`PARTITION BY`: it has partitions, and no rows of its own."""


class DropTable(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="drop-table"):
    """A table that goes, with CASCADE where `cascade`."""

    table: str
    span: Span
    if_exists: bool = False
    cascade: bool = False


class RenameTable(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="rename-table"):
    """A table that gets another name."""

    table: str
    new_name: str
    span: Span
    model: str = ""
    """Django: the model after the operation, `app_label.ModelName`; see the top of this module."""


class MoveTable(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="move-table"):
    """`SET SCHEMA`."""

    table: str
    schema: str
    span: Span


class AddColumn(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="add-column"):
    """A new column of a table that is there."""

    table: str
    column: ColumnSpec
    span: Span
    if_not_exists: bool = False


class DropColumn(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="drop-column"):
    """A column that goes, with CASCADE where `cascade`."""

    table: str
    column: str
    span: Span
    if_exists: bool = False
    cascade: bool = False


class RenameColumn(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="rename-column"):
    """A column that gets another name."""

    table: str
    column: str
    new_name: str
    span: Span


class AlterColumn(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="alter-column"):
    """What changes is set, all else stays None. `old_*` are what the migration itself says of the state before."""

    table: str
    column: str
    span: Span
    type: str | None = None
    nullable: bool | None = None
    server_default: str | None = None
    """The new default as text ('' for an unwritten expression)."""
    drop_default: bool = False
    comment: str | None = None
    using: str = ""
    old_type: str = ""
    old_nullable: bool | None = None
    definition: ColumnSpec | None = None
    """Django's AlterField and MySQL's MODIFY state the whole new column; what changed follows from the state before."""
    generated: Literal["", "add-identity", "set-identity", "drop-identity", "set-expression", "drop-expression"] = ""
    always: bool | None = None
    """Whether an identity is `GENERATED ALWAYS` from now on; None where that is not said."""


class AddConstraint(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="add-constraint"):
    """A new constraint of a table that is there; `name` is '' where the source gives none.

    `references` is `table.column` where a foreign key points to one column that is named, else the table; `expression`
    is a CHECK's condition as SQL, `using_index` the index that becomes the constraint.
    """

    table: str
    kind: ConstraintKind
    columns: tuple[str, ...]
    span: Span
    name: str = ""
    references: str = ""
    expression: str = ""
    not_valid: bool = False
    using_index: str = ""
    not_enforced: bool = False
    referenced_columns: tuple[str, ...] = ()


class DropConstraint(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="drop-constraint"):
    """A constraint that goes, with CASCADE where `cascade`."""

    table: str
    name: str
    span: Span
    kind: str = ""
    """As the source says: unique, foreign-key, check, primary-key; '' where it does not say."""
    if_exists: bool = False
    cascade: bool = False


class ValidateConstraint(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="validate-constraint"):
    """`VALIDATE CONSTRAINT`: the rows that were there before a constraint are checked."""

    table: str
    name: str
    span: Span


class CreateIndex(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="create-index"):
    """A new index; `name` is '' where the source gives none. `where` is its condition as SQL, '' where it covers all
    rows; `only`: not on the partitions.
    """

    table: str
    name: str
    columns: tuple[str, ...]
    """Empty names stand for expressions."""
    span: Span
    unique: bool = False
    concurrently: bool = False
    if_not_exists: bool = False
    where: str = ""
    only: bool = False
    method: str = ""
    """btree, gin …: '' where the source does not say."""
    reads: tuple[str, ...] = ()
    """What the expressions of a unique index name: the columns that they read, and perhaps more. Empty where one of
    them has a value although a column has none, or nothing was looked at.
    """


class DropIndex(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="drop-index"):
    """An index that goes. `table` is '' where the source does not say whose it is."""

    name: str
    span: Span
    table: str = ""
    concurrently: bool = False
    if_exists: bool = False


class AlterEnum(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="alter-enum"):
    """`change`: add, rename or remove a value of an enum type (or of a MySQL enum column named `table.column`)."""

    type: str
    change: Literal["add", "rename", "remove"]
    value: str
    span: Span
    new_value: str = ""
    placed: bool = False
    """`BEFORE` or `AFTER` says where an added value goes."""
    if_not_exists: bool = False


class Parameter(msgspec.Struct, frozen=True, array_like=True):
    """An input of a function. `name` is '' where it has none, `optional` where it has a default."""

    name: str
    type: str
    optional: bool = False


class CreateObject(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="create-object"):
    """Anything that is no table or index. `kind` is the SQL word in lower case: view, type, function, sequence,
    trigger …
    """

    kind: str
    name: str
    span: Span
    replace: bool = False
    labels: tuple[str, ...] = ()
    """The labels of an enum type."""
    table: str = ""
    """The table that a trigger, policy or rule belongs to."""
    if_not_exists: bool = False
    constrained: bool = False
    """A domain with a CHECK or NOT NULL."""
    columns: tuple[str, ...] = ()
    """The columns of a view, the attributes of a composite type, the result columns of a function: empty where they are
    not known, and so is the name of a column that the source does not name."""
    parameters: tuple[Parameter, ...] | None = None
    """The inputs of a function; None for anything else."""
    returns: str = ""
    """The type that a function gives back; `setof …` for a set of rows."""
    calls: str = ""
    """The function that a trigger runs."""
    restrictive: bool = False
    """A policy that takes rows away from what others allow."""
    reads: tuple[tuple[str, str], ...] = ()
    """(table, column) that a view, a policy, or the condition of a trigger surely reads: PostgreSQL drops none of them
    without CASCADE. The column is '' for the table itself, `*` for all columns that it had then."""
    required: bool = False
    """A domain that refuses NULL, and has no default."""
    empty: bool = False
    """A materialized view WITH NO DATA: nobody can read it until it is refreshed."""


class DropObject(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="drop-object"):
    """What `CreateObject` makes goes, with CASCADE where `cascade`; `table` is that of a trigger, policy or rule."""

    kind: str
    name: str
    span: Span
    if_exists: bool = False
    cascade: bool = False
    table: str = ""
    arguments: tuple[str, ...] | None = None
    """The types of a function's inputs, where the source gives them."""


class RenameObject(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="rename-object"):
    """What `CreateObject` makes gets another name, or an index, or (with its `table`) a constraint."""

    kind: str
    name: str
    new_name: str
    span: Span
    table: str = ""


class SetComment(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="comment"):
    """`COMMENT ON`: `column` is empty for a table; `comment` is empty when it is removed."""

    kind: str
    table: str
    column: str
    comment: str
    span: Span


class DataChange(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="data"):
    """INSERT, UPDATE, DELETE, TRUNCATE, COPY. `filtered`: it has a WHERE."""

    kind: Literal["insert", "update", "delete", "truncate", "copy", "merge", "select"]
    table: str
    span: Span
    filtered: bool = False
    columns: tuple[str, ...] = ()
    cascade: bool = False
    """`TRUNCATE … CASCADE`."""
    literal: bool = False
    """INSERT of VALUES that no query gives: it reads no table."""


class Transaction(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="transaction"):
    """Where a transaction, a savepoint or a block outside of transactions begins or ends."""

    kind: Literal["begin", "commit", "rollback", "savepoint", "autocommit-begin", "autocommit-end"]
    span: Span


class Setting(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="setting"):
    """A parameter of the server that is set for the session, or with `local` for the transaction."""

    name: str
    value: str
    span: Span
    local: bool = False


class Argument(msgspec.Struct, frozen=True, array_like=True):
    """What a helper function is handed: a text, a list of texts, or columns; none of them where it is something
    else.
    """

    text: str | None = None
    texts: tuple[str, ...] | None = None
    columns: tuple[ColumnSpec, ...] | None = None


class HelperCall(msgspec.Struct, frozen=True, array_like=True):
    """A call of a function that another module defines. `function` is qualified as far as this file allows."""

    function: str
    positional: tuple[Argument, ...] = ()
    keywords: tuple[tuple[str, Argument], ...] = ()
    extending: str = ""
    """Django: the operation that a class of this name may extend (`RunSQL`); `meant` is what it does then."""
    meant: tuple[Operation, ...] = ()


class RunCode(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="run-code"):
    """Python that moves data: `RunPython`, a bind's query, a session in `upgrade()`."""

    span: Span
    call: HelperCall | None = None
    """The function of another module that is called, where that is all it does."""


class OtherStatement(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="other"):
    """A statement, or an action of ALTER TABLE, that is understood and changes nothing this model holds; `kind` says
    which.

    Kinds are kebab-case words of SQL. Statements: grant, revoke, vacuum, vacuum-full, analyze, cluster, reindex,
    lock, refresh, call, alter-policy, alter-sequence, alter-role, alter-function, alter-default-privileges,
    set-schema, owner … Actions: attach-partition, detach-partition, enable-row-security, disable-trigger,
    replica-identity, no-inherit, set-statistics, algorithm-copy, lock-shared … Alembic: ignored-argument, of which
    `details` are the keywords that `alter_column` forgets, and `alone` where it does nothing else.
    """

    kind: str
    span: Span
    table: str = ""
    name: str = ""
    """What else it names: the partition, trigger, constraint or object."""
    concurrently: bool = False
    details: tuple[str, ...] = ()
    """What it says beyond that: the privileges of a grant or revoke (none: all), the new schema of `set-schema-…`, the
    options of a role, database or sequence as `name=value`."""
    roles: tuple[str, ...] = ()
    """Who gains or loses by a grant or revoke; `public` is everybody."""
    on: str = ""
    """What kind of thing a grant or revoke names; `all tables` and the like for those of a whole schema."""


NO_POSTGRES: Final = "PostgreSQL does not understand it"
"""How the reason of a statement begins that was read as PostgreSQL's, for want of a sign that it is another's."""


class UnreadOperation(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag="unread"):
    """A statement or call that may change the schema and could not be understood."""

    span: Span
    reason: str
    call: HelperCall | None = None
    """The function of another module that would have to be read; the project does so."""


Operation = (
    CreateTable
    | DropTable
    | RenameTable
    | MoveTable
    | AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | AddConstraint
    | DropConstraint
    | ValidateConstraint
    | CreateIndex
    | DropIndex
    | AlterEnum
    | CreateObject
    | DropObject
    | RenameObject
    | SetComment
    | DataChange
    | Transaction
    | Setting
    | RunCode
    | OtherStatement
    | UnreadOperation
)


class HelperParameter(msgspec.Struct, frozen=True, array_like=True):
    """A parameter of a helper. `kind` is positional, keyword, `*` or `**`."""

    name: str
    kind: str
    default: Argument | None = None


class Helper(msgspec.Struct, frozen=True, array_like=True):
    """A function that revisions may call: what it does, with tokens for its parameters (see `bylaw.facts.late`).

    `late` holds a parameter as `:name`, and constants of other modules by their qualified name.
    """

    function: str
    parameters: tuple[HelperParameter, ...]
    operations: tuple[Operation, ...]
    late: tuple[str, ...] = ()


class Marker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A region between a generator's begin and end comments (`### commands auto generated by Alembic`)."""

    kind: str
    span: Span


ELSEWHERE: Final = "elsewhere"
"""The dialect of a `Variant` for all databases but PostgreSQL, where the code asks for that one alone."""


class Variant(msgspec.Struct, frozen=True, array_like=True):
    """What the migration does on another dialect, where its code asks for the dialect."""

    dialect: str
    operations: tuple[Operation, ...]


class Migration(msgspec.Struct, frozen=True, array_like=True):
    """One migration file (or one section of it). Operations are those of the *up* direction, in order of execution."""

    tool: Literal["alembic", "django", "sql"]
    revision: str
    """Alembic's revision id, Django's `app_label.name`, an SQL file's version or name."""
    parents: tuple[str, ...]
    """Revisions it builds on. SQL files have none: their order is their number. Django: `?` where none can be read."""
    operations: tuple[Operation, ...]
    span: Span
    """The line that names the revision (Alembic `revision =`, Django's class name, the start of an SQL file)."""
    dialect: str = ""
    """postgres, mysql, sqlite …: '' when the file does not say."""
    replaces: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    layout: str = ""
    """Who runs an SQL file: prisma, drizzle, supabase, flyway, golang-migrate, goose, dbmate, diesel, sqlx, sqitch;
    '' unknown.
    """
    initial: bool = False
    """Says of itself that it is the first (Django `initial = True`, no parent)."""
    transactional: bool | None = None
    """What the file itself says: `atomic = False`, `-- +goose NO TRANSACTION`; None when it says nothing."""
    generated: bool = False
    """Bears the marks of its generator."""
    generated_regions: tuple[Marker, ...] = ()
    generator_header: Span | None = None
    comments: tuple[tuple[Span, str], ...] = ()
    """Comments in the file, for `# manual: <reason>` and the like."""
    state_only: tuple[Operation, ...] = ()
    """Django `SeparateDatabaseAndState(state_operations=…)`: changes to the models, not to the database."""
    template: str = ""
    """The reason why the file cannot be read as SQL (it is a template)."""
    unread: tuple[Unread, ...] = ()
    variants: tuple[Variant, ...] = ()
    """For code that asks which database it runs on, `operations` is what it does on PostgreSQL. The other dialects
    that it names, or that are understood to be meant by "not PostgreSQL", stand here where they differ."""
    statements: tuple[Span, ...] = ()
    """SQL files: each statement of the up direction, in order. An operation lies inside one of them; several may
    share one.
    """
    blocks: tuple[Marker, ...] = ()
    """SQL files: regions whose statements may not run: `conditional` (IF, CASE or LOOP in a DO block), `handled`
    (with an exception handler).
    """
    late: tuple[str, ...] = ()
    """Qualified names of other modules' constants, for which the operations hold tokens (see `bylaw.facts.late`)."""
    database_only: tuple[Span, ...] = ()
    """Django: the places of operations that change the database and leave the models alone: SQL,
    `database_operations`, a schema editor."""
    told: tuple[Operation, ...] = ()
    """Django: `RunSQL(state_operations=…)`, what the SQL does as the models are told; not in `state_only`, because the
    database does change."""
    one_way: tuple[Span, ...] = ()
    """Django: `RunPython` and `RunSQL` that say nothing of the way back."""
    embedded: tuple[Span, ...] = ()
    """Python: the statements of SQL in strings, as `statements` in files of SQL, where a string does several things."""
    run_before: tuple[str, ...] = ()
    """Django: migrations, of other apps as a rule, that build on this one without saying so themselves."""
    within: tuple[Span, ...] = ()
    """SQL files: the statements inside of others, those of a DO block or of a function that is called."""

    @property
    def all_statements(self) -> tuple[Span, ...]:
        """Each statement of SQL that has a place of its own, the outer ones first."""
        return (*self.statements, *self.embedded, *self.within)
