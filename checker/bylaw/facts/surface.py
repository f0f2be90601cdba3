"""Places outside the tables where the identifier of an entity has a name: derived by `bylaw.project.surface`."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.database import Table
from bylaw.source import Location

IdKind = Literal["path_params", "schemas", "arguments"]


class IdUse(msgspec.Struct, frozen=True):
    """A path parameter, schema field or function argument that identifies a row of one of the project's tables."""

    kind: IdKind
    name: str
    """As written: `id`, `user_id`."""
    table: Table
    owner: str
    """The path, the class or the function it belongs to."""
    location: Location
    alone: bool = True
    """The only identifier there: `/users/{id}`, but not `/users/{id}/orders/{order_id}`."""
    reads_row: bool = False
    """A field that a schema takes from a row of the table, and cannot do without."""
