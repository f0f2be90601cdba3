"""Where files come from: the disk, memory (specs, tests), or the disk with unsaved content laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Sources(Protocol):
    """Files by path (relative to the root, posix)."""

    def paths(self) -> list[str]:
        """All files to read, sorted."""

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises OSError."""


class MemorySources:
    """Files that exist only here."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


class DiskSources:
    """Files of a folder, as discovery chose them."""

    def __init__(self, root: Path, paths: list[str]) -> None:
        self.root = root
        self._paths = paths

    def paths(self) -> list[str]:
        return self._paths

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()
