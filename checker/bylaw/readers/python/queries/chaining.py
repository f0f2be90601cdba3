"""Methods of a statement: `select(Book).where(…)`, `Book.objects.filter(…).delete()`."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.values import Attr, Call, Constant, walk
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.conditions import Conditions
from bylaw.readers.python.queries.drafts import Draft, Meaning, Statement, executed, is_django
from bylaw.readers.python.queries.names import arguments
from bylaw.readers.python.queries.roots import Roots
from bylaw.source import Span


class Chaining:
    """What methods make of the statements of one function; `owner` is the class around it."""

    def __init__(self, roots: Roots, conditions: Conditions, owner: str) -> None:
        self._roots = roots
        self._conditions = conditions
        self._owner = owner

    def apply(self, statement: Statement, method: str, call: Call | None) -> Meaning:
        """What a method of a statement comes to: it filters, executes, deletes, or makes something else of it.

        `call` is None where its arguments are not known.
        """
        if call is not None:
            self._filter(statement, method, call)
        for draft in statement.drafts:
            _change(draft, method, call)
        if method in known.OUTSIDE_ROWS or method in known.DELETES or method in known.ASKING:
            return None
        lazy = method in known.LAZY_ALL and is_django(statement)
        return executed(statement) if method in known.TO_ROWS and not lazy else statement

    def _filter(self, statement: Statement, method: str, call: Call) -> None:
        for draft in statement.drafts:
            draft.names.add(method)
            if known.OF_DELETED.match(method):
                draft.tests.add(f"{method}()")
            self._roots.retarget(draft, method, call)
            if method in known.SHOWING:
                draft.names.update(_shown(call))
            elif method not in known.ORDERING:
                draft.names.update(self._conditions.of_call(call, draft.entity))
        if method in known.FILTERING or (method in known.LOOKUPS and is_django(statement)):
            self.filter_from_elsewhere(statement, call)
        elif method in known.JOINING:
            self._note_named(statement, call)

    def filter_from_elsewhere(self, statement: Statement, call: Call) -> None:
        """Note what the conditions ask, and what other code may have put into them."""
        tests = self._conditions.tests(call)
        for draft in statement.drafts:
            draft.tests |= tests
        if self._conditions.are_unknown(call):
            statement.doubt("its conditions come from elsewhere")
        self._note_named(statement, call)

    def _note_named(self, statement: Statement, call: Call) -> None:
        names = list(self._conditions.named(call, self._owner))
        for draft in statement.drafts:
            draft.helpers.extend(name for name in names if not _is_own(name, draft.entity))


def _is_own(name: str, entity: str) -> bool:
    """`Book`, and `Book.title` where books are read: what the model itself has, the project looks at."""
    return name == entity or name.startswith(f"{entity}.")


def _shown(call: Call) -> Iterator[str]:
    """The row's own columns among those that `.values("title", "author__name")` names."""
    for argument in call.args:
        if isinstance(argument, Constant) and isinstance(argument.value, str) and "__" not in argument.value:
            yield argument.value


def _change(draft: Draft, method: str, call: Call | None) -> None:
    if method in known.OUTSIDE_ROWS:
        draft.elsewhere = True
    elif method in known.ASKING:
        draft.ask(known.ASKING[method])
    elif call is None:
        return
    elif method == "annotate" and draft.style == "django" and _groups(draft, call):
        draft.kind = "aggregate"
    elif method in known.DELETES and draft.kind == "select":
        function = call.function
        start = function.value.span.end if isinstance(function, Attr) else function.span.end - len(method) - 1
        draft.kind, draft.executed = "delete", True
        draft.span, draft.head = call.span, Span(start, call.span.end)
    elif draft.kind == "delete":
        draft.insert_at, draft.span = call.span.end, call.span


def _groups(draft: Draft, call: Call) -> bool:
    """`.values("shelf").annotate(number=Count("pk"))`: what comes out is numbers, not rows."""
    computed = {part.method for value in arguments(call) for part in walk(value) if isinstance(part, Call)}
    return not known.VALUES.isdisjoint(draft.names) and not known.GROUPING.isdisjoint(computed)
