"""Replays the result of a run in which nothing has changed since, with the standard library alone.

A record holds the signature of everything the run depended on (every file and folder it looked at, configuration,
ignore files, git's references, the rules themselves; `-` where something must still be absent) and the bytes it
printed. It is looked up by the exact command line, folder and terminal. Any difference, however small, means: no
replay.

Imports here are a promise, kept by a test: starting Python must stay the most expensive part.
"""

from __future__ import annotations

import os
import sys
import zlib

from bylaw import __version__

CACHE_VARIABLE = "BYLAW_CACHE_DIR"
_MAGIC = b"bylaw replay 2\n"
ABSENT = "-"
_ENVIRONMENT = (
    "NO_COLOR",
    "FORCE_COLOR",
    "TERM",
    "COLUMNS",
    "CI",
    "GITHUB_ACTIONS",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "LANG",
    "LC_ALL",
)
SETTLED = 100_000_000
"""Nanoseconds for which a file must have been left alone before a record may rely on its times."""


def chosen_folder() -> str:
    """The folder for all caches: `BYLAW_CACHE_DIR`, or `bylaw` in the user's cache folder. It need not exist."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return chosen
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return os.path.join(os.environ["LOCALAPPDATA"], "bylaw", "cache")
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # a relative one is no valid one, and would lie in the checked project
        base = os.path.expanduser(os.path.join("~", ".cache"))
    return os.path.join(base, "bylaw")


def usable(folder: str) -> bool:
    """Whether the folder exists and belongs to this user: nobody else may say what a run found."""
    try:
        status = os.stat(folder)
    except OSError:
        return False
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


def identity(arguments: list[str]) -> str | None:
    """The command line, folder, program and terminal in one line of text: what makes two runs the same run."""
    try:
        current = os.getcwd()
    except OSError:
        return None
    surroundings = [f"{name}={os.environ.get(name, ABSENT)}" for name in _ENVIRONMENT]
    terminals = [stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr)]
    return repr((__version__, sys.executable, sys.version, current, arguments, surroundings, terminals))


def record_path(name: str) -> str:
    """The file of the record for an identity."""
    data = name.encode("utf-8", "surrogatepass")
    # Enough to tell command lines apart without loading a hash library; the record itself holds the whole identity.
    return os.path.join(chosen_folder(), f"{zlib.crc32(data):08x}{zlib.adler32(data[::-1]):08x}{len(data):x}.replay")


def signature(path: str) -> str:
    """Times (ns), size and inode of a file or folder as text, `-` when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ABSENT
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino}"


def replay(arguments: list[str]) -> int | None:
    """Print what the same run printed before and return its exit code; None when something has changed or nothing is
    known. Where files have changed, their reading has begun.
    """
    if "--no-cache" in arguments or sys.stdout is None:
        return None
    run = identity(arguments)
    if run is None:
        return None
    path = record_path(run)
    if not usable(os.path.dirname(path)):
        return None
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    head = len(_MAGIC)
    payload = data[head + 4 :]
    if data[:head] != _MAGIC or data[head : head + 4] != zlib.crc32(payload).to_bytes(4, "big"):
        return None
    header, _, rest = payload.partition(b"\n\n")
    lines = header.decode("utf-8", "surrogateescape").split("\n")
    code, out_size, recorded = lines[0].split(" ", 2)
    if recorded != run:
        return None
    changed = [
        name for name, _, expected in (line.partition("\t") for line in lines[2:]) if signature(name) != expected
    ]
    if changed:
        from bylaw.engine.ahead import start  # noqa: PLC0415 - not needed for replaying

        start(lines[1], changed)
        return None
    return _print(int(code), rest[: int(out_size)], rest[int(out_size) :])


def _print(code: int, out: bytes, err: bytes) -> int | None:
    try:
        for stream, data in ((sys.stdout, out), (sys.stderr, err)):
            if data and stream is not None:
                stream.flush()
                stream.buffer.write(data)
                stream.buffer.flush()
    except OSError:
        return None  # a full disk, a reader that has gone: the real run knows what to say
    return code


def store(arguments: list[str], root: str, signatures: dict[str, str], code: int, out: bytes, err: bytes) -> None:
    """Keep a run's result. `signatures` (absolute path → signature) must have been taken before the files were read;
    `root` is the absolute path of the project.

    Nothing is kept when a path cannot be written in the record.
    """
    run = identity(arguments)
    if run is None or any("\n" in name or "\t" in name for name in (root, *signatures)):
        return
    lines = [f"{code} {len(out)} {run}", root, *(f"{name}\t{value}" for name, value in signatures.items())]
    payload = "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n" + out + err
    from pathlib import Path  # noqa: PLC0415 - not needed for replaying

    from bylaw.engine.stored import cache_folder, write_if_possible  # noqa: PLC0415

    if cache_folder() is not None:
        write_if_possible(Path(record_path(run)), _MAGIC + zlib.crc32(payload).to_bytes(4, "big") + payload)
