"""A column while it is being put together from annotation, alias, helper and call."""

from __future__ import annotations

import msgspec

from bylaw.facts.database import Column, ForeignKey
from bylaw.source import Location


class Draft(msgspec.Struct):
    """Like `Column`, but still changing. `name` '' means: as the attribute."""

    name: str = ""
    type: str = ""
    nullable: bool | None = None
    primary_key: bool = False
    foreign_key: ForeignKey | None = None
    has_default: bool = False
    has_server_default: bool = False
    unique: bool = False
    unsure: bool = False
    """Declared only under a condition, or under a name that cannot be read."""
    indexed: bool = False
    sql_type: str = ""
    settled: bool = True
    stamped: bool = False

    def column(self, attribute: str, location: Location) -> Column:
        nullable = False if self.primary_key else self.nullable
        return Column(
            attribute=attribute, name=self.name or attribute, location=location, type=self.type,
            nullable=nullable, primary_key=self.primary_key, foreign_key=self.foreign_key, has_default=self.has_default,
            has_server_default=self.has_server_default, unique=self.unique, conditional=self.unsure,
            indexed=self.indexed, sql_type=self.sql_type, settled=self.settled,
            stamped=self.stamped,
        )  # fmt: skip
