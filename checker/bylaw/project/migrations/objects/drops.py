"""Views, functions, types, sequences, schemas and extensions that a deployment takes away from the running release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.objects.extensions import members_of
from bylaw.project.migrations.objects.index import Objects, comes_again, is_there, known_before, same_name
from bylaw.project.migrations.objects.stars import may_read
from bylaw.project.migrations.objects.stories import family
from bylaw.project.migrations.objects.uses import calls, uses, words_used

if TYPE_CHECKING:
    from bylaw.diagnostics import Related
    from bylaw.project import Project

CALLED_BY_TRIGGERS: Final = regex(r"\breturns\s+\"?(?:event_)?trigger\b", re.IGNORECASE)
_DEFAULT_SCHEMA: Final = frozenset({"public", "dbo", "main"})


class DroppedObject(msgspec.Struct, frozen=True, eq=False):
    """Something that is no table, and that is gone afterwards.

    `with_it`: what goes with it because of CASCADE, or because it held it. `through`: the table or column whose drop
    takes it along. `uses`: where the code still says its name.
    """

    change: Change
    kind: str
    name: str
    with_it: tuple[str, ...] = ()
    through: str = ""
    uses: tuple[Related, ...] = ()


def dropped_objects(project: Project, changes: Iterable[Change], objects: Objects) -> Iterator[DroppedObject]:
    """All that the running release can notice, in order.

    What the same deployment made, what it makes again under the name, and what only the database itself used are none:
    functions of triggers, sequences of columns, types of columns that are gone. Django drops models with CASCADE, and
    before 6.1 fields as well; later ones are refused.
    """
    for change in changes:
        match change.operation:
            case ops.DropObject() as drop if _is_noticed(change, drop, objects):
                judge = _JUDGES.get(family(drop.kind))
                if judge is not None:
                    yield from judge(project, change, drop, objects)
                if drop.cascade and family(drop.kind) == "view":
                    yield from _views_on(project, change, objects, drop.name, "")
            case ops.DropTable(table=table) if change.takes_along:
                yield from _views_on(project, change, objects, table, "")
            case ops.DropColumn(table=table, column=column) if change.takes_along:
                yield from _views_on(project, change, objects, table, column)
            case _:
                pass


def _is_noticed(change: Change, drop: ops.DropObject, objects: Objects) -> bool:
    if not known_before(change, drop.kind, drop.name):
        return False
    if family(drop.kind) != "schema" and (comes_again(change, drop.kind, drop.name) or _takes_its_place(change, drop)):
        return False
    if _is_made_by_a_repeatable(change, drop):
        return False
    whole = not change.tree.truncated and any(step.exempt for step in change.tree.steps)
    if drop.if_exists and whole and family(drop.kind) not in {"schema", "extension"}:
        return objects.definition(change, drop.kind, drop.name) is not None
    return True


def _is_made_by_a_repeatable(change: Change, drop: ops.DropObject) -> bool:
    """Whether a migration that Flyway runs again and again makes the object anew."""
    return any(
        _makes(operation, drop)
        for step in change.tree.steps
        if step.is_repeatable and step is not change.step
        for operation in step.migration.operations
    )


def _takes_its_place(change: Change, drop: ops.DropObject) -> bool:
    return family(drop.kind) == "view" and is_there(change, "view", drop.name)


def _found(
    project: Project, change: Change, drop: ops.DropObject, with_it: tuple[str, ...] = (),
    uses_beside: tuple[Related, ...] = (),
) -> Iterator[DroppedObject]:  # fmt: skip
    places = uses(project, drop.kind, drop.name, change.tree) or uses_beside
    yield DroppedObject(change, drop.kind, drop.name, with_it, uses=places)


def _view(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    del objects
    yield from _found(project, change, drop)


def _routine(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    """One that nothing in the database calls is there for the code; of another one only the code itself can tell."""
    if any(_makes(other.operation, drop) for other in change.deployment.changes):
        return  # what became of its calls is a matter of its inputs
    made = objects.definition(change, drop.kind, drop.name)
    if made is not None and CALLED_BY_TRIGGERS.search(made.text):
        return
    for_the_code = made is not None and not objects.mentions(change, drop.name)
    called = calls(objects, change, drop.kind, drop.name) if made is not None else ()
    if for_the_code or called or uses(project, drop.kind, drop.name, change.tree):
        yield from _found(project, change, drop, uses_beside=called)


def _makes(operation: ops.Operation, drop: ops.DropObject) -> bool:
    if not isinstance(operation, ops.CreateObject) or family(operation.kind) != family(drop.kind):
        return False
    return same_name(operation.name, drop.name)


def _sequence(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    made = objects.definition(change, drop.kind, drop.name)
    for_the_code = made is not None and not objects.mentions(change, drop.name)
    if for_the_code or uses(project, "sequence", drop.name, change.tree):
        yield from _found(project, change, drop)


def _type(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    """A server drops no type that a column has, unless CASCADE tells it to drop that, too."""
    del objects
    with_it = tuple(_columns_of(change, drop.name)) if drop.cascade else ()
    if with_it or uses(project, "type", drop.name, change.tree):
        yield from _found(project, change, drop, with_it)


def _columns_of(change: Change, *types: str) -> Iterator[str]:
    """Columns of these types that the running release knows, and that a CASCADE takes away."""
    wanted = {bare(name) for name in types}
    for table in change.before.tables.values():
        known = change.deployment.known_before(table)
        if known is None or table.temporary:
            continue
        for column in table.columns.values():
            if bare(column.type.partition("(")[0].rstrip("[]")) in wanted and known.column(column.name) is not None:
                yield f"{table.name}.{column.name}"


def _schema(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    """An empty one is missed by nobody, and no server drops another one without CASCADE. (MySQL means a database.)"""
    if not drop.cascade and change.step.migration.dialect != "mysql":
        return
    name = drop.name.lower()
    schemas = {name, ""} if name in _DEFAULT_SCHEMA else {name}
    after = change.deployment.after
    tables = [
        table
        for table in change.before.tables.values()
        if table.name.lower().rpartition(".")[0] in schemas and change.deployment.known_before(table) is not None
    ]
    with_it = [
        table.name
        for table in tables
        if (again := after.tables.get(table.name)) is None or again.identity == table.identity
    ]
    with_it += [known for (_, known) in change.deployment.before.objects if known.lower().rpartition(".")[0] == name]
    if with_it or (not tables and objects.definition(change, "schema", drop.name) is None):
        yield from _found(project, change, drop, tuple(with_it))


def _database(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    del objects
    yield from _found(project, change, drop)


def _extension(project: Project, change: Change, drop: ops.DropObject, objects: Objects) -> Iterator[DroppedObject]:
    """One whose functions or types somebody uses: code, or with CASCADE a column or its default."""
    del objects
    members = members_of(drop.name)
    with_it: tuple[str, ...] = ()
    if drop.cascade:
        with_it = (*_columns_of(change, *members.types), *_defaults_of(change, members.functions))
    places = words_used(project, members.functions | members.types, change.tree)
    if with_it or places:
        yield DroppedObject(change, "extension", drop.name, with_it, uses=places)


def _defaults_of(change: Change, functions: frozenset[str]) -> Iterator[str]:
    """Columns whose default calls one of the functions."""
    for table in change.before.tables.values():
        for column in table.columns.values():
            called = re.findall(r"(\w+)\s*\(", column.default or "")
            if any(name.lower() in functions for name in called) and change.deployment.known_before(table) is not None:
                yield f"the default of {table.name}.{column.name}"


def _views_on(project: Project, change: Change, objects: Objects, table: str, column: str) -> Iterator[DroppedObject]:
    """Views that read a table or view, or a column of it, that is dropped with CASCADE, and those that read them."""
    if change.is_new_table(table) or (column and change.is_new_column(table, column)):
        return
    through = f"{table}.{column}" if column else table
    standing = dict(objects.standing(change, "view"))
    gone = [(table, column)]
    for source, part in gone:
        for name, made in list(standing.items()):
            if not _reads(made.text, bare(source)) or same_name(name, source):
                continue
            if part and not _reads(made.text, part) and not may_read(made, part, change):
                continue
            del standing[name]
            gone.append((name, ""))
            if made.step not in change.deployment and not comes_again(change, "view", name):
                found = uses(project, "view", name, change.tree)
                yield DroppedObject(change, made.operation.kind, name, through=through, uses=found)


def _reads(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text, re.IGNORECASE) is not None


_Judge = Callable[["Project", Change, ops.DropObject, Objects], Iterator[DroppedObject]]
_JUDGES: Final[dict[str, _Judge]] = {
    "view": _view,
    "routine": _routine,
    "sequence": _sequence,
    "type": _type,
    "schema": _schema,
    "database": _database,
    "extension": _extension,
}
