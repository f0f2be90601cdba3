"""Attributes that a function reads of values nobody knows: rows that it keeps in lists and dicts of its own."""

from __future__ import annotations

from collections.abc import Sequence

from bylaw.facts.code import Function
from bylaw.facts.queries import KEPT_AS
from bylaw.facts.values import Attr, Call, Constant, Index, Local, Ref, Value
from bylaw.readers.python.queries.drafts import Draft, Meaning, Rows

_READING = frozenset({"select", "get", "columns"})


class Loose:
    """`row.deleted_at`, where `row` came out of a collection. `own` is how names of the module begin."""

    def __init__(self, function: Function, own: str) -> None:
        self._parameters = {parameter.name for parameter in function.parameters}
        self._own = own
        self._names: set[str] = set()

    def note(self, value: Value) -> None:
        """An attribute or item is read of something without a meaning. Those of parameters are none of the rows."""
        match value:
            case Attr(Local(root), name) if root not in self._parameters:
                self._keep(name)
            case Attr(Index(), name):
                self._keep(name)
            case Index(Local(root), Constant(str(name))) if root not in self._parameters:
                self._keep(name)
            case Ref(name) if name.startswith(self._own):
                root, _, inner = name.removeprefix(self._own).partition(".")
                if inner and root[:1].islower():
                    self._keep(inner.partition(".")[0])

    def _keep(self, name: str) -> None:
        self._names.add(f"?.{name}")

    def give_to(self, drafts: list[Draft]) -> None:
        """Every read of the function may have brought the rows."""
        for draft in drafts if self._names else ():
            if draft.kind in _READING:
                draft.names |= self._names


def kept_in_self(place: Value) -> str:
    """The attribute of the object that something is put into: `self.book = …`, `self.books[key] = …`; '' for another
    place.
    """
    match place:
        case Attr(Local("self"), name) | Index(Attr(Local("self"), name)):
            return name
        case _:
            return ""


def keep_collected(call: Call, meanings: Sequence[Meaning]) -> None:
    """`self.books.append(book)`."""
    kept = kept_in_self(call.function.value) if isinstance(call.function, Attr) else ""
    for meaning in meanings if kept else ():
        if isinstance(meaning, Rows):
            meaning.note(f"{KEPT_AS}{kept}")
