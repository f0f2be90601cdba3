"""What a run could not read or decide, in words: said beside the diagnostics, never left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from bylaw.project import Project
from bylaw.project.migrations import MigrationTree


def undecided(project: Project, skipped: Iterable[tuple[str, str]] = ()) -> Iterator[str]:
    """One sentence, without its full stop, for each thing that was not decided, and what it was taken for.

    `skipped`: files that were left out, with the reason.
    """
    trees = project.migrations.trees
    yield from _unopened({tree.folder for tree in trees}, skipped)
    yield from _base(project, trees)
    unplaced = [
        tree.folder or "."
        for tree in trees
        if tree.tool == "sql" and not tree.layout and any(map(project.migrations.has_no_known_place, tree.steps))
    ]
    if unplaced:
        more = f" and {len(unplaced) - 3} other folders" if len(unplaced) > 3 else ""
        yield (
            f"who runs the SQL files of {', '.join(unplaced[:3])}{more} is not known, so what depends on their "
            "transaction is not judged; `migrations.runner` names it (`psql`: one statement after the other)"
        )


def _unopened(folders: Collection[str], skipped: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What nobody left out on purpose. `folders` hold migrations."""
    unread: dict[str, list[str]] = {}
    for path, reason in skipped:
        is_large = reason.startswith("larger than")
        if is_large and path.rpartition("/")[0] in folders:
            yield f"the migration {path} is not read: it is {reason}; `max-file-size` allows more"
        elif is_large or reason.startswith("cannot be"):
            unread.setdefault(f"{reason}; `max-file-size` allows more" if is_large else reason, []).append(path)
    for reason, paths in unread.items():
        yield f"{_some(paths)} {'are' if paths[1:] else 'is'} not read: {reason}"


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def _base(project: Project, trees: tuple[MigrationTree, ...]) -> Iterator[str]:
    history, settings = project.history, project.settings.migrations
    if settings.judge_all:
        return
    if history.lacking:
        yield (
            f"what was edited in {_some(sorted(history.lacking))} since it was merged is not known: this clone lacks "
            "the contents of old files (`git clone` with `--filter`); a full clone has them"
        )
    if not history.reason or not any(len(tree.steps) > 1 for tree in trees):
        return
    if history.base is not None:
        yield f"migrations that were merged and then edited are not told apart: {history.reason}"
    elif not settings.accepted_through:
        yield (
            f"which migrations are new is not known, so all are judged: {history.reason}; "
            "`accepted-through` (or, in a repository, `--since REV`) says from where on"
        )
