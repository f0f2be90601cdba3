"""Is a file really broken? tree-sitter reads on whatever happens, and libcst decides where it stumbled."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

from tree_sitter import Node

from bylaw.facts.code import SyntaxProblem, Unread
from bylaw.readers.python.brackets import balance
from bylaw.readers.python.module import Module
from bylaw.readers.python.parse import span
from bylaw.source import SourceText, Span

MAX_BRACKETS = 200
"""Open at once: CPython reads no more either."""
MAX_JUDGED = 500_000
"""Bytes: libcst takes seconds for more."""
MAX_TREE_DEPTH = 400
MAX_LOOSE_NODES = 4_000
"""Children of one ERROR node: a long run of operators would otherwise become as many recursive calls of libcst."""

_ASSUMED = "not asked"
"""Where libcst cannot be asked, tree-sitter is believed: where it stumbles, it is next to always right."""
_STACK = 256 * 1024 * 1024
"""Bytes of stack for libcst, which is recursive. Memory that is never touched is never taken."""
_LAST_TOKEN = re.compile(r"(?<!\w)\w++$|[^\w\s]$")
_PLACE = re.compile(r"error at (\d+):(\d+)")
_CONFLICT = re.compile(rb"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
_TEMPLATE = re.compile(rb"\{%[-+]?\s*\w|\{\{[-+]?\s*[\w.]+\s*(?:\|[^}\n]*)?[-+]?\}\}")
_SHOWN = 24


def judge(module: Module) -> SyntaxProblem | None:
    """The first thing that makes a file invalid, or None for a valid one (also where that cannot be said)."""
    stumbled = module.root.has_error
    if not (stumbled or module.doubts):
        return None
    brackets = balance(module.content)
    if brackets.deepest > MAX_BRACKETS:
        where = brackets.span or Span(0, 0)
        message = f"brackets are nested more than {MAX_BRACKETS} deep"
        return SyntaxProblem(where, message) if stumbled else None
    complaint = _complaint(module.content) if _judgeable(module) else _ASSUMED if stumbled else None
    if complaint is None:
        return None
    if conflict := _CONFLICT.search(module.content):
        return SyntaxProblem(Span(*conflict.span()), "invalid syntax: a merge conflict is left here")
    if brackets.span is not None:
        return SyntaxProblem(brackets.span, f"invalid syntax: {brackets.problem}")
    if module.doubts and not stumbled:
        first = min(module.doubts, key=lambda doubt: doubt.span)
        return SyntaxProblem(first.span, f"invalid syntax: {first.message}")
    return _disliked(complaint, module) or _skipped(module) or SyntaxProblem(Span(0, 0), "invalid syntax")


def is_template(module: Module, problem: SyntaxProblem) -> bool:
    """Whether a file that is no Python is a template for Python: its path or the bad line has placeholders."""
    if "{{" in module.path:
        return True
    if any(part.startswith("template") or part.endswith("template") for part in module.path.split("/")[:-1]):
        return _TEMPLATE.search(module.content) is not None
    source = SourceText(module.path, module.content)
    line = source.line_text(source.position(problem.span.start).line)
    return _TEMPLATE.search(line.encode()) is not None


def unread(root: Node) -> Iterator[Unread]:
    """The places of a valid file that tree-sitter's grammar does not know."""
    for node in _errors(root):
        yield Unread(span(node), "this syntax is not known")


def _judgeable(module: Module) -> bool:
    """Whether libcst may be asked without harm: it is recursive, and slow."""
    if len(module.content) > MAX_JUDGED:
        return False
    stack = [(module.root, 0)]
    while stack:
        node, depth = stack.pop()
        children = node.children
        if depth > MAX_TREE_DEPTH or (node.is_error and len(children) > MAX_LOOSE_NODES):
            return False
        stack.extend((child, depth + 1) for child in children)
    return True


def _complaint(content: bytes) -> str | None:
    """What libcst says against a text, None when it accepts it. It gets a stack of its own, and a large one."""
    said: list[str | None] = []
    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=lambda: said.append(_parse(content)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return said[0] if said else None


def _parse(content: bytes) -> str | None:
    import libcst  # noqa: PLC0415 - heavy, and rarely needed

    try:
        libcst.parse_module(content.decode("utf-8").removeprefix("\ufeff"))
    except libcst.ParserSyntaxError as error:
        return error.message
    except Exception:  # a defect of libcst is no defect of the file
        return None
    return None


def _disliked(complaint: str, module: Module) -> SyntaxProblem | None:
    """The token that libcst dislikes. It names the place of the token after that one."""
    match = _PLACE.search(complaint)
    if match is None:
        return None
    source = SourceText(module.path, module.content)
    line, column = int(match[1]), int(match[2])
    before = source.line_text(line).removeprefix("\ufeff")[:column]
    if before.strip():
        return _unexpected(source, line, before.rstrip())
    while line > 1:
        line -= 1
        text = source.line_text(line).removeprefix("\ufeff").partition("#")[0].rstrip()
        if text:
            end = Span(_offset(source, line, text), _offset(source, line, text))
            missing = " :," in complaint or complaint.endswith(" :")
            return SyntaxProblem(
                end, f"invalid syntax: {'`:` is missing here' if missing else 'the line ends too early'}"
            )
    return None


def _unexpected(source: SourceText, line: int, before: str) -> SyntaxProblem:
    """The last token of a line's beginning is the bad one."""
    token = _LAST_TOKEN.search(before)
    written = token[0] if token is not None else before
    end = _offset(source, line, before)
    shown = written if len(written) <= _SHOWN else written[:_SHOWN] + "…"
    return SyntaxProblem(Span(end - len(written.encode()), end), f"invalid syntax: `{shown}` is unexpected")


def _offset(source: SourceText, line: int, before: str) -> int:
    """The byte offset after the beginning `before` of a line."""
    start = source.line_starts[line - 1]
    marked = line == 1 and source.content.startswith(b"\xef\xbb\xbf")
    return start + len(before.encode()) + (3 if marked else 0)


def _skipped(module: Module) -> SyntaxProblem | None:
    """The first place that tree-sitter had to skip or make up."""
    node = next(_errors(module.root), None)
    if node is None:
        return None
    words = f"`{node.type}` is missing here" if node.is_missing else "this cannot be read"
    line_end = module.content.find(b"\n", node.start_byte)
    end = min(node.end_byte, line_end if line_end > node.start_byte else node.end_byte)
    return SyntaxProblem(Span(node.start_byte, end), f"invalid syntax: {words}")


def _errors(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            stack.extend(reversed(node.children))
