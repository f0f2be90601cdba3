"""Was a drop announced by an earlier release? By a comment, a registry file, or by code that stopped naming the
object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import Drop
from bylaw.project.migrations.objects.drops import DroppedObject
from bylaw.project.migrations.objects.index import Objects
from bylaw.project.migrations.step import Step
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project

Means = Literal["comment", "registry", "release"]
_WORD = regex(r"[A-Za-z_][A-Za-z0-9_.]*")


class Announcement(msgspec.Struct, frozen=True):
    """`verdict`: `early` is one that is not old enough yet. `where` points at it, if there is any."""

    verdict: Literal["made", "early", "missing"]
    where: Location | None = None


class Terms(Protocol):
    """What counts as an announcement; a rule's options have these fields."""

    @property
    def require_deprecation(self) -> Means: ...
    @property
    def min_releases(self) -> int: ...
    @property
    def marker(self) -> str: ...
    @property
    def registry(self) -> str: ...


def object_announcement(project: Project, drop: DroppedObject, terms: Terms, objects: Objects) -> Announcement:
    """The same for a view, a function, a type …: its own comment, the registry, or code that names it no longer."""
    change = drop.change
    note = objects.note(change, drop.kind, drop.name)
    if note is not None and terms.marker.lower() in note[1].lower():
        by = note[0]
        if by not in change.deployment and _is_old_enough(project, change, by, terms.min_releases):
            return Announcement("made", by.location)
        return Announcement("early", by.location)
    means = terms.require_deprecation
    if means == "registry" and terms.registry and _is_listed(project, {drop.name, bare(drop.name)}, terms.registry):
        return Announcement("made", None)
    if means == "release" and project.history.names_in_base(bare(drop.name), _folders(project)) is False:
        return Announcement("made", None)
    return Announcement("missing")


def announcement(project: Project, drop: Drop, terms: Terms) -> Announcement:
    """How the drop was announced.

    A comment counts that contains the marker, whatever the case, on the column or its table; so does a migration that
    took the object out of the models and left it in the database. Either must be at least so many releases old.
    """
    by = _announced_by(drop, terms.marker)
    if by is not None:
        if by not in drop.change.deployment and _is_old_enough(project, drop.change, by, terms.min_releases):
            return Announcement("made", by.location)
        return Announcement("early", by.location)
    means = terms.require_deprecation
    if means == "registry" and terms.registry and _is_registered(project, drop, terms.registry):
        return Announcement("made", None)
    if means == "release" and project.history.names_in_base(drop.column or drop.table, _folders(project)) is False:
        return Announcement("made", None)
    return Announcement("missing")


def _announced_by(drop: Drop, marker: str) -> Step | None:
    found = []
    for state in (drop.column_state, drop.table_state):
        if state is not None:
            found.append(state.unmapped)
            if state.comment is not None and marker.lower() in state.comment.text.lower():
                found.append(state.comment.by)
    steps = [step for step in found if step is not None]
    earlier = [step for step in steps if step not in drop.change.deployment]
    return next(iter(earlier or steps), None)


def _is_old_enough(project: Project, change: Change, by: Step, min_releases: int) -> bool:
    """By releases (tags) where there are any; else by the migrations between, each of which counts as one."""
    released = project.history.released_between(by.path, change.step.path, min_releases)
    if released is not None:
        return released
    steps = [step for step in change.tree.steps if step not in change.deployment or step is change.step]
    return by not in steps or steps.index(change.step) - steps.index(by) >= min_releases


def _is_registered(project: Project, drop: Drop, registry: str) -> bool:
    return _is_listed(project, {drop.name, drop.table}, registry)


def _is_listed(project: Project, names: set[str], registry: str) -> bool:
    """Whether the registry names the object; the base's version of the file counts where there is a base."""
    text = project.history.text_in_base(registry) if project.history.base is not None else project.text_of(registry)
    return text is not None and not names_in(text).isdisjoint(names)


def names_in(text: str) -> set[str]:
    """Everything a registry file may mean: dotted words, and `table.key` for the keys below a `[table]` header or a
    `table:` line.
    """
    names: set[str] = set()
    section = ""
    for line in text.splitlines():
        words = _WORD.findall(line.partition("#")[0])
        names.update(words)
        stripped = line.strip()
        if stripped.startswith("[") or stripped.endswith((":", "{", "[")):
            section = words[-1] if words else section
        elif section:
            names.update(f"{section}.{word}" for word in words)
    return names


def _folders(project: Project) -> list[str]:
    return [tree.folder for tree in project.migrations.trees]
