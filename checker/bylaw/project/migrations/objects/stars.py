"""What a star in a view stands for: the columns that its table had when the view was made, by their names of then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.patterns import regex

if TYPE_CHECKING:
    from bylaw.project.migrations.changes import Change
    from bylaw.project.migrations.objects.index import Definition
    from bylaw.project.migrations.state.schema import Schema

_STAR: Final = regex(
    r"\bas\s+select\s+\*\s+from\s+(?:only\s+)?(?P<table>[\w.\"`]+)(?:\s+(?:as\s+)?(?!(?:where|order)\b)\w+)?\s*"
    r"(?P<rest>(?:where|order)\b[^;]*)?;?[\s\"')]*$",
    re.IGNORECASE,
)
"""One table, and nothing beside the star."""
_SEVERAL: Final = regex(r"\b(?:union|intersect|except)\b", re.IGNORECASE)
_ANY_STAR: Final = regex(r"(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*", re.IGNORECASE)
"""All columns: neither `count(*)` nor a product."""


def may_read(view: Definition, column: str, change: Change) -> bool:
    """Whether a star of the view may stand for a column of its table, just before a change."""
    if _ANY_STAR.search(view.text) is None:
        return False
    names = starred_then(view, change.before, change)
    return not names or column.lower() in {name.lower() for name in names}


def starred(text: str, schema: Schema) -> tuple[str, ...]:
    """The columns of a view that is made by this statement on this schema; none where they are not a star's, or the
    table is not known in full.
    """
    found = _STAR.search(text)
    if found is None or _SEVERAL.search(found["rest"] or ""):
        return ()
    table = schema.table(found["table"].replace('"', "").replace("`", ""))
    return tuple(table.columns) if table is not None and table.complete else ()


def starred_then(view: Definition, schema: Schema, until: Change) -> tuple[str, ...]:
    """The same for a view that was made before, told from the schema before the change `until`: columns that came
    later are not its own. None where one of the table's columns has got another name or was dropped since.
    """
    names = starred(view.text, schema)
    found = _STAR.search(view.text)
    if not names or found is None:
        return ()
    table = bare(found["table"].replace('"', "").replace("`", ""))
    later = [one for one in _since(view, until) if bare(str(getattr(one, "table", ""))) == table]
    if any(isinstance(one, ops.RenameColumn | ops.DropColumn | ops.DropTable) for one in later):
        return ()
    added = {one.column.name.lower() for one in later if isinstance(one, ops.AddColumn)}
    return tuple(name for name in names if name.lower() not in added)


def _since(view: Definition, until: Change) -> Iterator[ops.Operation]:
    """The operations between the one that made the view and a change."""
    steps = until.tree.steps
    for step in steps[steps.index(view.step) : steps.index(until.step) + 1]:
        for one in step.migration.operations:
            if step is view.step and one.span.start <= view.operation.span.start:
                continue
            if step is until.step and one.span.start >= until.operation.span.start:
                continue
            yield one
