"""The files of git that an answer of it depends on: as long as they stay the same, so does the answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bylaw.patterns import regex

REMOTES = ("origin", "upstream")
NAMES = ("main", "master", "trunk")
_REF = regex(r"[^~^:@{}\s?*\[\\]+")


def without_git(root: Path) -> tuple[Path, ...]:
    """What would have to appear for git to give an answer."""
    programs = [Path(folder, "git") for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    return (root / ".git", *programs)


def watched(git_folder: Path, common: Path) -> tuple[Path, ...]:
    """Files whose change may change the answer: where HEAD points, the refs it was compared with, and the tags."""
    found = [
        git_folder / "HEAD",
        common / "packed-refs",
        common / "shallow",
        common / "refs" / "tags",
        common / "refs" / "heads",
        common / "reftable" / "tables.list",
    ]
    try:
        head = (git_folder / "HEAD").read_text("utf-8", "replace").strip()
    except OSError:
        head = ""
    if head.startswith("ref: "):
        found.append(common / head.removeprefix("ref: "))
    for remote in REMOTES:
        found += [common / "refs" / "remotes" / remote / name for name in ("HEAD", *NAMES)]
        found += _pointed_at(common, f"refs/remotes/{remote}/HEAD")
    found += [common / "refs" / "heads" / name for name in NAMES]
    return tuple(dict.fromkeys(found))


def named(revision: str, git_folder: Path, common: Path) -> Iterator[Path]:
    """The files that a revision such as `origin/main~2` may be looked up in, in git's own order."""
    name = _REF.match(revision)
    if name is None or ".." in name[0]:
        return
    yield git_folder / name[0]
    for pattern in ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD"):
        yield common / pattern.format(name[0])
        yield from _pointed_at(common, pattern.format(name[0]))


def _pointed_at(common: Path, ref: str) -> Iterator[Path]:
    try:
        text = (common / ref).read_bytes()[:500].decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return
    if text.startswith("ref: "):
        yield common / text.removeprefix("ref: ")
