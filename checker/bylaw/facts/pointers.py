"""Foreign key columns, with the names that would say where they lead."""

from __future__ import annotations

import re
from functools import cached_property

import msgspec

from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.naming import BARE_KEYS, same_name, snake, written_like

_AGENT = re.compile(r"(?:^|_)by(?:_id)?$")


class Pointer(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A foreign key column that the project declares itself."""

    table: Table
    column: Column
    key: ForeignKey
    entities: list[str]
    """Plausible names of what it points to (snake_case singulars), the best first."""
    keys: list[str]
    """Names that its own may end in, the best first."""
    to_itself: bool
    """It points to its own table."""
    descriptive: list[str]
    """Names of the key it points to; none where that is only called `id`, or something like it."""
    names_another: bool = False
    """It reads like the key of another table: `order_id`, of an invoice."""

    @cached_property
    def name(self) -> str:
        """The attribute that the code uses, in snake_case."""
        return snake(self.column.attribute)

    @property
    def is_plain(self) -> bool:
        """Whether it is called exactly like the key it points to: it says no role."""
        return any(same_name(self.name, name) for name in (*self.keys, *self.descriptive))

    @property
    def is_shortened(self) -> bool:
        """`line_id` for an order line: the last words of an entity's name; with a role in front where it needs one."""
        role, _, last = self.name.removesuffix("_id").rpartition("_")
        return bool(role or not self.to_itself) and any(entity.endswith(f"_{last}") for entity in self.entities)

    @property
    def is_role_alone(self) -> bool:
        """`owner_id` for a user whose key is only called `id`."""
        return not self.descriptive and not self.names_another and _identifies(self.name)

    @property
    def is_told_by_custom(self) -> bool:
        """Whether hardly anybody would spell out where it leads: a role within its own table (`parent_id`), who did
        something (`created_by`), a value by which people know the row (`country_code`, of `countries.code`).
        """
        if self.to_itself:
            return not self.is_plain
        natural = bool(self.descriptive) and not any(map(_identifies, self.descriptive))
        return natural or _AGENT.search(self.name) is not None

    def written(self, name: str) -> str:
        """A snake_case name in the style of the table's columns."""
        return written_like(name, (column.attribute for column in self.table.columns))


def _identifies(name: str) -> bool:
    """Whether a name ends like that of a key: `owner_id`."""
    return name.rpartition("_")[2] in BARE_KEYS
