"""Reads files that are no input of a reader, but that the settings or the project's own set-up point to."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

_MOST = 2_000_000
"""Bytes."""


def read_beside(root: Path, path: str) -> bytes:
    """The content of a file below `root` (`path` is relative, posix).

    Raises OSError for anything but a regular file of at most two megabytes that is reached without symbolic links: a
    link may lead out of the project, a pipe would never end.
    """
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute() or "\0" in path:
        raise FileNotFoundError(path)
    folder = root
    for part in parts[:-1]:
        folder /= part
        if stat.S_ISLNK(folder.lstat().st_mode):
            raise OSError(f"{path}: behind a symbolic link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(folder / parts[-1], flags), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(f"{path}: not a regular file")
        content = stream.read(_MOST + 1)
    if len(content) > _MOST:
        raise OSError(f"{path}: too large")
    return content
