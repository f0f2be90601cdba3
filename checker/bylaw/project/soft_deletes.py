"""Which queries touch tables whose rows are only marked as deleted, and what else in the project hides or marks such
rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Variable
from bylaw.facts.database import Column, Table
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import Query, Touch
from bylaw.facts.values import Index, Ref, Value, walk
from bylaw.project.deletion_words import is_another_state, looks_at
from bylaw.project.roles import context_of

if TYPE_CHECKING:
    from bylaw.project import Project

_PLAIN_MANAGERS = frozenset({
    "django.db.models.Manager", "django.db.models.manager.Manager", "django.contrib.auth.models.UserManager",
    "django.contrib.auth.models.BaseUserManager", "django.contrib.auth.base_user.BaseUserManager",
})  # fmt: skip
_PLAIN_MANAGER_BASES = ("django.db.models.", "django.contrib.", "polymorphic.", "typing.", "abc.", "builtins.")
"""What such names begin with brings no filter for deleted rows."""
_MAX_DEPTH = 8
_ORM_HOOKS = frozenset({"do_orm_execute", "before_compile"})
_FLUSH_HOOKS = frozenset({"before_flush", "before_delete"})
_SPEAKING = re.compile(r"delet|trash|archiv|alive|tombstone|active", re.IGNORECASE)
"""A method or option whose name tells that it deals with deleted rows (`with_deleted`, `alive`, `include_archived`)."""


class SoftDeletes:
    """The project seen through one marker column (attribute or physical name)."""

    def __init__(self, project: Project, column: str) -> None:
        self.project = project
        self.column = column

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """Every query of application code on a soft-deletable table, in order of place."""
        return tuple(self._touches())

    @property
    def coverage(self) -> tuple[int, int]:
        """How many entity tables the application has, and how many of them have the marker."""
        tables = [table for table in self.project.tables if table.context == "app" and not table.is_association]
        return len(tables), sum(self.marker(table) is not None for table in tables)

    def _touches(self) -> Iterator[Touch]:
        for file in self.project.files.values():
            if file.facts.queries and context_of(file.facts, self.project.settings) == "app":
                for query in file.facts.queries:
                    yield from self._touch(file.facts, query)

    def _touch(self, facts: FileFacts, query: Query) -> Iterator[Touch]:
        table = self._table(facts, query)
        marker = self.marker(table) if table is not None and table.context == "app" else None
        if table is None or marker is None:
            return
        undecided = query.undecided or self._outside_help(facts, query)
        filtered = (
            self._mentions(query, marker, table)
            or self._through_property(query, marker, table)
            or (not undecided and self._checked_by_a_caller(query, marker))
        )
        hidden = "" if filtered or undecided else self._hidden(query, table)
        yield Touch(facts.path, query, table, marker, undecided, filtered, hidden, self._softly(query, table))

    def _table(self, facts: FileFacts, query: Query) -> Table | None:
        if query.entity:
            return self.project.table_of(query.entity, facts.module)
        name = query.table.rpartition(".")[2]
        found = [table for table in self.project.tables if table.name == name and table.context == "app"]
        return found[0] if len(found) == 1 else None

    def marker(self, table: Table) -> Column | None:
        """The table's marker column, its own or a parent's."""
        own = table.column(self.column)
        if own is not None:
            return own
        for parent in table.parents:
            above = self.project.table_of(parent)
            if above is not None and above is not table and (column := self.marker(above)) is not None:
                return column
        return None

    def _mentions(self, query: Query, marker: Column, table: Table) -> bool:
        names = query.names
        if marker.attribute in names or marker.name in names:
            return True
        return any(_SPEAKING.search(name) and not is_another_state(name, table) for name in names)

    def _through_property(self, query: Query, marker: Column, table: Table) -> bool:
        """`Organization.is_visible`: a property or method of the model whose own text speaks of deleted rows."""
        for owner in self._classes_of(table):
            definition = self.project.names.definition(owner.qualified)
            if definition is None:
                continue
            for name in query.names.intersection(owner.methods):
                text = self._text_of(definition.file, f"{owner.qualified}.{name}")
                if marker.attribute in text or "delet" in text or "trash" in text:
                    return True
        return False

    def _checked_by_a_caller(self, query: Query, marker: Column) -> bool:
        """`user = load(key)`, then a look at `user.deleted_at`: the function that reads leaves the check to others."""
        own = query.function
        for file, function, name in self._calls_by_name.get(own.rpartition(".")[2], ()) if own else ():
            definition = self.project.names.definition(name, file.module)
            if definition is None or definition.name != own or function == own:
                continue
            if looks_at(self._text_of(file, function), own.rpartition(".")[2], {marker.attribute, marker.name}):
                return True
        return False

    @cached_property
    def _calls_by_name(self) -> dict[str, list[tuple[FileFacts, str, str]]]:
        """Last name of what is called → the file, the calling function, the name in full."""
        found: dict[str, list[tuple[FileFacts, str, str]]] = {}
        for file in self.project.files.values():
            for use in file.facts.references:
                if use.role == "called" and use.function:
                    found.setdefault(use.name.rpartition(".")[2], []).append((file.facts, use.function, use.name))
        return found

    def _text_of(self, facts: FileFacts, function: str) -> str:
        """The text of one function, with all definitions of its name; '' for one that is unknown."""
        file = self.project.files[facts.path]
        return "\n".join(file.text(each.statement) for each in facts.functions if each.qualified == function)

    def _hidden(self, query: Query, table: Table) -> str:
        if query.style == "django":
            manager = query.manager or "objects"
            hides = self._hidden_by_manager(table, manager)
            if not hides and manager != "objects" and self._hidden_by_manager(table, "objects"):
                return f"`{manager}` is there to show deleted rows too"
            return hides
        return "" if query.style == "sql" else self._hidden_globally

    def _softly(self, query: Query, table: Table) -> str:
        match query.style:
            case "session":
                return self._marked_on_flush
            case "row" if table.orm != "django":
                return "a row of this kind has no `delete` of its own"
            case "row" | "django" if query.kind in {"delete", "delete-row"}:
                return self._overridden(table, query.manager)
            case "flask" if query.kind == "delete":
                return self._hidden_globally
            case _:
                return ""

    # -- what other code does

    def _outside_help(self, facts: FileFacts, query: Query) -> str:
        """A function that the statement passes through, and that may filter."""
        for helper in query.helpers:
            name = helper.rpartition(".")[2]
            if helper.startswith("?."):
                return f"it passes through `{name}`"
            definition = self.project.names.definition(helper, facts.module)
            if definition is not None and (self._speaks(definition.file) or definition.item is None):
                return f"it passes through `{name}`"
            if definition is None and self._may_be_inherited(helper, facts):
                return f"it passes through `{name}`"
        return ""

    def _may_be_inherited(self, helper: str, facts: FileFacts) -> bool:
        """`self.get_all`: whether a base class that speaks of the marker, or an unknown one, may define the method."""
        owner = self.project.names.definition(helper.rpartition(".")[0], facts.module)
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
                above = (
                    self.project.names.definition(named.name, current.file.module) if isinstance(named, Ref) else None
                )
                if above is None or self._speaks(above.file):
                    return True
                pending.append(above)
        return False

    def _speaks(self, facts: FileFacts) -> bool:
        return self._names_marker(facts) or any(_SPEAKING.search(word) for word in facts.words)

    def _names_marker(self, facts: FileFacts) -> bool:
        return self.column in facts.words or any(word.startswith(f"{self.column}__") for word in facts.words)

    @cached_property
    def _hidden_globally(self) -> str:
        """Why SQLAlchemy reads may be filtered elsewhere: criteria for all queries, or a hook on the session; '' if
        nothing.
        """
        for file in self.project.files.values():
            for use in file.facts.references:
                if use.name.rpartition(".")[2] == "with_loader_criteria" and use.role in {
                    "called",
                    "argument",
                    "value",
                }:
                    return f"{file.path} filters with `with_loader_criteria`"
            if self._hooks(file.facts, _ORM_HOOKS):
                return f"{file.path} hooks into every query"
        return ""

    @cached_property
    def _marked_on_flush(self) -> str:
        """Why `session.delete` may only mark rows: a hook that knows the marker; '' if nothing."""
        for file in self.project.files.values():
            if self._hooks(file.facts, _FLUSH_HOOKS) and self._speaks(file.facts):
                return f"{file.path} hooks into deletes"
        return ""

    def _hooks(self, facts: FileFacts, events: frozenset[str]) -> bool:
        return bool(events & facts.words) and any(
            item.target.startswith("sqlalchemy.event") or item.target == "sqlalchemy.event" for item in facts.imports
        )

    def _hidden_by_manager(self, table: Table, manager: str) -> str:
        """Why a Django manager may leave deleted rows out; '' when it is a plain one."""
        for owner in self._classes_of(table):
            for variable in owner.variables:
                if variable.name == manager and variable.value is not None:
                    return self._manager_hides(variable.value, owner.qualified.rpartition(".")[0])
        foreign = [base for base in table.bases if self.project.names.definition(base) is None]
        known = ("django.db.models", "django.contrib.", "builtins.", "abc.", "typing.")
        return next((f"`{base}` may bring a manager of its own" for base in foreign if not base.startswith(known)), "")

    def _manager_hides(self, value: Value, near: str, depth: int = 0) -> str:
        """Why what a manager is made of may leave deleted rows out."""
        for part in walk(value):
            if isinstance(part, Ref) and (why := self._part_hides(part.name, near, depth)):
                return why
        return ""

    def _part_hides(self, name: str, near: str, depth: int) -> str:
        if depth > _MAX_DEPTH:
            return f"`{name}` is too far away to tell"
        for prefix in (name, name.rpartition(".")[0]):
            found = self.project.names.definition(prefix, near) if prefix else None
            if found is not None and isinstance(found.item, Class):
                if self._names_marker(found.file):
                    return f"`{found.item.name}` deals with deleted rows"
                bases = [base.value if isinstance(base, Index) else base for base in found.item.bases]
                reasons = (self._manager_hides(base, found.file.module, depth + 1) for base in bases)
                return next((why for why in reasons if why), "")
            if found is not None and isinstance(found.item, Variable) and found.item.value is not None:
                return self._manager_hides(found.item.value, found.file.module, depth + 1)
        known = self.project.names.resolve(name, near).startswith(_PLAIN_MANAGER_BASES)
        return "" if known else f"`{name}` may leave deleted rows out"

    def _overridden(self, table: Table, manager: str) -> str:
        """Why `.delete()` of a row (or of a manager's query) may only mark; '' when nothing overrides it."""
        for owner in self._classes_of(table):
            if "delete" in owner.methods:
                return f"`{owner.name}` overrides `delete`"
        foreign = [base for base in table.bases if self.project.names.definition(base) is None]
        if table.orm == "django":
            known = ("django.", "builtins.", "abc.", "typing.")
            if base := next((base for base in foreign if not base.startswith(known)), ""):
                return f"`{base}` may override `delete`"
        return self._query_set_deletes(table, manager) if manager else ""

    def _query_set_deletes(self, table: Table, manager: str) -> str:
        for owner in self._classes_of(table):
            for variable in owner.variables:
                if variable.name != manager or variable.value is None:
                    continue
                near = owner.qualified.rpartition(".")[0]
                for part in walk(variable.value):
                    if isinstance(part, Ref) and (found := self._class_overrides(part.name, near)):
                        return found
        return ""

    def _class_overrides(self, name: str, near: str) -> str:
        for prefix in (name, name.rpartition(".")[0]):
            definition = self.project.names.definition(prefix, near) if prefix else None
            if definition is not None and isinstance(definition.item, Class):
                if any("delete" in each.methods for each in definition.file.classes):
                    return f"`{definition.item.name}` overrides `delete`"
                return ""
        return "" if self.project.names.resolve(name, near) in _PLAIN_MANAGERS else f"`{name}` may override `delete`"

    def _classes_of(self, table: Table) -> Iterator[Class]:
        """The model's class and the project's classes it inherits from."""
        for name in (table.model, *table.bases):
            definition = self.project.names.definition(name) if name else None
            if definition is not None and isinstance(definition.item, Class):
                yield definition.item
