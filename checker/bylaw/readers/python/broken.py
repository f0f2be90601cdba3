"""Who a migration is whose file does not parse: its children still build on it, and it still has its place.

By line, not by syntax tree: where a parser recovers, and what it skips to get there, is nobody's promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bylaw.facts.code import SyntaxProblem
from bylaw.facts.migrations import Migration, UnreadOperation
from bylaw.patterns import regex
from bylaw.source import Span

_LARGEST: Final = 200_000
"""Bytes of a file that are looked at."""
_SETTING: Final = regex(
    rb"^(revision|down_revision|branch_labels|depends_on)[ \t]*(?::[^=\n]{0,200})?=[ \t]*(?!=)", re.MULTILINE
)
_CLASS: Final = regex(rb"^class[ \t]+Migration[ \t]*\(", re.MULTILINE)
_FIELD: Final = regex(rb"^[ \t]{1,8}(dependencies|replaces|run_before)[ \t]*=", re.MULTILINE)
_NEXT: Final = regex(rb"^[ \t]{0,8}(?:\w{1,50}[ \t]*=|def[ \t]|class[ \t])", re.MULTILINE)
_TEXT: Final = regex(rb"[\"']([^\"'\n\\]{1,200})[\"']")
_PAIR: Final = regex(rb"\([ \t]*[\"'](\w{1,100})[\"'][ \t]*,[ \t]*[\"']([\w.]{1,200})[\"']")
_INITIAL: Final = regex(rb"^[ \t]{1,8}initial[ \t]*=[ \t]*True\b", re.MULTILINE)
_NOT_READ: Final = "the file has a syntax error"


def identity_of(path: str, content: bytes, problem: SyntaxProblem) -> tuple[Migration, ...]:
    """The migration in a broken file with its name and parents, and with operations that nobody can know."""
    content = content[:_LARGEST]
    unread = (UnreadOperation(problem.span, _NOT_READ),)
    if b"down_revision" in content:
        return tuple(_alembic(content, unread))
    if b"Migration" in content and "/migrations/" in f"/{path}":
        return tuple(_django(path, content, unread))
    return ()


def _alembic(content: bytes, unread: tuple[UnreadOperation, ...]) -> Iterator[Migration]:
    values: dict[str, list[str]] = {}
    line: Span | None = None
    for match in _SETTING.finditer(content):
        name = match[1].decode()
        if name == "revision" and line is None:
            line = Span(match.start(), _line_end(content, match.start()))
        # A merge conflict leaves two values: whichever stays, both revisions are built on.
        values.setdefault(name, []).extend(_texts(content, match.end()))
    if line is None or not values.get("revision") or "down_revision" not in values:
        return
    yield Migration(
        "alembic", values["revision"][0], tuple(dict.fromkeys(values["down_revision"])), unread, line,
        branch_labels=tuple(values.get("branch_labels", ())), depends_on=tuple(values.get("depends_on", ())),
    )  # fmt: skip


def _texts(content: bytes, start: int) -> list[str]:
    """The strings of a value: one, or those of a tuple or list."""
    end = _line_end(content, start)
    if content[start : start + 1] in {b"(", b"["}:
        closing = re.compile(rb"[)\]]|\n(?=\S)").search(content, start + 1)
        end = closing.start() if closing else end
    return [match[1].decode("utf-8", "replace") for match in _TEXT.finditer(content, start, end)]


def _line_end(content: bytes, start: int) -> int:
    found = content.find(b"\n", start)
    return found if found >= 0 else len(content)


def _django(path: str, content: bytes, unread: tuple[UnreadOperation, ...]) -> Iterator[Migration]:
    head = _CLASS.search(content)
    *folders, name = path.removesuffix(".py").split("/")
    if head is None or len(folders) < 2 or folders[-1] != "migrations":
        return
    pairs: dict[bytes, list[str]] = {}
    for match in _FIELD.finditer(content, head.start()):
        end = _NEXT.search(content, match.end())
        found = _PAIR.finditer(content, match.end(), end.start() if end else len(content))
        pairs.setdefault(match[1], []).extend(f"{pair[1].decode()}.{pair[2].decode()}" for pair in found)
    yield Migration(
        "django", f"{folders[-2]}.{name}", tuple(dict.fromkeys(pairs.get(b"dependencies", ()))), unread,
        Span(head.start(), _line_end(content, head.start())), replaces=tuple(pairs.get(b"replaces", ())),
        initial=_INITIAL.search(content) is not None, run_before=tuple(pairs.get(b"run_before", ())),
    )  # fmt: skip
