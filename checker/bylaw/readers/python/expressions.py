"""Expressions: uses of names, calls, and what binds names inside an expression or pattern."""

from __future__ import annotations

import re

from tree_sitter import Node

from bylaw.facts.code import CallSite, Role
from bylaw.facts.values import Call
from bylaw.readers.python.definitions import read_parameters
from bylaw.readers.python.meaning import KEPT_BY_NAME, is_meaningful
from bylaw.readers.python.module import CastNode
from bylaw.readers.python.parse import field, kind
from bylaw.readers.python.scope import Frame, bound_names
from bylaw.readers.python.strings import plain_text
from bylaw.readers.python.visit import Handler, LoopNode, Visitor, within

MAX_WORDS_IN = 100_000
"""Bytes of one string that are searched for names."""

MAX_DOTTED = 200
"""Characters of a string that may name a module."""

_CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
_TYPE_MAKERS = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("TypeVar", "NewType", "TypedDict", "NamedTuple")
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_DOTTED_NAME = re.compile(r"[A-Za-z_][\w-]*(?:[.:][A-Za-z_][\w-]*)+\Z")
"""With hyphens: what a string names is loaded by its name, which need not be one of Python's."""
_FUNCTION, _ARGUMENTS = field("function"), field("arguments")
_OBJECT, _ATTRIBUTE_NAME = field("object"), field("attribute")
_NAME, _VALUE, _LEFT, _RIGHT, _BODY = field("name"), field("value"), field("left"), field("right"), field("body")
_PARAMETERS = field("parameters")
_OWN_NAMES = frozenset({"__name__", "__package__"})
_SUM = kind("binary_operator")
_IDENTIFIER, _ATTRIBUTE, _PAIR, _CLAUSE = kind("identifier"), kind("attribute"), kind("pair"), kind("for_in_clause")
_ARGUMENT_LIST, _INTERPOLATION, _CONTENT = kind("argument_list"), kind("interpolation"), kind("string_content")
_TARGET, _DOTTED, _IF = kind("as_pattern_target"), kind("dotted_name"), kind("if_clause")
_CLASS_PATTERN, _KEYWORD_PATTERN = kind("class_pattern"), kind("keyword_pattern")
_SPLAT_PATTERN, _AS_PATTERN = kind("splat_pattern"), kind("as_pattern")


def _identifier(walk: Visitor, node: Node, role: Role) -> None:
    qualified = walk.scope.qualify(walk.text(node))
    if qualified is not None:
        walk.refer(qualified, role, node)


def _attribute(walk: Visitor, node: Node, role: Role) -> None:
    if name := node.child_by_field_id(_ATTRIBUTE_NAME):
        walk.words.add(walk.text(name))
    qualified = walk.name(node)
    inner = node.child_by_field_id(_OBJECT)
    if qualified is not None:
        walk.refer(qualified, role, node)
        while inner is not None and inner.kind_id == _ATTRIBUTE:
            if name := inner.child_by_field_id(_ATTRIBUTE_NAME):
                walk.words.add(walk.text(name))
            inner = inner.child_by_field_id(_OBJECT)
    elif inner is not None:
        walk.visit(inner, "receiver")


def _call(walk: Visitor, node: Node, _role: Role) -> None:
    function, arguments = node.child_by_field_id(_FUNCTION), node.child_by_field_id(_ARGUMENTS)
    if function is None or arguments is None:
        walk.children(node, "other")
        return
    method, qualified = _called(walk, function)
    if is_meaningful(method) or (
        qualified and (is_meaningful(qualified.rpartition(".")[2]) or qualified.endswith(KEPT_BY_NAME))
    ):
        _keep(walk, node)
    elif qualified in _CASTS:
        walk.module.casts.append(CastNode(walk.value(node), node, walk.around, walk.scope.frames))
    elif qualified in _TYPE_MAKERS:
        value = walk.value(node)
        if isinstance(value, Call):
            walk.module.made_types.append((value, walk.scope.frames))
    before, walk.calling = walk.calling, method
    if arguments.kind_id == _ARGUMENT_LIST:
        walk.children(arguments, "argument")
    else:
        walk.visit(arguments, "argument")
    walk.calling = before


def _keep(walk: Visitor, node: Node) -> None:
    value = walk.value(node)
    if isinstance(value, Call):
        assigned = walk.assigned.get(node.id, "")
        walk.module.calls.append(
            CallSite(value, walk.function_name, walk.surrounding_loops(), walk.conditions > 0, assigned)
        )


def _called(walk: Visitor, function: Node) -> tuple[str, str | None]:
    """Note what is called. Gives the last part of its name ('' when it has none) and the qualified name."""
    if function.kind_id == _IDENTIFIER:
        written = walk.text(function)
        qualified = walk.scope.qualify(written)
        if qualified is not None:
            walk.refer(qualified, "called", function)
        return written, qualified
    if function.kind_id != _ATTRIBUTE:
        walk.visit(function, "called")
        return "", None
    method = ""
    if name := function.child_by_field_id(_ATTRIBUTE_NAME):
        method = walk.text(name)
        walk.words.add(method)
    qualified = walk.name(function)
    if qualified is not None:
        walk.refer(qualified, "called", function)
    if receiver := function.child_by_field_id(_OBJECT):
        walk.visit(receiver, "receiver")
    return method, qualified


def _keyword(walk: Visitor, node: Node, _role: Role) -> None:
    name, value = node.child_by_field_id(_NAME), node.child_by_field_id(_VALUE)
    if name is not None:
        walk.words.add(walk.text(name))
    if value is not None:
        walk.visit(value, "argument")


def _display(walk: Visitor, node: Node, _role: Role) -> None:
    walk.children(node, "item")


