"""Whether something runs a project's migrations before a deployment does: derived by
`bylaw.project.migrations.robustness.trials`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location


class Untried(msgspec.Struct, frozen=True):
    """Migrations of one tool that neither a test nor a CI job runs, as far as can be seen."""

    tool: Literal["alembic", "django", "sql"]
    name: str
    """The newest migration."""
    location: Location
    folder: str


class Unreviewed(msgspec.Struct, frozen=True):
    """A generator's request to look at what it wrote, which was left standing (`please adjust!`)."""

    location: Location
    name: str
