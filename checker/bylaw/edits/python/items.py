"""New items in a comma-separated list of a Python file, in the style that the list is written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from bylaw.diagnostics import Replace
from bylaw.edits.python.source import PythonFile


@dataclass(frozen=True)
class ItemList:
    """The items of a call or an import, in order. The parentheses are None for an import without them."""

    items: tuple[Node, ...]
    commas: tuple[Node, ...]
    opening: Node | None
    closing: Node | None

    @classmethod
    def of(cls, node: Node, items: Sequence[Node]) -> ItemList:
        def all_of(kind: str) -> tuple[Node, ...]:
            return tuple(child for child in node.children if child.type == kind)

        return cls(tuple(items), all_of(","), next(iter(all_of("(")), None), next(iter(reversed(all_of(")"))), None))

    def comma_after(self, item: Node) -> Node | None:
        after = [comma for comma in self.commas if comma.start_byte >= item.end_byte]
        following = [other for other in self.items if other.start_byte > item.start_byte]
        if not after or (following and after[0].start_byte > following[0].start_byte):
            return None
        return after[0]


def insert_items(file: PythonFile, target: ItemList, index: int, texts: Sequence[str]) -> list[Replace]:
    """`texts` as new items before the item at `index` (the number of items: after the last one)."""
    if not target.items:
        opening = target.opening
        return [file.insertion(opening.end_byte, ", ".join(texts))] if opening is not None else []
    own_lines = _own_lines(file, target)
    if index == 0:
        start = target.items[0].start_byte
        separator = f",{file.eol(start)}{file.indentation(start)}" if own_lines else ", "
        return [file.insertion(start, "".join(f"{text}{separator}" for text in texts))]
    previous = target.items[index - 1]
    if not own_lines:
        return [file.insertion(previous.end_byte, "".join(f", {text}" for text in texts))]
    comma = target.comma_after(previous)
    before = f"{file.eol(previous.start_byte)}{file.indentation(previous.start_byte)}"
    lines = [f"{before}{text}," for text in texts]
    if comma is not None:
        return [file.insertion(file.line_end(comma.end_byte), "".join(lines))]
    lines[-1] = lines[-1][:-1]
    at = file.line_end(previous.end_byte)
    if at == previous.end_byte:
        return [file.insertion(at, "," + "".join(lines))]
    return [file.insertion(previous.end_byte, ","), file.insertion(at, "".join(lines))]


def _own_lines(file: PythonFile, target: ItemList) -> bool:
    """Whether every item, and the closing parenthesis, starts a line."""
    closing = target.closing
    if closing is None or file.indentation(closing.start_byte) is None:
        return False
    starts_line = all(file.indentation(item.start_byte) is not None for item in target.items)
    return starts_line and all(_comma_ends_line(file, target, item) for item in target.items)


def _comma_ends_line(file: PythonFile, target: ItemList, item: Node) -> bool:
    comma = target.comma_after(item)
    return comma is None or file.line_end(item.end_byte) == file.line_end(comma.end_byte)
