"""Finds the files to read, and can say of every other one why it was left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bylaw.project.migration_scripts import may_be_script
from bylaw.project.servers_said import speaks_of_servers
from bylaw.readers import SUFFIXES
from bylaw.settings import Settings

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NEVER = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pants.d", ".pyenv",
    ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "node_modules",
    "site-packages",
})  # fmt: skip
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


class _Ignores:
    """The ignore rules that hold in one folder: its own file's, then its parents', nearest first."""

    def __init__(self, spec: GitIgnoreSpec, base: str, source: str, parent: _Ignores | None) -> None:
        self.spec = spec
        self.base = base
        self.source = source
        self.parent = parent

    def reason(self, path: str, *, is_folder: bool) -> str:
        """Which file ignores the path (relative to the root), or '' when none does."""
        level: _Ignores | None = self
        while level is not None:
            inside = path.removeprefix(level.base)
            verdict = level.spec.check_file(inside + "/" if is_folder else inside).include
            if verdict is not None:
                return f"ignored by {level.source}" if verdict else ""
            level = level.parent
        return ""


def discover(root: Path, settings: Settings) -> Discovery:
    """Walk `root` (absolute) without following symbolic links. Unreadable folders are skipped with the system's
    reason.
    """
    found = Discovery()
    exclude = _patterns(settings.exclude) if settings.exclude else None
    _Walk(root, exclude, settings.max_file_size, found).folder("", _outer_ignores(root, found))
    found.skipped.sort()
    return Discovery(
        dict(sorted(found.files.items())), found.folders, found.skipped, found.ignore_files, sorted(found.beside)
    )


class _Walk:
    def __init__(self, root: Path, exclude: GitIgnoreSpec | None, max_size: int, found: Discovery) -> None:
        self.root = str(root)
        self.exclude = exclude
        self.max_size = max_size
        self.found = found

    def folder(self, path: str, ignores: _Ignores | None) -> None:
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
        self, folder: str, absolute: str, listed: list[os.DirEntry[str]], above: _Ignores | None
    ) -> _Ignores | None:
        if not any(entry.name == ".gitignore" for entry in listed):
            return above
        file = Path(absolute, ".gitignore")
        base = f"{folder}/" if folder else ""
        spec = _read_ignores(file, self.found)
        return above if spec is None else _Ignores(spec, base, f"{base}.gitignore", above)

    def _entries(
        self, folder: str, listed: list[os.DirEntry[str]], ignores: _Ignores | None
    ) -> Iterator[tuple[str, _Ignores | None]]:
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

    def _left_out(self, entry: os.DirEntry[str], path: str, ignores: _Ignores | None, *, is_folder: bool) -> str:
        if is_folder and entry.name in _NEVER:
            return "never searched"
        if entry.is_symlink():
            return "a symbolic link"
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            return "its name is not UTF-8"
        if self.exclude is not None and self.exclude.match_file(path + "/" if is_folder else path):
            return "excluded by the configuration"
        return ignores.reason(path, is_folder=is_folder) if ignores is not None else ""

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.found.skipped.append((path, f"cannot be read: {error.strerror or error}"))
            return
        if not stat.S_ISREG(status.st_mode):
            self.found.skipped.append((path, "not a regular file"))
        elif status.st_size > self.max_size:
            self.found.skipped.append((path, f"larger than {self.max_size:,} bytes"))
        else:
            self.found.files[path] = Signature.of(status)


def _outer_ignores(root: Path, found: Discovery) -> _Ignores | None:
    """Ignore rules from above the root, up to the repository's top, and from its `.git/info/exclude`."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        return None
    chain: _Ignores | None = None
    inside = root.relative_to(top).as_posix()
    own = top / ".git" / "info" / "exclude"
    if own.is_file() and (spec := _read_ignores(own, found)) is not None:
        chain = _Outer(spec, _prefix(inside, 0), ".git/info/exclude", chain)
    if root == top:
        return chain
    parts = Path(inside).parts
    for depth in range(len(parts)):
        file = top.joinpath(*parts[:depth], ".gitignore")
        if file.is_file() and (spec := _read_ignores(file, found)) is not None:
            chain = _Outer(spec, _prefix(inside, depth), str(file), chain)
    return chain


def _prefix(inside: str, depth: int) -> str:
    return "".join(f"{part}/" for part in Path(inside).parts[depth:]) if inside != "." else ""


class _Outer(_Ignores):
    """Rules of a folder above the root: `base` is what stands between that folder and the root."""

    def reason(self, path: str, *, is_folder: bool) -> str:
        full = self.base + path
        verdict = self.spec.check_file(full + "/" if is_folder else full).include
        if verdict is not None:
            return f"ignored by {self.source}" if verdict else ""
        return self.parent.reason(path, is_folder=is_folder) if self.parent is not None else ""


def _read_ignores(file: Path, found: Discovery) -> GitIgnoreSpec | None:
    found.ignore_files.append(file)
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        found.skipped.append((str(file), f"cannot be read: {error.strerror or error}"))
        return None
    return _patterns(lines)


def _patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    """All lines that are patterns; the others are left out, as git does."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - not for projects that ignore nothing

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - as above

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
