"""Statements while a function is read: what is known of them so far."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.queries import Query
from bylaw.source import Span

Kind = Literal["select", "get", "delete", "delete-row", "sql-select", "sql-delete"]
Style = Literal["core", "query", "flask", "django", "session", "row", "sql"]


class Draft(msgspec.Struct):
    """One statement on one entity. `executed`: its rows were asked for; `dropped`: it returns none of them."""

    kind: Kind
    style: Style
    span: Span
    entity: str = ""
    table: str = ""
    written: str = ""
    manager: str = ""
    names: set[str] = msgspec.field(default_factory=set)
    helpers: list[str] = msgspec.field(default_factory=list)
    undecided: str = ""
    executed: bool = False
    dropped: bool = False
    insert_at: int = -1
    head: Span | None = None
    alone: bool = False
    statement: Span | None = None

    def finished(self, function: str) -> Query:
        undecided = self.undecided or ("" if self.executed else "it is not executed here")
        return Query(
            self.kind, self.span, self.entity, self.table, frozenset(self.names), tuple(dict.fromkeys(self.helpers)),
            undecided, function, self.style, self.manager,
            self.written, self.insert_at, self.head, self.alone, self.statement,
        )  # fmt: skip


class Statement(msgspec.Struct, frozen=True):
    """A value that is a statement, not yet executed."""

    drafts: tuple[Draft, ...]

    def doubt(self, reason: str) -> None:
        """Note why it cannot be decided what the statement does; the first reason stays."""
        for draft in self.drafts:
            draft.undecided = draft.undecided or reason


class Rows(msgspec.Struct, frozen=True):
    """A value that is a row, or holds rows: the result of statements, or a parameter of an entity's type."""

    drafts: tuple[Draft, ...]
    entity: str = ""

    def note(self, name: str) -> None:
        """Something reads this attribute of the rows."""
        for draft in self.drafts:
            draft.names.add(name)


Meaning = Statement | Rows | None


def executed(meaning: Meaning) -> Meaning:
    """The rows of a statement that is asked for them; anything else stays what it is."""
    if not isinstance(meaning, Statement):
        return meaning
    for draft in meaning.drafts:
        draft.executed = True
    return Rows(meaning.drafts, meaning.drafts[0].entity if len(meaning.drafts) == 1 else "")
