"""Statements while a function is read: what is known of them so far."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.queries import Query, QueryKind, QueryStyle
from bylaw.facts.values import Constant, Value
from bylaw.source import Span


class Draft(msgspec.Struct):
    """One statement on one entity. `executed`: its rows were asked for; `elsewhere`: it is a part of another statement,
    or writes; `asked`: what else was asked of its rows.
    """

    kind: QueryKind
    style: QueryStyle
    span: Span
    entity: str = ""
    table: str = ""
    written: str = ""
    manager: str = ""
    names: set[str] = msgspec.field(default_factory=set)
    helpers: list[str] = msgspec.field(default_factory=list)
    undecided: str = ""
    executed: bool = False
    elsewhere: bool = False
    asked: Literal["", "count", "exists", "aggregate"] = ""
    insert_at: int = -1
    head: Span | None = None
    alone: bool = False
    statement: Span | None = None
    tests: set[str] = msgspec.field(default_factory=set)

    def ask(self, what: Literal["count", "exists", "aggregate"]) -> None:
        """Something is asked about the rows. SQLAlchemy's `.exists()` makes a condition of another statement."""
        if what == "exists" and self.style != "django":
            self.elsewhere = True
        else:
            self.asked = what

    @property
    def left_out(self) -> bool:
        """Whether there is nothing to say of it: its rows are not asked for, or nobody knows of which entity."""
        nothing = self.elsewhere and not (self.executed or self.asked)
        return nothing or not (self.entity or self.table)

    def finished(self, function: str) -> Query:
        asked = self.asked if not self.executed else ""
        undecided = self.undecided or ("" if self.executed or asked else "it is not executed here")
        return Query(
            asked or self.kind, self.span, self.entity, self.table, frozenset(self.names),
            tuple(dict.fromkeys(self.helpers)), undecided, function, self.style, self.manager,
            self.written, self.insert_at, self.head, self.alone, self.statement, frozenset(self.tests),
        )  # fmt: skip


class Statement(msgspec.Struct, frozen=True):
    """A value that is a statement, not yet executed."""

    drafts: tuple[Draft, ...]
    collected: bool = False
    """It stands for a dict or list that holds statements."""
    helped: bool = False
    """A function that it was handed to gave it back, or rows: only the project knows."""

    def embed(self) -> None:
        """Note that it is a part of another statement."""
        for draft in self.drafts:
            draft.elsewhere = True

    def note(self, name: str) -> None:
        """Something reads this attribute of what a function made of the statement."""
        for draft in self.drafts:
            draft.names.add(name)

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
    first, *others = meaning.drafts
    return Rows(meaning.drafts, first.entity if first.kind == "select" and not others else "")


def lazy(meaning: Meaning) -> bool:
    """Whether it is a statement that executes itself when somebody looks at it."""
    return isinstance(meaning, Statement) and is_django(meaning)


def is_django(statement: Statement) -> bool:
    """Whether all of a statement comes from Django's managers."""
    return all(draft.style == "django" for draft in statement.drafts)


def joined(meanings: list[Meaning]) -> Statement:
    """All statements among some values, as a collection of them."""
    drafts = (draft for meaning in meanings if isinstance(meaning, Statement) for draft in meaning.drafts)
    return Statement(tuple(drafts), collected=True)


def taken(meaning: Meaning, key: Value | None = None) -> Meaning:
    """A statement out of a collection of them; anything else stays what it is. A text as key is a name of the rows, and
    a part of SQLAlchemy's query (`query[:10]`) is its rows.
    """
    asked = isinstance(meaning, Rows) or (isinstance(meaning, Statement) and meaning.helped)
    if meaning is not None and asked and isinstance(key, Constant) and isinstance(key.value, str):
        meaning.note(key.value)
    if not isinstance(meaning, Statement):
        return meaning
    if meaning.collected:
        return Statement(meaning.drafts)
    of_session = not meaning.helped and all(draft.style in {"query", "flask"} for draft in meaning.drafts)
    return executed(meaning) if of_session and key is not None else meaning


def looped(meaning: Meaning) -> Meaning:
    """What a loop goes over: the rows of a statement, the statements of a collection."""
    inner = taken(meaning)
    return executed(meaning) if inner is meaning else inner
