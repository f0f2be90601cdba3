"""Which migrations the base holds already, wherever they lie now, and what became of them since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from bylaw.facts.migrations import Migration, Operation
from bylaw.project.history import History, Version
from bylaw.project.migrations.order.differences import Difference, Text, contents, difference, is_renamed, known_as
from bylaw.project.migrations.order.grove import Grove, Node
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.source import Span

_MOST_RENAMED = 200
"""Files that are gone and are read, at most, to find one under its new name."""


class Edit(msgspec.Struct, frozen=True):
    """What a merged migration says otherwise than in the base. `name` and `parents` are those of the base, and empty
    where they are the same.
    """

    difference: Difference
    name: str = ""
    parents: tuple[str, ...] = ()

    @property
    def spans(self) -> frozenset[Span]:
        """Where the operations stand that the base does not have."""
        return frozenset(operation.span for operation in self.difference.added)

    def __bool__(self) -> bool:
        return bool(self.difference or self.name or self.parents)


class Merged(msgspec.Struct, frozen=True):
    """`held`: paths of migrations that the base holds, here or elsewhere; None without a base. `edits`: what those of
    them say otherwise.
    """

    held: frozenset[str] | None = None
    edits: Mapping[str, Edit] = msgspec.field(default_factory=dict)
    homes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """For each path of `held`, the path in the base."""

    def holds(self, node: Node) -> bool:
        return self.held is not None and node.path in self.held


class EditedMigration(msgspec.Struct, frozen=True, eq=False):
    """A merged migration that databases have run as it was, or know by another name.

    `added` and `gone` are operations that it has, or had, beside those of both versions. `name` is the one it was
    merged under, `parents` are what it was merged on top of; both are empty where they are the same.
    """

    step: Step
    added: tuple[Operation, ...]
    gone: tuple[Operation, ...]
    name: str = ""
    parents: tuple[str, ...] = ()


def edited(trees: Iterable[MigrationTree], edits: Mapping[str, Edit]) -> Iterator[EditedMigration]:
    """A Liquibase file takes new changesets at its end, and a squash is not what it was before."""
    for tree in trees:
        for step in tree.steps:
            edit = edits.get(step.path)
            if edit is None or step.exempt in {"squash", "replaced", "shared"}:
                continue
            if step.migration.layout == "liquibase" and not edit.difference.gone:
                continue
            yield EditedMigration(step, edit.difference.added, edit.difference.gone, edit.name, edit.parents)


Load = Callable[[str], Version]


def merged(groves: list[Grove], history: History, load: Load) -> Merged:
    """`load` gives a file of the project as its reader saw it."""
    base = history.base
    if base is None:
        return Merged()
    nodes = {node.path: node for grove in groves for node in grove.nodes}
    homes = {path: path for path in nodes if path in base} | _moved(nodes, base)
    lost = [path for path in nodes if path not in homes]
    gone = sorted(base.difference(nodes, homes.values()))
    beside = _beside(gone, lost)
    versions = history.versions_in_base([*homes.values(), *beside])
    homes |= _renamed(lost, {path: versions[path] for path in beside if path in versions}, load)
    edits: dict[str, Edit] = {}
    left = [path for path in gone if path not in homes.values()]
    for grove in groves:
        begins = grove.order[:1] if grove.tool == "sql" else grove.graph.roots()
        for node in grove.nodes:
            version = versions.get(homes.get(node.path, ""))
            if version is None or (node in begins and _lost_some(folder_of(node.path), left, history)):
                continue  # the same, or a beginning into which others were squashed
            edit = _edit(grove, node, version, load(node.path))
            if edit:
                edits[node.path] = edit
    return Merged(frozenset(homes), edits, homes)


# --- where it was ---------------------------------------------------------------------------------


def _moved(nodes: Mapping[str, Node], base: frozenset[str]) -> dict[str, str]:
    """Migrations that lie in another folder than in the base, with their path there."""
    tails = {_tail(path): path for path in nodes if path not in base}
    return {tails[tail]: path for path in sorted(base) if path not in nodes and (tail := _tail(path)) in tails}


def _tail(path: str) -> str:
    """What tells one migration from another: an Alembic file's name is unique, others need their folders."""
    parts = path.split("/")
    if len(parts) > 2 and parts[-2] == "migrations":
        return "/".join(parts[-3:])
    return "/".join(parts[-2:]) if path.endswith(".sql") else parts[-1]


