"""Facts of unchanged files, kept between runs in the user's own cache folder.

Why not in the repository: a pull request could plant a cache there, and so hide what it breaks. A damaged or foreign
file is ignored and rebuilt.

An entry is used when the file still has the signature (times, size, inode) under which it was read; with another
signature, when its content has the same digest.

What a few changed files bring is written to a small file beside the large one, which names the large one's checksum.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from bylaw import __version__
from bylaw.engine.discovery import Signature
from bylaw.engine.replay import SETTLED
from bylaw.engine.stored import cache_folder, load, project_file, save
from bylaw.facts.file import FileFacts
from bylaw.readers import READER_VERSION

_RECENT_SHARE = 8
"""The large file is written anew once more than one of so many files has changed since."""


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One file's facts, still encoded: a view of the bytes that they came with."""

    mtime: int
    ctime: int
    size: int
    inode: int
    digest: bytes
    facts: memoryview

    def matches(self, signature: Signature) -> bool:
        return (self.mtime, self.ctime, self.size, self.inode) == (
            signature.mtime, signature.ctime, signature.size, signature.inode,
        )  # fmt: skip


def digest(content: bytes) -> bytes:
    """The identity of a file's content."""
    return hashlib.blake2b(content, digest_size=16).digest()


@cache
def _decoder() -> msgspec.msgpack.Decoder[FileFacts]:
    return msgspec.msgpack.Decoder(FileFacts)


def encode(facts: FileFacts) -> bytes:
    """Facts in the form in which they are stored."""
    return msgspec.msgpack.encode(facts)


def decode(data: bytes | memoryview) -> FileFacts:
    """Facts from their encoded form. Raises msgspec.DecodeError."""
    return _decoder().decode(data)


class FactsCache:
    """The stored facts of one project. `path` None means that nothing is stored."""

    def __init__(self, path: Path | None, version: str) -> None:
        self.path = path
        self.version = version
        self.entries: dict[str, Entry] = {}
        self.changed = False
        self.started = time.time_ns()
        self._base = b""
        """The checksum of the large file, empty where there is none."""
        self._recent: set[str] = set()
        """Paths whose entries are not those of the large file."""
        if path is not None:
            self._load(path)

    def _load(self, path: Path) -> None:
        stored = load(path, self.version, dict[str, Entry])
        if stored is None:
            return
        self._base, self.entries = stored
        beside = load(_beside(path), self._recent_version, dict[str, Entry])
        if beside is not None:
            _, recent = beside
            self.entries.update(recent)
            self._recent.update(recent)

    @property
    def _recent_version(self) -> str:
        return f"{self.version}/{self._base.hex()}"

    def holds(self, path: str, signature: Signature) -> bool:
        """Whether the facts of a file are stored that has this signature still."""
        entry = self.entries.get(path)
        return entry is not None and entry.matches(signature)

    def put(self, path: str, signature: Signature, content_digest: bytes, facts: bytes | memoryview) -> None:
        """Store a file's facts. A file touched a moment ago may change again under the same times: only its digest
        counts.
        """
        settled = max(signature.mtime, signature.ctime) < self.started - SETTLED
        times = (signature.mtime, signature.ctime) if settled else (0, 0)
        self.entries[path] = Entry(*times, signature.size, signature.inode, content_digest, memoryview(facts))
        self._recent.add(path)
        self.changed = True

    def keep_only(self, paths: Mapping[str, object]) -> None:
        """Forget files that are gone."""
        gone = [path for path in self.entries if path not in paths]
        for path in gone:
            del self.entries[path]
        if gone:
            self.changed, self._base = True, b""

    def save(self) -> None:
        """Write what changed, atomically; a cache that cannot be written is no error."""
        if self.path is None or not self.changed:
            return
        recent = {path: self.entries[path] for path in self._recent if path in self.entries}
        if self._base and len(recent) * _RECENT_SHARE <= len(self.entries):
            save(_beside(self.path), self._recent_version, recent)
        else:
            from bylaw.engine.pruning import prune  # noqa: PLC0415 - not for runs that change little

            save(self.path, self.version, self.entries)
            with suppress(OSError):  # a folder that cannot be written
                _beside(self.path).unlink(missing_ok=True)
            prune(self.path.parent)


def open_cache(root: Path, *, enabled: bool) -> FactsCache:
    """The facts cache of the project at `root` (absolute)."""
    folder = cache_folder() if enabled else None
    version = f"{__version__}/{READER_VERSION}/{_code_identity()}/{sys.version_info[:2]}"
    if folder is None:
        return FactsCache(None, version)
    return FactsCache(project_file(folder, root, ".facts"), version)


@cache
def _code_identity() -> str:
    """In a checkout the readers may change without a new version: their newest modification time stands in for it."""
    package = Path(__file__).resolve().parent.parent
    if package.parent.name != "checker":
        return ""
    return str(max(file.stat().st_mtime_ns for part in ("facts", "readers") for file in (package / part).rglob("*.py")))


def _beside(path: Path) -> Path:
    return path.with_suffix(".recent")
