"""Files of the cache folder: one value each, with a checksum and the version that wrote it.

The folder belongs to the user, and the files hold data only (msgpack). One that is damaged, foreign or of another
version is as good as none.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from bylaw.engine.replay import chosen_folder, usable

Value = TypeVar("Value")

_MAGIC = b"bylaw facts 1\n"


def cache_folder() -> Path | None:
    """The folder for all of bylaw's caches, created if need be; None where none can be had or it is somebody else's."""
    folder = Path(chosen_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if usable(str(folder)) else None


def project_file(folder: Path, root: Path, suffix: str) -> Path:
    """The file for the project at `root` (absolute) in the cache folder; `suffix` says of which kind (`.facts`)."""
    name = hashlib.blake2b(str(root).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
    return folder / f"{name}{suffix}"


def load(path: Path, version: str, kind: type[Value]) -> tuple[bytes, Value] | None:
    """The checksum and the value of a file; None where it is missing, damaged or of another version."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC)
    checksum, payload = data[head : head + 4], memoryview(data)[head + 4 :]
    if data[:head] != _MAGIC or checksum != zlib.crc32(payload).to_bytes(4, "big"):
        return None
    try:
        stored, value = msgspec.msgpack.decode(payload, type=tuple[str, kind])  # type: ignore[valid-type]
    except msgspec.MsgspecError:
        return None
    return (checksum, value) if stored == version else None


def save(path: Path, version: str, value: object) -> None:
    """Write a value, whole or not at all; in silence, because what cannot be kept is no error."""
    payload = msgspec.msgpack.encode((version, value))
    write_if_possible(path, _MAGIC + zlib.crc32(payload).to_bytes(4, "big") + payload)


def write_if_possible(path: Path, data: bytes) -> None:
    """Write a file of the cache whole or not at all; in silence, because what cannot be kept is no error."""
    from bylaw.engine.atomic import replacing  # noqa: PLC0415 - not for runs that change nothing

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, data):
            pass
