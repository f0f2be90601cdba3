"""The kinds of statements that PostgreSQL's grammar knows, as its parser names them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from bylaw.readers.sql.postgres.statement import object_kind

postgast: Any = importlib.import_module("postgast")  # mypy cannot read what it says of its types
_NODES: Any = importlib.import_module("postgast.pg_query_pb2").DESCRIPTOR

_TOLD_APART = frozenset({
    "ObjectType", "AlterTableType", "TransactionStmtKind", "VariableSetKind", "ReindexObjectType", "DiscardMode",
    "GrantTargetType", "ConstrType",
})  # fmt: skip
"""Enumerations whose values are kinds; others are options."""
_SHAPES = (
    "CREATE {} a (b = c)", "CREATE {} + (b = c)", "DROP {} a", "DROP {} a ON t", "DROP {} a (int)", "DROP {} (a AS b)",
    "DROP {} FOR a LANGUAGE b", "DROP {} a USING b", "DROP {} + (a, b)", "COMMENT ON {} a IS 'x'",
    "COMMENT ON {} a.b IS 'x'", "COMMENT ON {} a ON t IS 'x'", "COMMENT ON {} a (int) IS 'x'",
    "COMMENT ON {} (a AS b) IS 'x'", "COMMENT ON {} FOR a LANGUAGE b IS 'x'", "COMMENT ON {} a USING b IS 'x'",
    "COMMENT ON {} + (a, b) IS 'x'", "COMMENT ON {} 5 IS 'x'", "COMMENT ON CONSTRAINT a ON {} b IS 'x'",
    "ALTER {} a RENAME TO b", "ALTER {} a ON t RENAME TO b", "ALTER {} a (int) RENAME TO b",
    "ALTER {} a USING b RENAME TO c", "ALTER TABLE t RENAME {} a TO b", "ALTER TYPE t RENAME {} a TO b",
    "ALTER DOMAIN t RENAME {} a TO b", "ALTER {} a SET SCHEMA b", "ALTER {} a (int) SET SCHEMA b",
    "ALTER {} a USING b SET SCHEMA c", "ALTER {} + (a, b) SET SCHEMA c", "ALTER {} a OWNER TO b",
    "ALTER {} a (int) OWNER TO b", "ALTER {} a USING b OWNER TO c", "ALTER {} + (a, b) OWNER TO c",
    "ALTER {} 5 OWNER TO b", "GRANT ALL ON {} a TO b", "GRANT ALL ON {} 5 TO b", "GRANT ALL ON FOREIGN {} a TO b",
)  # fmt: skip
"""The ways in which statements name an object of a kind."""


def kinds(sql: str) -> set[str]:
    """Of all statements of a text: their nodes, and what tells one kind of node from another."""
    found: set[str] = set()
    for statement in postgast.parse(sql).stmts:
        found.update(_kinds(statement.stmt))
    return found


def _kinds(node: Any) -> Iterator[str]:
    """Of a node and all below it."""
    kind = node.DESCRIPTOR.name
    if kind.endswith("Stmt"):
        yield kind
    for field, value in node.ListFields():
        if field.enum_type is not None and field.enum_type.name in _TOLD_APART:
            yield f"{kind} {field.enum_type.values_by_number[value].name}"
        elif field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                yield from _kinds(one)


def known_kinds() -> set[str]:
    """All that a migration could be asked about: every node of a statement, every action of ALTER TABLE, and each kind
    of object with each statement that the grammar lets it stand in.
    """
    found = {name for name in _NODES.message_types_by_name if name.endswith("Stmt")}
    for node, field in (("AlterTableCmd", "subtype"), ("TransactionStmt", "kind"), ("VariableSetStmt", "kind"),
                        ("ReindexStmt", "kind"), ("DiscardStmt", "target"), ("GrantStmt", "targtype"),
                        ("Constraint", "contype")):  # fmt: skip
        values = _NODES.message_types_by_name[node].fields_by_name[field].enum_type.values
        found |= {f"{node} {value.name}" for value in values if not value.name.endswith("UNDEFINED")}
    for constant in _NODES.enum_types_by_name["ObjectType"].values_by_name:
        for shape in _SHAPES:
            try:
                found |= kinds(shape.format(object_kind(constant).upper()))
            except postgast.PgQueryError:
                continue
    return {kind for kind in found if "UNDEFINED" not in kind}
