"""Puts repaired files on the disk: whole or not at all, inside of the root, never over somebody else's change."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bylaw.config.files import without_links
from bylaw.engine.atomic import replacing

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class WriteProblem:
    """A file that was not written, and why, in words that follow the path."""

    path: str
    reason: str


class _Refused(Exception):  # noqa: N818 - an outcome, turned into a WriteProblem
    """The file must not be written."""


def unwritable(root: Path, path: str) -> str:
    """Why the file at `path` (posix, from `root`) may not be written, or an empty string."""
    try:
        _target(root, path)
    except _Refused as refusal:
        return str(refusal)
    return ""


def write_files(root: Path, original: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[WriteProblem]:
    """Write the files of `new` (posix paths from `root`) that on the disk are still as in `original`.

    Each file is replaced in one step and keeps its mode; a reader sees the old bytes or the new ones. What cannot or
    must not be written is left alone and returned; the others are written nevertheless.
    """
    problems = []
    for path, content in new.items():
        try:
            with _undisturbed():
                _write(_target(root, path), original.get(path), content)
        except _Refused as refusal:
            problems.append(WriteProblem(path, str(refusal)))
        except OSError as error:
            problems.append(WriteProblem(path, f"cannot be written: {error.strerror or error}"))
    return problems


def _target(root: Path, path: str) -> Path:
    """The real file to replace. Raises _Refused."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise _Refused("lies outside of the project")
    real_root = without_links(root)
    target = without_links(real_root / parts)
    if not target.is_relative_to(real_root):
        raise _Refused("leads out of the project through a link")
    try:
        mode = target.stat().st_mode
    except OSError as error:
        raise _Refused(f"cannot be read any more: {error.strerror or error}") from error
    if not stat.S_ISREG(mode):
        raise _Refused("is no regular file")
    if not mode & _ANY_WRITE or not os.access(target, os.W_OK):
        raise _Refused("is read-only")
    folder = target.parent
    if not folder.stat().st_mode & _ANY_WRITE or not os.access(folder, os.W_OK | os.X_OK):
        raise _Refused("is in a read-only folder")
    return target


def _write(target: Path, expected: bytes | None, content: bytes) -> None:
    status = target.stat()
    with replacing(target, content) as new:
        _sync(new, os.O_RDWR)
        new.chmod(stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(new, status.st_uid, status.st_gid)
        if target.read_bytes() != expected:
            raise _Refused("changed while it was being repaired")
    with contextlib.suppress(OSError):  # not every system can do that with a folder
        _sync(target.parent, os.O_RDONLY)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Whoever ends the process meanwhile waits until the block has ended, so that no file of half a write stays."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _sync(path: Path, flags: int) -> None:
    """Make what was written last through a power failure. Raises OSError."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
