"""Views and functions: what they look like from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bylaw.facts.migrations import Operation, Parameter
from bylaw.readers.sql.postgres.dependencies import of_query
from bylaw.readers.sql.postgres.objects import created
from bylaw.readers.sql.postgres.statement import Statement, names_of, reads, string_of, table_name
from bylaw.readers.sql.postgres.tree.nodes import Item, Wrapped
from bylaw.readers.sql.postgres.tree.schema import CreateFunctionStmt, QueryShape, ViewStmt
from bylaw.readers.sql.postgres.types import type_text

_RESULTS: Final = frozenset({"FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"})


@reads(ViewStmt)
def create_view(node: ViewStmt, statement: Statement) -> Iterator[Operation]:
    made = created("view", table_name(node.view), statement, replace=node.replace)
    yield msgspec.structs.replace(made, columns=columns_of(node.aliases, node.query), reads=of_query(node.query))


def columns_of(aliases: list[Item], query: Wrapped) -> tuple[str, ...]:
    """The names of a view's columns; none where a `*` hides them."""
    raw = query.get("SelectStmt")
    shape = msgspec.json.decode(raw, type=QueryShape) if raw is not None else QueryShape()
    while shape.larg is not None:
        shape = shape.larg
    names: list[str] = []
    for item in shape.target_list:
        target = item.res_target
        if target is None or target.val is None:
            return ()
        reference = target.val.column_ref
        last = string_of(reference.fields[-1]) if reference is not None and reference.fields else ""
        if reference is not None and not last:
            return ()
        call = target.val.func_call
        names.append(target.name or last or (names_of(call.funcname)[-1] if call is not None else ""))
    given = names_of(aliases)
    found = (*given, *names[len(given) :])
    return found if any(found) else ()


@reads(CreateFunctionStmt)
def create_function(node: CreateFunctionStmt, statement: Statement) -> Iterator[Operation]:
    kind = "procedure" if node.is_procedure else "function"
    found = [item.function_parameter for item in node.parameters if item.function_parameter is not None]
    inputs = tuple(
        Parameter(one.name, type_text(one.arg_type, statement), optional=bool(bytes(one.defexpr)))
        for one in found
        if one.mode not in _RESULTS
    )
    results = tuple(one.name for one in found if one.mode in {*_RESULTS, "FUNC_PARAM_INOUT"})
    back = node.return_type
    returns = type_text(back, statement) if back is not None else ""
    yield msgspec.structs.replace(
        created(kind, ".".join(names_of(node.funcname)), statement, replace=node.replace),
        parameters=inputs,
        columns=results,
        returns=f"setof {returns}" if back is not None and back.setof else returns,
    )
