"""Columns and constraints, in CREATE TABLE and in ALTER TABLE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts.migrations import (
    SERIAL_TYPES,
    AddConstraint,
    ColumnSpec,
    ConstraintKind,
    CreateTable,
    Generation,
    Operation,
)
from bylaw.readers.sql.postgres.statement import Statement, names_of, reads, table_name
from bylaw.readers.sql.postgres.tree.nodes import (
    ColumnDef,
    Constraint,
)
from bylaw.readers.sql.postgres.tree.schema import (
    CreateForeignTableStmt,
    CreateStmt,
    CreateTableAsStmt,
)
from bylaw.readers.sql.postgres.types import type_text

_KINDS: Final[dict[str, ConstraintKind]] = {
    "CONSTR_PRIMARY": "primary-key", "CONSTR_UNIQUE": "unique", "CONSTR_FOREIGN": "foreign-key",
    "CONSTR_CHECK": "check", "CONSTR_EXCLUSION": "exclude", "CONSTR_NOTNULL": "not-null",
}  # fmt: skip
ALWAYS: Final = "a"
"""How the parser spells `GENERATED ALWAYS`."""
_GENERATED_KINDS: Final[dict[str, Literal["stored", "virtual"]]] = {"s": "stored", "v": "virtual"}


@reads(CreateStmt)
def create_table(node: CreateStmt, statement: Statement) -> Iterator[Operation]:
    relation = node.relation
    table = table_name(relation)
    opening = statement.opening_after(max(relation.location, 0) + statement.base)
    columns: list[ColumnSpec] = []
    constraints: list[Constraint] = []
    has_likes = False
    for element in node.table_elts:
        if element.column_def is not None:
            columns.append(column_spec(element.column_def, statement, opening))
        elif element.constraint is not None:
            constraints.append(element.constraint)
        elif element.table_like_clause is not None:
            has_likes = True
    constraints += [item.constraint for item in node.constraints if item.constraint is not None]
    parents = [table_name(item.range_var) for item in node.inh_relations]
    primary = next((constraint for constraint in constraints if constraint.contype == "CONSTR_PRIMARY"), None)
    key = (
        names_of(primary.keys)
        if primary is not None
        else tuple(column.name for column in columns if column.primary_key)
    )
    yield CreateTable(
        table, tuple(columns), key, statement.span, temporary=relation.relpersistence == "t",
        if_not_exists=node.if_not_exists, partial=bool(has_likes or parents or node.of_typename is not None),
        primary_key_name=primary.conname if primary is not None else "",
        partition_of=parents[0] if parents and bytes(node.partbound) else "", partitioned=bool(bytes(node.partspec)),
    )  # fmt: skip
    for constraint in constraints:
        if constraint is not primary and (found := add_constraint(constraint, table, statement, opening)) is not None:
            yield found


@reads(CreateForeignTableStmt)
def create_foreign_table(node: CreateForeignTableStmt, statement: Statement) -> Iterable[Operation]:
    return create_table(node.base, statement)


@reads(CreateTableAsStmt)
def create_table_as(node: CreateTableAsStmt, statement: Statement) -> Iterator[Operation]:
    from bylaw.readers.sql.postgres.dependencies import of_query  # noqa: PLC0415
    from bylaw.readers.sql.postgres.objects import created  # noqa: PLC0415
    from bylaw.readers.sql.postgres.shapes import columns_of  # noqa: PLC0415

    relation = node.into.rel
    if node.objtype == "OBJECT_MATVIEW":
        made = created("materialized view", table_name(relation), statement, if_not_exists=node.if_not_exists)
        columns = columns_of(node.into.col_names, node.query)
        yield msgspec.structs.replace(made, columns=columns, reads=of_query(node.query), empty=node.into.skip_data)
        return
    yield CreateTable(
        table_name(relation), (), (), statement.span, temporary=relation.relpersistence == "t",
        if_not_exists=node.if_not_exists, partial=True,
    )  # fmt: skip


def column_spec(node: ColumnDef, statement: Statement, opening: int) -> ColumnSpec:
    """A column whose definition stands in the list that `opening` opens (-1: in the statement itself)."""
    start = statement.base + node.location
    end = statement.shape.element_end(opening, start, statement.end)
    constraints = [item.constraint for item in node.constraints if item.constraint is not None]
    bounds = [statement.base + constraint.location for constraint in constraints]
    if node.coll_clause is not None:
        bounds.append(statement.base + node.coll_clause.location)
    bounds.sort()
    column_type = type_text(node.type_name, statement)
    nullable: bool | None = None
    default: str | None = None
    generation: Generation = "serial" if column_type in SERIAL_TYPES else ""
    primary = unique = always = False
    references = check = ""
    names: list[tuple[str, str]] = []
    computed_from: tuple[str, ...] = ()
    for constraint in constraints:
        here = statement.base + constraint.location
        match constraint.contype:
            case "CONSTR_NULL":
                nullable = True
            case "CONSTR_NOTNULL":
                nullable = False
            case "CONSTR_DEFAULT":
                until = next((bound for bound in bounds if bound > here), end)
                default = _after_word(statement, here, until)
            case "CONSTR_IDENTITY":
                generation, always = "identity", constraint.generated_when == ALWAYS
            case "CONSTR_GENERATED":
                generation = _GENERATED_KINDS.get(constraint.generated_kind, "stored")
                computed_from = _columns_in(constraint)
            case "CONSTR_PRIMARY":
                primary = True
            case "CONSTR_UNIQUE":
                unique = True
            case "CONSTR_FOREIGN":
                references = _target(constraint)
            case "CONSTR_CHECK":
                expression = statement.in_brackets(here)
                check = f"({check}) AND ({expression})" if check else expression
            case _:
                pass  # DEFERRABLE and the like
        if constraint.conname and constraint.contype in _KINDS:
            names.append((_KINDS[constraint.contype], constraint.conname))
    first, last = statement.trimmed(start, end)
    return ColumnSpec(
        node.colname, column_type, nullable, default, primary_key=primary, unique=unique, references=references,
        generated=bool(generation), check=check, span=statement.place(first, last), generation=generation,
        constraint_names=tuple(names), computed_from=computed_from, always=always,
    )  # fmt: skip


def _columns_in(constraint: Constraint) -> tuple[str, ...]:
    from bylaw.readers.sql.postgres.dependencies import of_expressions  # noqa: PLC0415 - generated columns are rare

    return tuple(column for _, column in of_expressions("its own", constraint.raw_expr) if column)


def _after_word(statement: Statement, start: int, end: int) -> str:
    """The text of a clause behind its first word (`DEFAULT`), or behind `CONSTRAINT name DEFAULT`."""
    for token in statement.tokens(start):
        if token.kind == "word" and statement.text[token.start : token.end].lower() == "default":
            return statement.source(token.end, end)
    return ""


def _target(constraint: Constraint) -> str:
    table = table_name(constraint.pktable)
    columns = names_of(constraint.pk_attrs)
    return f"{table}.{columns[0]}" if len(columns) == 1 else table


def add_constraint(node: Constraint, table: str, statement: Statement, opening: int = -1) -> AddConstraint | None:
    """The constraint as an operation of its own; None for what is no constraint (`DEFERRABLE`)."""
    kind = _KINDS.get(node.contype)
    if kind is None:
        return None
    start = statement.base + node.location
    first, last = statement.trimmed(start, statement.shape.element_end(opening, start, statement.end))
    columns = names_of(node.fk_attrs if kind == "foreign-key" else node.keys) or tuple(_excluded(node))
    return AddConstraint(
        table, kind, columns, statement.place(first, last), name=node.conname,
        references=_target(node) if kind == "foreign-key" else "",
        expression=statement.in_brackets(start) if kind == "check" else "",
        # NOT ENFORCED makes the parser say that validation is skipped, which nobody asked for.
        not_valid=node.skip_validation and (node.is_enforced or kind == "not-null"),
        using_index=node.indexname, not_enforced=kind in {"check", "foreign-key"} and not node.is_enforced,
        referenced_columns=names_of(node.pk_attrs),
    )  # fmt: skip


def _excluded(node: Constraint) -> Iterator[str]:
    """The columns of an EXCLUDE; '' for an expression."""
    for item in node.exclusions:
        for element in item.sequence.items[:1] if item.sequence is not None else ():
            yield element.index_elem.name if element.index_elem is not None else ""
