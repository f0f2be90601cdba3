"""descriptive-primary-key"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bylaw import SLIPS, Adoption, Finding, Location, Project, RuleOptions, project_rule
from bylaw.facts.database import Column, Table
from bylaw.facts.naming import BARE_KEYS, class_entities, matches_any, same_name, snake, table_entities, written_like
from bylaw.facts.surface import IdUse


class Options(RuleOptions):
    style: Literal["entity_id", "id"] = "entity_id"
    """`entity_id`: the key of users is `user_id`. `id`: every key is exactly `id`."""
    entity_from: Literal["class", "table_singular"] = "class"
    """Where the entity's name comes from; with `class`, a key named after the table passes too."""
    strip_suffixes: tuple[str, ...] = ("Table", "Model", "ORM", "Orm")
    """Ends of class names that are no part of the entity's name."""
    exempt_tables: tuple[str, ...] = ()
    """Patterns of physical table names with keys of another kind, natural keys for instance (`countries`, `ref_*`)."""
    also_check: tuple[Literal["path_params", "schemas", "arguments"], ...] = ()
    """Look at path parameters, fields of request and response models, or function arguments that identify a table of
    this project too. Payloads of events are not among them: their `id` may be the event's own.
    """
    when: Literal["always", "followed"] = "always"
    """`followed`: speak only where three quarters of at least five tables keep the convention; nine tenths, if more
    than five do not. With `entity_id`, spare natural keys (`isbn`), and names that are shortened to the last words of
    the entity or to its initials (`line_id`, `ol_id` for an order line)."""


def _expected(table: Table, options: Options) -> list[str]:
    """Names that fit the key of a table, the best first."""
    if options.style == "id":
        return ["id"]
    by_class = class_entities(table.class_name, options.strip_suffixes) if table.class_name else []
    by_table = table_entities(table.name, table.app_label) if table.name else []
    if options.entity_from == "table_singular" and by_table:
        return [f"{entity}_id" for entity in by_table]
    return [f"{entity}_id" for entity in (*by_class, *by_table)]


def _judged(project: Project, options: Options) -> Iterator[tuple[Table, Column, list[str]]]:
    """Every key that the convention speaks of, with the names that fit it."""
    for table in project.tables:
        if table.context != "app" or table.is_made_elsewhere or matches_any(options.exempt_tables, table.name):
            continue
        keys = [column for column in table.primary_key if not column.from_library]
        single = len(table.primary_key) == 1
        names = _expected(table, options)
        if not names:
            continue  # a table whose name the program computes
        for column in keys:
            if column.foreign_key is None and (single or (options.style == "entity_id" and column.attribute == "id")):
                yield table, column, names


def _fits(column: Column, names: list[str]) -> bool:
    return any(same_name(snake(column.attribute), name) for name in names)


def _is_spared(column: Column, names: list[str], options: Options) -> bool:
    """Whether the name is no deviant where the convention is followed: `line_id` or `ol_id` of an order line, whatever
    else identifies a row (`isbn`); no `id`, and no other entity.
    """
    own = snake(column.attribute)
    if options.when == "always" or options.style == "id" or own in BARE_KEYS:
        return False
    if not own.endswith("_id"):
        return True
    said = own.removesuffix("_id")
    entities = [name.removesuffix("_id") for name in names]
    initials = {"".join(word[0] for word in entity.split("_") if word) for entity in entities}
    return said in initials or any(entity.endswith(f"_{said}") for entity in entities)


def _adoption(project: Project, options: Options) -> Adoption:
    judged = [_fits(column, names) for _, column, names in _judged(project, options)]
    return Adoption(len(judged), sum(judged), slips=SLIPS)


@project_rule(
    summary="A primary key carries the house's name for it: `user_id`, or `id`",
    severity="error",
    since="0.1.0",
    sources=("S0-15", "S2-17", "S2-22", "S2-63", "S4-55"),
    adoption=_adoption,
)
def descriptive_primary_key(project: Project, options: Options) -> Iterator[Finding]:
    """A key that says what it identifies stays readable wherever it travels: in joins, payloads, logs and URLs.

    With `style = "entity_id"` every primary key is named after its entity (`users.user_id`), with `style = "id"`
    every one is exactly `id`. The attribute that the code uses is judged; the physical name behind it is free. A key
    that is itself a foreign key (joined inheritance, one-to-one extensions, association tables) is named by what it
    points to and passes. A key that a mixin or base declares is reported once, there; one that a library declares,
    not at all.

    To repair it without a migration, rename the attribute and keep the column: `user_id: Mapped[int] =
    mapped_column("id", primary_key=True)`.

    Bad:

    ```python app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class Invoice(Base):
        __tablename__ = "invoices"

        id: Mapped[int] = mapped_column(primary_key=True)
    ```

    Good:

    ```python app/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class Invoice(Base):
        __tablename__ = "invoices"

        invoice_id: Mapped[int] = mapped_column(primary_key=True)
    ```
    """
    shared: dict[Location, list[tuple[Table, Column, str]]] = {}
    for table, column, names in _judged(project, options):
        if not _fits(column, names) and not _is_spared(column, names, options):
            wanted = written_like(names[0], (other.attribute for other in table.columns))
            shared.setdefault(column.location, []).append((table, column, wanted))
    for location, cases in shared.items():
        yield _finding(location, cases)
    for kind in options.also_check:
        for use in project.id_uses(kind):
            yield from _elsewhere(use, options)


def _finding(location: Location, cases: list[tuple[Table, Column, str]]) -> Finding:
    table, column, wanted = cases[0]
    label = table.class_name or table.name
    if column.implicit:
        message = f"`{label}` has the implicit primary key `{column.attribute}`, not `{wanted}`"
        return Finding(location, message, f"Declare the key: `{wanted} = models.BigAutoField(primary_key=True)`.")
    if len(cases) > 1:
        others = (
            f"{len(cases)} tables"
            if len(cases) > 2
            else f"`{label}` and `{cases[1][0].class_name or cases[1][0].name}`"
        )
        message = f"`{column.attribute}` becomes the primary key of {others}, where `{wanted}` is expected of `{label}`"
        return Finding(location, message, "Let each table declare its own key.")
    message = f"the primary key of `{label}` is `{column.attribute}`, not `{wanted}`"
    return Finding(location, message, _help(table, column, wanted))


def _help(table: Table, column: Column, wanted: str) -> str:
    if table.orm == "sql":
        return f"Name the column `{wanted}`, where the table exists already in a migration of its own."
    if table.orm == "django":
        kept = f'db_column="{column.name}"'
    elif table.orm == "sqlmodel":
        kept = f'sa_column_kwargs={{"name": "{column.name}"}}'
    else:
        kept = f'mapped_column("{column.name}", ...)'
    return f"Rename the attribute to `{wanted}`; the column may stay: `{kept}`."


def _elsewhere(use: IdUse, options: Options) -> Iterator[Finding]:
    """A path parameter, schema field or argument that names an entity's key otherwise than the convention does."""
    names = _expected(use.table, options)
    if options.style == "entity_id":
        wrong = use.name == "id"
    else:
        own = _expected(use.table, options.changed(style="entity_id", entity_from="class"))
        wrong = use.kind != "arguments" and use.alone and any(same_name(use.name, name) for name in own)
    if wrong:
        what = {"path_params": "the path parameter", "schemas": "the field", "arguments": "the argument"}[use.kind]
        message = f"{what} `{use.name}` of `{use.owner}` identifies a row of `{use.table.class_name or use.table.name}`"
        yield Finding(use.location, f"{message}: `{names[0]}`", f"Rename it to `{names[0]}`.")
