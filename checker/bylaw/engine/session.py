"""One run on the disk: discovery, cache, git, rules, suppressions. What the command line, hooks and agents call."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bylaw.engine.beside import read_beside
from bylaw.engine.cache import open_cache
from bylaw.engine.cold import found_already
from bylaw.engine.delegating import on_disk
from bylaw.engine.discovery import Discovery, find
from bylaw.engine.reading import Progress, ReadFiles, read_all
from bylaw.engine.run import Report, judge
from bylaw.errors import UsageError
from bylaw.facts.file import FileFacts
from bylaw.project import Project
from bylaw.project.history import NO_HISTORY, History
from bylaw.project.roles import is_migration_folder
from bylaw.readers import as_read, read_file
from bylaw.rule import Rule
from bylaw.settings import Settings


class Session(msgspec.Struct, frozen=True):
    """A project on the disk, read and ready to be judged. `root` is absolute."""

    root: Path
    settings: Settings
    discovery: Discovery
    project: Project
    failed: Mapping[str, str]
    unsaved: frozenset[str] = frozenset()
    """Files whose content is not the one on the disk."""

    def text(self, path: str) -> bytes:
        """The text of a file (UTF-8) as it was read. Raises FileNotFoundError for a path that was not."""
        if path not in self.project.files:
            raise FileNotFoundError(path)
        return self.project.files[path].source.content

    def judge(self, rules: Mapping[str, Rule]) -> Report:
        report = judge(self.project, rules, self.failed, on_disk(self.root, self.unsaved))
        return Report(report.diagnostics, report.files, report.internal_error, tuple(self.discovery.skipped))


def open_session(
    root: Path,
    settings: Settings,
    *,
    cached: bool = True,
    overlay: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
    since: str = "",
) -> Session:
    """Find and read the project at `root`. `overlay` holds unsaved content by path, in place of (or beside) what is
    on the disk. `since` is the commit that migrations are compared with, in place of the default branch.

    Raises UsageError for a `since` that git does not know.
    """
    history = _named_history(root, since, overlay or {}) if since else None
    discovery = found_already(root, settings) or find(root, settings, cached=cached)
    store = open_cache(root, enabled=cached)
    asking = _asked_beside(root, discovery, overlay or {}) if history is None and store.entries else None
    read = read_all(root, discovery, store, progress)
    store.save()
    gc.freeze()  # facts live as long as the process
    facts = _with_overlay(read, overlay or {})
    unsaved = dict(overlay or {})

    def load(path: str) -> bytes:
        if path in unsaved:
            return as_read(path, unsaved[path])
        return as_read(path, (root / path).read_bytes()) if path in facts else read_beside(root, path)

    answer = asking() if asking is not None else None
    project = Project(facts, settings, load, history or answer or _history(root, facts, unsaved), discovery.beside)
    return Session(root, settings, discovery, project, read.failed, frozenset(unsaved))


def _named_history(root: Path, since: str, overlay: Mapping[str, bytes]) -> History:
    from bylaw.engine.git import read_history  # noqa: PLC0415 - starts processes

    history = read_history(root, since, overlay)
    if history.base is None:
        hint = "name a branch, a tag or a commit; a shallow clone may have to fetch it first"
        raise UsageError(f"nothing can be compared with `{since}`: {history.reason}", hint=hint)
    return history


def _history(root: Path, facts: Mapping[str, FileFacts], unsaved: Mapping[str, bytes]) -> History:
    """Git is asked only where there are migrations, which alone are judged by it."""
    if not any(file.migrations for file in facts.values()):
        return NO_HISTORY
    from bylaw.engine.git import read_history  # noqa: PLC0415 - starts processes

    return read_history(root, unsaved=unsaved)


def _asked_beside(
    root: Path, discovery: Discovery, unsaved: Mapping[str, bytes]
) -> Callable[[], History | None] | None:
    """What waits for git's answer where there seem to be migrations. Git has worked while the facts were decoded."""
    if not any(is_migration_folder(folder) for folder in discovery.folders):
        return None
    from bylaw.engine.git import history_in_fork  # noqa: PLC0415 - starts processes

    return history_in_fork(root, unsaved)


def _with_overlay(read: ReadFiles, overlay: Mapping[str, bytes]) -> dict[str, FileFacts]:
    return {**read.facts, **{path: read_file(path, content) for path, content in overlay.items()}}
