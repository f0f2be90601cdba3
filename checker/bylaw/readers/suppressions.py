"""What a comment in any language says: `bylaw: ignore[rule, rule]: reason` or `bylaw: ignore-file[rule]: reason`."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_MENTION: Final = re.compile(r"bylaw[ \t]*:[ \t]*", re.IGNORECASE)
_IGNORE: Final = re.compile(r"ignore(?P<file>-file)?(?![\w-])[ \t]*(?:\[(?P<rules>[^\]]*)\])?[ \t]*(?P<colon>:?)[ \t]*")
_ATTEMPT: Final = re.compile(r"(?:ignor|disabl|suppress|skip|allow|noqa|off\b|expect|[\w-]+\[)", re.IGNORECASE)
_NAME: Final = re.compile(r"(?:concern:)?[a-z][a-z0-9-]*\Z")
_OTHER_TOOL: Final = re.compile(
    r"(?<![ \t])[ \t]++#[ \t]*(?:noqa|type:|pyright:|mypy:|ty:|pragma|pylint:|nosec|fmt:|isort:|ruff:|bylaw:).*\Z",
    re.DOTALL,
)


class Parsed(msgspec.Struct, frozen=True):
    """The parts of one suppression. `problem` says in words what is wrong with it, '' when nothing is."""

    rules: tuple[str, ...]
    reason: str
    whole_file: bool = False
    problem: str = ""


def parse_suppression(text: str) -> Parsed | None:
    """What a comment says; None for a comment that is no suppression and does not try to be one.

    `text` is the comment without its marks (`#`, `--`). A comment for another tool behind it is no part of the reason.
    """
    text = text.strip()
    mention = _MENTION.match(text)
    if mention is None:
        return None
    rest = text[mention.end() :]
    match = _IGNORE.match(rest)
    if match is None or not text.startswith("bylaw"):
        attempt = _ATTEMPT.match(rest)
        return Parsed((), "", problem="it is not understood: write `bylaw: ignore[rule]: reason`") if attempt else None
    names = tuple(name.strip() for name in (match["rules"] or "").split(",") if name.strip())
    reason = _OTHER_TOOL.sub("", f" {rest[match.end() :]}").strip() if match["colon"] else ""
    problem = _problem(names, reason, rest[match.end() :], bracketed=match["rules"] is not None)
    return Parsed(names, reason, match["file"] is not None, problem)


def _problem(names: tuple[str, ...], reason: str, rest: str, *, bracketed: bool) -> str:
    if not names:
        return "it names no rule" if bracketed or not rest.startswith("[") else "its brackets are never closed"
    if bad := next((name for name in names if not _NAME.match(name)), ""):
        return f"`{bad}` is no rule's name"
    return "" if reason else "it gives no reason"
