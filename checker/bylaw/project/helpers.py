"""Whether a function that rows or statements are handed to may look at what marks deleted ones."""

from __future__ import annotations

import re
from collections.abc import Callable

from bylaw.facts.code import Class, Function
from bylaw.facts.file import FileFacts
from bylaw.project.names import Definition, Names

_MAX_DEPTH = 4
_OWN = re.compile(r"\b(?:self|cls|super\(\))\.(\w+)\(")


class Helpers:
    """Reads the text of functions and of those that they call. `text` gives a function's text; `speaks` says whether a
    text, and `file_speaks` whether a whole file, tells of deleted rows.
    """

    def __init__(
        self, names: Names, text: Callable[[FileFacts, str], str], speaks: Callable[[str], bool],
        file_speaks: Callable[[FileFacts], bool],
    ) -> None:  # fmt: skip
        self._names = names
        self._text = text
        self._speaks = speaks
        self._file_speaks = file_speaks

    def may_look(self, definition: Definition) -> bool:
        """Whether what stands behind a called name may filter; a class: its methods."""
        return self._looks(definition, set(), _MAX_DEPTH)

    def _looks(self, definition: Definition, seen: set[str], depth: int) -> bool:
        item, file = definition.item, definition.file
        if not self._file_speaks(file):
            return False
        if isinstance(item, Class):
            methods = [each for each in file.functions if each.owner == item.qualified]
            return any(self._function(method, file, seen, depth) for method in methods)
        if isinstance(item, Function):
            return self._function(item, file, seen, depth)
        return True

    def _function(self, item: Function, file: FileFacts, seen: set[str], depth: int) -> bool:
        if item.qualified in seen:
            return False
        seen.add(item.qualified)
        text = self._text(file, item.qualified)
        if depth == 0 or not text or self._speaks(text):
            return True
        return self._own(item, text, file, seen, depth) or self._called(item, file, seen, depth)

    def _own(self, item: Function, text: str, file: FileFacts, seen: set[str], depth: int) -> bool:
        """Other methods of the object; one that the class does not define may do anything."""
        known = {each.name: each for each in file.functions if each.owner == item.owner} if item.owner else {}
        return any(
            name not in known or self._function(known[name], file, seen, depth - 1)
            for name in set(_OWN.findall(text)) - {"__init__"}
        )

    def _called(self, item: Function, file: FileFacts, seen: set[str], depth: int) -> bool:
        for use in file.references:
            if use.role == "called" and (
                use.function == item.qualified or use.function.startswith(f"{item.qualified}.")
            ):
                found = self._names.definition(use.name, file.module)
                if found is not None and found.item is not None and self._looks(found, seen, depth - 1):
                    return True
        return False
