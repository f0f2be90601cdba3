"""descriptive-foreign-key"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from bylaw import Adoption, Finding, Location, Project, RuleOptions, project_rule
from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.naming import class_entities, matches_any, same_name, snake, table_entities, written_like

_GENERIC = frozenset({"id", "pk", "uuid", "uid", "guid", "key", "oid"})
_USERS = frozenset({"AbstractUser", "AbstractBaseUser"})
_MAX_DEPTH = 8
_ENDS = ("Table", "Model", "ORM", "Orm")
"""Ends of class names that are no part of the entity's name."""


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
    """`followed`: speak only where in three quarters of at least five tables all foreign keys keep the convention,
    and spare names that are only shortened to the last words of the entity (`line_id` for an order line)."""


class Case(NamedTuple):
    """A foreign key column with the names that would fit it."""

    table: Table
    column: Column
    entities: list[str]
    """Plausible names of what it points to, the best first."""
    keys: list[str]
    """Names that its own may end in, the best first."""
    to_itself: bool
    descriptive: list[str]
    """Names of the key it points to; none where that is only called `id`, or something like it."""

    @property
    def name(self) -> str:
        return snake(self.column.attribute)

    def written(self, name: str) -> str:
        """A name in the style of the table's columns."""
        return written_like(name, (column.attribute for column in self.table.columns))


def _cases(project: Project, options: Options) -> Iterator[Case]:
    users = _users(project)
    for table in project.tables:
        if table.context != "app":
            continue
        for column in table.columns:
            if column.foreign_key is None or column.from_library or _is_exempt(table, column, options):
                continue
            if column.implicit or (column.primary_key and len(table.primary_key) == 1):
                continue
            case = _case(project, table, column, column.foreign_key, users)
            if case is not None:
                yield case


def _is_exempt(table: Table, column: Column, options: Options) -> bool:
    names = (table.name, f"{table.name}.{column.name}", f"{table.name}.{column.attribute}")
    return matches_any(options.exempt, *names)


def _users(project: Project) -> list[Location]:
    """The tables that hold users, whatever stands before the word (`ShopUser`)."""
    tables = (table for table in project.tables if table.context == "app" and table.class_name.endswith("User"))
    return [table.location for table in tables]


def _case(project: Project, table: Table, column: Column, key: ForeignKey, users: list[Location]) -> Case | None:
    """None where the target, or the column in it, is not known."""
    target = project.target_of(key)
    if not key.column or (target is None and not key.table):
        return None
    class_name = target.class_name if target is not None else key.target_model.rpartition(".")[2]
    physical = target.name if target is not None and target.name else key.table
    by_class = class_entities(class_name, _ENDS) if class_name else []
    by_table = table_entities(physical, target.app_label if target is not None else "") if physical else []
    agreeing = (
        target is None
        or target.orm == "django"
        or any(same_name(entity, by_class[0]) for entity in by_table if by_class)
    )
    class_first = bool(by_class) and (not by_table or agreeing)
    entities = by_class + by_table if class_first else by_table + by_class
    entities += [entity for each in _without_namespace(physical, project) for entity in table_entities(each)]
    pointed = target.column(key.column) if target is not None else None
    columns = {snake(key.column), snake(pointed.attribute if pointed is not None else key.column)}
    if target is not None and not _USERS.isdisjoint(base.rpartition(".")[2] for base in target.bases):
        entities.insert(0, "user")
    elif target is not None and users == [target.location]:
        entities.append("user")
    if pointed is not None and pointed.primary_key and pointed.foreign_key is not None:
        inherited, names = _above(project, pointed.foreign_key)
        entities += inherited
        columns = names if pointed.implicit else columns | names
    descriptive = [name for name in sorted(columns) if name not in _GENERIC]
    keys = list(descriptive)
    generic = sorted(columns.intersection(_GENERIC), key=lambda name: (name != "id", name))
    endings = ("id", *generic) if table.orm == "django" else (*generic, "id")
    keys += [f"{entity}_{name}" for entity in entities for name in endings]
    to_itself = target is not None and target.location == table.location
    return Case(table, column, list(dict.fromkeys(entities)), list(dict.fromkeys(keys)), to_itself, descriptive)


def _above(project: Project, key: ForeignKey) -> tuple[list[str], set[str]]:
    """The entities that a row of a child table is as well, and the names of their keys: an order is a document."""
    entities: list[str] = []
    names: set[str] = set()
    for _ in range(_MAX_DEPTH):
        table = project.target_of(key)
        if table is None:
            break
        entities += class_entities(table.class_name, _ENDS) if table.class_name else []
        entities += table_entities(table.name, table.app_label) if table.name else []
        column = table.column(key.column)
        if column is not None and column.foreign_key is not None:
            names |= set() if column.implicit else {column.attribute}
            key = column.foreign_key
            continue
        names.add(column.attribute if column is not None else key.column or "id")
        break
    return entities, names or {"id"}


