"""Regular expressions that are compiled when they are first used.

A run loads a few hundred of them and uses a few dozen; compiling all would take a twentieth of its time.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Like `re.compile`, for the module level: what is wrong with the expression shows when it is first used."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))


class _Pattern(Generic[AnyStr]):
    """Stands for a compiled expression, and hands on its methods."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._source: tuple[AnyStr, int] = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._source), name)  # `re` remembers what it has compiled
        setattr(self, name, found)
        return found
