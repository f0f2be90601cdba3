"""Writes the file that `--output-file` names."""

from __future__ import annotations

import os
from pathlib import Path

from bylaw.config.files import without_links
from bylaw.engine.atomic import replacing
from bylaw.errors import UsageError


def write_file(path: Path, data: bytes) -> None:
    """Put `data` in place of the file. Raises UsageError when the folder is missing or cannot be written."""
    target = without_links(path)
    try:
        if target.is_dir():
            raise UsageError(f"{path}: is a folder")
        if target.exists() and not target.is_file():  # /dev/stdout, a pipe: there is no half of those
            target.write_bytes(data)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        with replacing(target, data) as new:
            new.chmod(mode)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
