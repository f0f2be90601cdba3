"""Bytes to a tree-sitter tree: the one place that knows how Python source is encoded and parsed."""

from __future__ import annotations

import re
from functools import cache

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from bylaw.source import Span

_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BOM = b"\xef\xbb\xbf"


class NotText(Exception):  # noqa: N818 - a state of the input, caught right away
    """The bytes are not text in the encoding that the file declares."""


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


def to_utf8(content: bytes) -> bytes:
    """The same text in UTF-8. Only a file with a coding cookie changes; a byte order mark stays where it is.

    Raises NotText for NUL bytes, and for bytes that the declared encoding (UTF-8 by default) cannot decode.
    """
    if b"\0" in content:
        raise NotText("the file contains NUL bytes")
    encoding = declared_encoding(content)
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise NotText(f"the file is not {encoding} text: {error}") from error
    return content if encoding == "utf-8" else text.encode("utf-8")


def declared_encoding(content: bytes) -> str:
    """The encoding that a byte order mark or a coding cookie names, in lower case; `utf-8` without one."""
    if content.startswith(_BOM):
        return "utf-8"
    for line in content.split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            name = match[1].decode("ascii").lower().replace("_", "-")
            return "utf-8" if name in {"utf-8", "utf8", "utf-8-sig"} else name
    return "utf-8"


def parse(content: bytes) -> Node:
    """The root node of UTF-8 source. Never fails: what is not understood becomes ERROR nodes."""
    # A byte order mark would be an ERROR node; three spaces keep every offset where it is.
    blanked = b"\n\n\n" + content[3:] if content.startswith(_BOM) else content
    return _parser().parse(blanked).root_node


def span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)
