"""What `restrictions` and `object_changes` find."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.diagnostics import Related
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.types import Verdict

Kind = Literal[
    "type", "not-null", "drop-default", "unique", "primary-key", "check", "exclude", "foreign-key", "enum-value",
    "set-default", "drop-not-null", "identity", "drop-identity", "drop-expression", "view", "function", "attribute",
]  # fmt: skip


class Restriction(msgspec.Struct, frozen=True, eq=False):
    """One such change. `strict`: it may or may not hit the running release, so only a strict reading reports it.

    `old` and `new` say what changes, as far as that is known: types for `type`, labels for `enum-value`, the
    definition otherwise. For `view`, `function` and `attribute` the table is that object, and the columns are what it
    lacks from now on.
    """

    change: Change
    kind: Kind
    table: str
    columns: tuple[str, ...]
    old: str = ""
    new: str = ""
    strict: bool = False
    verdict: Verdict = "unknown"
    seen: tuple[Related, ...] = ()
    """Where the code does what is refused from now on."""
