"""Files that a program wrote: clients made from a specification, protocol buffers."""

from __future__ import annotations

import re

from bylaw.patterns import regex
from bylaw.readers.python.module import Module

_NAMES = ("_pb2.py", "_pb2_grpc.py", "_pb2.pyi")
_HEAD = 3_000
"""Bytes at the top of a file in which it says that it is generated."""
_SAYS_SO = regex(
    rb"^[ \t#\"']*(?:"
    rb"@generated\b|(?:this |the )?(?:file|code|module|class)?[ \t]*(?:(?:is|was|has been)[ \t]+)?"
    rb"(?:auto(?:matically)?[- ]?)?generated[ \t]+(?:by|from|with|using|automatically)\b"
    rb"|[^\n]*\b(?-i:DO NOT (?:EDIT|MODIFY))\b"
    rb"|[^\n]*\bdo not (?:edit|modify) (?:(?:this|the) (?:file|class)|by hand|manually)"
    rb"|(?:this|the) (?:file|code|module|class) (?:is|was|has been) (?:auto(?:matically)?[- ]?)?generated\b"
    rb"|auto-?generated (?:file|code|module)\b)",
    re.MULTILINE | re.IGNORECASE,
)


def is_generated(module: Module) -> bool:
    """Whether a file says, by its name or above its first statement, that a program wrote it."""
    if module.path.endswith(_NAMES):
        return True
    head = module.content[:_HEAD].lower()
    if b"generated" not in head and b"do not" not in head:
        return False
    return _SAYS_SO.search(module.content, 0, min(_HEAD, _first_statement(module))) is not None


def _first_statement(module: Module) -> int:
    """Where the code begins, after comments and the docstring."""
    for child in module.root.children:
        if child.type == "comment":
            continue
        if child.type == "expression_statement" and child.child_count == 1 and child.children[0].type == "string":
            continue
        return child.start_byte
    return len(module.content)
