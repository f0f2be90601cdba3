"""The conditions around what a function does: `if book.deleted_at: session.delete(book)`, `if include_deleted: …`."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from bylaw.facts.values import Attr, Local, Value, walk
from bylaw.readers.python.queries.body import Fork, Step
from bylaw.readers.python.queries.column_tests import tests_in
from bylaw.readers.python.queries.drafts import Draft

_GONE = r"(?:soft_?)?(?:deleted|trashed|trash|archived|removed|tombstones?)"
_CHOOSES = "(?:include|with|show|only|also|list|hide|exclude|without|skip)"
_FLAG = re.compile(rf"{_CHOOSES}_(?:{_GONE}|all|alive|live|living|hidden|inactive|active)(?:_\w+)?$")
"""Variables that say whether deleted rows are wanted."""
_FLAG_PARAMETER = re.compile(rf"{_GONE}$|everything$")
"""The same, of what a function is told."""
_OPTION = re.compile(rf"{_CHOOSES}_{_GONE}$")
"""The same among attributes: `query.include_deleted`; others may be columns of a row."""
_DELETES = frozenset({"delete", "delete-row"})


class _Condition(msgspec.Struct):
    """An `if` whose branches are being read; what holds behind it is in `behind`."""

    value: Value | None
    turned: bool = False
    left: bool = False
    behind: list[tuple[Value, bool]] = msgspec.field(default_factory=list)

    def holding(self) -> list[tuple[Value, bool]]:
        """Its condition, with whether it is turned round, and those of inner ones whose branches left."""
        return [*([(self.value, self.turned)] if self.value is not None else []), *self.behind]


class Guards:
    """Follows the steps of a function with those parameters; tells of statements that begin there what holds."""

    def __init__(self, parameters: Iterable[str]) -> None:
        self._parameters = frozenset(parameters)
        self._open: list[_Condition] = [_Condition(None)]
        self._tested: Value | None = None

    def take(self, step: Step | Fork) -> None:
        """Go one step further."""
        if isinstance(step, Step):
            if step.kind == "test":
                self._tested = step.value
        elif step.place == "open":
            self._open.append(_Condition(self._tested))
        elif step.place == "next":
            current = self._open[-1]
            current.left = current.left or (step.left and not current.turned)
            current.turned, current.behind = True, []
        else:
            closed = self._open.pop()
            if closed.left and closed.value is not None:
                self._open[-1].behind.append((closed.value, True))

    def note(self, drafts: Iterable[Draft]) -> None:
        """Note of statements what holds where they begin: deletes are told from others by what rows were asked."""
        holding = [each for condition in self._open for each in condition.holding()]
        if not holding:
            return
        wanted = any(_is_flag(value, self._parameters) for value, _ in holding)
        for draft in drafts:
            if draft.kind in _DELETES:
                draft.tests.update(f"{name}={test}" for name, test in tests_in(holding))
            elif wanted:
                note_choice(draft)


def note_choice(draft: Draft) -> None:
    """Somebody says whether deleted rows are wanted."""
    draft.undecided = draft.undecided or "a flag says whether deleted rows are wanted"


def chosen_by_flag(condition: Value, parameters: Iterable[str], drafts: Iterable[Draft]) -> None:
    """`select(Book) if include_deleted else select(Book).where(…)`."""
    if _is_flag(condition, frozenset(parameters)):
        for draft in drafts:
            note_choice(draft)


def _is_flag(condition: Value, parameters: frozenset[str]) -> bool:
    for part in walk(condition):
        if isinstance(part, Local) and _FLAG.match(part.name):
            return True
        if isinstance(part, Local) and part.name in parameters and _FLAG_PARAMETER.match(part.name):
            return True
        if isinstance(part, Attr) and _OPTION.match(part.name):
            return True
    return False
