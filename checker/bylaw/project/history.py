"""What version control knows of a project: handed to it from outside, so that nothing here runs a command."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class History(msgspec.Struct, frozen=True):
    """Without version control: nothing is known to be accepted already, and nothing has been released.

    `base`: the files of the branch that changes are merged into, as paths from the root (posix); None when that is
    unknown, and then `reason` says why.
    """

    base: frozenset[str] | None = None
    reason: str = ""

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


NO_HISTORY = History()
