"""Keyword arguments set in calls."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from bylaw.diagnostics import Replace, SetKeyword
from bylaw.edits.python.items import ItemList, insert_items
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError
from bylaw.source import Span


def set_keywords(file: PythonFile, edits: Sequence[SetKeyword]) -> list[Replace]:
    """Existing values replaced, missing keywords added last but before `**kwargs`. Raises EditError."""
    by_call: dict[tuple[int, int], tuple[Node, dict[str, str]]] = {}
    for edit in edits:
        if not edit.keyword.isidentifier() or not edit.value.strip():
            raise EditError(f"{edit.keyword}={edit.value} is no keyword argument")
        arguments = _arguments(file, edit.span)
        _, wanted = by_call.setdefault((arguments.start_byte, arguments.end_byte), (arguments, {}))
        if wanted.setdefault(edit.keyword, edit.value) != edit.value:
            raise EditError(f"two values are wanted for {edit.keyword}")
    return [replace for arguments, wanted in by_call.values() for replace in _set(file, arguments, wanted)]


def _arguments(file: PythonFile, span: Span) -> Node:
    node: Node | None = file.node_at(span)
    while node is not None and node.type != "call":
        node = node.parent
    arguments = node.child_by_field_name("arguments") if node is not None else None
    if arguments is None:
        raise EditError("no call stands at the place")
    if arguments.type != "argument_list":
        raise EditError("a call with a lone generator takes no keyword")
    return arguments


def _set(file: PythonFile, arguments: Node, wanted: dict[str, str]) -> list[Replace]:
    items = [child for child in arguments.named_children if child.type not in {"comment", "line_continuation"}]
    missing = dict(wanted)
    found: list[Replace] = []
    for item in items:
        name, value = item.child_by_field_name("name"), item.child_by_field_name("value")
        if item.type != "keyword_argument" or name is None or value is None or file.text(name) not in wanted:
            continue
        text = missing.pop(file.text(name), None)
        if text is not None and file.text(value) != text:
            found.append(Replace(file.path, Span(value.start_byte, value.end_byte), text))
    if missing:
        index = next((at for at, item in enumerate(items) if item.type == "dictionary_splat"), len(items))
        texts = [f"{keyword}={value}" for keyword, value in missing.items()]
        found += insert_items(file, ItemList.of(arguments, items), index, texts)
    return found
