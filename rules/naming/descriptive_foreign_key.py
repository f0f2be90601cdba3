"""descriptive-foreign-key"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from bylaw import SLIPS, Adoption, Finding, Location, Project, RuleOptions, project_rule
from bylaw.facts.database import Column, Table
from bylaw.facts.naming import matches_any, same_name, snake
from bylaw.facts.pointers import Pointer

_SOME = 3
"""So many names with a role show what is usual."""


class Options(RuleOptions):
    pattern: str = "{role_}{target_pk}"
    """`{target_pk}`: the key it points to (`user_id`; `<table>_id` where that key is only `id`). `{table}`: the
    singular table name. `{role_}`: what the row is to this one, with an underscore, or nothing (`author_`). A
    pattern without a role allows one in front."""
    allow_bare_role: bool = False
    """Accept `author_id` for a user."""
    exempt: tuple[str, ...] = ()
    """Patterns of physical table names, or of `table.column`, that keep their names."""
    when: Literal["always", "followed"] = "always"
    """`followed`: speak only where in three quarters of at least five tables all foreign keys keep the convention (in
    nine tenths, if in more than five they do not), and of `owner_id` for a user only where most names with a role do.
    Spare names that are only shortened to the last words of the entity (`line_id` for an order line), roles within a
    table (`parent_id`), who did something (`created_by`), and keys by which people know a row (`country` for
    `countries.code`)."""


def _judged(project: Project, options: Options) -> list[tuple[Pointer, bool]]:
    """Every foreign key that the convention speaks of, and whether its name fits."""
    judged = (each for each in project.pointers if not _is_exempt(each.table, each.column, options))
    return [(each, _fits(each, options)) for each in judged]


def _is_exempt(table: Table, column: Column, options: Options) -> bool:
    names = (table.name, f"{table.name}.{column.name}", f"{table.name}.{column.attribute}")
    return matches_any(options.exempt, *names)


def _fits(pointer: Pointer, options: Options) -> bool:
    if options.allow_bare_role and pointer.name.endswith("_id"):
        return True
    if (
        any(pointer.name == name or pointer.name.endswith(f"_{name}") for name in pointer.descriptive)
        and not pointer.to_itself
    ):
        return True
    pattern = options.pattern if "{role" in options.pattern else "{role_}" + options.pattern
    return any(_matches(pointer, pattern, entity, key) for entity in pointer.entities or [""] for key in pointer.keys)


def _matches(pointer: Pointer, pattern: str, entity: str, key: str) -> bool:
    filled = pattern.replace("{target_pk}", key).replace("{table}", entity).replace("{entity}", entity)
    if not pointer.to_itself and same_name(pointer.name, filled.replace("{role_}", "")):
        return True
    if any(part not in pointer.name for part in re.split(r"\{role_?\}", filled)):
        return False  # which is nearly always so, and saves making an expression
    role_ = ".+_" if pointer.to_itself else "(?:.+_)?"
    expression = re.escape(filled).replace(r"\{role_\}", role_).replace(r"\{role\}", ".+")
    return re.fullmatch(expression, pointer.name) is not None


def _adoption(project: Project, options: Options) -> Adoption:
    """Tables whose foreign keys all fit. `user_id` is what anybody writes: where many have a role, these show whether
    the convention is known."""
    keeping: dict[object, bool] = {}
    judged = _judged(project, options)
    for pointer, fits in judged:
        keeping[pointer.table.location] = keeping.get(pointer.table.location, True) and fits
    roles = _roles(judged)
    if len(roles) >= _SOME and not _are_mostly_kept(roles):
        return Adoption(len(roles), sum(roles), "foreign keys with a role")
    return Adoption(len(keeping), sum(keeping.values()), slips=SLIPS)


def _roles(judged: list[tuple[Pointer, bool]]) -> list[bool]:
    """Of the foreign keys that have a role, whether each keeps the convention."""
    return [fits for pointer, fits in judged if not pointer.is_plain and (fits or not _is_spared(pointer))]


def _are_mostly_kept(roles: list[bool]) -> bool:
    return sum(roles) * 4 >= len(roles) * 3


def _is_spared(pointer: Pointer) -> bool:
    return pointer.is_shortened or pointer.is_told_by_custom


@project_rule(
    summary="A foreign key is named after the key it points to, with a role in front where it has one",
    severity="error",
    since="0.1.0",
    sources=("S0-21", "S2-19", "S2-23"),
    adoption=_adoption,
)
def descriptive_foreign_key(project: Project, options: Options) -> Iterator[Finding]:
    """The name of a foreign key shows where it leads: `author_user_id` can be joined without looking anything up.

    It ends in the name of the key it points to, with a role in front where one is needed: `author_user_id` points to
    `users.user_id`. Where that key is only called `id`, it ends in the singular table name and `_id`. A column that
    points to its own table always has a role (`parent_node_id`). Columns without a declared foreign key, such as ids
    of other systems, are not judged, nor is a primary key that is a foreign key as a whole. The attribute that the
    code uses is judged, for Django the one with `_id`.

    Rename the attribute; the physical name may stay: `author_user_id: Mapped[int] = mapped_column("author_id",
    ForeignKey(...))`.

    Bad:

    ```python app/models.py
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class User(Base):
        __tablename__ = "users"

        user_id: Mapped[int] = mapped_column(primary_key=True)


    class Note(Base):
        __tablename__ = "notes"

        note_id: Mapped[int] = mapped_column(primary_key=True)
        writer_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    ```

    Good:

    ```python app/models.py
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


    class Base(DeclarativeBase): ...


    class User(Base):
        __tablename__ = "users"

        user_id: Mapped[int] = mapped_column(primary_key=True)


    class Note(Base):
        __tablename__ = "notes"

        note_id: Mapped[int] = mapped_column(primary_key=True)
        writer_user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    ```
    """
    reported: set[Location] = set()
    for pointer in _deviants(project, options):
        where = pointer.column.location
        if where not in reported:
            reported.add(where)
            yield _finding(pointer, options)


def _deviants(project: Project, options: Options) -> Iterator[Pointer]:
    judged = _judged(project, options)
    deviants = (pointer for pointer, fits in judged if not fits)
    if options.when == "always":
        yield from deviants
        return
    roles = _roles(judged)
    known = len(roles) >= _SOME and _are_mostly_kept(roles)
    for pointer in deviants:
        if not _is_spared(pointer) and (known or not pointer.is_role_alone):
            yield pointer


def _finding(pointer: Pointer, options: Options) -> Finding:
    key = pointer.key
    example = options.pattern.replace("{target_pk}", pointer.keys[0]).replace(
        "{table}", pointer.entities[0] if pointer.entities else key.table
    )
    bare = example.replace("{role_}", "").replace("{role}_", "")
    role = _role(pointer)
    wanted = f"{role}_{bare}" if role else bare
    if pointer.to_itself and not role:
        wanted = f"parent_{bare}"
    bare, wanted = pointer.written(bare), pointer.written(wanted)
    if pointer.to_itself:
        lacking = "needs a role" if pointer.is_plain else "does not say it by role and key"
        message = f"`{pointer.column.attribute}` points to its own table `{key.table}` and {lacking}, like `{wanted}`"
    else:
        target = f"{key.table or pointer.entities[0]}.{key.column}"
        message = f"`{pointer.column.attribute}` points to `{target}`, but its name does not end in `{bare}`"
    if pointer.table.orm == "sql":
        return Finding(pointer.column.location, message, f"Name the column `{wanted}`.")
    if pointer.table.orm == "django" and wanted.endswith("_id"):
        wanted = f"{wanted.removesuffix('_id')}` (Django adds the `_id`), as in `{wanted}"
    return Finding(pointer.column.location, message, f"Rename the attribute to `{wanted}`; its physical name may stay.")


def _role(pointer: Pointer) -> str:
    """What the name says beside the entity: `author` of `author_id` for a user, nothing of `author` for an author."""
    name = pointer.name.removesuffix(f"_{snake(pointer.key.column)}")
    while name.endswith("_id"):
        name = name.removesuffix("_id")
    words = name.split("_")
    for start in range(len(words)):
        rest = "_".join(words[start:])
        if rest == "id" or any(same_name(rest, entity) or entity.endswith(f"_{rest}") for entity in pointer.entities):
            return "_".join(words[:start])
    return name
