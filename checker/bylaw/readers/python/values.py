"""Expression nodes to `Value` facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from tree_sitter import Node

from bylaw.facts.values import (
    Attr,
    Call,
    Choice,
    Constant,
    Entries,
    Index,
    Items,
    Keyword,
    Local,
    Opaque,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
)
from bylaw.readers.python.parse import all_kinds, field, kind, span
from bylaw.readers.python.scope import Scope
from bylaw.readers.python.stars import starred_whole
from bylaw.readers.python.strings import literal_text, plain_text
from bylaw.source import Span

MAX_DEPTH: Final = 200
"""Levels of nesting; a sum of more than that many terms is not looked into to its start."""
MAX_TEXT: Final = 200_000
"""Bytes of one string literal."""

_DISPLAYS: dict[str, Literal["list", "tuple", "set"]] = {
    "list": "list", "tuple": "tuple", "set": "set", "expression_list": "tuple", "pattern_list": "tuple",
}  # fmt: skip
_IDENTIFIER, _ATTRIBUTE, _COMMENT = kind("identifier"), kind("attribute"), kind("comment")
_STRING_END, _INTERPOLATION = kind("string_end"), kind("interpolation")
_ARGUMENTS, _KEYWORD = kind("argument_list"), kind("keyword_argument")
_SPREAD, _PAIR = kind("dictionary_splat"), kind("pair")
_NAME, _VALUE, _KEY, _FUNCTION = field("name"), field("value"), field("key"), field("function")
_CALL_ARGUMENTS, _EXPRESSION, _ARGUMENT = field("arguments"), field("expression"), field("argument")


class Converter:
    """Turns expression nodes of one file into values, qualifying names through a Scope."""

    def __init__(self, content: bytes, scope: Scope) -> None:
        self.content = content
        self.scope = scope
        self._ascii = content.decode("ascii") if content.isascii() else ""
        """The whole text, where bytes are characters: taking parts of it costs half as much."""

    def text(self, node: Node) -> str:
        start, end = node.start_byte, node.end_byte
        return self._ascii[start:end] or self.content[start:end].decode("utf-8", "replace")

    def part(self, start: int, end: int) -> str:
        """The text between two offsets, in bytes."""
        return self._ascii[start:end] or self.content[start:end].decode("utf-8", "replace")

    def name(self, node: Node) -> str | None:
        """The qualified name that an identifier or attribute chain stands for; None for a local or anything else."""
        inner, depth = node, 0
        while inner.kind_id == _ATTRIBUTE and depth < MAX_DEPTH:
            inner, depth = inner.children[0], depth + 1
        if inner.kind_id != _IDENTIFIER:
            return None
        qualified = self.scope.qualify(self.text(inner))
        if inner is node or qualified is None:
            return qualified
        rest = self.part(inner.end_byte, node.end_byte)
        return qualified + rest if rest.isprintable() and " " not in rest else qualified + self._joined(node)

    def _joined(self, node: Node) -> str:
        """The attribute names of a chain that has blanks, line breaks or comments between them: `.a.b`."""
        names: list[str] = []
        while node.kind_id == _ATTRIBUTE:
            names.append(self.text(node.children[-1]))
            node = node.children[0]
        return "".join(f".{name}" for name in reversed(names))

    def value(self, node: Node, depth: int = 0) -> Value:
        """The value of an expression node; shapes nobody asks about, or nested too deeply, are Opaque."""
        if depth > MAX_DEPTH:
            return Opaque("too-deep", span(node))
        convert = _CONVERTERS.get(node.kind_id)
        return Opaque(node.type, span(node)) if convert is None else convert(self, node, depth + 1)

    def call(self, node: Node, depth: int = 0) -> Value:
        """A call node; a call over a bare generator keeps it as one Opaque argument."""
        function, arguments = node.child_by_field_id(_FUNCTION), node.child_by_field_id(_CALL_ARGUMENTS)
        if function is None or arguments is None:
            return Opaque("call", span(node))
        if arguments.kind_id != _ARGUMENTS:
            return Call(self.value(function, depth), (Opaque(arguments.type, span(arguments)),), (), span(node))
        args: list[Value] = []
        keywords: list[Keyword] = []
        for child in parts_of(arguments):
            if child.kind_id == _KEYWORD:
                name, value = child.child_by_field_id(_NAME), child.child_by_field_id(_VALUE)
                if name is not None and value is not None:
                    keywords.append(Keyword(self.text(name), self.value(value, depth), span(child)))
            elif child.kind_id == _SPREAD:
                keywords.append(Keyword("", self._inside(child, depth), span(child)))
            else:
                args.append(self.value(child, depth))
        return Call(self.value(function, depth), tuple(args), tuple(keywords), span(node))

    def _identifier(self, node: Node, _depth: int) -> Value:
        where = Span(node.start_byte, node.end_byte)
        name = self.part(where.start, where.end)
        qualified = self.scope.qualify(name)
        return Local(name, where) if qualified is None else Ref(qualified, where)

    def _attribute(self, node: Node, depth: int) -> Value:
        name = self.name(node)
        if name is not None:
            return Ref(name, span(node))
        parts = parts_of(node)
        if len(parts) != 2:
            return Opaque(node.type, span(node))
        base, last = self.value(parts[0], depth), self.text(parts[1])
        return Ref(f"{base.name}.{last}", span(node)) if isinstance(base, Ref) else Attr(base, last, span(node))

    def _inside(self, node: Node, depth: int) -> Value:
        """The one expression that a wrapper holds: parentheses, `await`, a star, the node around a type."""
        parts = parts_of(node)
        return self.value(parts[0], depth) if parts else Opaque(node.type, span(node))

    def _display(self, node: Node, depth: int) -> Value:
        items = [self.value(child, depth) for child in parts_of(node)]
        if items and self.content.startswith(b"*", items[0].span.start) and not isinstance(items[0], Starred):
            items[0] = starred_whole(items[0])
        return Items(_DISPLAYS[node.type], tuple(items), span(node))

    def _starred(self, node: Node, depth: int) -> Value:
        return Starred(self._inside(node, depth), span(node))

    def _none(self, node: Node, _depth: int) -> Value:
        return Constant(None, span(node))

    def _true(self, node: Node, _depth: int) -> Value:
        return Constant(True, span(node))

    def _false(self, node: Node, _depth: int) -> Value:
        return Constant(False, span(node))

    def _string(self, node: Node, depth: int) -> Value:
        if node.end_byte - node.start_byte > MAX_TEXT:
            return Opaque("long-string", span(node))
        plain = plain_text(self.text(node))
        if plain is not None:
            return Constant(plain, span(node))
        children = node.children
        if not children:
            return Opaque(node.type, span(node))
        opening = self.text(children[0])
        prefix = opening.rstrip("'\"").lower()
        if "b" in prefix:
            return Opaque("bytes", span(node))
        parts: list[Value] = []
        at = children[0].end_byte
        for child in children[1:]:
            if child.kind_id == _INTERPOLATION:
                self._add_text(parts, Span(at, child.start_byte), prefix)
                inner = child.child_by_field_id(_EXPRESSION)
                parts.append(Opaque("interpolation", span(child)) if inner is None else self.value(inner, depth))
                at = child.end_byte
        # The last node is not always the closing quotes alone: in `r'\''` it takes the text before them along.
        closed = len(opening) - len(prefix) if children[-1].kind_id == _STRING_END else 0
        end = node.end_byte - closed
        self._add_text(parts, Span(at, max(at, end)), prefix)
        return _string_of(parts, node)

    def _add_text(self, parts: list[Value], where: Span, prefix: str) -> None:
        """Add a literal piece of a string, unless it is empty."""
        if where.start < where.end:
            written = self.part(where.start, where.end)
            text = literal_text(written, raw="r" in prefix, formatted="f" in prefix or "t" in prefix)
            parts.append(Constant(text, where))

    def _concatenated(self, node: Node, depth: int) -> Value:
        if node.end_byte - node.start_byte > MAX_TEXT:
            return Opaque("long-string", span(node))
        pieces: list[Value] = []
        for child in parts_of(node):
            part = self.value(child, depth)
            if isinstance(part, Opaque):
                return Opaque(part.kind, span(node))
            pieces.extend(part.parts if isinstance(part, Text) else (part,))
        return _string_of(pieces, node)

    def _number(self, node: Node, _depth: int) -> Value:
        written = self.text(node)
        try:
            number = float(written) if node.type == "float" else int(written, 0)
        except ValueError:
            return Opaque("number", span(node))
        if isinstance(number, int) and not -(2**63) <= number < 2**63:
            return Opaque("number", span(node))
        return Constant(number, span(node))

    def _dictionary(self, node: Node, depth: int) -> Value:
        entries: list[tuple[Value | None, Value]] = []
        for child in parts_of(node):
            if child.kind_id == _PAIR:
                key, value = child.child_by_field_id(_KEY), child.child_by_field_id(_VALUE)
                if key is not None and value is not None:
                    entries.append((self.value(key, depth), self.value(value, depth)))
            elif child.kind_id == _SPREAD:
                entries.append((None, self._inside(child, depth)))
        return Entries(tuple(entries), span(node))

    def _subscript(self, node: Node, depth: int) -> Value:
        base, *indexes = parts_of(node)
        values = [self.value(child, depth) for child in indexes]
        return Index(self.value(base, depth), _one_or_tuple(values, node), span(node))

    def _generic(self, node: Node, depth: int) -> Value:
        base, *rest = parts_of(node)
        arguments = [self.value(child, depth) for parameter in rest for child in parts_of(parameter)]
        return Index(self.value(base, depth), _one_or_tuple(arguments, node), span(node))

    def _binary(self, node: Node, depth: int) -> Value:
        operands = parts_of(node)
        if len(operands) != 2:
            return Opaque(node.type, span(node))
        operator = next((child.type for child in node.children if not child.is_named), "?")
        return Operator(operator, self.value(operands[0], depth), self.value(operands[1], depth), span(node))

    def _unary(self, node: Node, depth: int) -> Value:
        operand = node.child_by_field_id(_ARGUMENT)
        if operand is None:
            return Opaque(node.type, span(node))
        inner, sign = self.value(operand, depth), node.children[0].type
        if sign == "-" and isinstance(inner, Constant) and isinstance(inner.value, int | float):
            return Constant(-inner.value, span(node))
        return Operator(sign, None, inner, span(node))

    def _choice(self, node: Node, depth: int) -> Value:
        parts = parts_of(node)
        if len(parts) != 3:
            return Opaque(node.type, span(node))
        then, condition, otherwise = (self.value(part, depth) for part in parts)
        return Choice(condition, then, otherwise, span(node))

    def _named(self, node: Node, depth: int) -> Value:
        inner = node.child_by_field_id(_VALUE)
        return self.value(inner, depth) if inner else Opaque(node.type, span(node))


def parts_of(node: Node) -> list[Node]:
    """The named children without comments (`Node.named_children` takes time quadratic in their number)."""
    return [child for child in node.children if child.kind_id in _NAMED]


def _one_or_tuple(values: list[Value], node: Node) -> Value:
    if len(values) == 1:
        return values[0]
    where = Span(values[0].span.start, values[-1].span.end) if values else span(node)
    return Items("tuple", tuple(values), where)


def _string_of(parts: list[Value], node: Node) -> Value:
    """A string of these pieces: a plain one where none is computed."""
    texts = [part.value for part in parts if isinstance(part, Constant) and isinstance(part.value, str)]
    return Constant("".join(texts), span(node)) if len(texts) == len(parts) else Text(tuple(parts), span(node))


_NAMED = frozenset(all_kinds()) - {_COMMENT, kind("line_continuation")}
_BY_NAME: dict[str, Callable[[Converter, Node, int], Value]] = {
    "identifier": Converter._identifier,
    **dict.fromkeys(("attribute", "member_type"), Converter._attribute),
    **dict.fromkeys(("parenthesized_expression", "type", "await"), Converter._inside),
    "string": Converter._string,
    "concatenated_string": Converter._concatenated,
    "call": Converter.call,
    **dict.fromkeys(_DISPLAYS, Converter._display),
    "none": Converter._none,
    "true": Converter._true,
    "false": Converter._false,
    **dict.fromkeys(("integer", "float"), Converter._number),
    "dictionary": Converter._dictionary,
    **dict.fromkeys(("list_splat", "dictionary_splat", "splat_type", "parenthesized_list_splat"), Converter._starred),
    "subscript": Converter._subscript,
    "generic_type": Converter._generic,
    **dict.fromkeys(("binary_operator", "boolean_operator", "union_type", "comparison_operator"), Converter._binary),
    **dict.fromkeys(("not_operator", "unary_operator"), Converter._unary),
    "conditional_expression": Converter._choice,
    "named_expression": Converter._named,
}
_CONVERTERS = {number: _BY_NAME[name] for number, name in all_kinds().items() if name in _BY_NAME}
