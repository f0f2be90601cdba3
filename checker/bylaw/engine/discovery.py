"""Finds the files to read, and can say of every other one why it was left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from bylaw.config.files import repository
from bylaw.engine.ignoring import Ignores, Verdicts, open_verdicts
from bylaw.engine.tracked import index_of, tracked
from bylaw.project.migration_scripts import may_be_script
from bylaw.project.paths import upwards
from bylaw.project.servers_said import speaks_of_servers
from bylaw.readers import SUFFIXES
from bylaw.settings import Settings

_NEVER = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pants.d", ".pyenv",
    ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "node_modules",
    "site-packages",
})  # fmt: skip
_ASKED_OF_GIT = (*SUFFIXES, "/")
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


class Signature(msgspec.Struct, frozen=True):
    """What tells that a file or folder is still the one that was read: nanoseconds, bytes and the inode."""

    mtime: int
    ctime: int
    size: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        return cls(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


class Discovery(msgspec.Struct, frozen=True):
    """The files that a run reads, and all that the choice depended on.

    `files` and `folders` map paths (relative to the root, posix; '' is the root) to their signatures. `skipped` has
    a reason for each file of a readable kind, and each folder, that was left out. `ignore_files` are absolute.
    """

    files: dict[str, Signature] = msgspec.field(default_factory=dict)
    folders: dict[str, Signature] = msgspec.field(default_factory=dict)
    skipped: list[tuple[str, str]] = msgspec.field(default_factory=list)
    ignore_files: list[Path] = msgspec.field(default_factory=list)
    beside: list[str] = msgspec.field(default_factory=list)
    """Files of other kinds that may say on which database server the project runs, and migrations in languages that
    nothing reads. Not opened yet.
    """


def find(root: Path, settings: Settings, *, cached: bool) -> Discovery:
    """The same as `discover`. If `cached`, what ignore rules have said before counts, and what they say now is kept."""
    verdicts = open_verdicts(root, enabled=cached)
    found = discover(root, settings, verdicts)
    verdicts.save()
    return found


def discover(root: Path, settings: Settings, verdicts: Verdicts | None = None) -> Discovery:
    """Walk `root` (absolute) without following symbolic links. Unreadable folders are skipped with the system's
    reason. `verdicts` are what the ignore rules have said before.
    """
    found = Discovery()
    top = repository(root)
    walk = _Walk(root, settings, verdicts or Verdicts(None, {}), found)
    walk.folder("", _outer_ignores(root, top, found))
    if walk.ignored and top is not None:
        index = index_of(top)
        found.ignore_files.append(index)
        inside = _prefix(root.relative_to(top).as_posix(), 0)
        names = tracked(top, index, [inside + name for name in walk.ignored])
        walk.keep(name.removeprefix(inside) for name in sorted(names))
    found.skipped.sort()
    return Discovery(
        dict(sorted(found.files.items())), found.folders, found.skipped, found.ignore_files, sorted(found.beside)
    )


class _Walk:
    def __init__(self, root: Path, settings: Settings, verdicts: Verdicts, found: Discovery) -> None:
        self.root = str(root)
        self.exclude = Ignores(settings.exclude, "the configuration") if settings.exclude else None
        self.max_size = settings.max_file_size
        self.verdicts = verdicts
        self.found = found
        self.ignored: list[str] = []
        """What an ignore rule names, readable files and folders (with `/` at the end)."""

    def folder(self, path: str, ignores: Ignores | None) -> None:
        """Walk one folder and all below it, without recursion."""
        pending = [(path, ignores)]
        while pending:
            folder, above = pending.pop()
            absolute = f"{self.root}/{folder}" if folder else self.root
            try:
                self.found.folders[folder] = Signature.of(os.stat(absolute))
                with os.scandir(absolute) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.found.skipped.append((folder or ".", f"cannot be listed: {error.strerror or error}"))
                continue
            if folder and any(entry.name in _ENVIRONMENT_MARKS for entry in listed):
                self.found.skipped.append((folder, "a virtual environment"))
                continue
            here = self._with_own_ignores(folder, absolute, listed, above)
            pending.extend(self._entries(folder, listed, here))

    def _with_own_ignores(
        self, folder: str, absolute: str, listed: list[os.DirEntry[str]], above: Ignores | None
    ) -> Ignores | None:
        if not any(entry.name == ".gitignore" and entry.is_file(follow_symlinks=False) for entry in listed):
            return above  # git follows no link there either, and it may lead to a device
        file = Path(absolute, ".gitignore")
        base = f"{folder}/" if folder else ""
        lines = _read_ignores(file, self.found)
        return above if lines is None else Ignores(lines, f"{base}.gitignore", above, below=base)

    def _entries(
        self, folder: str, listed: list[os.DirEntry[str]], ignores: Ignores | None
    ) -> Iterator[tuple[str, Ignores | None]]:
        for entry in listed:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not entry.name.endswith(SUFFIXES):
                if entry.is_symlink() and os.path.isdir(entry.path):  # entry.is_dir() raises for a link to itself
                    self.found.skipped.append((path, "a symbolic link"))
                elif (speaks_of_servers(path) or may_be_script(path)) and not self._left_out(
                    entry, path, ignores, is_folder=False
                ):
                    self.found.beside.append(path)
                continue
            reason = self._left_out(entry, path, ignores, is_folder=is_folder)
            if reason:
                self.found.skipped.append((path, reason))
            elif is_folder:
                yield path, ignores
            else:
                self._file(entry, path)

    def _left_out(self, entry: os.DirEntry[str], path: str, ignores: Ignores | None, *, is_folder: bool) -> str:
        if is_folder and entry.name in _NEVER:
            return "never searched"
        if entry.is_symlink():
            return "a symbolic link"
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            return "its name is not UTF-8"
        name = path + "/" if is_folder else path
        if self.exclude is not None and self.verdicts.ignoring(self.exclude, name):
            return "excluded by the configuration"
        ignoring = self.verdicts.ignoring(ignores, name) if ignores is not None else None
        if ignoring is None:
            return ""
        if name.endswith(_ASKED_OF_GIT):
            self.ignored.append(name)
        return f"ignored by {ignoring.source}"

    def keep(self, paths: Iterable[str]) -> None:
        """Take in files that git tracks, in spite of the rule that ignores them or a folder above them."""
        kept = {path for path in paths if path.endswith(SUFFIXES) and self._is_reached(path)}
        homes = {above for path in kept for above in upwards(path)}
        said = [
            (path, f"{reason}, the files aside that git tracks" if path in homes else reason)
            for path, reason in self.found.skipped
            if path not in kept
        ]
        self.found.skipped[:] = said
        for path in kept:
            self._take(path, os.lstat(f"{self.root}/{path}"))

    def _is_reached(self, path: str) -> bool:
        """Whether the walk would come to a file that is there if nothing were ignored."""
        _, *above, _ = upwards(path)
        if not _NEVER.isdisjoint(path.split("/")) or not os.path.lexists(f"{self.root}/{path}"):
            return False
        if any(os.path.islink(f"{self.root}/{name}") for name in (*above, path)):
            return False
        if any(os.path.exists(f"{self.root}/{name}/{mark}") for name in above for mark in _ENVIRONMENT_MARKS):
            return False
        names = (*(f"{name}/" for name in above), path)
        return self.exclude is None or not any(self.verdicts.ignoring(self.exclude, name) for name in names)

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.found.skipped.append((path, f"cannot be read: {error.strerror or error}"))
            return
        self._take(path, status)

    def _take(self, path: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            self.found.skipped.append((path, "not a regular file"))
        elif status.st_size > self.max_size:
            self.found.skipped.append((path, f"larger than {self.max_size:,} bytes"))
        else:
            self.found.files[path] = Signature.of(status)


def _outer_ignores(root: Path, top: Path | None, found: Discovery) -> Ignores | None:
    """Ignore rules from above the root, up to the repository's top, and from its `.git/info/exclude`."""
    if top is None:
        return None
    chain: Ignores | None = None
    inside = root.relative_to(top).as_posix()
    own = top / ".git" / "info" / "exclude"
    if own.is_file() and (lines := _read_ignores(own, found)) is not None:
        chain = Ignores(lines, ".git/info/exclude", chain, above=_prefix(inside, 0))
    if root == top:
        return chain
    parts = Path(inside).parts
    for depth in range(len(parts)):
        file = top.joinpath(*parts[:depth], ".gitignore")
        if file.is_file() and (lines := _read_ignores(file, found)) is not None:
            chain = Ignores(lines, str(file), chain, above=_prefix(inside, depth))
    return chain


def _prefix(inside: str, depth: int) -> str:
    return "".join(f"{part}/" for part in Path(inside).parts[depth:]) if inside != "." else ""


def _read_ignores(file: Path, found: Discovery) -> list[str] | None:
    found.ignore_files.append(file)
    try:
        return file.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        found.skipped.append((str(file), f"cannot be read: {error.strerror or error}"))
        return None
