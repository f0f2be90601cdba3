"""What one version of a migration does and the other does not: what the database is left with counts, not the words."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from bylaw.facts import late
from bylaw.facts import migrations as ops
from bylaw.facts.migrations import Migration, Operation
from bylaw.patterns import regex
from bylaw.source import Span

_GUARDS: Final = frozenset({
    "if_exists", "if_not_exists", "cascade", "concurrently", "replace", "old_type", "old_nullable", "placed", "span",
    "method", "client_default", "using",
})  # fmt: skip
"""Fields that decide how a statement runs, or repeat what was there before; what it leaves behind is the same."""
_GUARD_WORDS: Final = regex(rb"if(?:not)?exists|orreplace|concurrently")
_NAMEABLE: Final = (ops.AddConstraint, ops.DropConstraint, ops.CreateIndex)
_NOTHING_LEFT: Final = (ops.Transaction, ops.Setting)
BY_NAME: Final = frozenset({"prisma", "sqitch", "liquibase", "sql-migrate", "yoyo", "node-pg-migrate", "rambler"})
"""Runners that know a migration by its whole name, and order those of one number by the rest of it."""
_DESCRIBED: Final = frozenset({"flyway", "refinery"})
"""Runners that know a migration by its number, and refuse to go on where its name is another one now."""
_NOT_COMPARED: Final = (ops.RunCode, ops.UnreadOperation)
_SEEN_IN_PART: Final = (ops.CreateObject, ops.DataChange, ops.OtherStatement, *_NOT_COMPARED)
"""Operations of which the facts hold the kind and the name: the rest of the statement may differ."""


class Difference(msgspec.Struct, frozen=True):
    """`added`: operations of the later version, `gone`: those of the earlier one."""

    added: tuple[Operation, ...] = ()
    gone: tuple[Operation, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.gone)


Results = list[tuple[object, Operation]]


class Text(msgspec.Struct, frozen=True):
    """A migration and the text of its file."""

    migration: Migration
    content: bytes

    def results(self) -> Results:
        """What each operation leaves behind, in a form that is equal for equal results."""
        migration = self.migration
        return [
            (_key(operation, migration.late), operation)
            for operation in migration.operations
            if not isinstance(operation, _NOTHING_LEFT) and not _is_provision(operation)
        ]

    def statements(self) -> list[tuple[int, Span]]:
        """A checksum of each SQL statement, in which comments, white space and case do not count."""
        return [(self._checksum(span), span) for span in self.migration.statements]

    def _checksum(self, span: Span) -> int:
        parts = []
        at = span.start
        for comment, _ in self.migration.comments:
            if span.contains(comment):
                parts.append(self.content[at : comment.start])
                at = comment.end
        parts.append(self.content[at : span.end])
        return zlib.crc32(_GUARD_WORDS.sub(b"", b"".join(b" ".join(parts).lower().split()).rstrip(b";")))


def _is_provision(operation: Operation) -> bool:
    """An extension that is to be there, whoever made it."""
    return isinstance(operation, ops.CreateObject) and operation.kind == "extension" and operation.if_not_exists


def difference(then: Text, now: Text) -> Difference:
    """Nothing where one of them could not be read in full, or where only the order is another."""
    if then.migration.template or now.migration.template:
        return Difference()
    old, new = then.results(), now.results()
    if then.migration.tool == "sql":
        old, new = _in_changed_statements(then, now, old, new)
        if any(isinstance(operation, ops.UnreadOperation) for _, operation in (*old, *new)):
            # What cannot be read is other text, and that is all there is to know.
            return Difference(tuple(operation for _, operation in new), tuple(operation for _, operation in old))
    elif _count(ops.UnreadOperation, old) != _count(ops.UnreadOperation, new):
        return Difference()
    else:
        # Code that moves rows may be written as SQL as well: then there is nothing to compare. Nor is there inside of
        # the functions that Django runs.
        codes = _count(ops.RunCode, old)
        same_code = codes == _count(ops.RunCode, new) and not (codes and now.migration.tool == "django")
        old, new = ([entry for entry in side if _lasts(entry[1], data=same_code)] for side in (old, new))
    had, has = Counter(key for key, _ in old), Counter(key for key, _ in new)
    return _without_names(list(_surplus(new, had)), list(_surplus(old, has)))


def _lasts(operation: Operation, *, data: bool) -> bool:
    """Whether an operation of a Python file is compared. A query by itself leaves nothing behind."""
    if isinstance(operation, ops.DataChange):
        return data and bool(operation.table) and operation.kind != "select"
    return not isinstance(operation, ops.RunCode)


def _without_names(added: list[Operation], gone: list[Operation]) -> Difference:
    """The difference, but for what has a name on one side only: the database's own choice may be the same."""
    for operation in [entry for entry in added if isinstance(entry, _NAMEABLE)]:
        for other in gone:
            if type(other) is not type(operation) or not isinstance(other, _NAMEABLE):
                continue
            unnamed = msgspec.structs.replace(other, name=operation.name)
            if "" in {other.name, operation.name} and _key(unnamed, ()) == _key(operation, ()):
                added.remove(operation)
                gone.remove(other)
                break
    return Difference(tuple(added), tuple(gone))


