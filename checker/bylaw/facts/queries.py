"""Reads and deletes of rows, as far as one function tells them. The project decides which table an entity is."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from bylaw.facts.database import Column, Table
from bylaw.facts.values import Constant, Items, Ref, Value, children
from bylaw.source import Span

QueryKind = Literal[
    "select", "columns", "count", "exists", "aggregate", "get", "delete", "delete-row", "sql-select", "sql-delete"
]
QueryStyle = Literal["core", "query", "flask", "django", "session", "row", "sql"]
ColumnTest = Literal["null", "set", "true", "false", "compared"]
"""What a condition asks of a column."""
HANDED_OUT: Final = "it is handed to the caller"
"""Why nothing is decided of a statement that its function returns unexecuted."""
INSIDE: Final = "it is part of another value"
KEPT_AS: Final = "?self."
"""How a name begins that says where rows are kept: `?self.book`, for `self.book = …`."""
HELPED_OUT: Final = "what a function makes of it is handed to the caller"
HELPED_INSIDE: Final = "what a function makes of it is part of another value"
"""As before, of what a function made of the statement: nothing is open where that executes it."""


class Query(msgspec.Struct, frozen=True, array_like=True):
    """A statement that reads or deletes rows.

    kind: `select` (`select(Model)`, `session.query(Model)`, `Model.query…`, `Model.objects…`), `columns`
    (`select(Model.title)`), `count` and `exists` (how many there are, or whether), `aggregate` (what else is computed
    from many rows), `get` (`session.get(Model, key)`), `delete` (`delete(Model)`, a query's or manager's `.delete()`),
    `delete-row` (`session.delete(row)`, `row.delete()`), and `sql-select`, `sql-delete` for literal SQL text.
    """

    kind: QueryKind
    span: Span
    """The call that starts the statement (`select(Model)`), for deletes the call that deletes, or the SQL literal."""
    entity: str = ""
    """The model's qualified name as the module knows it, or that of the class attribute that holds it (`self.model`),
    or of the function that returns a row, with `()`, or of the object that reads rows, with `[]`, or the name of a
    parameter without a type, with `?`; '' for SQL text.
    """
    table: str = ""
    """For SQL text: the table, as written, without quotes."""
    names: frozenset[str] = frozenset()
    """Every name that the statement's filters and options mention, and every attribute that is read of its rows. A
    column of another class than the entity stands there with its class (`Author.deleted_at`), an attribute of what may
    be such a row with `?` (`?.deleted_at`).
    """
    helpers: tuple[str, ...] = ()
    """Qualified names of functions that the statement or its rows are handed to: they may filter."""
    undecided: str = ""
    """Why it cannot be decided what the statement does: handed out unexecuted, filters from elsewhere …"""
    function: str = ""
    """Qualified name of the enclosing function; '' in a class body or at module level."""
    style: QueryStyle = "core"
    """`core`: select()/delete(); `query`: session.query(Model); `flask`: Model.query; `django`: a manager;
    `session`: session.get and session.delete; `row`: a method of the row itself."""
    manager: str = ""
    """Django: the manager's name (`objects`)."""
    written: str = ""
    """The entity, or for `delete-row` the row, as written."""
    insert_at: int = -1
    """Byte offset at which a further filter may be written (`.where(…)`); -1 where there is none."""
    head: Span | None = None
    """For `delete(Model)`: the name that is called; for a query's `.delete()`: from the dot to the end."""
    alone: bool = False
    """The deleting call is a statement of its own; `statement` is its span, `await` included."""
    statement: Span | None = None
    tests: frozenset[str] = frozenset()
    """What its conditions ask of columns (`deleted_at=set`, with a `ColumnTest`), whatever way they are written; and
    methods that say that they look for deleted rows (`deleted()`).
    """


class Touch(msgspec.Struct, frozen=True):
    """A query of application code on a soft-deletable table, with what the whole project says of it."""

    path: str
    query: Query
    table: Table
    marker: Column
    undecided: str = ""
    """Why it cannot be said what the statement does; '' when it can."""
    filtered: bool = False
    """The statement, or what is done with its rows, speaks of the marker or of deleted rows."""
    hidden: str = ""
    """Why the rows may be filtered elsewhere (a manager, criteria for all queries); '' when nothing does."""
    softly: str = ""
    """Why this delete may only mark rows (overridden, a session hook); '' when it really deletes."""
    kept: bool = False
    """Several other reads of the table leave deleted rows out, and most do: its rows are marked, not deleted."""
    custom: str = ""
    """What of this project leaves deleted rows out, where a count and the like asks about all rows; '' when nothing
    says that it should not."""


def row_type(annotation: Value | None) -> str:
    """The class in an annotation: `Book`, `Book | None`, `Annotated[Book, …]`, `list[Book]`."""
    if annotation is None or isinstance(annotation, Constant):
        return ""
    if isinstance(annotation, Ref):
        return "" if annotation.name.partition(".")[0] in {"builtins", "typing"} else annotation.name
    parts = annotation.items[:1] if isinstance(annotation, Items) else children(annotation)
    return next((found for part in parts if (found := row_type(part))), "")
