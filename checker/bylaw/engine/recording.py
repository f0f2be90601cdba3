"""Collects what a run depends on, so that its result can be replayed while nothing of that changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from bylaw.engine.discovery import Discovery, Signature
from bylaw.engine.replay import ABSENT, SETTLED, signature, store


class Recording:
    """The signatures of everything a run has looked at. Add a path *before* reading it."""

    def __init__(self) -> None:
        self.started = time.time_ns()
        self.root = ""
        self.signatures: dict[str, str] = {}

    def add(self, paths: Iterable[Path | str]) -> None:
        """Depend on files or folders (absolute), present or absent."""
        for name in map(str, paths):
            if name not in self.signatures:
                self.signatures[name] = signature(name)

    def add_discovery(self, root: Path, discovery: Discovery) -> None:
        """Depend on every file and folder of a discovery, as it was when it was found."""
        self.root = top = str(root)
        for path, found in (*discovery.folders.items(), *discovery.files.items()):
            self.signatures[f"{top}/{path}" if path else top] = _text(found)
        self.add(discovery.ignore_files)

    @property
    def settled(self) -> bool:
        """Whether everything has been left alone long enough for its times to be trusted."""
        latest = max(
            (int(stamp) for text in self.signatures.values() if text != ABSENT for stamp in text.split(" ")[:2]),
            default=0,
        )
        return latest < self.started - SETTLED

    def save(self, arguments: list[str], code: int, out: bytes, err: bytes) -> None:
        """Keep the result of the run for replaying, if the times can be trusted."""
        if self.settled:
            store(arguments, self.root, self.signatures, code, out, err)


def _text(found: Signature) -> str:
    return f"{found.mtime} {found.ctime} {found.size} {found.inode}"
