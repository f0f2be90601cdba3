"""What local names stand for, through calls, loops and branches."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from tree_sitter import Node

from bylaw.facts.late import each_token, only_token
from bylaw.facts.values import Attr, Call, Choice, Constant, Entries, Items, Local, Opaque, Ref, Starred, Text, Value
from bylaw.readers.python.interpret.folding import Environment
from bylaw.readers.python.interpret.pure import MAX_ITEMS
from bylaw.readers.python.scope import bound_names
from bylaw.readers.python.walk import FunctionNode

MAX_TEXTS: Final = 4
_COMPOUND: Final = frozenset({
    "if_statement", "for_statement", "while_statement", "try_statement", "with_statement", "match_statement",
})  # fmt: skip
_MUTATORS: Final = frozenset({"append", "extend", "insert", "update", "add"})


class Flow(Enum):
    """How a block ends: at its last statement, or by leaving the loop or the function."""

    NEXT = auto()
    LOOP = auto()
    LEAVE = auto()


def join(branches: list[tuple[Environment, Flow]], names: Environment) -> Flow:
    """Continue after branches with what those that go on agree about; of lists that grew differently, the longest."""
    going = [inner for inner, flow in branches if flow is Flow.NEXT]
    if not going:
        return Flow.LEAVE if all(flow is Flow.LEAVE for _, flow in branches) else Flow.LOOP
    merged: Environment = {}
    for inner in going:
        for name, value in inner.items():
            if name not in merged:
                merged[name] = _agreed(value, [other[name] for other in going if name in other])
    names.clear()
    names.update(merged)
    return Flow.NEXT


def _agreed(value: Value, all_values: list[Value]) -> Value:
    if all(same(other, value) for other in all_values):
        return value
    lists = [other for other in all_values if isinstance(other, Items)]
    if len(lists) == len(all_values):
        return max(lists, key=lambda items: len(items.items))
    return agreed(all_values) or Opaque("branch", value.span)


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same thing or the same literal, wherever they stand."""
    if one is other:
        return True
    match one, other:
        case (Constant(first), Constant(second)):
            return first == second and type(first) is type(second)
        case (Ref(first_name), Ref(second_name)):
            return first_name == second_name
        case _:
            return False


def agreed(values: list[Value]) -> Value | None:
    """What returns or branches give: the same value all of them, or a choice among a few texts; else None."""
    if not values or all(same(value, values[0]) for value in values):
        return values[0] if values else None
    if len(values) > MAX_TEXTS or not all(_is_text(value) for value in values):
        return None
    found = values[-1]
    for value in reversed(values[:-1]):
        found = Choice(Opaque("branch", value.span), value, found, value.span)
    return found


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Constant) and isinstance(value.value, str))


def elements(value: Value) -> tuple[Value, ...] | None:
    """What a loop over a folded value goes through; None where it is not known."""
    if isinstance(value, Items) and not any(isinstance(item, Starred) for item in value.items):
        return value.items
    if isinstance(value, Constant) and isinstance(value.value, str):
        index = only_token(value.value)
        return None if index is None else (Constant(each_token(index), value.span),)
    if isinstance(value, Entries) and all(key is not None for key, _ in value.entries):
        return tuple(key for key, _ in value.entries if key is not None)
    return None


def bound(function: FunctionNode, call: Call) -> Environment:
    """The parameters of a helper, bound to the folded arguments of a call."""
    parameters = function.fact.parameters
    names: Environment = {item.name: item.default for item in parameters if item.default is not None}
    positional = [parameter for parameter in parameters if parameter.kind == "positional"]
    if positional and positional[0].name in {"self", "cls"}:
        owner = positional.pop(0)
        names[owner.name] = call.function.value if isinstance(call.function, Attr) else Local(owner.name, call.span)
    for parameter, value in zip(positional, call.args, strict=False):
        if isinstance(value, Starred):
            break
        names[parameter.name] = value
    names.update((keyword.name, keyword.value) for keyword in call.keywords if keyword.name)
    for parameter in parameters:
        if parameter.kind == "*":
            names[parameter.name] = Items("tuple", call.args[len(positional) :], call.span)
        elif parameter.kind == "**":
            known = {other.name for other in parameters}
            extra = tuple((Constant(kw.name, kw.span), kw.value) for kw in call.keywords if kw.name not in known)
            names[parameter.name] = Entries(extra, call.span)
    return names


def mutated(call: Call, names: Environment) -> tuple[str, Value] | None:
    """The list that `name.append(x)` or `name.extend(xs)` leaves behind; `call` with folded arguments."""
    match call.function:
        case Attr(Local(name), "append" | "extend" as method) if call.args:
            before = names.get(name)
        case _:
            return None
    if not isinstance(before, Items) or len(before.items) > MAX_ITEMS:
        return None
    if method == "append":
        return name, Items(before.kind, (*before.items, call.args[0]), before.span)
    added = elements(call.args[0])
    if added is None:
        return name, Opaque("extended", call.span)
    return name, Items(before.kind, before.items + added, before.span)


def changes_names(statement: Node) -> bool:
    """Whether a statement may give names another value than one that is written as `name = value`."""
    if statement.type in _COMPOUND:
        return True
    inner = statement.named_children[0] if statement.type == "expression_statement" else None
    return inner is not None and (
        inner.type == "augmented_assignment" or (inner.type == "call" and bool(changed_in(inner)))
    )


def changed_in(body: Node) -> list[Node]:
    """Identifiers that a block binds, or whose lists it grows."""
    found: list[Node] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type in {"assignment", "augmented_assignment", "for_statement"}:
            found.extend(bound_names(node.child_by_field_name("left")))
        elif node.type == "attribute":
            target, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
            grows = name is not None and name.text is not None and name.text.decode("utf-8", "replace") in _MUTATORS
            if grows and target is not None and target.type == "identifier":
                found.append(target)
        if node.type not in {"function_definition", "class_definition", "lambda"}:
            stack.extend(node.named_children)
    return found
