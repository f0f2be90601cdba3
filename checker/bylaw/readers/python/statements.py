"""Statements that bind names, return values, or decide whether something runs."""

from __future__ import annotations

from tree_sitter import Node

from bylaw.facts.code import Role, Variable
from bylaw.facts.values import Items, Operator, Ref, Starred, Value, text_of
from bylaw.readers.python.indentation import check_clauses, check_indentation
from bylaw.readers.python.parse import field, kind, span
from bylaw.readers.python.scope import bound_names
from bylaw.readers.python.visit import Handler, LoopNode, Visitor

_LEFT, _RIGHT, _TYPE, _BODY = field("left"), field("right"), field("type"), field("body")
_CONDITION, _CONSEQUENCE, _ALTERNATIVE = field("condition"), field("consequence"), field("alternative")
_IDENTIFIER, _ASSIGNMENT, _CALL, _COMMENT = kind("identifier"), kind("assignment"), kind("call"), kind("comment")
_ELSE, _ATTRIBUTE, _STRING = kind("else_clause"), kind("attribute"), kind("string")
_OBJECT, _ATTRIBUTE_NAME = field("object"), field("attribute")
_GLOBAL, _TUPLE = kind("global_statement"), kind("expression_list")
_HANDLERS = frozenset({kind("except_clause"), kind("finally_clause")})
_RESULTS = frozenset({
    kind("parenthesized_expression"), kind("await"), kind("conditional_expression"), kind("boolean_operator"),
    kind("named_expression"),
})  # fmt: skip
_FOR_TYPING = b"TYPE_CHECKING"
_SEQUENCES = frozenset({kind("pattern_list"), kind("tuple_pattern"), kind("list_pattern")})


def _expression(walk: Visitor, node: Node, _role: Role) -> None:
    first = node.children[0]
    if first.kind_id == _STRING and node.child_count == 1:
        _docstring(walk, node)
    else:
        walk.children(node, "other")


def _docstring(walk: Visitor, node: Node) -> None:
    """A string that stands alone is prose: its words name nothing."""
    if not walk.anchored and walk.module.import_anchor == 0 and walk.function is None and not walk.conditions:
        walk.module.import_anchor = node.end_byte


def _assignment(walk: Visitor, node: Node, _role: Role) -> None:
    annotation = node.child_by_field_id(_TYPE)
    targets: list[Node] = []
    final: Node | None = node
    while final is not None and final.kind_id == _ASSIGNMENT:
        if left := final.child_by_field_id(_LEFT):
            targets.append(left)
        final = final.child_by_field_id(_RIGHT)
    if not targets:
        return
    declared = _declared(walk, targets[0], annotation) if annotation is not None else None
    if final is not None:
        plain = next((target for target in reversed(targets) if target.kind_id == _IDENTIFIER), None)
        if plain is not None:
            _note_results(walk, final, _result_name(walk, walk.text(plain)))
        walk.visit(final, "value")
    value = walk.value(final) if final is not None and walk.around is None else None
    for target in targets:
        _assign(walk, target, value, declared, node)


def _declared(walk: Visitor, target: Node, annotation: Node) -> Value:
    position = "field" if walk.class_body is not None else "attribute" if target.kind_id == _ATTRIBUTE else "variable"
    return walk.annotate(annotation, position, walk.text(target))


def _result_name(walk: Visitor, name: str) -> str:
    if walk.class_body is not None:
        return f"{walk.owner}.{name}"
    return name if walk.function is not None else walk.scope.own(name)


def _note_results(walk: Visitor, node: Node, name: str) -> None:
    """Remember the calls whose result this assignment gives to `name`."""
    stack = [node]
    while stack:
        current = stack.pop()
        if current.kind_id == _CALL:
            walk.assigned[current.id] = name
        elif current.kind_id in _RESULTS:
            stack.extend(current.children)


def _assign(walk: Visitor, target: Node, value: Value | None, declared: Value | None, statement: Node) -> None:
    if target.kind_id == _IDENTIFIER:
        _variable(walk, target, value, declared, statement)
        return
    names = bound_names(target)
    if not names:
        _assign_into(walk, target)
        return
    parts = target.children if target.kind_id in _SEQUENCES else []
    slots = [part for part in parts if part.is_named and part.kind_id != _COMMENT]
    values = value.items if isinstance(value, Items) and len(value.items) == len(slots) else ()
    starred = any(isinstance(item, Starred) for item in values)
    paired = {slot.id: item for slot, item in zip(slots, values, strict=False) if not starred}
    for name in names:
        _variable(walk, name, paired.get(name.id), None, statement)
    for slot in slots:
        if slot.kind_id != _IDENTIFIER and not bound_names(slot):
            _assign_into(walk, slot)


def _assign_into(walk: Visitor, target: Node) -> None:
    """`router.container = …`: what is changed is not handed to anybody."""
    inner = target.child_by_field_id(_OBJECT) if target.kind_id == _ATTRIBUTE else None
    if inner is None:
        walk.visit(target, "other")
        return
    if name := target.child_by_field_id(_ATTRIBUTE_NAME):
        walk.words.add(walk.text(name))
    walk.visit(inner, "receiver")


def _variable(walk: Visitor, name: Node, value: Value | None, declared: Value | None, statement: Node) -> None:
    text = walk.text(name)
    walk.bind(text)
    if walk.around is not None:
        return
    fact = Variable(text, value, declared, span(name), span(statement), False, walk.conditions > 0)
    if walk.class_body is not None:
        walk.class_body.variables.append(fact)
        return
    walk.module.variables.append(fact)
    if text == "__all__" and value is not None:
        walk.module.exports = _names_in(value)