def contents(version: Text) -> tuple[object, ...]:
    """The whole migration in a form that is equal for equal results."""
    return (version.migration.tool, *(key for key, _ in version.results()), *(sum_ for sum_, _ in version.statements()))


def _in_changed_statements(then: Text, now: Text, old: Results, new: Results) -> tuple[Results, Results]:
    before, after = then.statements(), now.statements()
    return _within(old, before, Counter(s for s, _ in after)), _within(new, after, Counter(s for s, _ in before))


def _within(operations: Results, statements: list[tuple[int, Span]], others: Counter[int]) -> Results:
    """The operations of the statements that the other version does not have; where the facts see a statement in part
    only, its text counts as well.
    """
    found: Results = []
    for checksum, span in statements:
        if others[checksum] > 0:
            others[checksum] -= 1
            continue
        inside = [(key, operation) for key, operation in operations if span.contains(operation.span)]
        partly = any(isinstance(operation, _SEEN_IN_PART) for _, operation in inside)
        found += [((key, checksum), operation) for key, operation in inside] if partly else inside
    return found


def _count(kind: type[Operation], operations: Results) -> int:
    return sum(isinstance(operation, kind) for _, operation in operations)


def _surplus(operations: Results, others: Counter[object]) -> Iterator[Operation]:
    left = others.copy()
    for key, operation in operations:
        left[key] -= 1
        if left[key] < 0:
            yield operation


def _key(value: object, names: tuple[str, ...]) -> object:
    if isinstance(value, _NOT_COMPARED):
        return type(value).__name__
    if isinstance(value, ops.CreateTable):
        value = msgspec.structs.replace(value, columns=tuple(sorted(value.columns, key=lambda column: column.name)))
    if isinstance(value, msgspec.Struct):
        fields = [
            _key(getattr(value, name), names)
            for name in value.__struct_fields__
            if name not in _GUARDS and not (name == "kind" and isinstance(value, ops.DropConstraint))
        ]
        return (type(value).__name__, *fields)
    if isinstance(value, tuple):
        return tuple(_key(item, names) for item in value)
    if isinstance(value, str) and late.is_late(value):
        for index, name in enumerate(names):
            value = value.replace(late.token(index), f"<{name}>").replace(late.each_token(index), f"<*{name}>")
    return value


_NUMBER: Final = regex(r"[vV]?(\d+(?:[._]\d+)*)")
_DASHED: Final = regex(r"^(\d{4})-(\d\d)-(\d\d)-(\d{6})(?!\d)")


def undashed(name: str) -> str:
    """A name that begins with a time, `2024-03-01-120000`, as one number: `20240301120000`."""
    return _DASHED.sub(r"\1\2\3\4", name)


def known_as(migration: Migration) -> str:
    """What a database remembers of a migration that it has run: a number, where the runner orders by numbers."""
    if migration.layout == "diesel":
        return migration.revision.partition("_")[0].replace("-", "")
    if migration.tool == "sql" and migration.layout not in BY_NAME:
        number = _NUMBER.match(undashed(migration.revision))
        return number[1].rstrip("._") if number else migration.revision
    return migration.revision


def is_renamed(old: Migration, new: Migration) -> bool:
    """Whether a runner takes the migration for another one, or refuses it, because it is called otherwise."""
    if old.layout in _DESCRIBED and old.revision != new.revision:
        return True
    return known_as(old) != known_as(new)
