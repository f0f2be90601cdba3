"""What `.delete()` comes to: Django's own, or a method of the project or of a library that may only mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Variable
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import QueryKind
from bylaw.facts.values import Ref, walk
from bylaw.project.soft_deletes.row_managers import MAX_DEPTH, PLAIN_MANAGER_BASES, PLAIN_MODEL_BASES, RowManagers
from bylaw.project.tables import library

if TYPE_CHECKING:
    from bylaw.project import Project

_MODELS_OF_LIBRARIES = library.DJANGO_ABSTRACT.keys() | library.DJANGO_CONCRETE
_OF_ROWS = ("QuerySet", "Queryset", "Manager", "Query", "Mixin")
"""How the names of classes end that stand beside a library's models, and are none."""
_HANDS_ON = re.compile(r"\bsuper\([^()]*\)\.delete\(")


class DeleteOverrides:
    """Answers per table, by what its managers are made of."""

    def __init__(self, project: Project, rows: RowManagers) -> None:
        self._project = project
        self._rows = rows

    def of(self, table: Table, manager: str, kind: QueryKind) -> str:
        """Why `.delete()` of a row (`delete-row`) or of a manager's query may only mark; '' when nothing overrides it.
        Django deletes what a query finds without asking the `delete` of each row.
        """
        for owner in self._rows.classes_of(table) if kind == "delete-row" else ():
            if "delete" in owner.methods and not self._deletes_all_the_same(owner):
                return f"`{owner.name}` overrides `delete`"
        foreign = [base for base in table.bases if self._project.names.definition(base) is None]
        if table.orm == "django":
            known = ("django.", *PLAIN_MODEL_BASES)
            if base := next((base for base in foreign if not base.startswith(known)), ""):
                return f"`{base}` may override `delete`"
        return self._query_set_deletes(table, manager) if manager else ""

    def _deletes_all_the_same(self, owner: Class) -> bool:
        """Whether the `delete` of a class hands on to the one above, and says nothing of marking."""
        text = self._rows.text_of_method(owner, "delete")
        return _HANDS_ON.search(text) is not None and not self._rows.says(text)

    def _query_set_deletes(self, table: Table, manager: str) -> str:
        value, near = next(self._rows.assigned(table, manager), (None, ""))
        for part in walk(value) if value is not None else ():
            if isinstance(part, Ref) and (found := self._class_overrides(part.name, near, table)):
                return found
        return ""

    def _class_overrides(self, name: str, near: str, table: Table, depth: int = 0) -> str:
        """Why the `delete` of what a manager's class makes may only mark: its own, a base's, that of a query set."""
        for prefix in (name, name.rpartition(".")[0]):
            found = self._project.names.definition(prefix, near) if prefix else None
            if found is None or depth > MAX_DEPTH:
                continue
            if isinstance(found.item, Variable) and found.item.value is not None:
                parts = (part.name for part in walk(found.item.value) if isinstance(part, Ref))
                reasons = (self._class_overrides(each, found.file.module, table, depth + 1) for each in parts)
                return next((why for why in reasons if why), "")
            if not isinstance(found.item, Class):
                continue
            others = (each for each in found.file.classes if "delete" in each.methods)
            if any(not self._is_model(each, found.file.module) for each in others):
                return f"`{found.item.name}` overrides `delete`"
            made_of = (*_names_of_bases(found.item), *self._made_in(found.item, found.file))
            reasons = (self._class_overrides(each, found.file.module, table, depth + 1) for each in made_of)
            return next((why for why in reasons if why), "")
        plain = self._project.names.resolve(name, near).startswith(PLAIN_MANAGER_BASES)
        return "" if plain else f"`{name}` may override `delete`"

    def _is_model(self, item: Class, near: str, depth: int = 0) -> bool:
        """Whether a class is one of Django's models: its `delete` is that of a row."""
        for name in _names_of_bases(item):
            found = self._project.names.definition(name, near)
            if found is None:
                known = self._project.names.resolve(name, near)
                module, _, last = known.rpartition(".")
                is_model = module.endswith(".models") and not last.endswith(_OF_ROWS)
                is_model = is_model or library.short(known) in _MODELS_OF_LIBRARIES
            else:
                inner = found.item if depth < MAX_DEPTH else None
                is_model = isinstance(inner, Class) and self._is_model(inner, found.file.module, depth + 1)
            if is_model:
                return True
        return False

    def _made_in(self, manager: Class, file: FileFacts) -> list[str]:
        """The project's classes that the methods of a manager make objects of: `return Rows(self.model)`."""
        inside = {
            each.name for each in file.references
            if each.role == "called" and each.function.startswith(f"{manager.qualified}.")
        }  # fmt: skip
        found = ((name, self._project.names.definition(name, file.module)) for name in sorted(inside))
        return [name for name, each in found if each is not None and isinstance(each.item, Class)]


def _names_of_bases(item: Class) -> list[str]:
    return [part.name for base in item.bases for part in walk(base) if isinstance(part, Ref)]
