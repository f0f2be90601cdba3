"""Asks git what the default branch holds already. Never runs code of the repository: no hooks, no pager, no filters,
no network.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import msgspec

from bylaw.project.history import History

_TIMEOUT = 20.0
"""Seconds that one call of git may take."""
_MOST_TAGS = 2000
_SAFELY = (
    "--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c",
    f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never", "-c", "core.quotePath=false",
)  # fmt: skip
_REMOTES = ("origin", "upstream")
_NAMES = ("main", "master", "trunk")


class GitError(Exception):
    """Git cannot say what was asked; the message is for people."""


class NothingFoundError(GitError):
    """Git looked and found nothing (exit code 1, no message)."""


class GitHistory(History, frozen=True, dict=True):
    """What the repository around a folder knows of it. `commit` is the base: where HEAD left the default branch.

    `depends_on`: files of git (they may be missing) without whose change the answer stays the same, the working tree
    apart.
    """

    root: Path = msgspec.field(default_factory=Path)
    commit: str = ""
    branch: str = ""
    """The default branch that was found, as a ref: `refs/remotes/origin/main`."""
    depends_on: tuple[Path, ...] = ()

    @cached_property
    def _tags(self) -> list[str]:
        """Tags that HEAD contains, the newest first."""
        try:
            listed = _git(
                self.root, "for-each-ref", "--merged=HEAD", "--sort=-creatordate", f"--count={_MOST_TAGS}",
                "--format=%(refname)", "refs/tags",
            )  # fmt: skip
        except GitError:
            return []
        return _text(listed).split()

    def released_between(self, path: str, later: str, wanted: int) -> bool | None:
        if not self.commit or not self._tags or any("\n" in name for name in (path, later)):
            return None
        asked = [f"{tag}:./{name}" for tag in self._tags for name in (path, later)]
        try:
            answers = _git(self.root, "cat-file", "--batch-check", input_text="".join(f"{line}\n" for line in asked))
        except GitError:
            return None
        held = [not line.endswith(b" missing") for line in answers.splitlines()]
        return sum(old and not new for old, new in zip(held[::2], held[1::2], strict=False)) >= wanted

    def names_in_base(self, word: str, outside: Iterable[str] = ()) -> bool | None:
        if not self.commit:
            return None
        limits = [":(glob)**/*.py", *(f":(exclude,literal){folder}" for folder in outside if folder)]
        try:
            _git(self.root, "grep", "-q", "-w", "-F", "-e", word, self.commit, "--", *limits, literal=False)
        except NothingFoundError:
            return False
        except GitError:
            return None
        return True

    def text_in_base(self, path: str) -> str | None:
        if not self.commit:
            return None
        try:
            return _text(_git(self.root, "cat-file", "blob", f"{self.commit}:./{path}"))
        except GitError:
            return None


def read_history(root: Path, since: str = "") -> GitHistory:
    """What the default branch holds of the files below `root`.

    The base is the commit where HEAD left the default branch (`origin/HEAD`, else main or master, on a remote first),
    or `since` where that is given (anything git can resolve). It is None, with a reason, without git, outside a
    repository, in one without commits or default branch, in a shallow clone that lacks the common commit, and for a
    folder that the base does not hold at all.
    """
    try:
        return _read(root, since)
    except GitError as problem:
        return GitHistory(reason=str(problem), root=root, depends_on=_watched(root, None, None))


def _read(root: Path, since: str) -> GitHistory:
    where = _text(
        _git(root, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-shallow-repository")
    ).splitlines()
    git_folder = Path(where[0])
    common = (root / where[1]).resolve()
    shallow = where[2] == "true"
    try:
        _git(root, "rev-parse", "--verify", "-q", "HEAD^{commit}")
    except GitError:
        raise GitError("the repository has no commit yet") from None
    branch = since or _default_branch(root)
    watched = _watched(root, git_folder, common)
    try:
        commit = _text(_git(root, "merge-base", "HEAD", branch, "--")).strip() if not since else _commit(root, since)
    except NothingFoundError:
        why = "the clone is shallow" if shallow else "their histories have nothing in common"
        reason = f"HEAD and {_short(branch)} share no commit: {why}"
        return GitHistory(reason=reason, root=root, branch=branch, depends_on=watched)
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit)
    files = frozenset(os.fsdecode(name) for name in listed.split(b"\0") if name.endswith((b".py", b".sql")))
    if not files:
        reason = f"{_short(branch)} holds nothing of this folder yet"
        return GitHistory(reason=reason, root=root, branch=branch, depends_on=watched)
    return GitHistory(files, "", root, commit, branch, watched)


def _commit(root: Path, name: str) -> str:
    try:
        return _text(_git(root, "rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")).strip()
    except GitError:
        raise GitError(f"git knows no commit {name!r}") from None


def _default_branch(root: Path) -> str:
    heads = [f"refs/remotes/{remote}/HEAD" for remote in _REMOTES]
    candidates = [f"refs/remotes/{remote}/{name}" for remote in _REMOTES for name in _NAMES]
    candidates += [f"refs/heads/{name}" for name in _NAMES]
    lines = _text(_git(root, "for-each-ref", "--format=%(refname) %(symref)", *heads, *candidates)).splitlines()
    known = dict(line.partition(" ")[::2] for line in lines)
    for head in heads:
        if known.get(head):
            return known[head]
    for candidate in candidates:
        if candidate in known:
            return candidate
    local = _text(_git(root, "for-each-ref", "--count=2", "--format=%(refname)", "refs/heads", "refs/remotes")).split()
    if len(local) == 1:
        return local[0]
    raise GitError("no default branch found (looked for origin/HEAD, main and master)")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _watched(root: Path, git_folder: Path | None, common: Path | None) -> tuple[Path, ...]:
    """Files whose change may change the answer: where HEAD points, the refs it was compared with, and the tags."""
    if git_folder is None or common is None:
        return (root / ".git",)
    found = [
        git_folder / "HEAD",
        common / "packed-refs",
        common / "shallow",
        common / "refs" / "tags",
        common / "reftable" / "tables.list",
    ]
    try:
        head = (git_folder / "HEAD").read_text("utf-8", "replace").strip()
    except OSError:
        head = ""
    if head.startswith("ref: "):
        found.append(common / head.removeprefix("ref: "))
    for remote in _REMOTES:
        found += [common / "refs" / "remotes" / remote / name for name in ("HEAD", *_NAMES)]
    found += [common / "refs" / "heads" / name for name in _NAMES]
    return tuple(dict.fromkeys(found))


def _git(root: Path, *arguments: str, input_text: str | None = None, literal: bool = True) -> bytes:
    """The output of one git command, run in `root`.

    Raises NothingFoundError for exit code 1 without a message, GitError for every other failure.
    """
    options = _SAFELY if literal else tuple(option for option in _SAFELY if option != "--literal-pathspecs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(
            ["git", *options, *arguments],
            cwd=root,
            input=os.fsencode(input_text) if input_text is not None else None,
            stdin=subprocess.DEVNULL if input_text is None else None,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise GitError("git is not installed" if root.is_dir() else f"{root}: no such folder") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took longer than {_TIMEOUT:.0f} seconds") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    if done.returncode == 0:
        return done.stdout
    message = next(iter(_text(done.stderr).strip().splitlines()), "")
    if done.returncode == 1 and not message:
        raise NothingFoundError("nothing found")
    if "not a git repository" in message:
        raise GitError("not a git repository")
    raise GitError(message.removeprefix("fatal: ") or f"git {arguments[0]} failed")


def _text(output: bytes) -> str:
    return os.fsdecode(output)
