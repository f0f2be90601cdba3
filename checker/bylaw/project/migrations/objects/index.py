"""Views, functions, types, sequences and the like: who made them, and what else speaks of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Operation
from bylaw.facts.naming import bare
from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.objects.stories import TELLING, Stories, Told, family
from bylaw.project.migrations.step import MigrationTree, Step

if TYPE_CHECKING:
    from bylaw.source import Span

_ANY_SCHEMA: Final = frozenset({"", "public", "dbo", "main"})
_WORDS: Final = regex(r"--[^\n]*|/\*[^*]*\*/|'[^']*'")
"""What is said in a body and does nothing: comments, messages, and a body that is itself a string in quotes."""


class Definition(msgspec.Struct, frozen=True, eq=False):
    """How an object was made: `step` is the migration, `text` the statement as it stands there."""

    step: Step
    operation: ops.CreateObject
    text: str


def same_name(one: str, other: str) -> bool:
    """Whether two names may mean one object: the schema counts only where both say one."""
    if bare(one) != bare(other):
        return False
    first, second = one.lower().rpartition(".")[0], other.lower().rpartition(".")[0]
    return first == second or not first or not second or {first, second} <= _ANY_SCHEMA


class Objects:
    """All objects that a project's migrations make, rename, comment and drop. `text` gives a place of a step's file."""

    def __init__(self, text: Callable[[Step, Span], str]) -> None:
        self._text = text
        self._stories: dict[MigrationTree, Stories] = {}

    def written(self, change: Change) -> str:
        """The operation as it stands in its file."""
        return self._text(change.step, change.operation.span)

    def definition(self, change: Change, kind: str, name: str) -> Definition | None:
        """How the object was made that has this name just before a change; None where no migration shows it."""
        found = next((made for known, made in self._alive(change, kind, name) if _is((known, made), kind, name)), None)
        told = self._of(change.tree).about(kind, name)
        step = next((entry.step for entry in told if entry.operation is found), None)
        if found is None or step is None:
            return None
        return Definition(step, found, self._text(step, found.span))

    def definition_before(self, change: Change, kind: str, name: str) -> Definition | None:
        """How the object was made that the running release knows by this name."""
        first = next(one for one in change.deployment.changes if one.tree is change.tree)
        return self.definition(first, kind, name) or self.definition(change, kind, name)

    def definition_after(self, change: Change, kind: str, name: str) -> Definition | None:
        """How the object was made that has this name when the deployment is through."""
        made = next(iter(self.after_deployment(change, kind, name)), None)
        told = self._of(change.tree).about(kind, name)
        step = next((entry.step for entry in told if entry.operation is made), None)
        if made is None or step is None:
            return None
        return Definition(step, made, self._text(step, made.span))

    def standing(self, change: Change, kind: str) -> Iterator[tuple[str, Definition]]:
        """Every object of a kind (and its likes) that stands just before a change, by its name."""
        stories = self._of(change.tree)
        for told in stories.of_kind(kind):
            for name, _ in _standing(stories.before(told, change)):
                found = self.definition(change, kind, name)
                if found is not None:
                    yield name, found

    def before_deployment(self, change: Change, kind: str, name: str) -> list[ops.CreateObject]:
        """What the running release knows by this name: several for a function with several kinds of inputs."""
        first = next(one for one in change.deployment.changes if one.tree is change.tree)
        return [made for known, made in self._alive(first, kind, name) if _is((known, made), kind, name)]

    def after_deployment(self, change: Change, kind: str, name: str) -> list[ops.CreateObject]:
        """What stands by this name when the deployment is through, the newest first."""
        last = [one for one in change.deployment.changes if one.tree is change.tree][-1]
        alive = _after(self._alive(last, kind, name), last.operation)
        return [made for known, made in alive if _is((known, made), kind, name)]

    def parts_of(self, change: Change, kind: str, table: str, *, before: bool = False) -> list[ops.CreateObject]:
        """The triggers, policies or rules of a table: those that stand when the deployment is through, or `before` it.

        Only what has its table's name still is found.
        """
        own = [one for one in change.deployment.changes if one.tree is change.tree]
        found: dict[str, ops.CreateObject] = {}
        last = own[0] if before else own[-1]
        stories = self._of(change.tree)
        told = [entry.operation for entry in stories.before(stories.all, last)]
        if not before:
            told.append(last.operation)
        for operation in told:
            match operation:
                case ops.CreateObject(kind=other, name=name, table=on) if other == kind and same_name(on, table):
                    found[name] = operation
                case ops.DropObject(kind=other, name=name, table=on) if other == kind and same_name(on, table):
                    found.pop(name, None)
                case _:
                    pass
        return list(found.values())

    def is_read(self, change: Change, table: str, column: str) -> bool:
        """Whether something in the whole history surely reads the column ('': the table): most are read by nothing."""
        return not self._of(change.tree).reads.isdisjoint({(bare(table), column), (bare(table), "*")})

    def parts_before(self, change: Change, kinds: Iterable[str]) -> list[Definition]:
        """The triggers, policies or rules of all tables that stand just before a change."""
        found: dict[tuple[str, str, str], Definition] = {}
        stories = self._of(change.tree)
        for step, _, _, operation in stories.before(stories.all, change):
            match operation:
                case ops.CreateObject(kind=kind, name=name, table=table) if kind in kinds:
                    found[kind, bare(table), name] = Definition(step, operation, "")
                case ops.DropObject(kind=kind, name=name, table=table) if kind in kinds:
                    found.pop((kind, bare(table), name), None)
                case ops.RenameObject(kind=kind, name=name) if kind in kinds:
                    found = {key: made for key, made in found.items() if key[0] != kind or key[2] != name}
                case _:
                    pass
        return list(found.values())

    def note(self, change: Change, kind: str, name: str) -> tuple[Step, str] | None:
        """The last comment on the object before a change, and the migration that set it; None where there is none."""
        found = None
        stories = self._of(change.tree)
        for entry in stories.before(stories.about(kind, name), change):
            operation = entry.operation
            if isinstance(operation, ops.SetComment) and same_name(operation.table, name):
                found = (entry.step, operation.comment)
        return found

    def mentions(self, change: Change, name: str) -> bool:
        """Whether anything else of the migrations before a change speaks of the object: a default, a trigger, a view, a
        body, an UPDATE. Its own definitions, comments and grants do not count.
        """
        word = re.compile(rf"(?<![\w$]){re.escape(bare(name))}(?![\w$])", re.IGNORECASE)
        for step in change.tree.steps:
            for operation in step.migration.operations:
                if operation == change.operation:
                    return False
                if self._is_own(operation, name) or getattr(operation, "kind", "") in {"grant", "revoke", "owner"}:
                    continue
                if word.search(self._text(step, operation.span)):
                    return True
        return False

    def callers(self, change: Change, kind: str, name: str) -> Iterator[Definition]:
        """Functions that stand before and after a deployment and call another one by its name, in bodies that the
        server looks at when they run; none, where something else of that name is there in the end.
        """
        if self.after_deployment(change, kind, name):
            return
        call = re.compile(rf"(?<![\w$]){re.escape(bare(name))}\s{{0,99}}\(", re.IGNORECASE)
        for known, made in self.standing(change, kind):
            if same_name(known, name) or _is_sealed(made.text) or not call.search(_WORDS.sub(" ", made.text)):
                continue
            after = self.definition_after(change, kind, known)
            if after is not None and call.search(_WORDS.sub(" ", after.text)):
                yield made

    @staticmethod
    def _is_own(operation: Operation, name: str) -> bool:
        if isinstance(operation, ops.SetComment):
            return same_name(operation.table, name)
        return isinstance(operation, TELLING) and same_name(operation.name, name)

    def _of(self, tree: MigrationTree) -> Stories:
        if tree not in self._stories:
            self._stories[tree] = Stories(tree)
        return self._stories[tree]

    def _alive(self, change: Change, kind: str, name: str) -> list[_Named]:
        """(name, its definition) of what stands before a change and might be meant, the newest first."""
        stories = self._of(change.tree)
        return _standing(stories.before(stories.about(kind, name), change))


def _is_sealed(text: str) -> bool:
    """`BEGIN ATOMIC`: the server has resolved all names when it was made, and follows them."""
    return re.search(r"\bBEGIN\s+ATOMIC\b", text, re.IGNORECASE) is not None


_Named = tuple[str, ops.CreateObject]


def _standing(told: Iterable[Told]) -> list[_Named]:
    """What operations leave behind, the newest first."""
    alive: list[_Named] = []
    for entry in told:
        alive = _after(alive, entry.operation)
    return alive


def _after(alive: list[_Named], operation: Operation) -> list[_Named]:
    """What stands when an operation is through. Functions that differ in their inputs stand beside each other."""
    match operation:
        case ops.CreateObject(kind=kind, name=name):
            inputs = _types_of(operation)
            return [
                (name, operation),
                *(one for one in alive if not _is(one, kind, name) or _types_of(one[1]) != inputs),
            ]
        case ops.DropObject(kind=kind, name=name, arguments=arguments):
            return [
                one
                for one in alive
                if not _is(one, kind, name) or (arguments is not None and _types_of(one[1]) not in {None, arguments})
            ]
        case ops.RenameObject(kind=kind, name=name, new_name=new_name):
            return [(new_name, one[1]) if _is(one, kind, name) else one for one in alive]
        case _:
            return alive


def _types_of(made: ops.CreateObject) -> tuple[str, ...] | None:
    return tuple(one.type for one in made.parameters) if made.parameters is not None else None


def _is(one: _Named, kind: str, name: str) -> bool:
    return family(one[1].kind) == family(kind) and same_name(one[0], name)


def is_there(change: Change, kind: str, name: str) -> bool:
    """Whether an object of that name stands when the deployment is through, as far as the migrations show."""
    after = change.deployment.after
    if family(kind) == "view" and after.table(name) is not None:
        return True
    return any(family(other) == family(kind) and same_name(known, name) for other, known in after.objects)


def comes_again(change: Change, kind: str, name: str) -> bool:
    """Whether the deployment makes an object of that name after the change."""
    for later in change.later:
        match later.operation:
            case ops.CreateObject(kind=other, name=made) if family(other) == family(kind) and same_name(made, name):
                return True
            case ops.RenameObject(kind=other, new_name=made) if family(other) == family(kind) and same_name(made, name):
                return True
            case _:
                pass
    return False


def known_before(change: Change, kind: str, name: str) -> bool:
    """Whether the running release may know the object: it is older than the deployment, or nobody saw it made."""
    before = change.deployment.before.objects
    if any(family(other) == family(kind) and same_name(known, name) for other, known in before):
        return True
    return not any(family(other) == family(kind) and same_name(known, name) for other, known in change.before.objects)
