"""Classes, functions and their parameters."""

from __future__ import annotations

from typing import Literal

from tree_sitter import Node

from bylaw.facts.code import Class, Parameter, Role
from bylaw.facts.values import Value
from bylaw.readers.python.module import ClassNode
from bylaw.readers.python.parse import field, kind, span
from bylaw.readers.python.scope import Frame
from bylaw.readers.python.visit import ClassBody, FunctionBody, Handler, Visitor

_NAME, _BODY, _PARAMETERS, _RETURNS = field("name"), field("body"), field("parameters"), field("return_type")
_TYPE, _VALUE, _SUPERCLASSES, _DEFINITION = field("type"), field("value"), field("superclasses"), field("definition")
_TYPE_PARAMETERS, _FUNCTION, _ARGUMENTS = field("type_parameters"), field("function"), field("arguments")
_ATTRIBUTE = field("attribute")
_CLASS, _DECORATOR = kind("class_definition"), kind("decorator")
_CALL, _KEYWORD = kind("call"), kind("keyword_argument")
_IDENTIFIER, _COMMENT = kind("identifier"), kind("comment")
_KEYWORD_ONLY, _TUPLE = kind("keyword_separator"), kind("tuple_pattern")
_STARS: dict[int, Literal["*", "**"]] = {kind("list_splat_pattern"): "*", kind("dictionary_splat_pattern"): "**"}
_POSITIONS = {"*": "*args", "**": "**kwargs"}
_WITH_DETAILS = frozenset({kind("typed_parameter"), kind("default_parameter"), kind("typed_default_parameter")})
_CONSTRAINED = kind("constrained_type")


def _decorated(walk: Visitor, node: Node, _role: Role) -> None:
    definition = node.child_by_field_id(_DEFINITION)
    decorators = tuple(_decorator(walk, child) for child in node.children if child.kind_id == _DECORATOR)
    if definition is not None:
        define = define_class if definition.kind_id == _CLASS else define_function
        define(walk, definition, node, tuple(value for value in decorators if value is not None))


def _decorator(walk: Visitor, node: Node) -> Value | None:
    expression = next((child for child in node.children[1:] if child.is_named and child.kind_id != _COMMENT), None)
    if expression is None:
        return None
    function = expression.child_by_field_id(_FUNCTION) if expression.kind_id == _CALL else None
    if function is None:
        walk.visit(expression, "decorator")
    else:
        walk.visit(function, "decorator")
        if arguments := expression.child_by_field_id(_ARGUMENTS):
            before, walk.calling = walk.calling, f"@{last_name(walk, function)}"
            walk.children(arguments, "argument")
            walk.calling = before
    return walk.value(expression)


def last_name(walk: Visitor, function: Node) -> str:
    """The last part of the name that is called: `include_router`; '' when it is no name."""
    if function.kind_id == _IDENTIFIER:
        return walk.text(function)
    name = function.child_by_field_id(_ATTRIBUTE)
    return walk.text(name) if name is not None else ""


def _plain_class(walk: Visitor, node: Node, _role: Role) -> None:
    define_class(walk, node, node, ())


def _plain_function(walk: Visitor, node: Node, _role: Role) -> None:
    define_function(walk, node, node, ())


def define_class(walk: Visitor, node: Node, statement: Node, decorators: tuple[Value, ...]) -> None:
    """Read a class with its body, which runs where it stands."""
    name, body = node.child_by_field_id(_NAME), node.child_by_field_id(_BODY)
    if name is None or body is None:
        walk.doubt(node, "a class needs a name and a body")
        return
    walk.anchored = True
    own = walk.text(name)
    around = [*walk.scope.frames, *_type_parameters(walk, node)]
    walk.scope.frames, before = around, walk.scope.frames
    bases, keywords = _bases(walk, node.child_by_field_id(_SUPERCLASSES), own)
    walk.scope.frames = before
    walk.bind(own)
    qualified = f"{walk.owner}.{own}" if walk.owner else walk.scope.own(own)
    fact_owner, body_state = walk.owner, ClassBody(qualified)
    outside = walk.class_body, walk.conditions
    walk.owner, walk.class_body, walk.conditions = qualified, body_state, 0
    walk.scope.frames = [frame for frame in around if not frame.class_name]
    walk.scope.frames.append(Frame(walk.function_name, class_name=qualified))
    walk.visit(body, "other")
    walk.scope.frames = before
    walk.owner = fact_owner
    walk.class_body, walk.conditions = outside
    fact = Class(
        own, qualified, bases, keywords, decorators, tuple(body_state.variables), tuple(body_state.methods),
        span(name), span(statement), fact_owner, walk.conditions > 0,
    )  # fmt: skip
    walk.module.classes.append(ClassNode(fact, node))


