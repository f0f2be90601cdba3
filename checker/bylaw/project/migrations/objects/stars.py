"""What a star in a view stands for: the columns that its table had when the view was made, by their names of then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from bylaw.facts import migrations as ops
from bylaw.facts.naming import bare
from bylaw.patterns import regex

if TYPE_CHECKING:
    from bylaw.project.migrations.objects.index import Definition
    from bylaw.project.migrations.state.schema import Schema
    from bylaw.project.migrations.step import Step

_STAR: Final = regex(
    r"\bas\s+select\s+\*\s+from\s+(?:only\s+)?(?P<table>[\w.\"`]+)(?:\s+(?:as\s+)?(?!(?:where|order)\b)\w+)?\s*"
    r"(?P<rest>(?:where|order)\b[^;]*)?;?[\s\"')]*$",
    re.IGNORECASE,
)
"""One table, and nothing beside the star."""
_SEVERAL: Final = regex(r"\b(?:union|intersect|except)\b", re.IGNORECASE)


def starred(text: str, schema: Schema) -> tuple[str, ...]:
    """The columns of a view that is made by this statement on this schema; none where they are not a star's, or the
    table is not known in full.
    """
    found = _STAR.search(text)
    if found is None or _SEVERAL.search(found["rest"] or ""):
        return ()
    table = schema.table(found["table"].replace('"', "").replace("`", ""))
    return tuple(table.columns) if table is not None and table.complete else ()


def starred_then(view: Definition, schema: Schema, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The same for a view that was made before, told from the schema of now: columns that came later are not its own.
    None where one of the table's columns has got another name or was dropped since.
    """
    names = starred(view.text, schema)
    found = _STAR.search(view.text)
    if not names or found is None:
        return ()
    table = bare(found["table"].replace('"', "").replace("`", ""))
    later = [one for one in _since(view, steps) if bare(str(getattr(one, "table", ""))) == table]
    if any(isinstance(one, ops.RenameColumn | ops.DropColumn | ops.DropTable) for one in later):
        return ()
    added = {one.column.name.lower() for one in later if isinstance(one, ops.AddColumn)}
    return tuple(name for name in names if name.lower() not in added)


def _since(view: Definition, steps: tuple[Step, ...]) -> Iterable[ops.Operation]:
    """The operations behind the one that made the view."""
    at = steps.index(view.step)
    yield from (one for one in view.step.migration.operations if one.span.start > view.operation.span.start)
    for step in steps[at + 1 :]:
        yield from step.migration.operations
