"""The paths of a command line, as paths from the root."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bylaw.config.files import ConfigSource, is_folder, locate, without_links
from bylaw.errors import UsageError

_FROM_WITHIN = "paths of one project are checked at a time; start bylaw once in each"


def meant_project(start: Path, given: Iterable[str], explicit: Path | None = None) -> tuple[Path, ConfigSource]:
    """The project that a command line means, and the folder from which it was found.

    That is the project around `start`. Where nothing makes that folder one, neither configuration nor git, or where all
    given paths lie outside of it, it is the project around the paths, if there is one. Raises as `locate` does.
    """
    explicit = None if explicit is None else start / explicit
    here = locate(start, explicit)
    paths = [Path(os.path.abspath(name)) for name in given]  # noqa: PTH100 - see from_root
    within = [path for path in paths if _inside(path, here.root) is not None]
    if not paths or (within and _is_project(here)):
        return start, here
    common = Path(os.path.commonpath([_folder(path) for path in paths]))
    there = locate(common, explicit)
    nothing_here = not _is_project(here) and (not within or here.root == here.root.parent)
    return (common, there) if _is_project(there) or nothing_here else (start, here)


def _is_project(source: ConfigSource) -> bool:
    """Whether something marks the root as one: a configuration in it, or git."""
    configured = source.path is not None and source.path.parent == source.root
    return configured or (source.root / ".git").exists()


def _folder(path: Path) -> Path:
    """The nearest folder at or above a path that can be looked into; the path itself may not exist."""
    return next((place for place in (path, *path.parents) if is_folder(place) and os.access(place, os.X_OK)), path)


def from_root(given: Iterable[str], root: Path) -> tuple[str, ...]:
    """Each path relative to `root` (posix; '' is the root itself). Raises UsageError with all that cannot be used."""
    found: list[str] = []
    wrong: list[str] = []
    for name in given:
        path = Path(os.path.abspath(name))  # noqa: PTH100 - a symbolic link stays the name it was given by
        if missing := _missing(path):
            wrong.append(f"{name}: {missing}")
        elif (inside := _inside(path, root)) is None:
            wrong.append(f"{name}: is outside the project ({root})")
        else:
            found.append(inside)
    if wrong:
        raise UsageError("\n".join(wrong), hint=_hint(wrong))
    return tuple(found)


def _missing(path: Path) -> str:
    """Why there is nothing to be found at a path, or an empty string."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "there is no such file or folder"
    except OSError as error:  # behind a closed folder; the name too long
        return f"cannot be reached: {error.strerror or error}"
    return ""


def inside_root(name: str, root: Path) -> str:
    """One path relative to `root`, whether it exists or not. Raises UsageError when it is outside."""
    inside = _inside(Path(os.path.abspath(name)), root)  # noqa: PTH100
    if inside is None:
        raise UsageError(f"{name}: is outside the project ({root})", hint=_FROM_WITHIN)
    if not inside:
        raise UsageError(f"{name}: is the project's root, not a file", hint="name the file whose text this is")
    if is_folder(root / inside):
        raise UsageError(f"{name}: is a folder", hint="name the file whose text this is")
    return inside


def _inside(path: Path, root: Path) -> str | None:
    for candidate in (path, without_links(path)):
        if candidate.is_relative_to(root):
            inside = candidate.relative_to(root).as_posix()
            return "" if inside == "." else inside
    return None


def _hint(wrong: list[str]) -> str:
    outside = any("is outside the project" in sentence for sentence in wrong)
    return _FROM_WITHIN if outside else ""
