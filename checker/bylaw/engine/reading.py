"""Facts of all files of a run: from the cache where they are unchanged, from the readers otherwise, in parallel when
that pays.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import msgspec

from bylaw.engine import ahead
from bylaw.engine.cache import FactsCache, decode
from bylaw.engine.cold import HeadStart, head_start
from bylaw.engine.discovery import Discovery
from bylaw.engine.forking import in_fork
from bylaw.engine.jobs import PARALLEL_FROM, Early, Job, Outcome, carry_out, read_early, workers
from bylaw.engine.loading import load_for_judging
from bylaw.engine.parallel import in_parallel
from bylaw.facts.file import FileFacts

_SMALLEST_CHUNK = 20_000
"""Bytes of source that a worker is handed at once, at least."""
_NONE = b"\x90"
"""An empty list in msgpack."""
_DECODING = 1_000_000
"""Bytes of stored facts that take longer to decode than a fork to start, which reads meanwhile."""


class ReadFiles(msgspec.Struct):
    """What reading gave. `failed` maps a path to the system's reason; `read` counts the files that were opened."""

    facts: dict[str, FileFacts] = msgspec.field(default_factory=dict)
    failed: dict[str, str] = msgspec.field(default_factory=dict)
    read: int = 0


Progress = Callable[[int, int], None]
"""Called with the number of files done and of all files to read."""


def read_all(root: Path, discovery: Discovery, cache: FactsCache, progress: Progress | None = None) -> ReadFiles:
    """The facts of every discovered file, in path order; the cache is brought up to date (and not yet saved)."""
    collecting = gc.isenabled()
    gc.disable()  # among so many small immortal structs, collecting is the larger half of the time
    try:
        return _Reading(root, discovery, cache, progress).run()
    finally:
        if collecting:
            gc.enable()


class _Reading:
    """One run over all files."""

    def __init__(self, root: Path, discovery: Discovery, cache: FactsCache, progress: Progress | None) -> None:
        self.root = root
        self.discovery = discovery
        self.cache = cache
        self.progress = progress
        self.result = ReadFiles()

    def run(self) -> ReadFiles:
        files, result = self.discovery.files, self.result
        missing = [path for path, signature in files.items() if not self.cache.holds(path, signature)]
        waiting = self.read_in_fork(missing)
        unusable = self.decode_stored(files.keys() - missing)
        taken = {path for path, outcome in waiting() if self.take(path, outcome)}
        unusable += [path for path in missing if path not in taken]
        again = [path for path, outcome in self.outcomes(unusable) if not self.take(path, outcome)]
        for path in again:
            self.cache.entries.pop(path)
            self.take(path, carry_out(self.job([path]))[0])
        self.cache.keep_only(files)
        result.facts = {path: result.facts[path] for path in files if path in result.facts}
        return result

    def decode_stored(self, paths: Iterable[str]) -> list[str]:
        """Take the facts of unchanged files from the cache. Returns the files whose facts cannot be decoded."""
        unusable = []
        for path in paths:
            try:
                self.result.facts[path] = decode(self.cache.entries[path].facts)
            except msgspec.MsgspecError:
                self.cache.entries.pop(path)
                unusable.append(path)
        return unusable

    def take(self, path: str, outcome: Outcome) -> bool:
        """Keep what a reader found; False when it relies on stored facts that cannot be decoded."""
        if outcome.reason:
            self.result.failed[path] = outcome.reason
            return True
        encoded = outcome.encoded or self.cache.entries[path].facts
        try:
            self.result.facts[path] = outcome.facts if outcome.facts is not None else decode(encoded)
        except msgspec.MsgspecError:
            return False
        self.result.read += 1
        self.cache.put(path, self.discovery.files[path], outcome.digest, encoded)
        return True

    def job(self, paths: list[str]) -> Job:
        entries = self.cache.entries
        return Job(str(self.root), [(path, entries[path].digest if path in entries else b"") for path in paths])

    def size(self, paths: Iterable[str]) -> int:
        return sum(self.discovery.files[path].size for path in paths)

    def read_in_fork(self, missing: list[str]) -> Callable[[], Iterable[tuple[str, Outcome]]]:
        """Have the few files that have changed read by a fork, while this process decodes the facts of all others.

        What it returns waits for the outcomes. There are none where that would not pay or did not work.
        """
        waiting = ahead.answer(str(self.root), missing)
        if waiting is None:
            stored = sum(len(entry.facts) for entry in self.cache.entries.values())
            if not missing or stored < _DECODING or self.size(missing) >= PARALLEL_FROM:
                return lambda: ()
            waiting = in_fork(lambda: msgspec.msgpack.encode([*read_early(str(self.root), self.job(missing).files)]))
        return lambda: self.still_true(msgspec.msgpack.decode(waiting() or _NONE, type=list[Early]), missing)

    def outcomes(self, paths: list[str]) -> Iterator[tuple[str, Outcome]]:
        """Read files, in several processes where there is enough to read."""
        begun = head_start(self.root)
        if begun is not None:
            left, total = dict.fromkeys(paths), len(paths)
            for path, outcome in self.with_head_start(begun, paths):
                yield path, outcome
                del left[path]
                self.tell(total - len(left), total)
            paths = [*left]
        count = workers(self.size(paths))
        if count == 1:
            for done, path in enumerate(paths, start=1):
                yield path, carry_out(self.job([path]))[0]
                self.tell(done, len(paths))
            return
        jobs = [self.job(chunk) for chunk in self.chunks(paths, count)]
        before = [0, *accumulate(len(job.files) for job in jobs)]
        outcomes = in_parallel(jobs, count, lambda begun: self.tell(before[begun - 1], len(paths)))
        for job, found in zip(jobs, outcomes, strict=True):
            yield from zip((path for path, _ in job.files), found, strict=True)

    def with_head_start(self, begun: HeadStart, paths: list[str]) -> Iterator[tuple[str, Outcome]]:
        """What came of those of the paths that the head start knows and that have not changed since it read them."""
        wanted = frozenset(paths)
        load_for_judging()
        for path in begun.taken():
            if path in wanted:
                yield path, carry_out(self.job([path]))[0]
            yield from self.still_true(begun.found(), wanted)  # decoded while the forks read on
        yield from self.still_true(begun.rest(), wanted)

    def still_true(self, found: Iterable[Early], wanted: Collection[str]) -> Iterator[tuple[str, Outcome]]:
        """What forks have found in files that are wanted, and that have not changed since."""
        for early in found:
            if early.path in wanted and early.signature == self.discovery.files[early.path]:
                yield early.path, early.outcome.decoded()

    def tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)

    def chunks(self, paths: Iterable[str], count: int) -> Iterator[list[str]]:
        """Paths in groups, the largest files first and the groups ever smaller, so that all workers end together."""
        left = self.size(paths)
        chunk: list[str] = []
        size = 0
        for path in sorted(paths, key=lambda path: -self.discovery.files[path].size):
            chunk.append(path)
            size += self.discovery.files[path].size
            if size >= max(_SMALLEST_CHUNK, left // (3 * count)):
                yield chunk
                left -= size
                chunk, size = [], 0
        if chunk:
            yield chunk
