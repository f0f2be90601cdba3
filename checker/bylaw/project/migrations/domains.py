"""Domains: types that restrict the values of another."""

from __future__ import annotations

from bylaw.facts.migrations import CreateObject
from bylaw.project.migrations.changes import Change


def domain_of(change: Change, name: str) -> CreateObject | None:
    """What made the domain of that name, with a schema or without, that the change finds; None where there is none."""
    bare = name.rpartition(".")[2].lower()
    for (kind, other), step in change.before.objects.items():
        if kind == "domain" and other.rpartition(".")[2].lower() == bare:
            for made in step.migration.operations:
                if isinstance(made, CreateObject) and (made.kind, made.name) == (kind, other):
                    return made
    return None
