"""Operations that a project makes out of Django's: which one each extends, and what it leaves out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bylaw.facts.code import Class, Function
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Ref
from bylaw.project.names import Names

MAX_DEPTH: Final = 4
_TAKEN: Final = {
    "RunSQL": ("sql",), "RemoveField": ("model_name", "name"), "DeleteModel": ("name",),
    "AddField": ("model_name", "name", "field"), "AlterField": ("model_name", "name", "field"),
    "RenameField": ("model_name", "old_name", "new_name"), "RenameModel": ("old_name", "new_name"),
    "AddIndex": ("model_name", "index"), "RemoveIndex": ("model_name", "name"),
    "AddConstraint": ("model_name", "constraint"), "RemoveConstraint": ("model_name", "name"),
}  # fmt: skip
"""What Django's own operations are handed, in its order."""


class Extending:
    """Answers for the classes of a project. `names` is asked only where there is something to look up."""

    def __init__(self, names: Callable[[], Names]) -> None:
        self._names = names

    def extends(self, name: str, operation: str, *, plainly: bool = False) -> bool:
        """Whether a class extends that operation of Django's; `plainly`: and takes what it takes."""
        classes, root = self._lineage(name)
        if not root.startswith("django.") or not root.endswith(f".{operation}"):
            return False
        return not plainly or all(_takes_the_same(item, file, operation) for item, file in classes)

    def leaves_out(self, name: str, method: str) -> bool:
        """Whether a class does nothing for `database_forwards`, or `state_forwards`."""
        for item, file in self._lineage(name)[0]:
            if method in item.methods:
                return _own(item, file, method, lambda function: function.idle)
        return False

    def is_idle(self, name: str) -> bool:
        """Whether a class is an operation that changes neither the database nor the models."""
        methods = ("database_forwards", "state_forwards")
        return self.extends(name, "Operation") and all(self.leaves_out(name, method) for method in methods)

    def _lineage(self, name: str) -> tuple[list[tuple[Class, FileFacts]], str]:
        """The classes of the project, the most derived first, and the name of what the last one extends."""
        names, found = self._names(), list[tuple[Class, FileFacts]]()
        for _ in range(MAX_DEPTH):
            definition = names.definition(name)
            if definition is None or not isinstance(definition.item, Class):
                break
            bases = [base.name for base in definition.item.bases if isinstance(base, Ref)]
            if len(bases) != 1:
                return found, ""
            found.append((definition.item, definition.file))
            name = names.resolve(bases[0], definition.file.module)
        return found, name


def _takes_the_same(item: Class, file: FileFacts, operation: str) -> bool:
    """Whether a class is made as the operation is: what it takes beyond that comes behind."""
    if "__init__" not in item.methods:
        return True
    taken = _TAKEN.get(operation, ())
    return bool(taken) and _own(
        item, file, "__init__",
        lambda function: tuple(one.name for one in function.parameters[1 : len(taken) + 1]) == taken,
    )  # fmt: skip


def _own(item: Class, file: FileFacts, method: str, holds: Callable[[Function], bool]) -> bool:
    owned = [function for function in file.functions if function.owner == item.qualified and function.name == method]
    return bool(owned) and all(holds(function) for function in owned)
