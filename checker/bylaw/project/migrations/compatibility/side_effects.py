"""What the database does beside the statements of the running release, and does no more, or otherwise, afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.objects.index import Definition, Objects, known_before, same_name

Kind = Literal["trigger", "rule", "inheritance", "sequence", "function", "view", "setting", "replica"]
_SETS: Final = regex(r"\bnew\.\"?(\w+)\"?\s*(?::=|=)(?!=)", re.IGNORECASE)
_ACTS: Final = regex(r"\b(?:insert\s+into|update\s+\w|delete\s+from|notify|pg_notify|perform|merge)\b", re.IGNORECASE)
_BEFORE_INSERT: Final = regex(r"\bbefore\s{1,99}(?:\w{1,63}\s{1,99}){0,40}?insert\b", re.IGNORECASE)
_CONDITION: Final = regex(r"\b(?:if|elsif|when)\b.{0,500}?\bthen\b", re.IGNORECASE | re.DOTALL)


class SideEffect(msgspec.Struct, frozen=True, eq=False):
    """`done`: `dropped`, `disabled`, `changed`, or `detached`. `columns` are what a trigger filled, as far as that is
    known. `strict`: whether anybody notices depends on what cannot be seen.
    """

    change: Change
    kind: Kind
    done: Literal["dropped", "disabled", "changed", "detached"]
    table: str
    name: str
    columns: tuple[str, ...] = ()
    detail: str = ""
    strict: bool = False


def side_effects(changes: Iterable[Change], objects: Objects) -> Iterator[SideEffect]:
    """All of them, in order.

    Triggers that are made again, that only refuse rows, that served a column which goes as well, and those of tables
    that go, are left out.
    """
    for change in changes:
        match change.operation:
            case ops.DropObject(kind="trigger" | "rule" as kind, table=table, name=name) if _is_old(change, table):
                yield from _dropped(change, kind, table, name, objects)
            case ops.DropObject(kind="function", cascade=True, name=name):
                yield from _taken_along(change, name, objects)
            case ops.OtherStatement(kind="disable-trigger" | "disable-rule", table=table) if _is_old(change, table):
                yield from _disabled(change, change.operation, objects)
            case ops.OtherStatement(kind="no-inherit", table=table, name=name) if _is_old(change, table):
                yield SideEffect(change, "inheritance", "detached", name, table)
            case ops.OtherStatement(kind="detach-partition", table=table, name=name) if _is_old(change, table):
                yield SideEffect(change, "inheritance", "detached", table, name, strict=True)
            case ops.OtherStatement(kind=kind) if kind in _OPTIONS:
                yield from _options(change, change.operation)
            case _:
                pass


def _is_old(change: Change, table: str) -> bool:
    if not table or is_scratch(table) or change.is_new_table(table):
        return False
    state = change.table(table)
    if state is None:
        dropped = (one.operation for one in change.deployment.changes if isinstance(one.operation, ops.DropTable))
        return not any(same_name(one.table, table) for one in dropped)
    return change.deployment.final(state) is not None


def _dropped(change: Change, kind: str, table: str, name: str, objects: Objects) -> Iterator[SideEffect]:
    before = [made for made in objects.parts_of(change, kind, table, before=True) if made.name == name]
    after = objects.parts_of(change, kind, table)
    whole = not change.tree.truncated and any(step.exempt for step in change.tree.steps)
    operation = change.operation
    if any(isinstance(other.operation, ops.UnreadOperation) for other in change.deployment.changes):
        return  # that may put another one in its place
    if not before and (whole or (isinstance(operation, ops.DropObject) and operation.if_exists)):
        return  # it never was there, or nobody knows what it did
    if any(made.name == name or (made.calls and before and same_name(made.calls, before[0].calls)) for made in after):
        return
    if any(made not in objects.parts_of(change, kind, table, before=True) for made in after):
        return  # another one takes its place
    if kind == "rule":
        yield SideEffect(change, "rule", "dropped", table, name)
    elif before and (columns := _lost(change, table, before[0], objects)) is not None:
        yield SideEffect(change, "trigger", "dropped", table, name, columns)


def _taken_along(change: Change, function: str, objects: Objects) -> Iterator[SideEffect]:
    """The triggers that call a function which is dropped with CASCADE; not those that the deployment drops itself, or
    whose tables get another one.
    """
    members = [one.operation for one in change.deployment.changes]
    for table in change.deployment.before.tables:
        spoken_of = any(
            isinstance(one, ops.DropObject | ops.CreateObject) and one.kind == "trigger" and same_name(one.table, table)
            for one in members
        )
        if spoken_of or not _is_old(change, table):
            continue
        for trigger in objects.parts_of(change, "trigger", table, before=True):
            if trigger.calls and same_name(trigger.calls, function):
                columns = _lost(change, table, trigger, objects)
                if columns is not None:
                    yield SideEffect(change, "trigger", "dropped", table, trigger.name, columns)


def _lost(change: Change, table: str, trigger: ops.CreateObject, objects: Objects) -> tuple[str, ...] | None:
    """The columns that nothing fills any more; empty where the trigger did something else; None where nobody misses
    it.
    """
    kind, name = ("function", trigger.calls) if trigger.calls else ("trigger", trigger.name)
    made = objects.definition_before(change, kind, name)
    body = _body(made) if made is not None else ""
    state = change.table(table)
    final = change.deployment.final(state) if state is not None else None
    if final is not None and state is not None:
        known = change.deployment.known_before(state) or state
        gone = [column for column in known.columns if final.column(column) is None]
        itself = objects.definition_before(change, "trigger", trigger.name)
        texts = f"{body} {itself.text if itself is not None else ''}"
        if any(re.search(rf"\b{re.escape(column)}\b", texts, re.IGNORECASE) for column in gone):
            return None
    if made is None:
        return ()
    filled = tuple(dict.fromkeys(found.lower() for found in _SETS.findall(_CONDITION.sub(" ", body))))
    if final is not None and final.complete:
        filled = tuple(column for column in filled if final.column(column) is not None)
    if filled:
        return filled
    if _ACTS.search(body) and not _only_touches_what_is_gone(change, body):
        return ()
    return None


def is_filled_by_trigger(change: Change, table: str, column: str, objects: Objects) -> bool:
    """Whether a trigger that stands when the deployment is through sets the column of a new row of the table."""
    for trigger in objects.parts_of(change, "trigger", table):
        kind, name = ("function", trigger.calls) if trigger.calls else ("trigger", trigger.name)
        made = objects.definition_after(change, kind, name)
        itself = objects.definition_after(change, "trigger", trigger.name)
        if made is None or itself is None or _BEFORE_INSERT.search(itself.text) is None:
            continue
        if column.lower() in {found.lower() for found in _SETS.findall(_CONDITION.sub(" ", _body(made)))}:
            return True
    return False


def _body(made: Definition) -> str:
    _, _, body = made.text.partition("$")
    _, _, inline = re.sub(r"\s+", " ", made.text).lower().partition("for each row")
    return body or inline or made.text


def _only_touches_what_is_gone(change: Change, body: str) -> bool:
    """Whether every table that the body writes is dropped by the deployment, or was before."""
    written = re.findall(r"\b(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?([\w.\"]+)", body, re.IGNORECASE)
    dropped = [one.operation.table for one in change.deployment.changes if isinstance(one.operation, ops.DropTable)]
    return bool(written) and all(any(same_name(table.replace('"', ""), gone) for gone in dropped) for table in written)


def _disabled(change: Change, statement: ops.OtherStatement, objects: Objects) -> Iterator[SideEffect]:
    """Unless the deployment enables it again."""
    kind: Literal["trigger", "rule"] = "rule" if statement.kind == "disable-rule" else "trigger"
    for later in change.later:
        match later.operation:
            case ops.OtherStatement(kind=other, table=table, name=name) if other == f"enable-{kind}":
                if same_name(table, statement.table) and name in {statement.name, ""}:
                    return
            case ops.DropObject(kind=other, table=table, name=name) if other == kind and name == statement.name:
                if same_name(table, statement.table):
                    return
            case _:
                pass
    mine = [
        made
        for made in objects.parts_of(change, kind, statement.table, before=True)
        if statement.name in {made.name, ""}
    ]
    if statement.name and mine and kind == "trigger" and _lost(change, statement.table, mine[0], objects) is None:
        return
    yield SideEffect(change, kind, "disabled", statement.table, statement.name)


_OPTIONS: Final[dict[str, Kind]] = {
    "alter-sequence": "sequence", "alter-function": "function", "alter-view-set-options": "view",
    "alter-view-reset-options": "view", "alter-database-set": "setting", "alter-role-set": "setting",
    "alter-system": "setting", "replica-identity": "replica",
}  # fmt: skip
_HARMLESS: Final = ("owned_by", "cache", "cost", "rows", "parallel", "as=bigint", "maxvalue", "start")


def _options(change: Change, statement: ops.OtherStatement) -> Iterator[SideEffect]:
    """Settings of what is older than the deployment."""
    kind = _OPTIONS[statement.kind]
    told = tuple(one for one in statement.details if not one.startswith(_HARMLESS))
    if kind in {"sequence", "function"} and not told:
        return
    name = statement.name or statement.table
    if kind in {"sequence", "function", "view"} and not known_before(change, kind, name):
        return
    if kind == "sequence" and _is_of_new_column(change, name):
        return
    if kind == "replica" and not _is_old(change, statement.table):
        return
    yield SideEffect(change, kind, "changed", statement.table, name, detail=", ".join(told), strict=True)


def _is_of_new_column(change: Change, sequence: str) -> bool:
    """Whether the sequence belongs to a table or column that the deployment adds."""
    for other in change.deployment.changes:
        match other.operation:
            case ops.CreateTable(table=table) if sequence.rpartition(".")[2].startswith(table.rpartition(".")[2]):
                return True
            case ops.AddColumn(table=table, column=column):
                if sequence.rpartition(".")[2].startswith(f"{table.rpartition('.')[2]}_{column.name}"):
                    return True
            case _:
                pass
    return False
