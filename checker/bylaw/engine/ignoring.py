"""What ignore rules say of paths: rules as in a `.gitignore`, asked quickly, and remembered from run to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bylaw import __version__
from bylaw.engine.stored import cache_folder, load, project_file, save

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_ANYWHERE = "^(?:.+/)?"
"""What pathspec makes of a pattern that holds in every folder: said once for all of them, it is looked for once."""
NOBODY = -1
"""Stands for the file that ignores a path which none ignores."""
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")


class Patterns:
    """The lines of an ignore file. Those that are no patterns are left out, as git does."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def verdict(self, path: str) -> bool | None:
        """Whether a path (from where the patterns hold; that of a folder ends with `/`) is ignored (True) or is not in
        spite of other patterns (`!path`, False); None when no pattern speaks of it.
        """
        return self._spec.check_file(path).include if self._may_speak(path) else None

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from bylaw.globs import spec_of  # noqa: PLC0415 - not for projects that ignore nothing, or nothing new

        try:
            return spec_of(self._lines)
        except ValueError:
            return spec_of([line for line in self._lines if _is_pattern(line)])

    @cached_property
    def _may_speak(self) -> Callable[[str], object]:
        """Whether any of the patterns matches a path: one expression for all of them, since most paths match none, and
        asking each of a hundred patterns takes ten times as long.
        """
        patterns = [pattern for pattern in self._spec.patterns if pattern.include is not None]
        expressions = [each for pattern in patterns if isinstance(each := getattr(pattern, "regex", None), re.Pattern)]
        if len(expressions) < len(patterns) or not all(map(_can_be_joined, expressions)):
            return bool  # every path has to be looked at
        texts = [_NAMED_GROUP.sub("(?:", each.pattern) for each in expressions]
        anywhere = [f"(?:{text.removeprefix(_ANYWHERE)})" for text in texts if text.startswith(_ANYWHERE)]
        others = [f"(?:{text})" for text in texts if not text.startswith(_ANYWHERE)]
        joined = [f"{_ANYWHERE}(?:{'|'.join(anywhere)})"] if anywhere else []
        return re.compile("|".join([*joined, *others]) or r"(?!)").match


class Ignores:
    """The rules of one ignore file, and those of the files above it, which hold where it says nothing.

    `below` is the folder in which they hold, from the root, and `above` what stands between that folder and the root
    where it lies above it; both end with `/` or are ''. `source` is what the reasons call the file.
    """

    def __init__(
        self, lines: Sequence[str], source: str, parent: Ignores | None = None, *, below: str = "", above: str = ""
    ) -> None:
        self.patterns = Patterns(lines)
        self.source = source
        self.parent = parent
        self.below = below
        self.above = above
        said = "\0".join((source, below, above, "\n".join(lines))).encode("utf-8", "surrogatepass")
        self.identity: bytes = hashlib.blake2b(said, digest_size=16, key=parent.identity if parent else b"").digest()
        """Other rules have another one."""

    def ignoring(self, name: str) -> int:
        """How many files up the one stands that ignores a path from the root (that of a folder ends with `/`): 0 is
        this one. NOBODY when none does.
        """
        for number, level in enumerate(self._levels()):
            verdict = level.patterns.verdict(level.above + name.removeprefix(level.below))
            if verdict is not None:
                return number if verdict else NOBODY
        return NOBODY

    def level(self, number: int) -> Ignores | None:
        """The rules of the file that stands so many files up; None for NOBODY."""
        return next(islice(self._levels(), number, None), None) if number != NOBODY else None

    def _levels(self) -> Iterator[Ignores]:
        level: Ignores | None = self
        while level is not None:
            yield level
            level = level.parent


class Verdicts:
    """What ignore rules have said of the paths of one project. Where neither the rules nor the path are new, no pattern
    has to be compiled or asked.
    """

    def __init__(self, path: Path | None, known: dict[bytes, dict[str, int]]) -> None:
        self._path = path
        self._known = known
        self._asked: dict[bytes, dict[str, int]] = {}
        self._is_new = False

    def ignoring(self, ignores: Ignores, name: str) -> Ignores | None:
        """The rules, of these and those above them, that ignore a path (that of a folder ends with `/`)."""
        number = self._known.get(ignores.identity, {}).get(name)
        if number is None:
            number, self._is_new = ignores.ignoring(name), True
        self._asked.setdefault(ignores.identity, {})[name] = number
        return ignores.level(number)

    def save(self) -> None:
        """Keep what was asked, when something of it was new."""
        if self._path is not None and self._is_new:
            save(self._path, __version__, self._asked)


def open_verdicts(root: Path, *, enabled: bool) -> Verdicts:
    """What is remembered of the project at `root` (absolute)."""
    folder = cache_folder() if enabled else None
    if folder is None:
        return Verdicts(None, {})
    path = project_file(folder, root, ".ignored")
    stored = load(path, __version__, dict[bytes, dict[str, int]])
    return Verdicts(path, stored[1] if stored is not None else {})


def _can_be_joined(expression: re.Pattern[str]) -> bool:
    """Whether it begins at the beginning, and its groups are those that their names tell of."""
    named = len(_NAMED_GROUP.findall(expression.pattern))
    return (
        expression.pattern.startswith("^")
        and not expression.flags & ~re.UNICODE
        and (named == len(expression.groupindex) == expression.groups)
    )


def _is_pattern(line: str) -> bool:
    from bylaw.globs import spec_of  # noqa: PLC0415 - as above

    try:
        spec_of([line])
    except ValueError:
        return False
    return True
