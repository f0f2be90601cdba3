"""Which tables and columns an expression or a query surely reads: what the server will not let go of.

Names are looked up as the server does, as far as the text alone decides: a column behind a table's name or alias, and a
column without one where a single table stands there. Where several tables may be meant, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import msgspec

Node: TypeAlias = dict[str, object]
Read: TypeAlias = tuple[str, str]
"""A table and its column: '' for the table itself, `*` for all columns that it has at that time."""
_OUTSIDE: Final = frozenset({"fromClause", "withClause", "larg", "rarg", "sortClause", "groupClause", "intoClause"})
_OR_A_RESULT: Final = ("sortClause", "groupClause")
"""Where a name without a table may be that of a result."""
_OLD_AND_NEW: Final = ("old", "new")


class _Scope(msgspec.Struct, frozen=True):
    """What column names can mean: alias → table, '' for what is no table; `outer` is the query around."""

    ranges: dict[str, str]
    outer: _Scope | None = None

    def table_of(self, alias: str) -> str:
        if alias in self.ranges:
            return self.ranges[alias]
        return self.outer.table_of(alias) if self.outer is not None else ""

    @property
    def only(self) -> str:
        """The one table that a name without a table can belong to; '' where there is more than one."""
        return next(iter(self.ranges.values())) if len(self.ranges) == 1 and self.outer is None else ""


def of_query(query: dict[str, msgspec.Raw]) -> tuple[Read, ...]:
    """What a view's query reads. `query` is the parser's node, by its kind."""
    return _kept(_query(_node(_decoded(query.get("SelectStmt", msgspec.Raw()))), frozenset(), None))


def of_expressions(table: str, *expressions: msgspec.Raw) -> tuple[Read, ...]:
    """What expressions read that belong to a table: those of its policies and generated columns."""
    scope = _Scope({table.rpartition(".")[2]: table})
    return _kept(read for raw in expressions for read in _expression(_decoded(raw), scope, frozenset()))


def of_trigger(table: str, condition: msgspec.Raw) -> tuple[Read, ...]:
    """What the WHEN of a trigger reads of the row before and after."""
    return _kept(_expression(_decoded(condition), _Scope(dict.fromkeys(_OLD_AND_NEW, table)), frozenset()))


def _kept(reads: Iterable[Read]) -> tuple[Read, ...]:
    try:
        return tuple(sorted({read for read in reads if read[0]}))
    except RecursionError:
        return ()


def _decoded(raw: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw) if bytes(raw) else None
    except RecursionError:
        return None


def _node(value: object) -> Node:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _query(select: Node, hidden: frozenset[str], outer: _Scope | None) -> Iterator[Read]:
    """`hidden` are the names of common table expressions, which are no tables."""
    for entry in _list(_node(select.get("withClause")).get("ctes")):
        named = _node(_node(entry).get("CommonTableExpr"))
        hidden |= {str(named.get("ctename"))}
        yield from _query(_node(_node(named.get("ctequery")).get("SelectStmt")), hidden, outer)
    for half in ("larg", "rarg"):
        if half in select:
            yield from _query(_node(select[half]), hidden, outer)
    ranges: dict[str, str] = {}
    conditions: list[object] = []
    for item in _list(select.get("fromClause")):
        yield from _range(_node(item), hidden, ranges, conditions)
    scope = _Scope(ranges, outer)
    inside = [value for key, value in select.items() if key not in _OUTSIDE]
    yield from _expression([*inside, *conditions], scope, hidden)
    yield from _expression([select.get(key) for key in _OR_A_RESULT], _Scope({}, scope), hidden)


def _range(item: Node, hidden: frozenset[str], ranges: dict[str, str], conditions: list[object]) -> Iterator[Read]:
    """What stands behind FROM: fills in the names that it gives, and the conditions of its joins."""
    for kind, value in item.items():
        node = _node(value)
        alias = _node(node.get("alias"))
        name = str(alias.get("aliasname") or node.get("relname") or f"{kind} {len(ranges)}")
        if kind == "RangeVar":
            parts = (node.get("catalogname"), node.get("schemaname"), node.get("relname"))
            table = ".".join(str(part) for part in parts if part)
            ranges[name] = "" if table in hidden or "colnames" in alias else table
            yield ("" if table in hidden else table, "")
        elif kind == "JoinExpr":
            for side in ("larg", "rarg"):
                yield from _range(_node(node.get(side)), hidden, ranges, conditions)
            conditions.append(node.get("quals"))
            if alias:
                ranges.clear()
                ranges[name] = ""
        else:
            ranges[name] = ""
            query = _node(_node(node.get("subquery")).get("SelectStmt"))
            yield from _query(query, hidden, _Scope({}, None) if node.get("lateral") else None)


def _expression(value: object, scope: _Scope, hidden: frozenset[str]) -> Iterator[Read]:
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack += each
        elif isinstance(each, dict):
            for kind, inner in each.items():
                if kind == "ColumnRef":
                    yield from _column(_node(inner), scope)
                elif kind == "SelectStmt":
                    yield from _query(_node(inner), hidden, scope)
                else:
                    stack.append(inner)


def _column(reference: Node, scope: _Scope) -> Iterator[Read]:
    fields = [_node(field) for field in _list(reference.get("fields"))]
    names = [str(_node(field["String"]).get("sval")) if "String" in field else "*" for field in fields]
    match names:
        case ["*"]:
            yield from ((table, "*") for table in scope.ranges.values())
        case [name]:
            yield scope.only, name
        case [alias, name]:
            yield scope.table_of(alias), name
        case [_, table, name]:
            yield scope.table_of(table), name
        case _:
            pass
