"""Which queries touch tables whose rows are only marked as deleted, and what else hides or marks such rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Column, Table
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import HANDED_OUT, HELPED_INSIDE, HELPED_OUT, INSIDE, Query, Touch
from bylaw.project.soft_deletes.caller_checks import CallerChecks
from bylaw.project.soft_deletes.customs import sets, with_customs
from bylaw.project.soft_deletes.delete_overrides import DeleteOverrides
from bylaw.project.soft_deletes.deletion_words import is_another_state
from bylaw.project.soft_deletes.handed_out import HandedOut
from bylaw.project.soft_deletes.helpers import Helpers
from bylaw.project.soft_deletes.made_rows import makes_row
from bylaw.project.soft_deletes.marker_use import are_set_together, is_used
from bylaw.project.soft_deletes.queried_tables import QueriedTables
from bylaw.project.soft_deletes.real_deletes import RealDeletes
from bylaw.project.soft_deletes.row_managers import RowManagers
from bylaw.project.soft_deletes.session_hooks import SessionHooks
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project import Project

_HELPED = {HELPED_OUT: HANDED_OUT, HELPED_INSIDE: INSIDE}
_SPEAKING = re.compile(r"delet|trash|archiv|alive|tombstone|active", re.IGNORECASE)
"""A method or option whose name tells that it deals with deleted rows (`with_deleted`, `alive`, `include_archived`)."""

_TELLING = re.compile(
    r"deleted|deletion|soft_?del|removed|trash|archiv|alive|living|tombstone|(?<![a-z])(?:in|is_)?active(?![a-z])",
    re.IGNORECASE,
)
"""What a function speaks of that may tell deleted rows from others; one that only deletes, or activates, does not."""


class SoftDeletes:
    """The project seen through one marker column (attribute or physical name)."""

    def __init__(self, project: Project, column: str) -> None:
        self.project = project
        self.column = column
        self._set_with_marker: dict[str, bool] = {}

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """Every query of application code on a soft-deletable table, in order of place."""
        return with_customs(self._touches())

    def makes_row(self, touch: Touch) -> bool:
        """Whether the function around a query makes a row of the same table, besides."""
        text = self._text_of(self.project.files[touch.path].facts, touch.query.function)
        return makes_row(self.project, touch, text)

    @cached_property
    def coverage(self) -> tuple[int, int]:
        """How many entity tables the application has, and how many have a marker that some code sets or asks for."""
        tables = [table for table in self.project.tables if table.context == "app" and not table.is_association]
        markers = [marker for table in tables if (marker := self.marker(table)) is not None]
        return len(tables), len(markers) if markers and is_used(self.project, self.column, markers) else 0

    def _touches(self) -> Iterator[Touch]:
        for file in self.project.files.values():
            if file.facts.queries and self.project.context_of(file.facts) == "app":
                for query in file.facts.queries:
                    yield from self._touch(file.facts, query)

    def _touch(self, facts: FileFacts, query: Query) -> Iterator[Touch]:
        tables = self._queried_tables.of(facts, query)
        markers = [self.marker(table) if table.context == "app" else None for table in tables]
        if tables and markers[0] is not None and None not in markers:
            if self._real_deletes.of(tables[0], markers[0]):
                return
            yield self._touched(facts, query, tables[0], markers[0])

    def _touched(self, facts: FileFacts, query: Query, table: Table, marker: Column) -> Touch:
        undecided = self._undecided(facts, query)
        filtered = (
            self._mentions(query, marker, table)
            or self._through_property(query, marker, table)
            or (not undecided and self._checked_by_a_caller(facts, query, marker, table))
        )
        hidden = "" if filtered or undecided else self._hidden(query, table)
        return Touch(facts.path, query, table, marker, undecided, filtered, hidden, self._softly(query, table))

    def _undecided(self, facts: FileFacts, query: Query) -> str:
        doubt = self._helpers.doubt(query, facts)
        if "with_parent" in query.names:
            return "it reads what a relation holds"
        if query.undecided in _HELPED and not doubt:
            why = "" if self._helpers.execute(query, facts) else _HELPED[query.undecided]
            query = msgspec.structs.replace(query, undecided=why)
        if query.undecided == HANDED_OUT and not doubt:
            return "" if query.function and self._handed_out.nobody_filters(query.function) else query.undecided
        return query.undecided or doubt

    @cached_property
    def _handed_out(self) -> HandedOut:
        return HandedOut(self.project, self._helpers, self._text_of)

    @cached_property
    def _managers(self) -> RowManagers:
        return RowManagers(self.project, self._names_marker, self._says, self._text_of)

    @cached_property
    def _real_deletes(self) -> RealDeletes:
        return RealDeletes(self.project, self.column, self._managers)

    @cached_property
    def _queried_tables(self) -> QueriedTables:
        return QueriedTables(self.project)

    def marker(self, table: Table) -> Column | None:
        """The table's marker column, its own or a parent's."""
        own = table.column(self.column)
        if own is not None:
            return None if own.stamped else own  # rows of such a table are made when others are deleted
        for parent in table.parents:
            above = self.project.table_of(parent)
            if above is not None and above is not table and (column := self.marker(above)) is not None:
                return column
        return None

    def _mentions(self, query: Query, marker: Column, table: Table) -> bool:
        above = {base.rpartition(".")[2] for base in (table.model, *table.bases, *table.parents)}
        names = {
            name for owner, _, name in (each.rpartition(".") for each in query.names) if not owner or owner in above
        }  # fmt: skip
        if marker.attribute in names or marker.name in names:
            return True
        speaking = (name for name in names if _SPEAKING.search(name) and not is_another_state(name, table))
        return any(not self._stands_beside(name, marker, table) for name in speaking)

    def _stands_beside(self, name: str, marker: Column, table: Table) -> bool:
        """`is_active` beside `deleted_at`: a column of its own, as some statement that filters by both says."""
        if "active" not in name or table.column(name) is None or self._is_set_with_marker(name):
            return False
        for file in self.project.files.values():
            for query in file.facts.queries if {name, marker.attribute} <= file.facts.words else ():
                if {name, marker.attribute} <= query.names and table in self._queried_tables.of(file.facts, query):
                    text = self._text_of(file.facts, query.function)
                    if not sets(text, name) and not sets(text, marker.attribute):
                        return True
        return False

    def _is_set_with_marker(self, name: str) -> bool:
        if name not in self._set_with_marker:
            self._set_with_marker[name] = are_set_together(self.project, name, self.column)
        return self._set_with_marker[name]

    def _through_property(self, query: Query, marker: Column, table: Table) -> bool:
        """`Organization.is_visible`: a property or method of the model whose own text speaks of deleted rows; or the
        marker, or such a property, of what may be one of the rows.
        """
        loose = {name.removeprefix("?.") for name in query.names if name.startswith("?.")}
        if not loose.isdisjoint({marker.attribute, marker.name}):
            return True
        if not loose.isdisjoint(self._managers.answering(table, marker.attribute)):
            return True
        return not self._managers.telling(table, marker.attribute).isdisjoint(query.names)

    def _checked_by_a_caller(self, facts: FileFacts, query: Query, marker: Column, table: Table) -> bool:
        """The function that reads leaves the check to others."""
        markers = {marker.attribute, marker.name, *self._managers.answering(table, marker.attribute)}
        return bool(query.function) and self._caller_checks.check(facts, query, markers)

    @cached_property
    def _caller_checks(self) -> CallerChecks:
        return CallerChecks(self.project, self._text_of)

    def _text_of(self, facts: FileFacts, function: str) -> str:
        """The text of one function, with all definitions of its name; '' for one that is unknown."""
        file = self.project.files[facts.path]
        return "\n".join(file.text(each.statement) for each in facts.functions if each.qualified == function)

    def _hidden(self, query: Query, table: Table) -> str:
        if query.style == "django":
            manager = query.manager or "objects"
            hides = self._managers.hide(table, manager, query.names)
            if not hides and manager != "objects" and self._managers.hide(table, "objects"):
                return f"`{manager}` is there to show deleted rows too"
            return hides
        if query.style in {"flask", "query"} and (why := self._managers.query_class_hides(table, query.names)):
            return why
        return "" if query.style == "sql" else self._hooks.hide

    def _softly(self, query: Query, table: Table) -> str:
        if query.written == "self" and (other := self._managers.marks(table)):
            return f"`{other}` marks the row, where this one is to delete it"
        match query.style:
            case "session":
                return self._hooks.mark
            case "row" if table.orm != "django":
                deletes = self._real_deletes.by_method(table)
                return self._hooks.mark if deletes else "a row of this kind has no `delete` that is known to delete"
            case "row" | "django" if query.kind in {"delete", "delete-row"}:
                by_row = query.head is None  # also what a view inherits: it loads the row, and asks it
                kind = "delete-row" if by_row else query.kind
                return DeleteOverrides(self.project, self._managers).of(table, query.manager, kind)
            case "flask" if query.kind == "delete":
                return self._hooks.hide
            case _:
                return ""

    # -- what other code does

    @cached_property
    def _helpers(self) -> Helpers:
        def text_at(facts: FileFacts, span: Span) -> str:
            return self.project.files[facts.path].text(span)

        def is_model(name: str, near: str) -> bool:
            return name.rpartition(".")[2][:1].isupper() and self.project.table_of(name, near) is not None

        return Helpers(self.project.names, self._text_of, self._says, self._speaks, text_at, is_model)

    def _says(self, text: str) -> bool:
        return self.column in text or _TELLING.search(text) is not None

    def _speaks(self, facts: FileFacts) -> bool:
        return self._names_marker(facts) or any(_TELLING.search(word) for word in facts.words)

    def _names_marker(self, facts: FileFacts) -> bool:
        return self.column in facts.words or any(word.startswith(f"{self.column}__") for word in facts.words)

    @cached_property
    def _hooks(self) -> SessionHooks:
        return SessionHooks(self.project, self._speaks)
