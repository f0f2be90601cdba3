"""Files that git keeps although an ignore rule names them: for git they are not ignored, and so not for us."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from bylaw.project.paths import upwards

_PLAIN_VERSIONS = frozenset({2, 3})
"""Of the index, with each name in one piece."""
_LONGEST_STATED = 0xFFF
_EXTENDED = 0x4000
_LARGEST = 100_000_000
_MOST_LOOKED_THROUGH = 100_000_000
"""Bytes, over all names: looking through more of them takes longer than git does for its whole list."""


def index_of(top: Path) -> Path:
    """The file in which git lists what it tracks in the work tree `top`. It need not be there."""
    folder = top / ".git"
    try:
        if folder.is_file():  # of a linked work tree, or a submodule
            with folder.open("rb") as link:
                named = link.read(4_000).decode("utf-8", "replace").partition("gitdir:")[2].strip()
            folder = folder if "\0" in named else top / named
    except OSError:
        pass
    return folder / "index"


def tracked(top: Path, index: Path, names: Collection[str]) -> set[str]:
    """Those of the files `names`, and the files below the folders among them (with `/` at the end), that git tracks.
    Paths are relative to `top`.

    An index takes milliseconds to be taken apart, and a process of git as long to start; where a name stands in it as
    it is, looking for it takes microseconds.
    """
    try:
        may_read = index.is_file() and index.stat().st_size < _LARGEST  # a pipe or a device would be read for ever
        content = index.read_bytes() if may_read else b""
        plain = content[:4] == b"DIRC" and int.from_bytes(content[4:8], "big") in _PLAIN_VERSIONS
        few = len(names) * len(content) < _MOST_LOOKED_THROUGH
        if plain and few and not any(index.parent.glob("sharedindex.*")):
            found = {entry for name in names for entry in _entries(content, name.encode("utf-8", "replace"))}
            return {entry.decode("utf-8", "replace") for entry in found}
    except (OSError, ValueError):  # the latter for a name with a NUL
        return set()
    return _asked(top, frozenset(names)) if content else set()


def _entries(index: bytes, name: bytes) -> Iterator[bytes]:
    """The name, or for that of a folder all names below it, that stand in an index."""
    wanted = name if name.endswith(b"/") else name + b"\0"
    at = index.find(wanted)
    while at >= 0:
        end = index.find(b"\0", at)
        if end < 0:
            return
        if _begins(index, at, end - at):
            yield index[at:end]
        at = index.find(wanted, end)


def _begins(index: bytes, at: int, length: int) -> bool:
    """Whether a name of so many bytes begins there, and does not go on: the bytes before it state its length."""
    stated = min(length, _LONGEST_STATED)
    flags = int.from_bytes(index[at - 2 : at], "big")
    extended = int.from_bytes(index[at - 4 : at - 2], "big")
    if flags & _LONGEST_STATED == stated and not flags & _EXTENDED:
        return True
    return extended & _LONGEST_STATED == stated and bool(extended & _EXTENDED)


def _asked(top: Path, names: frozenset[str]) -> set[str]:
    """The same from git, for an index of another form, and for many names."""
    from bylaw.engine.git_command import GitError, git, text_of  # noqa: PLC0415 - starts a process

    try:
        listed = text_of(git(top, "ls-files", "-z")).split("\0")
    except GitError:
        return set()
    return {path for path in listed if path in names or any(f"{above}/" in names for above in upwards(path))}
