"""Asks git what the default branch holds already."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from bylaw.config.files import repository
from bylaw.engine.forking import in_fork
from bylaw.engine.git_command import GitError, NothingFoundError, UnsettledError, git, text_of
from bylaw.engine.git_files import NAMES, REMOTES, named, watched, without_git
from bylaw.project.history import History, Version

_MOST_TAGS = 2000
_SHA256 = 64
"""Hexadecimal digits of the name of an object in the newer kind of repository."""
_WANDERING = frozenset("@{}:/ ") - {"/"}
"""Signs of a revision that more decides than the references it names: `main@{yesterday}`, `:/fix`, `@{upstream}`."""


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
    repeatable: bool = True
    """Whether the answer stays the same as long as `depends_on` does."""
    objects: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The name of each file's content in the base, by path."""
    unsaved: frozenset[str] = frozenset()
    """Files whose content is not the one on the disk."""

    @cached_property
    def _tags(self) -> list[str]:
        """Tags that HEAD contains, the newest first."""
        try:
            listed = git(
                self.root, "for-each-ref", "--merged=HEAD", "--sort=-creatordate", f"--count={_MOST_TAGS}",
                "--format=%(refname)", "refs/tags",
            )  # fmt: skip
        except GitError:
            return []
        return text_of(listed).split()

    def released_between(self, path: str, later: str, wanted: int) -> bool | None:
        if not self.commit or not self._tags or any("\n" in name for name in (path, later)):
            return None
        asked = [f"{tag}:./{name}" for tag in self._tags for name in (path, later)]
        try:
            answers = git(self.root, "cat-file", "--batch-check", input_text="".join(f"{line}\n" for line in asked))
        except GitError:
            return None
        held = [not line.endswith(b" missing") for line in answers.splitlines()]
        return sum(old and not new for old, new in zip(held[::2], held[1::2], strict=False)) >= wanted

    def names_in_base(self, word: str, outside: Iterable[str] = ()) -> bool | None:
        if not self.commit:
            return None
        limits = [":(glob)**/*.py", *(f":(exclude,literal){folder}" for folder in outside if folder)]
        try:
            git(self.root, "grep", "-q", "-w", "-F", "-e", word, self.commit, "--", *limits, literal=False)
        except NothingFoundError:
            return False
        except GitError:
            return None
        return True

    def text_in_base(self, path: str) -> str | None:
        if not self.commit:
            return None
        try:
            return text_of(git(self.root, "cat-file", "blob", f"{self.commit}:./{path}"))
        except GitError:
            return None

    def versions_in_base(self, paths: Iterable[str]) -> Mapping[str, Version]:
        if self.base is None or self.reason:
            return {}
        asked = list(self._touched(self.base.intersection(paths)))
        try:
            found = dict(self._read_in_base(asked)) if asked else {}
        except GitError:
            found = {}
        self.lacking.update(path for path in asked if path not in found)
        return found

    @cached_property
    def lacking(self) -> set[str]:
        return set()

    def _touched(self, paths: frozenset[str]) -> Iterator[str]:
        """Those of the base's files that are other on the disk, byte for byte, or not saved.

        Git is not asked to compare: it would run the filters that a repository's attributes name.
        """
        for path in sorted(paths):
            known = self.objects.get(path, "")
            if path in self.unsaved or known != self._on_disk(path, known):
                yield path

    def _on_disk(self, path: str, like: str) -> str:
        """The name that git would give to the content of a file, as long as `like`."""
        try:
            content = (self.root / path).read_bytes()
        except OSError:
            return ""
        algorithm = "sha256" if len(like) == _SHA256 else "sha1"
        return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def _read_in_base(self, paths: list[str]) -> Iterator[tuple[str, Version]]:
        from bylaw.readers import as_read, read_file  # noqa: PLC0415 - few runs need it here

        asked = "".join(f"{self.commit}:./{path}\n" for path in paths if "\n" not in path)
        answer = git(self.root, "cat-file", "--batch", input_text=asked)
        at = 0
        for path in paths:
            if "\n" in path:
                continue
            head, _, _ = answer[at:].partition(b"\n") if at < len(answer) else (b"", b"", b"")
            at += len(head) + 1
            if not head.endswith(b" missing"):
                size = int(head.rpartition(b" ")[2])
                content = answer[at : at + size]
                yield path, Version(as_read(path, content), read_file(path, content))
                at += size + 1


def read_history(root: Path, since: str = "", unsaved: Iterable[str] = ()) -> GitHistory:
    """What the default branch holds of the files below `root`.

    The base is the commit where HEAD left the default branch (`origin/HEAD`, else main or master, on a remote first),
    or where it left `since` when that is given (anything git can resolve). Where a shallow clone lacks that commit,
    the branch itself is the base, and `reason` says so. The base is None, with a reason, without git, outside a
    repository, in one without commits or default branch, and for a folder that the default branch does not hold at
    all.
    """
    try:
        found = _read(root, since)
    except GitError as problem:
        lasting = not isinstance(problem, UnsettledError)
        found = GitHistory(reason=str(problem), root=root, depends_on=without_git(root), repeatable=lasting)
    return msgspec.structs.replace(found, unsaved=frozenset(unsaved))