def _bases(walk: Visitor, node: Node | None, name: str) -> tuple[tuple[Value, ...], tuple[tuple[str, Value], ...]]:
    bases: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    for child in node.children if node is not None else ():
        if child.kind_id == _KEYWORD:
            key, value = child.child_by_field_id(_NAME), child.child_by_field_id(_VALUE)
            if key is not None and value is not None:
                keywords.append((walk.text(key), walk.value(value)))
                walk.visit(value, "argument")
        elif child.is_named and child.kind_id != _COMMENT:
            bases.append(walk.annotate(child, "base class", name))
            walk.visit(child, "base")
    return tuple(bases), tuple(keywords)


def _type_parameters(walk: Visitor, node: Node) -> list[Frame]:
    """The frame of `class A[T]` or `def f[T: int]`, with the bounds noted as type expressions."""
    declared = node.child_by_field_id(_TYPE_PARAMETERS)
    if declared is None:
        return []
    frame = Frame(walk.function_name, transparent=True)
    for entry in declared.children:
        parts = [entry]
        while len(parts) == 1 and parts[0].kind_id != _IDENTIFIER:
            bound = parts[0].kind_id == _CONSTRAINED
            parts = [child for child in parts[0].children if child.is_named]
            if bound and len(parts) == 2:
                walk.annotate(parts[1], "type parameter", walk.text(parts[0]))
                parts = parts[:1]
        if parts:
            frame.locals.add(walk.text(parts[0]))
    return [frame]


def define_function(walk: Visitor, node: Node, statement: Node, decorators: tuple[Value, ...]) -> None:
    """Read a function's head; its body waits until everything around it is read."""
    name, body = node.child_by_field_id(_NAME), node.child_by_field_id(_BODY)
    parameters = node.child_by_field_id(_PARAMETERS)
    if name is None or body is None or parameters is None:
        walk.doubt(node, "a function needs a name, parameters and a body")
        return
    walk.anchored = True
    own = walk.text(name)
    if walk.class_body is not None:
        walk.class_body.methods.append(own)
    qualified = f"{walk.owner}.{own}" if walk.owner else walk.scope.own(own)
    before = walk.scope.frames
    walk.scope.frames = [*before, *_type_parameters(walk, node)]
    facts = read_parameters(walk, parameters, node)
    annotation = node.child_by_field_id(_RETURNS)
    returned = walk.annotate(annotation, "return", own, node) if annotation is not None else None
    frames = [frame for frame in walk.scope.frames if not frame.class_name]
    frames.append(Frame(qualified, {parameter.name for parameter in facts}))
    walk.scope.frames = before
    walk.bind(own)
    walk.pending.append(FunctionBody(
        node, body, statement, name, own, qualified, walk.owner, facts, decorators, returned, frames,
        walk.conditions > 0,
    ))  # fmt: skip


def read_parameters(walk: Visitor, node: Node, function: Node) -> tuple[Parameter, ...]:
    """The parameters of a function or lambda."""
    found: list[Parameter] = []
    keyword_only = False
    for child in node.children:
        if child.kind_id == _KEYWORD_ONLY:
            keyword_only = True
        elif child.kind_id == _TUPLE:
            walk.doubt(child, "a parameter in parentheses is Python 2")
        elif child.kind_id == _IDENTIFIER or child.kind_id in _STARS or child.kind_id in _WITH_DETAILS:
            parameter = _parameter(walk, child, function, keyword_only=keyword_only)
            keyword_only = keyword_only or parameter.kind == "*"
            if parameter.kind == "positional" and parameter.default is None and found and found[-1].default is not None:
                walk.doubt(child, "a parameter without a default follows one with a default")
            found.append(parameter)
    return tuple(found)


def _parameter(walk: Visitor, node: Node, function: Node, *, keyword_only: bool) -> Parameter:
    target, annotation, default = node, None, None
    if node.kind_id in _WITH_DETAILS:
        target = node.child_by_field_id(_NAME) or node.children[0]
        annotation, default = node.child_by_field_id(_TYPE), node.child_by_field_id(_VALUE)
    stars = _STARS.get(target.kind_id)
    identifier = target.children[-1] if stars else target
    name = walk.text(identifier)
    declared = None
    if annotation is not None:
        declared = walk.annotate(annotation, _POSITIONS.get(stars or "", "parameter"), name, function)
    if default is not None:
        walk.visit(default, "argument")
    return Parameter(
        name, declared, walk.value(default) if default is not None else None, span(identifier),
        stars or ("keyword" if keyword_only else "positional"),
    )  # fmt: skip


HANDLERS: dict[str, Handler] = {
    "class_definition": _plain_class,
    "function_definition": _plain_function,
    "decorated_definition": _decorated,
}
