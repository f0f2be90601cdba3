"""Names that one file cannot know, as tokens inside the text of operations until the project links them.

A table may be named by a constant of another module, or by the parameter of a helper function. Operations then hold a
token in its place: `ǁ0ǁ` stands for the first entry of the `late` names beside them, `ǁ0ǃ` for each of the texts that a
list holds. Tokens are letters and digits only, so that SQL with a token in it can still be read; case does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

_TOKEN: Final = re.compile("ǁ(\\d+)([ǁǃ])")


def token(index: int) -> str:
    """The token of the late name at `index`."""
    return f"ǁ{index}ǁ"


def each_token(index: int) -> str:
    """The token for each text in the list that is the late name at `index`."""
    return f"ǁ{index}ǃ"


def is_late(text: str) -> bool:
    """Whether a text holds a token."""
    return "ǁ" in text


def tokens(text: str) -> Iterator[tuple[int, bool]]:
    """The late names that a text holds: their indexes, and whether the token stands for each text of a list."""
    for match in _TOKEN.finditer(text):
        yield int(match[1]), match[2] == "ǃ"


def only_token(text: str) -> int | None:
    """The index, where the text is one token and nothing else."""
    match = _TOKEN.fullmatch(text)
    return int(match[1]) if match is not None else None


def own_name(text: str) -> str | None:
    """The name of a table, or what a key points to, whose schema alone is late; None where there is none."""
    schema, _, own = text.partition(".")
    return own if is_late(schema) and own and not is_late(own) else None


def filled(text: str, fill: Callable[[int], str | None]) -> str | None:
    """The text with its tokens replaced; None where one has no text. A schema that is '' takes its dot along."""
    missing = False

    def replace(match: re.Match[str]) -> str:
        nonlocal missing
        found = fill(int(match[1]))
        missing = missing or found is None
        return found or ""

    result = _TOKEN.sub(replace, text)
    return None if missing else result.removeprefix(".")
