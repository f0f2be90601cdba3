"""Plain replacements in UTF-8 text, of whatever language: checked, merged, applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bylaw.diagnostics import Replace
from bylaw.source import Span

_BLANKS = b" \t"


class EditError(Exception):
    """An edit cannot be carried out here, and why, in words that end a sentence. Nothing has been changed."""


def check(replace: Replace, content: bytes) -> Replace:
    """The same replacement, if it fits `content`. Raises EditError where it cuts a character or passes the end."""
    start, end = replace.span.start, replace.span.end
    if not 0 <= start <= end <= len(content):
        raise EditError(f"the place {start}-{end} lies outside of the file")
    if _inside_character(content, start) or _inside_character(content, end):
        raise EditError(f"the place {start}-{end} cuts a character in two")
    if "\0" in replace.content or not _is_encodable(replace.content):
        raise EditError("the new text holds characters that no source file may have")
    return replace


def _inside_character(content: bytes, offset: int) -> bool:
    return offset < len(content) and content[offset] & 0xC0 == 0x80


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def deletion(path: str, span: Span, content: bytes) -> Replace:
    """The replacement that takes the words at `span` away, with one neighbouring run of blanks.

    `a NOT NULL,` loses the blank before, `(NOT NULL a)` the one after; at the start of a line the indentation stays.
    """
    start, end = span.start, span.end
    after = end
    while after < len(content) and content[after] in _BLANKS:
        after += 1
    before = start
    while before > 0 and content[before - 1] in _BLANKS:
        before -= 1
    starts_line = before == 0 or content[before - 1 : before] in (b"\n", b"(", b"[")
    if starts_line:
        return Replace(path, Span(start, after), "")
    return Replace(path, Span(before, end), "")


def merge(replaces: Iterable[Replace]) -> tuple[Replace, ...]:
    """Sorted by place, equal ones once, insertions at one offset joined in the order given.

    Raises EditError when two of them want the same bytes.
    """
    merged: list[Replace] = []
    for replace in sorted(dict.fromkeys(replaces), key=lambda r: (r.path, r.span)):
        last = merged[-1] if merged else None
        if last is None or last.path != replace.path:
            merged.append(replace)
        elif last.span == replace.span and last.span.start == last.span.end:
            merged[-1] = Replace(last.path, last.span, last.content + replace.content)
        elif replace.span.start < last.span.end or last.span == replace.span:
            raise EditError("two edits want to change the same place")
        else:
            merged.append(replace)
    return tuple(merged)


def apply(content: bytes, replaces: Sequence[Replace]) -> bytes:
    """`content` with the replacements of one file, which are sorted and do not overlap."""
    parts: list[bytes] = []
    at = 0
    for replace in replaces:
        parts += [content[at : replace.span.start], replace.content.encode()]
        at = replace.span.end
    return b"".join([*parts, content[at:]])
