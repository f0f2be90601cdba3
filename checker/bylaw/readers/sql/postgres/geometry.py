"""PostGIS's own functions for columns, from the time before its types could be told their kind and system."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.migrations import AddColumn, ColumnSpec, DropColumn, Operation
from bylaw.readers.sql.postgres.statement import Statement, names_of, string_of
from bylaw.readers.sql.postgres.tree.nodes import FuncCall


def geometry_columns(call: FuncCall, statement: Statement) -> Iterator[Operation]:
    """What `AddGeometryColumn('shop', 'place', 'spot', 4326, 'POINT', 2)` and `DropGeometryColumn` do; nothing for
    other functions. A catalog and a schema may stand before the table.
    """
    name = names_of(call.funcname)[-1:]
    if name not in {("addgeometrycolumn",), ("dropgeometrycolumn",)}:
        return
    words: list[str] = []
    for argument in call.args:
        word = string_of(argument)
        if not word or word.isdigit():  # the number of the reference system ends the names
            break
        words.append(word)
    if not 2 <= len(words) <= 4:
        return
    table, column = ".".join(words[-3:-1]), words[-1]
    if name == ("addgeometrycolumn",):
        yield AddColumn(table, ColumnSpec(column, "geometry", nullable=True, span=statement.span), statement.span)
    else:
        yield DropColumn(table, column, statement.span)
