"""soft-delete-filter"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from bylaw import Adoption, Finding, Fix, Project, Replace, RuleOptions, Span, marker_adoption, project_rule
from bylaw.facts.naming import SHORT_LIVED, matches_any, says_deleted, says_first_data, snake
from bylaw.facts.queries import Touch

_ROWS = frozenset({"select", "get", "sql-select"})
_ASKS = {"count": "counts", "exists": "finds", "aggregate": "takes in"}
_DELIBERATE = re.compile(
    r"restore|undelete|deleted|(?:on|pre|post)_delete|trash|purge|tombstone|hard_delete|(?<!a)sync|archiv|retention|"
    r"cleanup|clean_up|erase|anonymi|audit|(?:get|find|first)_or_create|create_or_|backfill|migrat|seed|export|dump|"
    r"(?:^|[._])admin_(?:list|get|find|search|show|view|index|detail|overview|read|fetch|query|all)|_(?:for|as)_admins?\b|"
    r"(?:^|\.)admin\w*\.|uniq|duplicat|\bclean_(?:user_?name|e?mail|slug|name|phone)",
)
_SPARING = re.compile(r"(?:non|not|no|without|exclud\w*|except|skip|ignor\w*)_(?:soft_)?deleted")
"""A function that says so is to leave deleted rows out."""
_CREATES = re.compile(r"^_?(?:create|ensure|register|upsert|add|insert|import|get_or_create)_(\w+)$")
_STATISTICS = re.compile(
    r"statistic|(?:^|[/_.])stats?(?:[/_.]|$)|metric|analytic|report|dashboard|histogram|monitor|observab|telemetr|insight"
)
"""Where numbers and columns of all rows are wanted."""
_TAKEN = re.compile(r"already (?:exist|in use|taken|registered|used)|\btaken\b|[Dd]uplicat|AlreadyExist|must be unique")
"""What is said of a value that another row holds: a deleted row holds it as well."""
_NEAR = 500
"""So many bytes after a statement tell what its rows are for."""
_ADMIN = re.compile(r"(?:^|/)(?:admin|backoffice|back_office)(?:/|\.py$|s?_)")


_ENOUGH = 5
"""So many reads show whether a project leaves deleted rows out."""
_FOLLOWED = 1.5
"""So many times as many reads have to leave them out as do not."""


class Options(RuleOptions):
    column: str = "deleted_at"
    """The marker of a soft-deleted row: attribute or physical name. Only tables that have it are looked at."""
    kind: Literal["timestamp", "flag"] = "timestamp"
    """`timestamp`: null until the row is deleted. `flag`: true while it is not (`is_active`), or once it is, where the
    name says so (`is_deleted`).
    """
    predicate: str = ""
    """How the house writes the filter, for the help text; empty: as the kind suggests."""
    global_hook: tuple[str, ...] = ("with_loader_criteria",)
    """Names whose use anywhere in the project means that reads are filtered centrally; then the rule is silent."""
    exempt_paths: tuple[str, ...] = ()
    """Globs of files that must see deleted rows: synchronisation, exports. Tests, migrations and admin code always
    may, and so may code that fills an empty database.
    """
    exempt_tables: tuple[str, ...] = SHORT_LIVED
    """Patterns of physical names of tables whose rows come and go: they are really deleted. So are association rows.
    With the patterns as they are, a table that most reads of the project leave deleted rows out of is none of these.
    """
    when: Literal["always", "followed"] = "always"
    """`followed`: speak only where three quarters of at least five tables have the marker, and not where most of the
    reads (of at least five) take no notice of it.
    """

    @property
    def alive(self) -> bool:
        """The flag of a row that is not deleted."""
        return not says_deleted(self.column)


def _adoption(project: Project, options: Options) -> Adoption:
    tables = marker_adoption(project, options)
    if not tables.followed:
        return tables
    careless = sum(1 for _ in _unfiltered(project, options))
    careful = sum(
        touch.query.kind in _ROWS and (touch.filtered or bool(touch.hidden))
        for touch in project.soft_deletes(options.column).touches
    )
    if careless * _FOLLOWED > careful and careless + careful >= _ENOUGH:
        return Adoption(careless + careful, careful, "reads of tables with the marker")
    return tables


@project_rule(
    summary="Reads of soft-deletable tables leave deleted rows out",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S0-43", "S2-125", "S2-127"),
    adoption=_adoption,
)
def soft_delete_filter(project: Project, options: Options) -> Iterator[Finding]:
    """Where rows are only marked as deleted, every read has to leave them out, or the deleted order is shipped after
    all.

    Judged are reads that return rows of the table, or columns of them: `select(Model)`, `select(Model.name)`,
    `session.query(Model)`, `Model.query`, `Model.objects`, `session.get(Model, key)`, view classes with a `queryset` or
    `model`, and literal `SELECT … FROM table`. A filter counts wherever it stands: in the statement, added later to the
    same variable, in a helper that the statement passes through or in a function that asked for it, as a check of the
    loaded row, in a manager, or for the whole session.

    A filter of a joined table, or of what a relation leads to (`author__deleted_at`), is none of the rows themselves.

    How many rows there are, whether there is one (`return … is not None`), or a sum may well be meant of all rows.
    Such a statement is judged where the same function reads rows without deleted ones (a page and its total), and a
    count or test also where at least two others of its kind leave deleted rows of the table out, and three quarters
    of them do.

    Not judged, because deleted rows may be wanted or it cannot be known: joined tables, what a relation holds,
    conditions from elsewhere, statements whose callers are unknown, or that a flag (`include_deleted`) chooses; a
    look for a value that has to be unique, or for the row that the same function creates or deletes; columns in code
    for statistics and reports; administration, restoring, purging, auditing, synchronisation, exports, first data,
    migrations and tests.

    Add the filter, or put it in one place: `with_loader_criteria`, a manager.

    Bad:

    ```python app/models.py
    from datetime import datetime

    from sqlalchemy import select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


    class Base(DeclarativeBase): ...


    class Book(Base):
        __tablename__ = "books"

        book_id: Mapped[int] = mapped_column(primary_key=True)
        deleted_at: Mapped[datetime | None]


    def books(session: Session) -> list[Book]:
        return list(session.scalars(select(Book)))
    ```

    Good:

    ```python app/models.py
    from datetime import datetime

    from sqlalchemy import select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


    class Base(DeclarativeBase): ...


    class Book(Base):
        __tablename__ = "books"

        book_id: Mapped[int] = mapped_column(primary_key=True)
        deleted_at: Mapped[datetime | None]


    def books(session: Session) -> list[Book]:
        return list(session.scalars(select(Book).where(Book.deleted_at.is_(None))))
    ```
    """
    for touch in _unfiltered(project, options):
        yield Finding(
            project.files[touch.path].at(touch.query.span),
            _what(touch),
            f"Add {_predicate(touch, options)}.",
            fix=_fix(touch, options),
        )


def _unfiltered(project: Project, options: Options) -> Iterator[Touch]:
    touches = project.soft_deletes(options.column).touches
    hooked = _is_hooked(project, options)
    deletes = {_in_function(touch) for touch in touches if touch.query.kind == "delete-row"}
    for touch in touches:
        if _in_function(touch) in deletes:
            continue  # `Book.objects.get(pk=1).delete()` is judged as a delete
        if not _is_judged(touch) or touch.undecided or touch.filtered or touch.hidden:
            continue
        if not (hooked and touch.query.style != "sql") and not _may_see_deleted(project, touch, options):
            yield touch


def _is_judged(touch: Touch) -> bool:
    """Rows always; single columns outside of statistics; numbers where this project leaves deleted rows out of such."""
    if touch.query.kind in _ROWS:
        return True
    place = f"{touch.path}/{touch.query.function.rpartition('.')[2]}".lower()
    return (touch.query.kind == "columns" or bool(touch.custom)) and not _STATISTICS.search(place)


def _what(touch: Touch) -> str:
    name, marker = touch.table.class_name or touch.table.name, touch.marker.attribute
    if touch.query.kind in _ASKS:
        does = _ASKS[touch.query.kind]
        return f"this {does} deleted rows of `{name}` too: unlike in {touch.custom}, nothing looks at `{marker}`"
    return f"this read of `{name}` returns deleted rows too: nothing looks at `{marker}`"


def _in_function(touch: Touch) -> tuple[str, str, object]:
    """The function of a query, or the place of one outside functions, and the table."""
    return touch.path, touch.query.function or str(touch.query.span.start), touch.table.location


def _may_see_deleted(project: Project, touch: Touch, options: Options) -> bool:
    if touch.table.is_association:
        return True
    is_kept = options.exempt_tables == SHORT_LIVED and touch.kept
    if not is_kept and matches_any(options.exempt_tables, touch.table.name):
        return True
    file = project.files[touch.path]
    function = _SPARING.sub("", touch.query.function.removeprefix(file.facts.module).lower())
    if file.matches(options.exempt_paths) or _ADMIN.search(touch.path) or says_first_data(touch.path):
        return True
    named_so = bool(_DELIBERATE.search(_without_entity(function, touch))) or _looks_before_it_creates(touch, function)
    makes_one = project.soft_deletes(options.column).makes_row(touch)
    return named_so or makes_one or _asks_what_is_taken(project, touch)


def _without_entity(function: str, touch: Touch) -> str:
    """What `_DELIBERATE` is asked about: `list_exports` of a table of exports exports nothing."""
    name = touch.table.class_name.removesuffix("Model").removesuffix("Table")
    return function.replace(snake(name), "").replace(name.lower(), "") if name else function


def _asks_what_is_taken(project: Project, touch: Touch) -> bool:
    """Whether what follows the statement speaks of values that have to be unique."""
    file, after = project.files[touch.path], touch.query.span.end
    own = next((each for each in file.facts.functions if each.qualified == touch.query.function), None)
    end = min(after + _NEAR, own.statement.end) if own is not None else after
    return _TAKEN.search(file.text(Span(after, max(after, end)))) is not None


def _looks_before_it_creates(touch: Touch, function: str) -> bool:
    """`create_user` that looks for a user: a deleted row still holds its unique values."""
    creates = _CREATES.match(function.rpartition(".")[2])
    name = touch.table.class_name.removesuffix("Model").removesuffix("Table").lower()
    return creates is not None and bool(name) and name in creates[1].replace("_", "")


def _is_hooked(project: Project, options: Options) -> bool:
    """Whether a hook that the configuration names is used, by any name: then reads through the ORM are filtered."""
    own = set(options.global_hook) - {"with_loader_criteria"}
    return bool(own) and any(
        own & file.facts.words or any(use.name.rpartition(".")[2] in own for use in file.facts.references)
        for file in project.files.values()
    )


def _predicate(touch: Touch, options: Options) -> str:
    if options.predicate:
        return f"the filter `{options.predicate}`"
    column = touch.marker.attribute
    if options.kind == "timestamp" and touch.marker.nullable is False:
        return f"a filter by `{column}`, which is never NULL here"
    match touch.query.style, options.kind:
        case "sql", "timestamp":
            return f"`{touch.marker.name} IS NULL`"
        case "sql", _:
            return f"`{'' if options.alive else 'NOT '}{touch.marker.name}`"
        case "django", "timestamp":
            return f"`.filter({column}__isnull=True)`"
        case "django", _:
            return f"`.filter({column}={options.alive})`"
        case "session", _:
            return f"a check of `{column}` after loading, or select with a filter"
        case _, "timestamp":
            return f"`.where({touch.query.written}.{column}.is_(None))`"
        case _:
            return f"`.where({touch.query.written}.{column}.is_({options.alive}))`"


def _fix(touch: Touch, options: Options) -> Fix | None:
    query, column = touch.query, touch.marker.attribute
    if query.insert_at < 0 or query.kind not in {"select", "columns"} or not query.written:
        return None
    if options.kind == "timestamp" and touch.marker.nullable is False:
        return None  # a moment that is far away stands for NULL
    if query.style == "django":
        added = (
            f".filter({column}__isnull=True)" if options.kind == "timestamp" else f".filter({column}={options.alive})"
        )
    else:
        method = "where" if query.style == "core" else "filter"
        test = "is_(None)" if options.kind == "timestamp" else f"is_({options.alive})"
        added = f".{method}({query.written}.{column}.{test})"
    return Fix("Leave deleted rows out", (Replace(touch.path, Span(query.insert_at, query.insert_at), added),))
