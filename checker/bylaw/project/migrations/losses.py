"""Rows and values that a deployment loses without saying so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.types import parse_type
from bylaw.project.migrations.locking.work import in_use
from bylaw.project.migrations.state.schema import TableState

_CUTTING: Final = regex(
    r"\b(?:left|right|substr|substring|trunc|round|floor|ceil|ceiling|date_trunc|split_part)\s*\(", re.IGNORECASE
)
_DECODED: Final = regex(r"\bdecode\s*\(\s*(?:right|substr|substring)\s*\(", re.IGNORECASE)
"""`decode(substring(address, 3), 'hex')`: what is cut off says how the rest is written."""
_IN_HEX: Final = regex(
    r"\bsubstr(?:ing)?\s*\([^()]{1,99}::\s*bytea\s*::\s*text\s*(?:,|\bfrom\b)\s*3\s*\)", re.IGNORECASE
)
"""`substring(token::bytea::text from 3)`: bytes as text, without the sign that begins it."""
_COMPUTED: Final = regex(r"=\s*(?:\{[a-z_]|(?:\"\"\"|'''|[\"'])\s*\+\s*[a-z_])", re.IGNORECASE)
"""What is set: `= {value}` of an f-string, `= " + value`."""
_DECLARED: Final = regex(r"\bcolumn\(\s*[\"']\w+[\"']")
"""A column of a construct, in lower case: `sa.column("plan")` says that there is one, and computes nothing."""
_WHOLE: Final = frozenset({"smallint", "integer", "bigint"})
_BROKEN: Final = frozenset({"real", "double precision", "numeric"})
_MOMENTS: Final = frozenset({"timestamp", "timestamp with time zone"})


class Loss(msgspec.Struct, frozen=True, eq=False):
    """`truncate`, `delete` and `update` go over all rows; `type` loses a part of each value; `remade` drops a table or
    column and adds another one under its name, at `again`; `new` is that name, where the dropped table was renamed away
    before.
    """

    change: Change
    kind: Literal["truncate", "delete", "update", "type", "remade"]
    table: str
    columns: tuple[str, ...] = ()
    old: str = ""
    new: str = ""
    cascade: bool = False
    again: Change | None = None


def losses(changes: Iterable[Change], text: Callable[[Change], str]) -> Iterator[Loss]:
    """All of them, in order; `text` is an operation as written.

    Tables that the same deployment creates or drops have nothing to lose, and columns that the migration before added
    have next to nothing.
    """
    for change in changes:
        match change.operation:
            case ops.DataChange(kind="truncate", table=table, cascade=cascade) if _has_rows(change, table):
                yield Loss(change, "truncate", table, cascade=cascade)
            case ops.DataChange(kind="delete", filtered=False, table=table) if _has_rows(change, table):
                yield Loss(change, "delete", table)
            case ops.DataChange(kind="update", filtered=False) as update if _has_rows(change, update.table):
                kept = tuple(c for c in update.columns if not _was_just_added(change, update.table, c))
                if kept and len(kept) == len(update.columns) and not _computed_from_itself(update, text(change)):
                    yield Loss(change, "update", update.table, kept)
            case ops.AlterColumn() as alter if (new := _new_type(alter)) and not change.is_new_column(
                alter.table, alter.column
            ):
                yield from _retyped(change, alter, new)
            case ops.DropColumn() | ops.DropTable():
                yield from _remade(change, change.operation, text)
            case _:
                pass


def _was_just_added(change: Change, table: str, column: str) -> bool:
    """Whether this deployment adds the column, or the migration before this one did, so that this one can fill it."""
    if change.is_new_column(table, column):
        return True
    owner, state, steps = change.table(table), change.column(table, column), change.tree.steps
    if owner is None or state is None or state.created is None or state.created is owner.created:
        return False
    return state.created in (change.step.parents or steps[: steps.index(change.step)][-1:])


def _has_rows(change: Change, table: str) -> bool:
    """Whether there is something to lose that no earlier statement saved."""
    return bool(table) and in_use(change, table) and not _was_saved(change, table)


def _computed_from_itself(update: ops.DataChange, text: str) -> bool:
    """`SET email = lower(email)`: the new values come from the old ones, or may, where an f-string or a sum of strings
    computes them.
    """
    if _COMPUTED.search(text):
        return True
    lowered = _DECLARED.sub("", text.lower())
    return all(len(re.findall(rf"\b{re.escape(column.lower())}\b", lowered)) > 1 for column in update.columns)


def _new_type(alter: ops.AlterColumn) -> str:
    """'' where the type stays as it is, or is not known; Django states the whole column."""
    return alter.type or (alter.definition.type if alter.definition is not None else "")


def _retyped(change: Change, operation: ops.AlterColumn, new: str) -> Iterator[Loss]:
    state = change.column(operation.table, operation.column)
    old = state.type if state is not None and state.type else operation.old_type
    cuts = _CUTTING.search(_IN_HEX.sub("", _DECODED.sub("decode((", operation.using)))
    rounded = _rounds(old, new) and not _was_prepared(change, operation)
    if _names_nothing(operation.using, operation.column) or cuts or rounded:
        yield Loss(change, "type", operation.table, (operation.column,), old, new)


def _was_prepared(change: Change, operation: ops.AlterColumn) -> bool:
    """Whether every value was computed anew before, to fit: `SET price = price * 100`."""
    return any(
        isinstance(before, ops.DataChange)
        and before.kind == "update"
        and not before.filtered
        and operation.column in before.columns
        and bare(before.table) == bare(operation.table)
        for before in (earlier.operation for earlier in change.earlier)
    )


def _names_nothing(using: str, column: str) -> bool:
    """`USING NULL`, `USING 0`: the new values do not come from the old ones."""
    bare = re.sub(r"::\s*[\w. ]+(?:\([\d, ]+\))?(?:\[\])?", "", using).strip().strip("()").strip()
    return bool(re.fullmatch(r"null|'[^']*'|-?\d+(?:\.\d+)?|true|false", bare, re.IGNORECASE)) and bare != column


def _rounds(old: str, new: str) -> bool:
    """Casts that the server makes on its own, and that drop a part of the value silently."""
    before, after = parse_type(old) if old else None, parse_type(new)
    if before is None or after is None or before.array or after.array:
        return False
    if before.base in _BROKEN and after.base in _WHOLE:
        return before.numbers[1:] != (0,)
    if before.base in _MOMENTS and after.base in {"date", "time"}:
        return True
    if before.base == after.base == "numeric" and len(after.numbers) == 2:
        return len(before.numbers) == 2 and after.numbers[1] < before.numbers[1]
    return False


def _remade(change: Change, operation: ops.DropColumn | ops.DropTable, text: Callable[[Change], str]) -> Iterator[Loss]:
    """Dropped, and added again under the same name, with nothing that could have carried the values over."""
    table = operation.table
    column = operation.column if isinstance(operation, ops.DropColumn) else ""
    state = change.table(table)
    if state is None or change.is_new_table(table) or (column and change.is_new_column(table, column)):
        return
    if column and (known := state.column(column)) is not None and known.generated:
        return
    if any(_empties(earlier, table) for earlier in change.earlier):
        return
    again = next((later for later in change.later if _adds(later, table, column)), None)
    moved: set[int] = set()
    if again is None and not column:
        again, moved = _in_its_place(change, state)
    if again is None:
        return
    until = (*again.earlier, again) if again in change.later else change.earlier
    beside = (other for other in change.deployment.changes if other.step is change.step)
    if not any(
        _carries(other) and not _only_moves(other, moved) and not _is_about_another(other, change, text)
        for other in (*until, *beside)
    ):
        before = change.deployment.known_as(state)
        other_name = before if moved and before != state.name else ""
        yield Loss(change, "remade", state.name, (column,) if column else (), new=other_name, again=again)


def _in_its_place(change: Change, dropped: TableState) -> tuple[Change | None, set[int]]:
    """The creation of the table that has, in the end, the name by which a dropped one was known; and both of them."""
    for other in change.deployment.changes:
        pair = other.rebuilt()
        if pair is not None and pair[0].identity == dropped.identity:
            return other, {table.identity for table in pair}
    return None, set()


def _only_moves(change: Change, tables: set[int]) -> bool:
    """Whether one of these tables gets another name, and nothing else happens."""
    renamed = change.table(change.operation.table) if isinstance(change.operation, ops.RenameTable) else None
    return renamed is not None and renamed.identity in tables


def _is_about_another(other: Change, change: Change, text: Callable[[Change], str]) -> bool:
    """Whether it gives another column or table another name, or stands in another migration and does not name the table
    that `change` drops, or drops a column of.
    """
    dropped = change.operation
    table = getattr(dropped, "table", "")
    match other.operation:
        case ops.RenameColumn(table=of, column=old, new_name=new):
            return of != table or getattr(dropped, "column", old) not in {old, new}
        case ops.RenameTable(table=old, new_name=new):
            return bare(table) not in {bare(old), bare(new)}
        case ops.DataChange() | ops.CreateTable():
            return other.step is not change.step and bare(table).lower() not in text(other).lower()
        case _:
            return False


def _adds(change: Change, table: str, column: str) -> bool:
    match change.operation:
        case ops.AddColumn() as added if column:
            return added.table == table and added.column.name == column and not added.column.generated
        case ops.CreateTable() as made if not column:
            return made.table == table
        case _:
            return False


def _empties(change: Change, table: str) -> bool:
    """All rows of the table go, which is told of there."""
    match change.operation:
        case ops.DataChange(kind="truncate" | "delete", filtered=False, table=emptied):
            return emptied == table
        case _:
            return False


def _carries(change: Change) -> bool:
    """What may have copied values elsewhere, or is not known not to."""
    match change.operation:
        case ops.DataChange(kind="truncate" | "delete"):
            return False
        case ops.DataChange() | ops.RunCode() | ops.UnreadOperation() | ops.RenameTable() | ops.RenameColumn():
            return True
        case ops.CreateTable(partial=True):
            return True
        case _:
            return False


def _was_saved(change: Change, table: str) -> bool:
    """Whether the migration did something before that may have copied the table's rows or values."""
    return any(_saves(other, table) for other in change.earlier if other.step is change.step)


def _saves(other: Change, table: str) -> bool:
    match other.operation:
        case ops.DataChange(kind="insert", table=target, literal=literal):
            return target != table and not literal
        case ops.DataChange(kind="select" | "update" | "merge" | "copy") | ops.RunCode() | ops.UnreadOperation():
            return True
        case ops.CreateTable(partial=True):
            return True
        case _:
            return False