def _names_in(value: Value) -> tuple[str, ...] | None:
    """The strings of a literal list of them; None when it is computed."""
    if isinstance(value, Operator) and value.operator == "+" and value.left is not None:
        left, right = _names_in(value.left), _names_in(value.right)
        return left + right if left is not None and right is not None else None
    if not isinstance(value, Items):
        return None
    names = tuple(text for item in value.items if (text := text_of(item)) is not None)
    return names if len(names) == len(value.items) else None


def _augmented(walk: Visitor, node: Node, _role: Role) -> None:
    left, right = node.child_by_field_id(_LEFT), node.child_by_field_id(_RIGHT)
    if right is not None:
        walk.visit(right, "value")
    if left is None:
        return
    if left.kind_id != _IDENTIFIER:
        walk.visit(left, "other")
        return
    name = walk.text(left)
    if walk.around is not None:
        walk.bind(name)
        walk.visit(left, "other")
        return
    value = walk.value(right) if right is not None else None
    fact = Variable(name, value, None, span(left), span(node), True, walk.conditions > 0)
    if walk.class_body is not None:
        walk.class_body.variables.append(fact)
        return
    walk.module.variables.append(fact)
    if name == "__all__" and walk.module.exports is not None:
        more = _names_in(value) if value is not None else None
        walk.module.exports = walk.module.exports + more if more is not None else None


def _type_alias(walk: Visitor, node: Node, _role: Role) -> None:
    left, right = node.child_by_field_id(_LEFT), node.child_by_field_id(_RIGHT)
    if left is None or right is None:
        return
    name = left
    while name.kind_id != _IDENTIFIER and name.children:
        name = name.children[0]
    _variable(walk, name, walk.annotate(right, "alias", walk.text(name)), None, node)


def _return(walk: Visitor, node: Node, _role: Role) -> None:
    for child in node.children:
        if child.is_named and child.kind_id != _COMMENT:
            if walk.function is not None:
                walk.function.returns.append(walk.value(child))
            walk.visit(child, "return")


def _for(walk: Visitor, node: Node, _role: Role) -> None:
    left, right = node.child_by_field_id(_LEFT), node.child_by_field_id(_RIGHT)
    if left is None or right is None:
        walk.children(node, "other")
        return
    names = tuple(walk.text(name) for name in bound_names(left))
    walk.visit(right, "value")
    for name in names:
        walk.scope.bind(name)
    walk.loops.append(LoopNode(names, right))
    walk.conditions += 1
    for part in (node.child_by_field_id(_BODY), node.child_by_field_id(_ALTERNATIVE)):
        if part is not None:
            walk.visit(part, "other")
    walk.conditions -= 1
    walk.loops.pop()


def _block(walk: Visitor, node: Node, _role: Role) -> None:
    """A statement whose body may run or not, or more than once."""
    walk.conditions += 1
    walk.children(node, "other")
    walk.conditions -= 1


def _if(walk: Visitor, node: Node, _role: Role) -> None:
    condition, consequence = node.child_by_field_id(_CONDITION), node.child_by_field_id(_CONSEQUENCE)
    check_clauses(walk, node)
    typing_only = None
    if condition is not None and walk.module.content.find(_FOR_TYPING, condition.start_byte, condition.end_byte) != -1:
        typing_only = _typing_only(walk.value(condition))
    walk.conditions += 1
    for child in node.children:
        in_typing = child == consequence if typing_only else typing_only is False and child.kind_id == _ELSE
        walk.typing_only += in_typing
        walk.visit(child, "other")
        walk.typing_only -= in_typing
    walk.conditions -= 1


def _typing_only(condition: Value) -> bool | None:
    """True for `TYPE_CHECKING`, False for `not TYPE_CHECKING`, None for any other condition."""
    if isinstance(condition, Ref):
        return True if condition.name.rpartition(".")[2] == "TYPE_CHECKING" else None
    if isinstance(condition, Operator) and condition.operator == "not":
        return False if _typing_only(condition.right) else None
    return None


def _declare(walk: Visitor, node: Node, _role: Role) -> None:
    """`global x` or `nonlocal x`."""
    frame = next((frame for frame in reversed(walk.scope.frames) if not frame.transparent), None)
    if frame is None:
        return
    names = {walk.text(child) for child in node.children if child.kind_id == _IDENTIFIER}
    (frame.of_module if node.kind_id == _GLOBAL else frame.elsewhere).update(names)


def _outdated(walk: Visitor, node: Node, _role: Role) -> None:
    """`print x` and `exec x` are read, but only Python 2 knows them."""
    walk.doubt(node, "this statement is Python 2")
    walk.children(node, "other")


def _raise(walk: Visitor, node: Node, _role: Role) -> None:
    if any(child.kind_id == _TUPLE for child in node.children):
        walk.doubt(node, "`raise` takes one exception")
    walk.children(node, "other")


def _try(walk: Visitor, node: Node, role: Role) -> None:
    if not any(child.kind_id in _HANDLERS for child in node.children):
        walk.doubt(node, "`try` without `except` or `finally`")
    check_clauses(walk, node)
    _block(walk, node, role)


def _statements(walk: Visitor, node: Node, _role: Role) -> None:
    check_indentation(walk, node)
    walk.children(node, "other")


HANDLERS: dict[str, Handler] = {
    "expression_statement": _expression,
    "assignment": _assignment,
    "augmented_assignment": _augmented,
    "type_alias_statement": _type_alias,
    "return_statement": _return,
    "for_statement": _for,
    "if_statement": _if,
    **dict.fromkeys(("with_statement", "while_statement", "match_statement"), _block),
    "try_statement": _try,
    "raise_statement": _raise,
    **dict.fromkeys(("block", "module"), _statements),
    **dict.fromkeys(("global_statement", "nonlocal_statement"), _declare),
    **dict.fromkeys(("print_statement", "exec_statement"), _outdated),
}
