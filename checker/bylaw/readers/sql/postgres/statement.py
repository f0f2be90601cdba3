"""One statement on its way to operations: its place, and the handlers by the names of the parser's nodes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

import msgspec

from bylaw.facts.migrations import Operation
from bylaw.readers.sql.lexer import POSTGRES, Shape, Token, shape, tidy, tokens
from bylaw.readers.sql.postgres.tree.nodes import Item, RangeVar, Wrapped
from bylaw.readers.sql.text import Reading, Stretch, readable
from bylaw.source import Span


class Statement:
    """Where a statement stands, as a stretch of text. `base` is added to the parser's locations."""

    def __init__(self, stretch: Stretch, base: int, reading: Reading) -> None:
        self.text = stretch.text
        self.start = stretch.start
        self.end = stretch.end
        self.place = stretch.place
        self.base = base
        self.reading = reading

    @property
    def span(self) -> Span:
        return self.place(self.start, self.end)

    @cached_property
    def shape(self) -> Shape:
        return shape(self.text, POSTGRES, self.start, self.end)

    @cached_property
    def openings(self) -> list[int]:
        return sorted(self.shape.closing)

    def tokens(self, start: int | None = None) -> Iterator[Token]:
        return tokens(self.text, POSTGRES, self.start if start is None else start, self.end)

    def source(self, start: int, end: int) -> str:
        """The expression between two offsets, on one line, without comments."""
        return tidy(readable(self.text[start:end]), POSTGRES)

    def opening_after(self, position: int) -> int:
        """The first opening bracket at or after a position, -1 when there is none."""
        at = bisect_left(self.openings, position)
        return self.openings[at] if at < len(self.openings) else -1

    def in_brackets(self, position: int) -> str:
        """What the first brackets at or after a position hold, '' when there are none."""
        opening = self.opening_after(position)
        return self.source(opening + 1, self.shape.closing[opening]) if opening >= 0 else ""

    def pieces(self, count: int, after: int) -> list[tuple[int, int]]:
        """The `count` parts of a list that fills the rest of the statement from `after` on, cut at its commas.

        When the commas do not agree with the count, each part is the whole statement.
        """
        commas = [comma for comma in self.shape.commas.get(-1, []) if comma >= after]
        if len(commas) != count - 1:
            return [(self.start, self.end)] * count
        starts = [after, *(comma + 1 for comma in commas)]
        return [self.trimmed(start, end) for start, end in zip(starts, [*commas, self.end], strict=True)]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """A range without the white space and comments at its ends."""
        piece = self.text[start:end]
        if "--" not in piece and "/*" not in piece:
            return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        first, last = -1, start
        for token in tokens(self.text, POSTGRES, start, end):
            if token.kind == "comment":
                continue
            first = token.start if first < 0 else first
            last = token.end
        return (first, last) if first >= 0 else (start, end)


_Node = TypeVar("_Node", bound=msgspec.Struct)
_Reader: TypeAlias = Callable[[_Node, Statement], Iterable[Operation]]
Handler = Callable[[msgspec.Raw, Statement], Iterable[Operation]]
HANDLERS: Final[dict[str, Handler]] = {}


def reads(node: type[_Node]) -> Callable[[_Reader[_Node]], _Reader[_Node]]:
    """Makes a function the handler of the statement node whose class this is."""

    def register(function: _Reader[_Node]) -> _Reader[_Node]:
        decoders: list[msgspec.json.Decoder[_Node]] = []

        def handle(raw: msgspec.Raw, statement: Statement) -> Iterable[Operation]:
            if not decoders:
                decoders.append(msgspec.json.Decoder(node))
            return function(decoders[0].decode(raw), statement)

        HANDLERS[node.__name__] = handle
        return function

    return register


_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kebab(name: str) -> str:
    """`DetachPartition` → `detach-partition`."""
    return _CAPITAL.sub("-", name).lower()


def object_kind(constant: str) -> str:
    """`OBJECT_MATVIEW` → `materialized view`."""
    word = constant.removeprefix("OBJECT_").lower()
    return _KINDS.get(word) or word.replace("_", " ")


_KINDS: Final = {
    "matview": "materialized view", "tabconstraint": "constraint", "domconstraint": "domain constraint",
    "opclass": "operator class", "opfamily": "operator family", "tsconfiguration": "text search configuration",
    "tsdictionary": "text search dictionary", "tsparser": "text search parser", "tstemplate": "text search template",
    "fdw": "foreign data wrapper", "statistic_ext": "statistics", "foreign_server": "server",
    "event_trigger": "event trigger", "largeobject": "large object",
}  # fmt: skip


def table_name(relation: RangeVar | None) -> str:
    """`schema.table`, or the table alone, as the source says."""
    if relation is None:
        return ""
    return ".".join(filter(None, (relation.catalogname, relation.schemaname, relation.relname)))


def string_of(item: Item) -> str:
    """The text of a name or constant node; '' for another node."""
    if item.string is not None:
        return item.string.sval
    if item.integer is not None:
        return str(item.integer.ival)
    if item.boolean is not None:
        return "true" if item.boolean.boolval else "false"
    if item.const is None:
        return ""
    const = item.const
    if const.sval is not None:
        return const.sval.sval
    if const.ival is not None:
        return str(const.ival.ival)
    if const.fval is not None:
        return const.fval.fval
    if const.boolval is not None:
        return "true" if const.boolval.boolval else "false"
    return ""


def names_of(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(string_of(item) for item in items)


def dotted(item: Item | None) -> str:
    """The name in an object reference, however the parser wraps it."""
    if item is None:
        return ""
    if item.sequence is not None:
        return ".".join(names_of(item.sequence.items))
    if item.object_with_args is not None:
        return ".".join(names_of(item.object_with_args.objname))
    if item.type_name is not None:
        return ".".join(names_of(item.type_name.names))
    if item.range_var is not None:
        return table_name(item.range_var)
    if item.role_spec is not None:
        return item.role_spec.rolename
    return string_of(item)


_BY_METHOD: Final = frozenset({"OBJECT_OPCLASS", "OBJECT_OPFAMILY"})
_NAMELESS: Final = frozenset({"OBJECT_CAST", "OBJECT_TRANSFORM"})


def object_name(item: Item | None, kind: str) -> str:
    """The name of an object of a kind: `OBJECT_OPCLASS` stands behind its access method, a cast has no name."""
    if item is None or kind in _NAMELESS:
        return ""
    if kind in _BY_METHOD and item.sequence is not None:
        return ".".join(names_of(item.sequence.items[1:]))
    return dotted(item)


def options_of(items: Iterable[Item]) -> tuple[str, ...]:
    """Options as `name=value`, the value '' where it is none of a simple kind."""
    return tuple(
        f"{item.def_elem.defname}={string_of(item.def_elem.arg) if item.def_elem.arg is not None else ''}"
        for item in items
        if item.def_elem is not None
    )


__all__ = [
    "HANDLERS", "Statement", "Wrapped", "dotted", "kebab", "names_of", "object_kind", "object_name", "options_of",
    "reads", "string_of", "table_name",
]  # fmt: skip