def folder_of(path: str) -> str:
    """The folder that holds a migration and its neighbours: some runners give each one a folder of its own."""
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if path.endswith(("/migration.sql", "/up.sql")) else folder


def _lost_some(folder: str, left: list[str], history: History) -> bool:
    """Whether migrations of the base are gone from a folder; what else lies there was never one."""
    beside = [path for path in left if folder_of(path) == folder][:_MOST_RENAMED]
    return any(version.facts.migrations for version in history.versions_in_base(beside).values())


def _beside(gone: list[str], lost: list[str]) -> list[str]:
    """Files that are gone from a folder in which another is new."""
    folders = {folder_of(path) for path in lost}
    return [path for path in gone if folder_of(path) in folders][:_MOST_RENAMED] if folders else []


def _renamed(lost: list[str], gone: Mapping[str, Version], load: Load) -> dict[str, str]:
    """Files under a new name: of the same revision, or with exactly the same operations."""
    by_revision: dict[str, str] = {}
    by_contents: defaultdict[object, list[str]] = defaultdict(list)
    for path, version in gone.items():
        for migration in version.facts.migrations:
            if migration.tool == "alembic":
                by_revision[migration.revision] = path
            if migration.operations:
                by_contents[contents(Text(migration, version.content))].append(path)
    found: dict[str, str] = {}
    for path in lost if gone else ():
        version = load(path)
        for migration in version.facts.migrations:
            home = by_revision.get(migration.revision) if migration.tool == "alembic" else None
            alike = by_contents.get(contents(Text(migration, version.content)), ())
            if home is None and len(alike) == 1 and migration.operations and not migration.replaces:
                home = alike[0]
            if home is not None and home not in found.values():
                found[path] = home
    return found


# --- what it says ---------------------------------------------------------------------------------


def _edit(grove: Grove, node: Node, then: Version, now: Version) -> Edit | None:
    for old, new in zip(then.facts.migrations, now.facts.migrations, strict=False):
        if old.tool != new.tool or _is_made_for_editing(grove, node):
            return None
        known = {other.migration.revision for other in grove.nodes}
        name = old.revision if is_renamed(old, new) and old.revision not in known else ""
        found = difference(Text(old, then.content), Text(new, now.content))
        return Edit(found, name, tuple(_other_parents(grove, node, old)))
    return None


def _is_made_for_editing(grove: Grove, node: Node) -> bool:
    """Flyway's repeatable files, Sqitch's reworked changes, and SQL files that no number orders."""
    if grove.tool != "sql":
        return False
    name = node.migration.revision
    if node.migration.layout == "sqitch" or grove.layout == "sqitch":
        return any(other.migration.revision.startswith(f"{name}@") for other in grove.nodes)
    return not known_as(node.migration)[:1].isdigit()


def _other_parents(grove: Grove, node: Node, old: Migration) -> Iterator[str]:
    """The parents of the base, where the migration builds on more than these now. Only Alembic skips what comes in
    between: Django remembers each migration by itself.
    """
    if grove.tool != "alembic" or not old.parents or set(old.parents) == set(node.migration.parents):
        return
    by_revision = {other.migration.revision: other for other in grove.nodes}
    parents = [by_revision[name] for name in old.parents if name in by_revision]
    if len(parents) < len(old.parents) or node in grove.cycle:
        return
    below = grove.graph.ancestors([node]) - {node}
    if not below <= grove.graph.ancestors(parents) - {node}:
        yield from old.parents