def _annotation(walk: Visitor, node: Node, _role: Role) -> None:
    walk.children(node, "annotation")


def _string(walk: Visitor, node: Node, _role: Role) -> None:
    plain = plain_text(walk.text(node))
    if plain is not None:
        if len(plain) <= MAX_WORDS_IN:
            _words(walk, plain)
        if plain.startswith(".") and node.parent is not None and node.parent.kind_id == _SUM:
            _below_own_name(walk, node.parent.child_by_field_id(_LEFT), plain)
        return
    for child in node.children:
        if child.kind_id == _INTERPOLATION:
            walk.children(child, "other")
        elif child.kind_id == _CONTENT and child.end_byte - child.start_byte <= MAX_WORDS_IN:
            text = walk.text(child)
            _words(walk, text)
            if text.startswith("."):
                _below_own_name(walk, child.prev_sibling, text)


def _below_own_name(walk: Visitor, before: Node | None, text: str) -> None:
    """A string behind `__name__`, in a sum or a literal with braces: together they name something of this package."""
    if before is not None and walk.text(before).strip("{}") in _OWN_NAMES and _DOTTED_NAME.match(f"x{text}"):
        walk.module.dotted.add(f"{walk.scope.module}{text}")


def _words(walk: Visitor, text: str) -> None:
    if text.isidentifier():
        walk.words.add(text)
        return
    walk.words.update(word for word in _WORD.findall(text) if "_" in word or word.islower())
    if len(text) <= MAX_DOTTED and ("." in text or ":" in text) and _DOTTED_NAME.match(text):
        walk.module.dotted.add(text)


def _lambda(walk: Visitor, node: Node, _role: Role) -> None:
    frame = Frame(walk.function_name)
    if parameters := node.child_by_field_id(_PARAMETERS):
        frame.locals.update(parameter.name for parameter in read_parameters(walk, parameters, node))
    if body := node.child_by_field_id(_BODY):
        within(walk, frame, (body,), "return")


def _comprehension(walk: Visitor, node: Node, _role: Role) -> None:
    """Clauses stand after the body but bind its names; the first iterable is evaluated outside."""
    children = [child for child in node.children if child.is_named]
    clauses = [child for child in children if child.kind_id in {_CLAUSE, _IF}]
    frame, loops = Frame(walk.function_name, transparent=True), len(walk.loops)
    if clauses and (first := clauses[0].child_by_field_id(_RIGHT)):
        walk.visit(first, "value")
    walk.scope.frames.append(frame)
    for clause in clauses:
        if clause.kind_id == _IF:
            walk.children(clause, "other")
        else:
            _clause(walk, clause, read_iterable=clause is not clauses[0])
    for child in children:
        if child.kind_id == _PAIR:
            walk.children(child, "item")
        elif child.kind_id not in {_CLAUSE, _IF}:
            walk.visit(child, "item")
    walk.scope.frames.pop()
    del walk.loops[loops:]


def _clause(walk: Visitor, node: Node, *, read_iterable: bool) -> None:
    left, right = node.child_by_field_id(_LEFT), node.child_by_field_id(_RIGHT)
    names = tuple(walk.text(name) for name in bound_names(left))
    if right is not None:
        if read_iterable:
            walk.visit(right, "value")
        walk.loops.append(LoopNode(names, right))
    for name in names:
        walk.scope.bind(name)


def _as_pattern(walk: Visitor, node: Node, _role: Role) -> None:
    """`… as name` of a with or an except."""
    for child in node.children:
        if child.kind_id == _TARGET:
            for name in bound_names(child.children[0] if child.children else child):
                walk.bind(walk.text(name))
        else:
            walk.visit(child, "value")


def _named(walk: Visitor, node: Node, _role: Role) -> None:
    name, value = node.child_by_field_id(_NAME), node.child_by_field_id(_VALUE)
    if value is not None:
        walk.visit(value, "value")
    if name is not None:
        walk.scope.bind_walrus(walk.text(name))


def _case(walk: Visitor, node: Node, _role: Role) -> None:
    """A pattern: plain names are bound, dotted ones and classes are used."""
    stack = [node]
    while stack:
        current = stack.pop()
        children = [child for child in current.children if child.is_named]
        if current.kind_id == _DOTTED:
            if len(children) == 1:
                walk.bind(walk.text(current))
            else:
                _refer_dotted(walk, current)
            continue
        if current.kind_id == _CLASS_PATTERN and children:
            _refer_dotted(walk, children.pop(0))
        elif current.kind_id == _KEYWORD_PATTERN and children:
            walk.words.add(walk.text(children.pop(0)))
        elif current.kind_id in {_SPLAT_PATTERN, _AS_PATTERN} and children and children[-1].kind_id == _IDENTIFIER:
            walk.bind(walk.text(children.pop()))
        stack.extend(reversed(children))


def _refer_dotted(walk: Visitor, node: Node) -> None:
    root, dot, rest = walk.text(node).partition(".")
    qualified = walk.scope.qualify(root.strip())
    if qualified is not None:
        walk.refer(qualified + dot + "".join(rest.split()), "other", node)


HANDLERS: dict[str, Handler] = {
    "identifier": _identifier,
    "attribute": _attribute,
    "call": _call,
    "keyword_argument": _keyword,
    "string": _string,
    "lambda": _lambda,
    "named_expression": _named,
    "as_pattern": _as_pattern,
    "case_pattern": _case,
    "type": _annotation,
    **dict.fromkeys(("list", "tuple", "set", "dictionary", "pair", "expression_list"), _display),
    **dict.fromkeys((f"{kind}_comprehension" for kind in ("list", "set", "dictionary")), _comprehension),
    "generator_expression": _comprehension,
}
