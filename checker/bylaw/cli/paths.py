"""The paths of a command line, as paths from the root."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bylaw.errors import UsageError

_FROM_WITHIN = "a project is checked from within: go to its folder first"


def from_root(given: Iterable[str], root: Path) -> tuple[str, ...]:
    """Each path relative to `root` (posix; '' is the root itself). Raises UsageError with all that cannot be used."""
    found: list[str] = []
    wrong: list[str] = []
    for name in given:
        path = Path(os.path.abspath(name))  # noqa: PTH100 - a symbolic link stays the name it was given by
        if not path.exists() and not path.is_symlink():
            wrong.append(f"{name}: there is no such file or folder")
        elif (inside := _inside(path, root)) is None:
            wrong.append(f"{name}: is outside the project ({root})")
        else:
            found.append(inside)
    if wrong:
        raise UsageError("\n".join(wrong), hint=_hint(wrong))
    return tuple(found)


def inside_root(name: str, root: Path) -> str:
    """One path relative to `root`, whether it exists or not. Raises UsageError when it is outside."""
    inside = _inside(Path(os.path.abspath(name)), root)  # noqa: PTH100
    if inside is None:
        raise UsageError(f"{name}: is outside the project ({root})", hint=_FROM_WITHIN)
    if not inside:
        raise UsageError(f"{name}: is the project's root, not a file", hint="name the file whose text this is")
    return inside


def _inside(path: Path, root: Path) -> str | None:
    for candidate in (path, path.resolve()):
        if candidate.is_relative_to(root):
            inside = candidate.relative_to(root).as_posix()
            return "" if inside == "." else inside
    return None


def _hint(wrong: list[str]) -> str:
    outside = any("is outside the project" in sentence for sentence in wrong)
    return _FROM_WITHIN if outside else ""
