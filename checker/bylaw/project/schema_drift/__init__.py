"""What migrations build, compared with what models declare: without a database, and silent where either side is not
known for certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.project.schema_drift.django import django_drifts
from bylaw.project.schema_drift.relational import relational_drifts

if TYPE_CHECKING:
    from bylaw.facts.drift import Drift
    from bylaw.project import Project
    from bylaw.project.tables.inheritance import Kinship


def drifts(project: Project, kinship: Kinship) -> tuple[Drift, ...]:
    """Every disagreement, in order of place."""
    found = [*relational_drifts(project, kinship), *django_drifts(project, kinship)]
    return tuple(sorted(found, key=lambda drift: drift.location))


__all__ = ["drifts"]
