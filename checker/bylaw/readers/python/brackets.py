"""Brackets and quotes that do not match, found without a parser: what to say about a file that no parser accepts."""

from __future__ import annotations

import re

import msgspec

from bylaw.source import Span

_TOKEN = re.compile(rb"#[^\n]*|\"\"\"|'''|[\"'()\[\]{}]")
_ENDS = {
    quote: re.compile(rb"(?:[^\\]|\\.)*?" + quote, re.DOTALL) if len(quote) == 3 else re.compile(
        rb"(?:[^\\\n" + quote + rb"]|\\.)*" + quote, re.DOTALL
    )
    for quote in (b'"', b"'", b'"""', b"'''")
}  # fmt: skip
_PAIRS = {b")": b"(", b"]": b"[", b"}": b"{"}


class Balance(msgspec.Struct, frozen=True):
    """`deepest`: how many brackets are open at once, at most. `problem` says which one has no partner, at `span`."""

    deepest: int
    span: Span | None = None
    problem: str = ""


def balance(content: bytes) -> Balance:
    """Match the brackets and quotes of Python source. The same quote inside a field of an f-string may mislead it."""
    opened: list[tuple[bytes, int]] = []
    deepest, at = 0, 0
    while match := _TOKEN.search(content, at):
        token, start, at = match[0], match.start(), match.end()
        if token in _ENDS:
            end = _ENDS[token].match(content, at)
            if end is None:
                return Balance(deepest, Span(start, start + len(token)), "this string is never closed")
            at = end.end()
        elif token in b"([{":
            opened.append((token, start))
            deepest = max(deepest, len(opened))
        elif token in _PAIRS:
            if not opened or opened[-1][0] != _PAIRS[token]:
                return Balance(deepest, Span(start, start + 1), _mismatch(token, opened))
            opened.pop()
    if not opened:
        return Balance(deepest)
    bracket, start = opened[-1]
    return Balance(deepest, Span(start, start + 1), f"this `{bracket.decode()}` is never closed")


def _mismatch(token: bytes, opened: list[tuple[bytes, int]]) -> str:
    closing = token.decode()
    return (
        f"this `{closing}` does not match `{opened[-1][0].decode()}`" if opened else f"this `{closing}` closes nothing"
    )
