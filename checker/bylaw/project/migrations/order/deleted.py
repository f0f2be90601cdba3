"""Merged migrations that the branch deletes, while others of their history stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import Migration
from bylaw.project.history import History
from bylaw.project.migrations.order.differences import known_as
from bylaw.project.migrations.order.grove import natural_key
from bylaw.project.migrations.order.merged import Merged, folder_of
from bylaw.project.migrations.step import MigrationTree, Step

_MOST_READ = 300
"""Files that are gone and are read, at most."""


class DeletedMigration(msgspec.Struct, frozen=True, eq=False):
    """A merged migration that is gone. `before` is the one that it was put on top of, `path` where it was."""

    before: Step
    name: str
    path: str


class Gone(msgspec.Struct, frozen=True):
    """A migration as the base has it."""

    path: str
    migration: Migration

    @property
    def name(self) -> str:
        return _name(self.migration)


def deleted(
    trees: Iterable[MigrationTree],
    base: Merged,
    history: History,
    placed: Callable[[FileFacts], FileFacts],
    is_there: Callable[[str], bool],
) -> Iterator[tuple[DeletedMigration, ...]]:
    """Those of each tree. `placed` adds what the settings make of a file; `is_there` tells whether a path exists.

    A tree that begins anew, or otherwise than in the base, was squashed or pruned on purpose, and so was one whose
    oldest migrations are gone: nothing is said of it. Neither is of folders that are gone as a whole, or of squashes.
    """
    if history.base is None or base.held is None or not history.is_below:
        return
    kept = [tree for tree in trees if any(step.path in base.held for step in tree.steps)]
    folders = {folder_of(step.path) for tree in kept for step in tree.steps}
    gone = _gone(history, base, folders, placed, is_there) if kept else {}
    revisions = {
        step.migration.revision
        for tree in kept
        for step in tree.steps
        if tree.tool != "sql" or base.homes.get(step.path) != step.path  # one for another server stays where it was
    }
    for tree in kept:
        own = [
            found
            for folder in sorted({folder_of(step.path) for step in tree.steps})
            for found in gone.get(folder, ())
            if found.migration.tool == tree.tool and found.migration.revision not in revisions
        ]
        if own and not _begins_otherwise(tree, base, history) and not _is_said_already(tree, own):
            found = tuple(_deleted(tree, own, _replaced(tree, base, history)))
            if found:
                yield found


def _gone(
    history: History,
    base: Merged,
    folders: set[str],
    placed: Callable[[FileFacts], FileFacts],
    is_there: Callable[[str], bool],
) -> Mapping[str, list[Gone]]:
    """Migrations of the base that are nowhere now, by folder, those aside that nobody misses."""
    known = {*base.homes, *base.homes.values()}
    paths = [
        path
        for path in sorted(history.base or ())
        if path.endswith((".py", ".sql")) and path not in known and folder_of(path) in folders
    ]
    found: defaultdict[str, list[Gone]] = defaultdict(list)
    missing = [path for path in paths[:_MOST_READ] if not is_there(path)]
    for path, version in history.versions_in_base(missing).items() if missing else ():
        found[folder_of(path)] += [
            Gone(path, migration)
            for migration in placed(version.facts).migrations
            if migration.operations or migration.tool == "alembic"  # which looks for every revision that it ran
        ]
    return found


def _begins_otherwise(tree: MigrationTree, base: Merged, history: History) -> bool:
    roots = tree.steps[:1] if tree.tool == "sql" else [step for step in tree.steps if not step.parents]
    return any(step.path not in base.homes for step in roots) or bool(
        history.versions_in_base([base.homes[step.path] for step in roots])
    )


def _is_said_already(tree: MigrationTree, gone: list[Gone]) -> bool:
    """Whether a migration that is left builds on one of those, which is a flaw of the graph."""
    missing = {problem.detail for problem in tree.problems if problem.kind == "missing-parent"}
    return any(found.migration.revision in missing for found in gone)


def _replaced(tree: MigrationTree, base: Merged, history: History) -> set[str]:
    """Django: the names of migrations that a squash stands in for, also where it does not say so any more."""
    if tree.tool != "django":
        return set()
    squashes = [step.migration for step in tree.steps]
    homes = [base.homes[step.path] for step in tree.steps if step.path in base.homes]
    squashes += [one for version in history.versions_in_base(homes).values() for one in version.facts.migrations]
    return {name.rpartition(".")[2] for migration in squashes for name in migration.replaces}


def _deleted(tree: MigrationTree, gone: list[Gone], replaced: set[str]) -> Iterator[DeletedMigration]:
    by_name = {found.name: found for found in gone}
    held = {_name(step.migration): step for step in tree.steps}
    versions = {known_as(step.migration) for step in tree.steps}
    for found in sorted(gone, key=lambda found: natural_key(found.path)):
        if found.name in replaced or found.migration.replaces or "_squashed_" in f"{found.name}_":
            continue
        if tree.tool == "sql":
            version = known_as(found.migration)
            ordered = version[:1].isdigit() or tree.layout == "sqitch"
            before = _last_before(tree, found.path) if ordered and version not in versions else None
        else:
            before = _below(found, by_name, held)
        if before is not None:
            yield DeletedMigration(before, found.name, found.path)


def _name(migration: Migration) -> str:
    """Without the label of Django's app, which a folder need not tell."""
    return migration.revision.rpartition(".")[2] if migration.tool == "django" else migration.revision


def _last_before(tree: MigrationTree, path: str) -> Step | None:
    """The migration behind which an SQL file stood."""
    key = natural_key(path)
    return max(
        (step for step in tree.steps if natural_key(step.path) < key),
        key=lambda step: natural_key(step.path),
        default=None,
    )


def _below(found: Gone, gone: Mapping[str, Gone], held: Mapping[str, Step]) -> Step | None:
    """The nearest migration that it was put on top of and that is still there."""
    label = found.migration.revision.rpartition(".")[0]
    seen: set[str] = set()
    open_ = [found]
    while open_:
        for parent in open_.pop().migration.parents:
            if found.migration.tool == "django" and parent.rpartition(".")[0] != label:
                continue
            name = parent.rpartition(".")[2] if found.migration.tool == "django" else parent
            if name in held:
                return held[name]
            if name in gone and name not in seen:
                seen.add(name)
                open_.append(gone[name])
    return None