def _without_namespace(physical: str, project: Project) -> Iterator[str]:
    """`sys_user` without a prefix that several tables share."""
    prefix, _, rest = physical.partition("_")
    if rest and sum(table.name.startswith(f"{prefix}_") for table in project.tables) >= 3:
        yield rest


def _fits(case: Case, options: Options) -> bool:
    if options.allow_bare_role and case.name.endswith("_id"):
        return True
    if any(case.name == name or case.name.endswith(f"_{name}") for name in case.descriptive) and not case.to_itself:
        return True
    pattern = options.pattern if "{role" in options.pattern else "{role_}" + options.pattern
    return any(_matches(case, pattern, entity, key) for entity in case.entities or [""] for key in case.keys)


def _matches(case: Case, pattern: str, entity: str, key: str) -> bool:
    filled = pattern.replace("{target_pk}", key).replace("{table}", entity).replace("{entity}", entity)
    if not case.to_itself and same_name(case.name, filled.replace("{role_}", "")):
        return True
    if any(part not in case.name for part in re.split(r"\{role_?\}", filled)):
        return False  # which is nearly always so, and saves making an expression
    role_ = ".+_" if case.to_itself else "(?:.+_)?"
    expression = re.escape(filled).replace(r"\{role_\}", role_).replace(r"\{role\}", ".+")
    return re.fullmatch(expression, case.name) is not None


def _is_shortened(case: Case) -> bool:
    """`line_id` for an order line: the last words of an entity's name; with a role in front where it needs one."""
    role, _, last = case.name.removesuffix("_id").rpartition("_")
    return bool(role or not case.to_itself) and any(entity.endswith(f"_{last}") for entity in case.entities)


def _adoption(project: Project, options: Options) -> Adoption:
    """Tables whose foreign keys all fit. Where keys are only called `id`, `user_id` is what anybody writes: there the
    names with a role show whether the convention is known."""
    keeping: dict[object, bool] = {}
    roles: list[bool] = []
    generic = 0
    for case in _cases(project, options):
        fits = _fits(case, options)
        keeping[case.table.location] = keeping.get(case.table.location, True) and fits
        if not case.descriptive:
            generic += 1
            if not any(same_name(case.name, key) for key in case.keys) and not _is_shortened(case):
                roles.append(fits)
    with_roles = Adoption(len(roles), sum(roles), "foreign keys with a role")
    known = sum(roles) * 4 >= len(roles) * 3 or len(roles) < 3
    tables = Adoption(len(keeping), sum(keeping.values()))
    return tables if known or generic * 2 < len(keeping) else with_roles


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
    lenient = options.when == "followed"
    reported: set[Location] = set()
    for case in _cases(project, options):
        where = case.column.location
        if where not in reported and not _fits(case, options) and not (lenient and _is_shortened(case)):
            reported.add(where)
            yield _finding(case, options)


def _finding(case: Case, options: Options) -> Finding:
    key = case.column.foreign_key
    assert key is not None  # noqa: S101 - only foreign keys become cases
    example = options.pattern.replace("{target_pk}", case.keys[0]).replace(
        "{table}", case.entities[0] if case.entities else key.table
    )
    bare = example.replace("{role_}", "").replace("{role}_", "")
    role = _role(case, key)
    wanted = f"{role}_{bare}" if role else bare
    needs_role = case.to_itself and any(same_name(case.name, name) for name in (*case.keys, *case.descriptive))
    if case.to_itself and not role:
        wanted = f"parent_{bare}"
    bare, wanted = case.written(bare), case.written(wanted)
    if case.to_itself:
        lacking = "needs a role" if needs_role else "does not say it by role and key"
        message = f"`{case.column.attribute}` points to its own table `{key.table}` and {lacking}, like `{wanted}`"
    else:
        target = f"{key.table or case.entities[0]}.{key.column}"
        message = f"`{case.column.attribute}` points to `{target}`, but its name does not end in `{bare}`"
    if case.table.orm == "sql":
        return Finding(case.column.location, message, f"Name the column `{wanted}`.")
    if case.table.orm == "django" and wanted.endswith("_id"):
        wanted = f"{wanted.removesuffix('_id')}` (Django adds the `_id`), as in `{wanted}"
    return Finding(case.column.location, message, f"Rename the attribute to `{wanted}`; its physical name may stay.")


def _role(case: Case, key: ForeignKey) -> str:
    """What the name says beside the entity: `author` of `author_id` for a user, nothing of `author` for an author."""
    name = case.name.removesuffix(f"_{snake(key.column)}")
    while name.endswith("_id"):
        name = name.removesuffix("_id")
    words = name.split("_")
    for start in range(len(words)):
        rest = "_".join(words[start:])
        if rest == "id" or any(same_name(rest, entity) or entity.endswith(f"_{rest}") for entity in case.entities):
            return "_".join(words[:start])
    return name
