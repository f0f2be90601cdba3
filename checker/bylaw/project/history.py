"""What version control knows of a project: handed to it from outside, so that nothing here runs a command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from bylaw.facts.file import FileFacts


class Version(msgspec.Struct, frozen=True):
    """A file as a reader saw it: UTF-8 text, and what it says."""

    content: bytes
    facts: FileFacts


class History(msgspec.Struct, frozen=True):
    """Without version control: nothing is known to be accepted already, and nothing has been released.

    `base`: the files of the branch that changes are merged into, as paths from the root (posix); None when that is
    unknown, and then `reason` says why. With both, the base is near enough to tell what is new, but not what was
    edited.
    """

    base: frozenset[str] | None = None
    reason: str = ""
    repeatable: bool = True
    """Whether asking again would give the same, as long as nothing changes."""
    base_name: str = ""
    """What people call the base: `origin/main (1a2b3c4d5)`."""
    named: bool = False
    """Somebody named the base: then it counts beside `accepted-through`, which otherwise comes before it."""
    is_below: bool = True
    """What is checked builds on the base: what it lacks was deleted, and not added to the base later."""

    def released_between(self, path: str, later: str, wanted: int) -> bool | None:
        """Whether at least `wanted` releases hold the file `path` and not yet the file `later`; None where there are
        no releases.
        """
        del path, later, wanted
        return None

    def names_in_base(self, word: str, outside: Iterable[str] = ()) -> bool | None:
        """Whether a Python file of the base contains `word` as a whole word, migrations aside; None where that is
        unknown.
        """
        del word, outside
        return None

    def text_in_base(self, path: str) -> str | None:
        """The content of a file of the base; None where there is none, or no base."""
        del path
        return None

    def versions_in_base(self, paths: Iterable[str]) -> Mapping[str, Version]:
        """Those of `paths` that may be other than in the base, as they are there."""
        del paths
        return {}

    @property
    def lacking(self) -> Collection[str]:
        """Files whose version in the base was asked for and cannot be had: a partial clone holds no old contents."""
        return ()


NO_HISTORY = History()
