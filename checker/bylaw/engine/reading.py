"""Facts of all files of a run: from the cache where they are unchanged, from the readers otherwise, in parallel when
that pays.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bylaw.engine.cache import FactsCache, decode, digest, encode
from bylaw.engine.discovery import Discovery, Signature
from bylaw.facts.file import FileFacts
from bylaw.readers import read_file

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

PARALLEL_FROM = 400_000
"""Bytes of source from which worker processes pay for their start."""
_CHUNK = 250_000
"""Bytes of source that a worker is handed at once."""


class ReadFiles(msgspec.Struct):
    """What reading gave. `failed` maps a path to the system's reason; `read` counts the files that a reader saw."""

    facts: dict[str, FileFacts] = msgspec.field(default_factory=dict)
    failed: dict[str, str] = msgspec.field(default_factory=dict)
    read: int = 0


Progress = Callable[[int, int], None]
"""Called with the number of files done and of all files to read."""


def read_all(root: Path, discovery: Discovery, cache: FactsCache, progress: Progress | None = None) -> ReadFiles:
    """The facts of every discovered file, in path order; the cache is brought up to date (and not yet saved)."""
    result = ReadFiles()
    collecting = gc.isenabled()
    gc.disable()  # among so many small immortal structs, collecting is the larger half of the time
    try:
        missing = _from_cache(discovery, cache, result)
        for path, outcome in _read_missing(root, discovery, missing, cache, progress):
            _take(path, outcome, discovery.files[path], cache, result)
    finally:
        if collecting:
            gc.enable()
    cache.keep_only(discovery.files)
    result.facts = {path: result.facts[path] for path in discovery.files if path in result.facts}
    return result


def _from_cache(discovery: Discovery, cache: FactsCache, result: ReadFiles) -> list[str]:
    missing = []
    for path, signature in discovery.files.items():
        entry = cache.entries.get(path)
        if entry is not None and entry.matches(signature):
            try:
                result.facts[path] = decode(entry.facts)
                continue
            except msgspec.MsgspecError:
                pass
        missing.append(path)
    return missing


class _Outcome(msgspec.Struct, frozen=True):
    """One file as a reader left it: encoded facts and the content's digest, or why it could not be read."""

    digest: bytes = b""
    encoded: bytes = b""
    facts: FileFacts | None = None
    reason: str = ""


def _read_missing(
    root: Path, discovery: Discovery, missing: list[str], cache: FactsCache, progress: Progress | None
) -> Iterator[tuple[str, _Outcome]]:
    size = sum(discovery.files[path].size for path in missing)
    workers = min(_processors(), max(1, size // _CHUNK))
    if size < PARALLEL_FROM or workers < 2:
        for done, path in enumerate(missing, start=1):
            known = cache.entries.get(path)
            yield path, _read_one(str(root), path, known.digest if known else b"", known.facts if known else b"")
            if progress is not None:
                progress(done, len(missing))
        return
    done = 0
    for chunk, outcomes in _in_parallel(str(root), list(_chunks(missing, discovery)), workers):
        yield from zip(chunk, outcomes, strict=True)
        done += len(chunk)
        if progress is not None:
            progress(done, len(missing))


def _in_parallel(root: str, chunks: list[list[str]], workers: int) -> Iterator[tuple[list[str], list[_Outcome]]]:
    """Read chunks in worker processes; if those cannot work (no processes allowed, one was killed), read here."""
    # Not for the many runs in which few files have changed: these take longer to load than such files to read.
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    left = list(chunks)
    try:
        with ProcessPoolExecutor(workers, mp_context=_context()) as pool:
            for chunk, outcomes in zip(chunks, pool.map(_read_chunk, [(root, chunk) for chunk in chunks]), strict=True):
                yield chunk, outcomes
                left.remove(chunk)
    except (BrokenProcessPool, OSError):
        for chunk in left:
            yield chunk, _read_chunk((root, chunk))


def _context() -> BaseContext:
    """Forking is cheapest, and safe while this process has a single thread."""
    import multiprocessing  # noqa: PLC0415 - as above

    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _chunks(paths: Iterable[str], discovery: Discovery) -> Iterator[list[str]]:
    """Paths in groups of about equal size; the largest files first, so that no worker is left with one at the end."""
    chunk: list[str] = []
    size = 0
    for path in sorted(paths, key=lambda path: -discovery.files[path].size):
        chunk.append(path)
        size += discovery.files[path].size
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _read_chunk(job: tuple[str, list[str]]) -> list[_Outcome]:
    gc.disable()
    root, paths = job
    outcomes = []
    for path in paths:
        outcome = _read_one(root, path, b"", b"")
        encoded = encode(outcome.facts) if outcome.facts is not None else b""
        outcomes.append(_Outcome(outcome.digest, encoded, None, outcome.reason))
    return outcomes


def _read_one(root: str, path: str, known_digest: bytes, known_facts: bytes) -> _Outcome:
    try:
        content = Path(root, path).read_bytes()
    except OSError as error:
        return _Outcome(reason=error.strerror or str(error))
    identity = digest(content)
    if identity == known_digest:
        return _Outcome(identity, known_facts)
    return _Outcome(identity, facts=read_file(path, content))


def _take(path: str, outcome: _Outcome, signature: Signature, cache: FactsCache, result: ReadFiles) -> None:
    if outcome.reason:
        result.failed[path] = outcome.reason
        return
    result.read += 1
    facts = outcome.facts if outcome.facts is not None else decode(outcome.encoded)
    result.facts[path] = facts
    if cache.path is not None:
        cache.put(path, signature, outcome.digest, outcome.encoded or encode(facts))
