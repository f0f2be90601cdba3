"""Calls of typing.cast: what they cast to, and whether they cast a cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tree_sitter import Node

from bylaw.facts.code import TypeEscape
from bylaw.facts.values import Call, Constant, Local, Ref, Value
from bylaw.readers.python.annotations import Types
from bylaw.readers.python.comments import Lines
from bylaw.readers.python.module import CastNode, Module
from bylaw.readers.python.scope import bound_names

CASTS = frozenset({"typing.cast", "typing_extensions.cast"})


def casts(module: Module, types: Types, lines: Lines) -> Iterator[TypeEscape]:
    """Every cast of a module."""
    for record in module.casts:
        call = record.value
        if not isinstance(call, Call):
            continue
        target, value = call.argument(0, "typ"), call.argument(1, "val")
        if target is None or value is None:
            continue
        inner = _inner(value, record, module)
        inner_target = inner.argument(0, "typ") if inner is not None else None
        yield TypeEscape(
            "cast", call.span,
            target=_written(target, module),
            inner_target=_written(inner_target, module) if inner_target is not None else "",
            value_span=value.span,
            comment=lines.remarks(call.span.start),
            target_kind=_kind(target, record, types),
            inner_span=inner.span if inner is not None else None,
        )  # fmt: skip


def _kind(target: Value, record: CastNode, types: Types) -> Literal["", "any", "object"]:
    if types.means_any(target, record.frames):
        return "any"
    if isinstance(target, Ref) and target.name == "builtins.object":
        return "object"
    return "object" if isinstance(target, Constant) and target.value == "object" else ""


def _written(value: Value, module: Module) -> str:
    return module.content[value.span.start : value.span.end].decode("utf-8", "replace")


def _inner(value: Value, record: CastNode, module: Module) -> Call | None:
    """The cast that a cast value is: written inside, or given to a name that is bound once."""
    if isinstance(value, Call):
        return value if value.name in CASTS else None
    found: Value | None = None
    if isinstance(value, Local) and record.function is not None:
        found = _only_value(record.function, value.name, record, module)
    elif isinstance(value, Ref):
        variables = [variable for variable in module.variables if module.scope.own(variable.name) == value.name]
        found = variables[0].value if len(variables) == 1 and not variables[0].conditional else None
    return found if isinstance(found, Call) and found.name in CASTS else None


def _only_value(function: Node, name: str, record: CastNode, module: Module) -> Value | None:
    """What the one assignment to a variable of a function gives it; None when it is bound in other ways too."""
    assigned: list[Node] = []
    stack = [function]
    while stack:
        node = stack.pop()
        targets = _targets(node)
        if any(module.converter.text(target) == name for target in targets):
            if node.type != "assignment" or node.children[0].type != "identifier":
                return None
            assigned.append(node)
        stack.extend(node.children)
    right = assigned[0].child_by_field_name("right") if len(assigned) == 1 else None
    return module.value_in(right, record.frames) if right is not None else None


def _targets(node: Node) -> list[Node]:
    """The names that a node binds, apart from what is inside it."""
    match node.type:
        case "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause":
            return bound_names(node.child_by_field_name("left"))
        case "named_expression" | "typed_default_parameter" | "default_parameter":
            return bound_names(node.child_by_field_name("name"))
        case "as_pattern_target":
            return bound_names(node)
        case "typed_parameter" | "parameters" | "list_splat_pattern" | "dictionary_splat_pattern":
            return [child for child in node.children if child.type == "identifier"]
        case "global_statement" | "nonlocal_statement" | "delete_statement" | "case_pattern":
            return [child for child in node.children if child.type == "identifier"]
        case _:
            return []
