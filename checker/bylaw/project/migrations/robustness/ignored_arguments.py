"""What Alembic's `alter_column` is handed and takes no notice of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change


class IgnoredArgument(msgspec.Struct, frozen=True, eq=False):
    """`names` are those of keywords; none where a `Column(…)` stands in the place of the column's name, which changes
    nothing at all. `alone`: nothing else is changed, either.
    """

    change: Change
    table: str
    column: str
    names: tuple[str, ...]
    alone: bool


def ignored_arguments(changes: Iterable[Change]) -> Iterator[IgnoredArgument]:
    """All of them, in order."""
    for change in changes:
        match change.operation:
            case ops.OtherStatement(kind="ignored-argument", table=table, name=column, details=details):
                names = tuple(name for name in details if name != "alone")
                yield IgnoredArgument(change, table, column, names, "alone" in details)
            case _:
                pass
