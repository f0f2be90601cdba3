"""Files for a run that does not stand on a disk: specs, tests, other programs."""

from __future__ import annotations

from collections.abc import Mapping
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
