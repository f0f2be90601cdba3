"""A column that takes another type, and what that means for the release that knows the old one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.relations import is_untold, type_of
from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.compatibility.types import Verdict, compare, compare_labels, is_never_a_widening
from bylaw.project.migrations.state.schema import ColumnState


def retyped(change: Change, operation: ops.AlterColumn, column: ColumnState | None) -> Iterator[Restriction]:
    """The change, if it is one that the running release notices. `column` is what the operation finds."""
    new = operation.type if operation.type is not None else (operation.definition.type if operation.definition else "")
    known = type_of(change, column)
    if not new or (column is not None and (known == new or _comes_back(change, operation, known))):
        return
    old = known or operation.old_type
    before = _type_before(change, operation)
    verdict = verdict_of(change, old if before is None else before, new)
    if verdict == "unknown" and operation.definition is None and not is_untold(change, column):
        differs = not old or new not in {old, before}
        if (differs and _is_cast(operation, new)) or (not old and is_never_a_widening(new)):
            verdict = "other"
    if verdict in {"narrower", "other", "wider", "grown"}:
        yield Restriction(
            change, "type", operation.table, (operation.column,), old, new, strict=verdict == "grown", verdict=verdict
        )


def _comes_back(change: Change, operation: ops.AlterColumn, old: str) -> bool:
    """Whether the deployment gives the column a type of the old one's name again, which is held against it there."""
    return bool(old) and any(
        isinstance(later.operation, ops.AlterColumn)
        and (later.operation.table, later.operation.column) == (operation.table, operation.column)
        and later.operation.type == old
        for later in change.later
    )


def _type_before(change: Change, operation: ops.AlterColumn) -> str | None:
    """The column's type before the deployment, where that changed it already, or what it is called: that is what the
    running release knows. '' where it was not known, None where the deployment left it alone.
    """
    state = change.table(operation.table)
    before = change.deployment.known_before(state)
    known = before.column(*change.deployment.names_before(state, (operation.column,))) if before is not None else None
    now = change.column(operation.table, operation.column)
    return known.type if known is not None and now is not None and known.type != now.type else None


def verdict_of(change: Change, old: str, new: str) -> Verdict:
    """Compares types by name, and enum types by the labels they have before and after the deployment."""
    if old.endswith("[]") and new.endswith("[]"):
        old, new = old[:-2], new[:-2]
    before = change.deployment.before.enums.get(old, change.before.enums.get(old, ()))
    after = change.deployment.after.enums.get(new, change.before.enums.get(new, ()))
    if before and after:
        return compare_labels(before, after)
    if before and _is_type(change, old) and compare("text", new) != "unknown":
        return "other"
    if after and _is_type(change, new) and old and compare("text", old) != "unknown":
        return "other"
    return compare(old, new)


def _is_type(change: Change, name: str) -> bool:
    """Whether the migrations make it a type of its own. An Enum of SQLAlchemy is none on every server."""
    return ("type", name) in change.before.objects or ("type", name) in change.deployment.after.objects


def _is_cast(operation: ops.AlterColumn, new: str) -> bool:
    """A USING that computes something. One that only names the column, or casts it, says nothing beyond the type
    itself…

    …but PostgreSQL asks for it exactly where no assignment cast exists: the kinds of values differ.
    """
    using = re.sub(r"[\s\"()]", "", operation.using.lower())
    return bool(using) and using != operation.column.lower() and bool(new)
