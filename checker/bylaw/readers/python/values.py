"""Expression nodes to `Value` facts."""

from __future__ import annotations

import ast
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
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import Scope
from bylaw.source import Span

MAX_DEPTH: Final = 120
MAX_TEXT: Final = 200_000
_DISPLAYS: dict[str, Literal["list", "tuple", "set"]] = {
    "list": "list", "tuple": "tuple", "set": "set", "expression_list": "tuple", "pattern_list": "tuple",
}
_WRAPPERS = frozenset({"parenthesized_expression", "type", "await"})


class Converter:
    """Turns expression nodes of one file into values, qualifying names through a Scope."""

    def __init__(self, content: bytes, scope: Scope) -> None:
        self.content = content
        self.scope = scope

    def text(self, node: Node) -> str:
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def value(self, node: Node, depth: int = 0) -> Value:
        """The value of an expression node; shapes nobody asks about, or nested too deeply, are Opaque."""
        kind = node.type
        if depth > MAX_DEPTH:
            return Opaque("too-deep", span(node))
        if kind == "identifier":
            name = self.text(node)
            qualified = self.scope.qualify(name)
            return Local(name, span(node)) if qualified is None else Ref(qualified, span(node))
        if kind in _WRAPPERS:
            inner = next((child for child in node.named_children if child.type != "comment"), None)
            return Opaque(kind, span(node)) if inner is None else self.value(inner, depth + 1)
        if kind in {"attribute", "member_type"}:
            return self._attribute(node, depth)
        if kind == "string":
            return self._string(node, depth)
        if kind == "call":
            return self.call(node, depth)
        if kind in _DISPLAYS:
            items = tuple(self.value(child, depth + 1) for child in node.named_children if child.type != "comment")
            return Items(_DISPLAYS[kind], items, span(node))
        return self._less_common(node, kind, depth)

    def _less_common(self, node: Node, kind: str, depth: int) -> Value:
        match kind:
            case "none":
                return Constant(None, span(node))
            case "true" | "false":
                return Constant(kind == "true", span(node))
            case "integer" | "float":
                return self._number(node)
            case "concatenated_string":
                return self._concatenated(node, depth)
            case "dictionary":
                return self._dictionary(node, depth)
            case "list_splat" | "dictionary_splat" | "splat_type":
                return Starred(self.value(node.named_children[0], depth + 1), span(node))
            case "subscript":
                return self._subscript(node, depth)
            case "generic_type":
                return self._generic(node, depth)
            case "binary_operator" | "boolean_operator" | "union_type" | "comparison_operator":
                return self._binary(node, depth)
            case "not_operator" | "unary_operator":
                return self._unary(node, depth)
            case "conditional_expression":
                then, condition, otherwise = [child for child in node.named_children if child.type != "comment"][:3]
                return Choice(
                    self.value(condition, depth + 1), self.value(then, depth + 1), self.value(otherwise, depth + 1), span(node)
                )
            case "named_expression":
                inner = node.child_by_field_name("value")
                return self.value(inner, depth + 1) if inner else Opaque(kind, span(node))
            case _:
                return Opaque(kind, span(node))

    def call(self, node: Node, depth: int = 0) -> Value:
        """A call node; a call over a bare generator keeps it as one Opaque argument."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return Opaque("call", span(node))
        args: list[Value] = []
        keywords: list[Keyword] = []
        if arguments.type != "argument_list":
            args.append(Opaque(arguments.type, span(arguments)))
        else:
            for child in arguments.named_children:
                if child.type == "keyword_argument":
                    name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                    if name is not None and value is not None:
                        keywords.append(Keyword(self.text(name), self.value(value, depth + 1), span(child)))
                elif child.type == "dictionary_splat":
                    keywords.append(Keyword("", self.value(child.named_children[0], depth + 1), span(child)))
                elif child.type != "comment":
                    args.append(self.value(child, depth + 1))
        return Call(self.value(function, depth + 1), tuple(args), tuple(keywords), span(node))

    def _attribute(self, node: Node, depth: int) -> Value:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) != 2:
            return Opaque(node.type, span(node))
        base, name = self.value(parts[0], depth + 1), self.text(parts[1])
        if isinstance(base, Ref):
            return Ref(f"{base.name}.{name}", span(node))
        return Attr(base, name, span(node))

    def _string(self, node: Node, depth: int) -> Value:
        pieces = [child for child in node.named_children if child.type == "interpolation"]
        if not pieces:
            return self._literal(node)
        prefix = self.text(node.children[0]) if node.children else ""
        parts: list[Value] = []
        for child in node.named_children:
            if child.type == "interpolation":
                inner = child.child_by_field_name("expression")
                parts.append(Opaque("interpolation", span(child)) if inner is None else self.value(inner, depth + 1))
            elif child.type == "string_content":
                raw = self.text(child)
                parts.append(Constant(raw if "r" in prefix.lower() else _unescape(raw), span(child)))
        return Text(tuple(parts), span(node))

    def _literal(self, node: Node) -> Value:
        if node.end_byte - node.start_byte > MAX_TEXT:
            return Opaque("long-string", span(node))
        if not node.named_children:
            return Opaque("string", span(node))
        prefix = self.text(node.named_children[0]).rstrip("'\"").lower()
        contents = [child for child in node.named_children if child.type == "string_content"]
        raw = self.content[contents[0].start_byte : contents[-1].end_byte].decode("utf-8", "replace") if contents else ""
        if "b" in prefix:
            return Opaque("bytes", span(node))
        if "f" in prefix or "t" in prefix:
            raw = raw.replace("{{", "{").replace("}}", "}")
        return Constant(raw if "r" in prefix else _unescape(raw), span(node))

    def _concatenated(self, node: Node, depth: int) -> Value:
        parts = [self.value(child, depth + 1) for child in node.named_children if child.type != "comment"]
        if all(isinstance(part, Constant) and isinstance(part.value, str) for part in parts):
            joined = "".join(str(part.value) for part in parts if isinstance(part, Constant))
            return Constant(joined, span(node))
        flat = [piece for part in parts for piece in (part.parts if isinstance(part, Text) else (part,))]
        return Text(tuple(flat), span(node))

    def _number(self, node: Node) -> Value:
        try:
            number = ast.literal_eval(self.text(node))
        except (ValueError, SyntaxError):
            return Opaque("number", span(node))
        if isinstance(number, int) and not -(2**63) <= number < 2**63:
            return Opaque("number", span(node))
        return Constant(number, span(node)) if isinstance(number, int | float) else Opaque("number", span(node))

    def _dictionary(self, node: Node, depth: int) -> Value:
        entries: list[tuple[Value | None, Value]] = []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    entries.append((self.value(key, depth + 1), self.value(value, depth + 1)))
            elif child.type == "dictionary_splat":
                entries.append((None, self.value(child.named_children[0], depth + 1)))
        return Entries(tuple(entries), span(node))

    def _subscript(self, node: Node, depth: int) -> Value:
        base, *indexes = [child for child in node.named_children if child.type != "comment"]
        values = tuple(self.value(child, depth + 1) for child in indexes)
        return Index(self.value(base, depth + 1), _one_or_tuple(values, node), span(node))

    def _generic(self, node: Node, depth: int) -> Value:
        base, *rest = [child for child in node.named_children if child.type != "comment"]
        arguments = tuple(
            self.value(child, depth + 1)
            for parameter in rest
            for child in parameter.named_children
            if child.type != "comment"
        )
        return Index(self.value(base, depth + 1), _one_or_tuple(arguments, node), span(node))

    def _binary(self, node: Node, depth: int) -> Value:
        operands = [child for child in node.named_children if child.type != "comment"]
        if len(operands) != 2:
            return Opaque(node.type, span(node))
        between = self.content[operands[0].end_byte : operands[1].start_byte].decode("utf-8", "replace")
        operator = " ".join(between.strip("() \t\r\n\\").split()) if "#" not in between else "?"
        return Operator(operator, self.value(operands[0], depth + 1), self.value(operands[1], depth + 1), span(node))

    def _unary(self, node: Node, depth: int) -> Value:
        operand = node.child_by_field_name("argument")
        if operand is None:
            return Opaque(node.type, span(node))
        inner = self.value(operand, depth + 1)
        sign = self.text(node.children[0])
        if sign == "-" and isinstance(inner, Constant) and isinstance(inner.value, int | float):
            return Constant(-inner.value, span(node))
        return Operator(sign, None, inner, span(node))


def _one_or_tuple(values: tuple[Value, ...], node: Node) -> Value:
    if len(values) == 1:
        return values[0]
    where = Span(values[0].span.start, values[-1].span.end) if values else span(node)
    return Items("tuple", values, where)


def _unescape(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(ast.literal_eval('"""' + raw.replace('"', '\\"') + '"""')) if '\\"' not in raw else _by_codec(raw)
    except (ValueError, SyntaxError):
        return raw


def _by_codec(raw: str) -> str:
    protected = raw.replace('\\"', '"').replace('"', '\\"')
    return str(ast.literal_eval('"""' + protected + '"""'))
