"""no-hard-delete"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from bylaw import AddImport, Finding, Fix, Project, Replace, RuleOptions, Span, marker_adoption, project_rule
from bylaw.facts.code import Function
from bylaw.facts.naming import SHORT_LIVED, matches_any, says_deleted, says_first_data
from bylaw.facts.queries import ColumnTest, Query, Touch

_CHOICE = re.compile(r"(?:^|_)(?:soft|hard|permanent(?:ly)?|physical(?:ly)?|purge|force)(?:_|$)")
_OF_DELETED = re.compile(r"delet|trash|dead")
"""Managers of the rows that are marked."""
_DELETES = frozenset({"delete", "delete-row", "sql-delete"})


class Options(RuleOptions):
    column: str = "deleted_at"
    """The marker of a soft-deleted row: attribute or physical name. Only tables that have it are looked at."""
    kind: Literal["timestamp", "flag"] = "timestamp"
    """`timestamp`: null until the row is deleted. `flag`: true while it is not (`is_active`), or once it is, where the
    name says so (`is_deleted`).
    """
    allow_paths: tuple[str, ...] = ()
    """Globs of files that may really delete: purge and retention jobs. Tests, migrations and scripts that fill an empty
    database (`seed.py`) always may.
    """
    allow_functions: tuple[str, ...] = (
        "*hard_delete*", "*purge*", "*erase*", "wipe*", "*_wipe*", "*prune*", "*permanent*", "*retention*",
        "*cleanup*", "*clean_up*",
        "*expunge*", "*vacuum*", "*anonymi*", "*garbage*", "*expire*", "reset*", "*_reset*", "*truncate*",
        "*_before", "*empty*trash*", "*gdpr*", "*_older_than*", "*stale*", "*outdated*", "*obsolete*",
    )  # fmt: skip
    """Patterns of function names that say what they do."""
    exempt_tables: tuple[str, ...] = SHORT_LIVED
    """Patterns of physical names of tables whose rows come and go: they are really deleted. So are association rows.
    With the patterns as they are, a table that most reads of the project leave deleted rows out of is none of these.
    """
    when: Literal["always", "followed"] = "always"
    """`followed`: speak only where three quarters of at least five tables have the marker."""


@project_rule(
    summary="Rows of soft-deletable tables are marked, never deleted",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S0-43", "S1-70", "S2-125", "S2-126", "S4-33"),
    adoption=marker_adoption,
)
def no_hard_delete(project: Project, options: Options) -> Iterator[Finding]:
    """A table with a soft-delete marker promises that rows stay: to be restored, audited, synchronised. A delete
    breaks that.

    Looked at: `session.delete(row)`, `delete(Model)`, a query's or manager's `.delete()`, Django's `row.delete()`, a
    method of the project that hands the row to a session, `self.delete()` in a model, the row that a view's
    `perform_destroy` is handed, the delete that a view class inherits, FastCRUD's `db_delete`, and literal `DELETE
    FROM`. Silent where it cannot be known which table is meant, where `delete` is overridden or a session hook marks
    rows, in tests and migrations, and in functions whose names say that they really delete (`purge_…`,
    `hard_delete_…`), that are told how to delete (`soft=True`), or that look for rows which are marked already, by a
    statement's conditions or by an `if` around the delete. What a cascade or a related manager deletes is not
    followed.

    Set the marker instead. The fix writes that update; look at cascades, which a marker does not follow.

    Bad:

    ```python app/models.py
    from datetime import datetime

    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


    class Base(DeclarativeBase): ...


    class Book(Base):
        __tablename__ = "books"

        book_id: Mapped[int] = mapped_column(primary_key=True)
        deleted_at: Mapped[datetime | None]


    def remove(session: Session, book_id: int) -> None:
        session.delete(session.get_one(Book, book_id))
    ```

    Good:

    ```python app/models.py
    from datetime import datetime

    from sqlalchemy import func, update
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


    class Base(DeclarativeBase): ...


    class Book(Base):
        __tablename__ = "books"

        book_id: Mapped[int] = mapped_column(primary_key=True)
        deleted_at: Mapped[datetime | None]


    def remove(session: Session, book_id: int) -> None:
        session.execute(update(Book).where(Book.book_id == book_id).values(deleted_at=func.now()))
    ```
    """
    for touch in project.soft_deletes(options.column).touches:
        query = touch.query
        if query.kind not in _DELETES or touch.undecided or touch.softly or _is_exempt(touch, options):
            continue
        if project.files[touch.path].matches(options.allow_paths) or says_first_data(touch.path):
            continue
        if matches_any(options.allow_functions, query.function.rpartition(".")[2].lower()):
            continue
        if _is_chosen(project, touch) or _is_marked_already(project, touch, options):
            continue
        yield Finding(
            project.files[touch.path].at(query.span),
            f"{_what(touch)} deletes rows of `{touch.table.name or touch.table.class_name}`, which has the soft-delete "
            f"marker `{touch.marker.attribute}`",
            f"Set `{touch.marker.attribute}` instead.",
            fix=_fix(touch, options),
        )


def _around(project: Project, touch: Touch) -> Iterator[Function]:
    """The function that deletes; several where a file defines it more than once."""
    functions = project.files[touch.path].facts.functions
    return (each for each in functions if each.qualified == touch.query.function)


def _is_chosen(project: Project, touch: Touch) -> bool:
    """Whether the function is told how to delete: `def remove(book, soft=True)`."""
    return any(_CHOICE.search(parameter.name) for each in _around(project, touch) for parameter in each.parameters)


def _is_marked_already(project: Project, touch: Touch, options: Options) -> bool:
    """Whether the function looks for rows that were marked before: it clears up after them."""
    if touch.query.style == "django" and _OF_DELETED.search(touch.query.manager):
        return True
    file = project.files[touch.path]
    names = {touch.marker.attribute, touch.marker.name}
    own = (query for query in file.facts.queries if query.function == touch.query.function)
    tests = {(name, test) for query in own for name, _, test in (each.partition("=") for each in query.tests)}
    return any(not test or (name in names and test in _tests_of_deleted(options)) for name, test in tests)


def _tests_of_deleted(options: Options) -> tuple[ColumnTest, ...]:
    if options.kind == "timestamp":
        return "set", "compared", "true"
    return ("true",) if says_deleted(options.column) else ("false",)


def _is_exempt(touch: Touch, options: Options) -> bool:
    if options.exempt_tables == SHORT_LIVED and touch.kept:
        return touch.table.is_association
    return touch.table.is_association or matches_any(options.exempt_tables, touch.table.name)


def _what(touch: Touch) -> str:
    query = touch.query
    if query.style == "session":
        return f"`delete({query.written})`"
    if query.style == "row":
        return f"`{query.written}.delete()`"
    if query.style == "sql":
        return "`DELETE FROM`"
    if query.style == "django" and query.head is None:
        return f"what `{query.written}` inherits"
    return f"`delete({query.written})`" if query.style == "core" else "`.delete()`"


def _fix(touch: Touch, options: Options) -> Fix | None:
    """The update that marks the rows, where the delete stands in a shape that can be rewritten in place."""
    query, path, column = touch.query, touch.path, touch.marker.attribute
    django = touch.table.orm == "django"
    moment = "timezone.now()" if django else "func.now()"
    value = moment if options.kind == "timestamp" else str(says_deleted(options.column))
    edits = _rewritten(query, path, column, value)
    if not edits:
        return None
    imports = [AddImport(path, "django.utils" if django else "sqlalchemy", "timezone" if django else "func")]
    if query.style == "core":
        imports.append(AddImport(path, "sqlalchemy", "update"))
    wanted = imports if options.kind == "timestamp" else imports[1:]
    return Fix(f"Set `{column}` instead of deleting", (*edits, *wanted))


def _rewritten(query: Query, path: str, column: str, value: str) -> tuple[Replace, ...]:
    if query.kind == "delete-row":
        if not query.alone or query.statement is None or not query.written.isidentifier():
            return ()
        saved = f'; {query.written}.save(update_fields=["{column}"])' if query.style == "row" else ""
        return (Replace(path, query.statement, f"{query.written}.{column} = {value}{saved}"),)
    if query.head is None:
        return ()
    if query.style == "core":
        end = Span(query.insert_at, query.insert_at)
        return (Replace(path, query.head, "update"), Replace(path, end, f".values({column}={value})"))
    if query.style == "django":
        return (Replace(path, query.head, f".update({column}={value})"),)
    return (Replace(path, query.head, f'.update({{"{column}": {value}}})'),)