def history_in_fork(root: Path, unsaved: Iterable[str] = ()) -> Callable[[], GitHistory | None]:
    """Have a fork ask git, which takes half a dozen processes. What is returned waits for the answer, or gives None."""
    if repository(root) is None:
        return lambda: None
    waiting = in_fork(lambda: msgspec.msgpack.encode(read_history(root, unsaved=unsaved), enc_hook=str))

    def answer() -> GitHistory | None:
        data = waiting()
        return None if data is None else msgspec.msgpack.decode(data, type=GitHistory, dec_hook=_decoded)

    return answer


def _decoded(kind: type, text: str) -> Path:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(text)


def _read(root: Path, since: str) -> GitHistory:
    if not since and repository(root) is None:
        raise GitError("not a git repository")
    where = text_of(
        git(root, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-shallow-repository")
    ).splitlines()
    folders = (Path(where[0]), (root / where[1]).resolve())
    shallow = where[2] == "true"
    unknown = GitHistory(root=root, branch=since, depends_on=(*watched(*folders), *named(since, *folders)))
    unknown = msgspec.structs.replace(unknown, repeatable=not _WANDERING.intersection(since))
    try:
        git(root, "rev-parse", "--verify", "-q", "HEAD^{commit}")
    except NothingFoundError:
        return msgspec.structs.replace(unknown, reason="the repository has no commit yet")
    try:
        branch = _commit(root, since, shallow=shallow) if since else _default_branch(root, shallow=shallow)
    except UnsettledError:
        raise
    except GitError as problem:
        return msgspec.structs.replace(unknown, reason=str(problem))
    found = msgspec.structs.replace(unknown, branch=since or branch)
    reason, is_below = "", True
    try:
        commit = text_of(git(root, "merge-base", "HEAD", branch, "--")).strip()
    except NothingFoundError:
        if not since and not shallow:
            reason = f"HEAD and {_short(branch)} have no commit in common"
            return msgspec.structs.replace(found, reason=reason)
        commit = text_of(git(root, "rev-parse", "--verify", f"{branch}^{{commit}}")).strip()
        is_below = False
        if not since:
            reason = f"the clone is shallow, and lacks the commit where HEAD left {_short(branch)}"
    objects = dict(_listed(git(root, "ls-tree", "-r", "-z", commit)))
    if not objects and not since:
        return msgspec.structs.replace(found, reason=f"{_short(branch)} holds nothing of this folder yet")
    name = f"{_short(found.branch)} ({commit[:9]})"
    return msgspec.structs.replace(
        found, base=frozenset(objects), objects=objects, reason=reason, commit=commit, base_name=name,
        named=bool(since), is_below=is_below,
    )  # fmt: skip


def _listed(entries: bytes) -> Iterator[tuple[str, str]]:
    """Path and object name of each file that a reader knows, of what `ls-tree` says."""
    for entry in entries.split(b"\0"):
        if entry.endswith((b".py", b".sql")):
            kind, _, name = entry.partition(b"\t")
            yield os.fsdecode(name), kind.rpartition(b" ")[2].decode()


def _commit(root: Path, name: str, *, shallow: bool) -> str:
    try:
        if "\0" in name:
            raise GitError("it is no name")
        return text_of(git(root, "rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")).strip()
    except UnsettledError:
        raise
    except GitError:
        where = " in this clone, which is shallow" if shallow else ""
        raise GitError(f"git knows no commit {name!r}{where}") from None


def _default_branch(root: Path, *, shallow: bool) -> str:
    heads = [f"refs/remotes/{remote}/HEAD" for remote in REMOTES]
    candidates = [f"refs/remotes/{remote}/{name}" for remote in REMOTES for name in NAMES]
    candidates += [f"refs/heads/{name}" for name in NAMES]
    lines = text_of(git(root, "for-each-ref", "--format=%(refname) %(symref)", *heads, *candidates)).splitlines()
    known = dict(line.partition(" ")[::2] for line in lines)
    for head in heads:
        if known.get(head):
            return known[head]
    for candidate in candidates:
        if candidate in known:
            return candidate
    local = text_of(git(root, "for-each-ref", "--count=2", "--format=%(refname)", "refs/heads", "refs/remotes")).split()
    # A clone of one branch, or of a pull request, holds one reference, too: compared with itself nothing is new.
    if len(local) == 1 and local[0].startswith("refs/heads/") and not shallow:
        return local[0]
    raise GitError("no default branch found (looked for origin/HEAD, main and master)")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
