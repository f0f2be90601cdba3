"""Import statements: what they bind, and where a new one belongs."""

from __future__ import annotations

from tree_sitter import Node

from bylaw.facts.code import Import, Role
from bylaw.readers.python.parse import field, kind, span
from bylaw.readers.python.visit import Handler, Visitor
from bylaw.source import Span

_ALIASED, _DOTTED = kind("aliased_import"), kind("dotted_name")
_WILDCARD, _RELATIVE = kind("wildcard_import"), kind("relative_import")
_NAME, _ALIAS, _MODULE = field("name"), field("alias"), field("module_name")


def _import(walk: Visitor, node: Node, _role: Role) -> None:
    for child in node.children:
        if child.kind_id == _ALIASED:
            name, alias = child.child_by_field_id(_NAME), child.child_by_field_id(_ALIAS)
            if name is not None and alias is not None:
                target = _dotted(walk, name)
                _record(walk, Import(walk.text(alias), target, *_place(walk, node, is_module=True)), target)
        elif child.kind_id == _DOTTED:
            target = _dotted(walk, child)
            local = target.partition(".")[0]
            _record(walk, Import(local, target, *_place(walk, node, is_module=True)), local)
    _anchor(walk, node)


def _import_from(walk: Visitor, node: Node, _role: Role) -> None:
    source = node.child_by_field_id(_MODULE)
    if source is None:
        return
    base, level = _source(walk, source)
    prefix = f"{base}." if base else ""
    for child in node.children:
        if child.kind_id == _WILDCARD:
            walk.scope.bind_star(base)
            walk.module.imports.append(Import("*", base, *_place(walk, node), level))
        elif child.kind_id == _ALIASED:
            name, alias = child.child_by_field_id(_NAME), child.child_by_field_id(_ALIAS)
            if name is not None and alias is not None:
                target = prefix + _dotted(walk, name)
                _record(walk, Import(walk.text(alias), target, *_place(walk, node), level), target)
        elif child.kind_id == _DOTTED and child.start_byte != source.start_byte:
            target = prefix + _dotted(walk, child)
            _record(walk, Import(target[len(prefix) :], target, *_place(walk, node), level), target)
    _anchor(walk, node)


def _future(walk: Visitor, node: Node, _role: Role) -> None:
    _anchor(walk, node)


def _source(walk: Visitor, source: Node) -> tuple[str, int]:
    """The module that `from … import` names, made absolute, and how many dots it began with."""
    written = _dotted(walk, source)
    if source.kind_id != _RELATIVE:
        return written, 0
    target = written.lstrip(".")
    level = len(written) - len(target)
    return walk.scope.absolute(level, target), level


def _dotted(walk: Visitor, node: Node) -> str:
    written = walk.text(node)
    if written.isprintable() and " " not in written and "\\" not in written:
        return written
    return "".join(walk.text(leaf) for leaf in _leaves(node))


def _leaves(node: Node) -> list[Node]:
    children = [child for child in node.children if child.type not in {"comment", "line_continuation"}]
    return [leaf for child in children for leaf in _leaves(child)] if children else [node]


def _record(walk: Visitor, fact: Import, bound_to: str) -> None:
    """Note an import that makes its local name mean `bound_to`: `import a.b` binds `a`, which is `a`."""
    walk.scope.bind_import(fact.local, bound_to, conditional=walk.conditions > 0, typing_only=walk.typing_only > 0)
    walk.module.imports.append(fact)


def _place(walk: Visitor, node: Node, *, is_module: bool = False) -> tuple[Span, bool, bool, str, bool]:
    return span(node), is_module, walk.typing_only > 0, walk.function_name, walk.conditions > 0


def _anchor(walk: Visitor, node: Node) -> None:
    """New imports go after the last one that stands before all definitions, outside of any block."""
    if walk.function is None and not walk.conditions and not walk.owner and not walk.anchored:
        walk.module.import_anchor = node.end_byte


HANDLERS: dict[str, Handler] = {
    "import_statement": _import,
    "import_from_statement": _import_from,
    "future_import_statement": _future,
}
