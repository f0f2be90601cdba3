"""Files to be read, and what came of it, in a form that goes from one process to another."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from bylaw.engine.cache import decode, digest, encode
from bylaw.engine.discovery import Signature
from bylaw.engine.forking import processors
from bylaw.facts.file import FileFacts
from bylaw.readers import read_file

PARALLEL_FROM = 400_000
"""Bytes of source from which further processes pay for their start."""
_CHUNK = 250_000
"""Bytes of source for which one more process pays."""


class Job(msgspec.Struct, frozen=True):
    """The root, and paths to read with the digest of the content whose facts are stored."""

    root: str
    files: list[tuple[str, bytes]]


class Outcome(msgspec.Struct, frozen=True):
    """One file as a reader left it: the content's digest and encoded facts, or why it could not be read.

    Without facts and reason the content is the one whose facts are stored.
    """

    digest: bytes = b""
    encoded: bytes = b""
    reason: str = ""
    facts: FileFacts | None = None
    """The same facts as they are, in the process that has read the file: it need not decode them."""

    def to_send(self) -> Outcome:
        """As another process is told it."""
        return Outcome(self.digest, self.encoded, self.reason)

    def decoded(self) -> Outcome:
        """With the facts themselves, if it brings any. Raises msgspec.DecodeError."""
        return Outcome(self.digest, self.encoded, facts=decode(self.encoded)) if self.encoded else self


class Early(msgspec.Struct, frozen=True):
    """What a fork found in a file; it holds while the file has this signature."""

    path: str
    signature: Signature
    outcome: Outcome


def workers(size: int) -> int:
    """How many processes to read so many bytes of source with, this one among them."""
    return min(processors(), max(1, size // _CHUNK)) if size >= PARALLEL_FROM else 1


def carry_out(job: Job) -> list[Outcome]:
    """Read the files of a job, in order."""
    gc.disable()
    return [_read(job.root, path, known) for path, known in job.files]


def carry_out_for_another(job: Job) -> list[Outcome]:
    """The same for another process than this one."""
    return [outcome.to_send() for outcome in carry_out(job)]


def read_early(root: str, files: Iterable[tuple[str, bytes]]) -> Iterator[Early]:
    """Read files (of a job, as it names them) for another process; those that are gone are left out."""
    gc.disable()
    for path, known in files:
        try:
            signature = Signature.of(Path(root, path).lstat())
        except OSError:
            continue
        yield Early(path, signature, _read(root, path, known).to_send())


def _read(root: str, path: str, known: bytes) -> Outcome:
    try:
        content = Path(root, path).read_bytes()
    except OSError as error:
        return Outcome(reason=error.strerror or str(error))
    identity = digest(content)
    if identity == known:
        return Outcome(identity)
    facts = read_file(path, content)
    return Outcome(identity, encode(facts), facts=facts)
