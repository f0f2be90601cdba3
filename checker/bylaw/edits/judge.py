"""Is the edited text still code? Python is judged by libcst's parser, which is stricter than the one that reads it."""

from __future__ import annotations

from tree_sitter import Node

_DEEPEST = 150
"""Levels of syntax that libcst's recursive parser is sure to survive, also on the small stack of a thread."""


def is_python(content: bytes) -> bool:
    """Whether UTF-8 text is valid Python of any version. Code that is nested too deeply for the judge passes."""
    from bylaw.readers.python.parse import parse  # noqa: PLC0415

    root = parse(content)
    if root.has_error:
        return False
    if _is_deep(root):
        return True
    import libcst  # noqa: PLC0415 - heavy, and needed only for files that fixes change

    try:
        libcst.parse_module(content.decode("utf-8-sig"))
    except (libcst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_deep(root: Node) -> bool:
    cursor = root.walk()
    depth = 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            if depth > _DEEPEST:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            depth -= 1
