"""Whether a function that rows or statements are handed to may look at what marks deleted ones."""

from __future__ import annotations

import re
from collections.abc import Callable

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import Query
from bylaw.facts.values import Index, Ref, walk
from bylaw.project.names import Definition, Names
from bylaw.source import Span

_MAX_DEPTH = 4
_OWN = re.compile(r"\b(?:self|cls|super\(\))\.(\w+)\(")
_TAKING_ROWS = frozenset({
    "add", "add_all", "refresh", "expunge", "merge", "append", "extend", "dump", "dumps", "from_orm", "model_validate",
    "parse_obj", "validate_python", "to_representation", "jsonify", "info", "debug", "warning", "error", "exception",
    "put", "write", "writerow", "writerows", "add_task", "paginate_queryset", "get_serializer",
    "get_paginated_response",
})  # fmt: skip
"""Methods of sessions, lists, serialisers, views and the like that take rows as they are."""
_OF_FRAMEWORKS = _TAKING_ROWS | {"get_queryset", "filter_queryset"}
"""Methods that base classes of frameworks have, too, and that leave nothing out there."""
_EXECUTES = re.compile(
    r"exec|scalar|fetch|stream|pagin|session|async |await |for |list\(|len\(|iter\(|"
    r"\.(?:all|first|one|get|last|count)\(|render|[Rr]espon|dump|serial|\bdb\b|conn"
)
"""Words of a function that asks a statement for its rows."""
_HANDS_BACK = re.compile(r"_?(?:apply|add|build|with|filter|sort|order|limit|search|join|prepare|make|compile|scope)")
"""How the names of such begin that only change a statement, where their text is not known."""
_SHOWING = (
    "pydantic.", "marshmallow.", "rest_framework.", "sqlmodel.", "msgspec.", "builtins.", "typing.", "abc.",
    "django.views.", "django.contrib.auth.",
)  # fmt: skip
"""How the names of base classes begin that bring no filter for deleted rows."""


class Helpers:
    """Reads the text of functions and of those that they call. `text` gives a function's text, `text_at` that of a
    place; `speaks` says whether a text, and `file_speaks` whether a whole file, tells of deleted rows; `is_model`
    whether a name, near a module, is that of a table's class.
    """

    def __init__(
        self, names: Names, text: Callable[[FileFacts, str], str], speaks: Callable[[str], bool],
        file_speaks: Callable[[FileFacts], bool], text_at: Callable[[FileFacts, Span], str],
        is_model: Callable[[str, str], bool],
    ) -> None:  # fmt: skip
        self._names = names
        self._text = text
        self._text_at = text_at
        self._is_model = is_model
        self._speaks = speaks
        self._file_speaks = file_speaks

    def doubt(self, query: Query, facts: FileFacts) -> str:
        """Why a function that the statement or its rows pass through may filter; '' when none of them does."""
        for helper in query.helpers:
            name = helper.rpartition(".")[2]
            if helper.startswith("?.") and name in _TAKING_ROWS:
                continue
            if helper.startswith("?.") or "count" in name:
                return f"it passes through `{name}`"
            if self._is_model(helper.rpartition(".")[0], facts.module):
                continue  # what another table's rows have to be
            definition = self._names.definition(helper, facts.module)
            if definition is not None and (definition.item is None or self.may_look(definition)):
                return f"it passes through `{name}`"
            if definition is None and (
                self._of_class(helper, facts) or self._may_be_inherited(helper, name in _OF_FRAMEWORKS, facts)
            ):
                return f"it passes through `{name}`"
        return ""

    def execute(self, query: Query, facts: FileFacts) -> bool:
        """Whether one of the functions that a statement is handed to executes it, instead of handing it back."""
        return any(self._executes(helper, facts) for helper in query.helpers)

    def _executes(self, helper: str, facts: FileFacts) -> bool:
        found = self._names.definition(helper, facts.module)
        if found is None or not isinstance(found.item, Function):
            return _HANDS_BACK.match(helper.rpartition(".")[2]) is None
        return _EXECUTES.search(self._text(found.file, found.item.qualified)) is not None

    def _may_be_inherited(self, helper: str, showing: bool, facts: FileFacts) -> bool:
        """`self.get_all`: whether a base class that speaks of the marker, or an unknown one, may define the method."""
        owner = self._names.definition(helper.rpartition(".")[0], facts.module)
        if owner is None or not isinstance(owner.item, Class):
            return False
        pending, seen = [owner], set[str]()
        while pending:
            current = pending.pop()
            if not isinstance(current.item, Class) or current.name in seen:
                continue
            seen.add(current.name)
            for base in current.item.bases:
                named = base.value if isinstance(base, Index) else base
                above = self._names.definition(named.name, current.file.module) if isinstance(named, Ref) else None
                if above is None and showing and isinstance(named, Ref):
                    known = self._names.resolve(named.name, current.file.module).startswith(_SHOWING)
                    if known:
                        continue
                if above is None or self._file_speaks(above.file):
                    return True
                pending.append(above)
        return False

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
        return not isinstance(item, Variable) or self._variable(item, file, seen, depth)

    def _variable(self, item: Variable, file: FileFacts, seen: set[str], depth: int) -> bool:
        """A constant, or what is made once: by its value, and by what that is made of."""
        if item.value is None or depth == 0 or self._speaks(self._text_at(file, item.value.span)):
            return True
        for part in walk(item.value):
            found = self._names.definition(part.name, file.module) if isinstance(part, Ref) else None
            if found is not None and found.item is not item and self._looks(found, seen, depth - 1):
                return True
        return False

    def _of_class(self, name: str, facts: FileFacts) -> bool:
        """Whether `Conditions.live`, a variable in the body of a class, may be a filter for deleted rows."""
        owner, _, last = name.rpartition(".")
        found = self._names.definition(owner, facts.module) if owner else None
        variables = found.item.variables if found is not None and isinstance(found.item, Class) else ()
        return found is not None and any(
            self._variable(each, found.file, set(), _MAX_DEPTH)
            for each in variables
            if each.name == last and each.value is not None
        )

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
