"""Views, functions, types, sequences and schemas that get another name, or another place, under the running release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.objects.drops import CALLED_BY_TRIGGERS
from bylaw.project.migrations.objects.index import Objects, comes_again, is_there, known_before, same_name
from bylaw.project.migrations.objects.stories import family
from bylaw.project.migrations.objects.uses import calls, uses

if TYPE_CHECKING:
    from bylaw.diagnostics import Related
    from bylaw.project import Project

_NAMED: Final = frozenset({"view", "routine", "type", "sequence", "schema", "database", "attribute"})
_MOVE: Final = "set-schema-"


class RenamedObject(msgspec.Struct, frozen=True, eq=False):
    """Something that is no table and has another name afterwards; `schema` where it only moves to another one.

    `table`: the type that an attribute belongs to. `uses`: where the code says the old name.
    """

    change: Change
    kind: str
    name: str
    new_name: str
    table: str = ""
    schema: str = ""
    uses: tuple[Related, ...] = ()


def renamed_objects(project: Project, changes: Iterable[Change], objects: Objects) -> Iterator[RenamedObject]:
    """All that the running release can notice, in order.

    What the same deployment made, what has its old name again afterwards, and what only the database itself names are
    none: functions of triggers, sequences of columns, types that no column has, indexes and constraints.
    """
    for change in changes:
        match change.operation:
            case ops.RenameObject(kind=kind, name=name, new_name=new_name, table=table) if family(kind) in _NAMED:
                yield from _renamed(project, change, objects, RenamedObject(change, kind, name, new_name, table))
            case ops.OtherStatement(kind=word, name=name, details=details) if word.startswith(_MOVE):
                kind = word.removeprefix(_MOVE).replace("-", " ")
                if family(kind) in _NAMED:
                    yield from _renamed(
                        project, change, objects, RenamedObject(change, kind, name, "", schema="".join(details))
                    )
            case _:
                pass


def _renamed(project: Project, change: Change, objects: Objects, found: RenamedObject) -> Iterator[RenamedObject]:
    kind, name = found.kind, found.name
    if kind == "attribute":
        if known_before(change, "type", found.table):
            yield found
        return
    if bare(name) == bare(found.new_name) or not known_before(change, kind, name):
        return
    stays = found.new_name and family(kind) in {"view", "type"} and is_there(change, kind, name)
    if stays or comes_again(change, kind, name) or _may_be_exchanged(change, found):
        return
    places = uses(project, kind, name, change.tree) or calls(objects, change, kind, name)
    if places or _is_named(change, kind, name, objects):
        yield msgspec.structs.replace(found, uses=places)


def _may_be_exchanged(change: Change, found: RenamedObject) -> bool:
    """Whether the object is put aside and dropped, and what was not understood in between may make another one of the
    old name: an enum type whose new labels are computed.
    """
    unread = False
    for later in change.later:
        match later.operation:
            case ops.UnreadOperation():
                unread = True
            case ops.DropObject(kind=kind, name=name) if family(kind) == family(found.kind):
                if same_name(name, found.new_name):
                    return unread
            case _:
                pass
    return False


def _is_named(change: Change, kind: str, name: str, objects: Objects) -> bool:
    """Whether statements have to say the name, as far as the migrations can tell."""
    made = objects.definition(change, kind, name)
    match family(kind):
        case "routine":
            return made is not None and not CALLED_BY_TRIGGERS.search(made.text) and not objects.mentions(change, name)
        case "sequence":
            return made is not None and not objects.mentions(change, name)
        case "type":
            return any(
                same_name(column.type.partition("(")[0].rstrip("[]"), name)
                for table in change.deployment.before.tables.values()
                for column in table.columns.values()
            )
        case _:
            return True
