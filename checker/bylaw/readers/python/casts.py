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
    bindings = _Bindings(module)
    for record in module.casts:
        call = record.value
        if not isinstance(call, Call):
            continue
        target, value = call.argument(0, "typ"), call.argument(1, "val")
        if target is None or value is None:
            continue
        inner = _inner(value, record, bindings)
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


def _inner(value: Value, record: CastNode, bindings: _Bindings) -> Call | None:
    """The cast that a cast value is: written inside, or given to a name that is bound once."""
    found: Value | None = value
    if isinstance(value, Local):
        found = bindings.only_value(value.name, record)
    elif isinstance(value, Ref):
        found = bindings.constant(value.name)
    return found if isinstance(found, Call) and found.name in CASTS else None


class _Bindings:
    """What the names of a module and of its functions are bound by."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._by_function: dict[int, dict[str, list[Node]]] = {}

    def constant(self, name: str) -> Value | None:
        """The value of a module's variable that is assigned once, whatever happens."""
        variables = [variable for variable in self.module.variables if self.module.scope.own(variable.name) == name]
        return variables[0].value if len(variables) == 1 and not variables[0].conditional else None

    def only_value(self, name: str, record: CastNode) -> Value | None:
        """What the one assignment to a variable of the function around gives it; None when more than that binds it."""
        if record.function is None:
            return None
        bound = self._bound_in(record.function).get(name, [])
        if len(bound) != 1 or bound[0].type != "assignment" or bound[0].children[0].type != "identifier":
            return None
        right = bound[0].child_by_field_name("right")
        return self.module.value_in(right, record.frames) if right is not None else None

    def _bound_in(self, function: Node) -> dict[str, list[Node]]:
        """For each name, the nodes that bind it, inner functions included."""
        known = self._by_function.get(function.id)
        if known is not None:
            return known
        found: dict[str, list[Node]] = {}
        stack = [function]
        while stack:
            node = stack.pop()
            for target in _targets(node):
                found.setdefault(self.module.converter.text(target), []).append(node)
            stack.extend(node.children)
        self._by_function[function.id] = found
        return found


def _targets(node: Node) -> list[Node]:
    """The names that a node binds, apart from what is inside it."""
    match node.type:
        case "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause":
            return bound_names(node.child_by_field_name("left"))
        case "named_expression" | "typed_default_parameter" | "default_parameter":
            return bound_names(node.child_by_field_name("name"))
        case "as_pattern_target":
            return bound_names(node)
        case (
            "typed_parameter" | "parameters" | "list_splat_pattern" | "dictionary_splat_pattern" | "global_statement"
            | "nonlocal_statement" | "delete_statement" | "case_pattern"
        ):  # fmt: skip
            return [child for child in node.children if child.type == "identifier"]
        case _:
            return []
