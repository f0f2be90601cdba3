"""Changes as a patch that `git apply` takes, to the byte."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

_ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}


def unified_diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """The change of every file of `after` (by posix path) from its content in `before`, files in order of path."""
    return b"".join(line for path in sorted(after) for line in _file(path, before.get(path, b""), after[path]))


def _file(path: str, old: bytes, new: bytes) -> Iterator[bytes]:
    if old == new:
        return
    names = (_quoted(f"a/{path}"), _quoted(f"b/{path}"))
    for line in difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), *names, lineterm=b"\n"):
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[bytes]:
    """Lines as git sees them: only LF ends one."""
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _quoted(name: str) -> bytes:
    """As git writes a name: in quotes when it holds characters that a patch's header cannot."""
    if not any(ord(character) < 0x20 or character in '"\\\x7f' for character in name):
        return name.encode("utf-8", "surrogateescape")
    escaped = (_ESCAPES.get(ord(c)) or (f"\\{ord(c):03o}" if ord(c) < 0x20 or c == "\x7f" else c) for c in name)
    return f'"{"".join(escaped)}"'.encode("utf-8", "surrogateescape")
