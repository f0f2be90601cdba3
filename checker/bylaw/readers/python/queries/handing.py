"""Statements and rows that are handed to functions: these may filter them, execute them, or hand them back."""

from __future__ import annotations

from collections.abc import Sequence

from bylaw.facts.queries import HANDED_OUT, HELPED_OUT
from bylaw.facts.values import Call, Ref
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.drafts import Draft, Meaning, Rows, Statement, executed
from bylaw.readers.python.queries.names import arguments, helper_name


def handed_on(call: Call, meanings: Sequence[Meaning], names: Sequence[str], owner: str) -> Meaning:
    """What a call makes of the statements and rows among its arguments; None where there are none. `names` are asked
    by lambdas in the call, `owner` is the class around it.
    """
    if call.name in known.CASTS:
        return meanings[-1]
    passed: list[Draft] = []
    for meaning in meanings:
        if meaning is None:
            continue
        for draft in meaning.drafts:
            draft.names.update(names)
        if call.method in known.EMBEDDING and isinstance(meaning, Statement):
            meaning.embed()
        elif call.name in known.BUILTIN_CONSUMERS or _is_consumer_elsewhere(call):
            for draft in meaning.drafts:
                draft.helpers += _handed_along(call)
            return executed(meaning)
        else:
            helper = helper_name(call, owner)
            for draft in meaning.drafts:
                draft.helpers.append(helper)
            if isinstance(meaning, Statement):
                executed(meaning)
                passed.extend(meaning.drafts)
    return Statement(tuple(passed), helped=True) if passed else None


def handed_back(statement: Statement, *, answered: bool) -> None:
    """A function returns a statement: nothing is decided of it, unless it was executed; `answered` says that a
    framework makes an answer of what comes back.
    """
    for draft in statement.drafts:
        if not draft.executed:
            draft.undecided = draft.undecided or HANDED_OUT
        elif statement.helped and not answered:
            draft.undecided = draft.undecided or HELPED_OUT


def _is_consumer_elsewhere(call: Call) -> bool:
    """`sync_to_async(list)(rows)`."""
    made = call.function
    given = made.args[:1] if isinstance(made, Call) else ()
    return any(isinstance(each, Ref) and each.name in known.BUILTIN_CONSUMERS for each in given)


def _handed_along(call: Call) -> list[str]:
    """`filter(is_alive, rows)`: functions that look at each row."""
    named = (value.name for value in arguments(call) if isinstance(value, Ref))
    return [name for name in named if name.rpartition(".")[2][:1].islower() and not name.startswith("builtins.")]


def is_foreign(meaning: Meaning, entity: str) -> bool:
    """Whether it is rows, or a statement, and none of an entity."""
    known_rows = isinstance(meaning, Rows) or (
        isinstance(meaning, Statement) and not meaning.collected and not meaning.helped
    )
    drafts = meaning.drafts if known_rows and meaning is not None else ()
    return bool(drafts) and all(draft.entity != entity for draft in drafts)
