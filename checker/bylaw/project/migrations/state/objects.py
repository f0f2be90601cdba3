"""Types, views, functions and the like, while a schema is being built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bylaw.facts.migrations import AlterEnum, ColumnSpec, CreateObject
from bylaw.facts.naming import bare
from bylaw.project.migrations.step import Step


class Objects:
    """`enums`: the labels of a type, by its name. `steps`: who made what, by kind and name. `views`: the names of views
    of any kind, in lower case, by their last parts.
    """

    def __init__(self) -> None:
        self.enums: dict[str, tuple[str, ...]] = {}
        self.steps: dict[tuple[str, str], Step] = {}
        self.views: Mapping[str, Sequence[str]] = {}

    def leave(self) -> None:
        """Before a change: leave what was handed out to its readers."""
        self.enums = dict(self.enums)
        self.steps = dict(self.steps)

    def create(self, operation: CreateObject, step: Step) -> None:
        self.steps[operation.kind, operation.name] = step
        self._see_views(operation.kind)
        if operation.labels:
            self.enums[operation.name] = operation.labels

    def state_labels(self, columns: Iterable[ColumnSpec]) -> None:
        """Take in what columns say of enum types that nothing else told of."""
        for column in columns:
            if column.labels:
                self.enums.setdefault(column.type.removesuffix("[]"), column.labels)

    def drop(self, kind: str, name: str) -> bool:
        """Take an object out. Whether it was an enum."""
        self.steps.pop((kind, name), None)
        self._see_views(kind)
        return self.enums.pop(name, None) is not None

    def rename(self, kind: str, name: str, new_name: str) -> None:
        step = self.steps.pop((kind, name), None)
        if step is not None:
            self.steps[kind, new_name] = step
            self._see_views(kind)
        if kind == "type" and name in self.enums:
            self.enums[new_name] = self.enums.pop(name)

    def rename_view(self, name: str, new_name: str) -> None:
        """What ALTER TABLE does to a view."""
        for kind in [kind for kind, other in self.steps if kind.endswith("view") and other == name]:
            self.rename(kind, name, new_name)

    def alter(self, operation: AlterEnum) -> None:
        """Change the labels of an enum that is known."""
        labels = self.enums[operation.type]
        if operation.change == "add":
            labels = (*labels, operation.value)
        elif operation.change == "remove":
            labels = tuple(label for label in labels if label != operation.value)
        else:
            labels = tuple(operation.new_value if label == operation.value else label for label in labels)
        self.enums[operation.type] = labels

    def _see_views(self, kind: str) -> None:
        """Bring the names of views up to date, after something of that kind came, went or got another name."""
        if kind.endswith("view"):
            views: dict[str, list[str]] = {}
            for name in (name for other, name in self.steps if other.endswith("view")):
                views.setdefault(bare(name), []).append(name.lower())
            self.views = views
