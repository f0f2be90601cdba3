"""Comments that silence type checkers: `# type: ignore[code]` and its relatives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw.facts.code import TypeEscape
from bylaw.readers.python.comments import Lines
from bylaw.readers.python.module import Module
from bylaw.source import Span

_MENTIONS = re.compile(rb"(?:type|pyright|ty|mypy)\s*:\s*ignore")
_FORM = re.compile(
    r"#\s*(?P<checker>type|pyright|ty|mypy)\s*:\s*ignore(?P<errors>-errors(?:\s*=\s*[Tt]rue)?)?(?![\w-])\s*(?:\[(?P<codes>[^\]]*)\])?"
)
_TOOL = re.compile(
    r"#+\s*(?:noqa|type:|pyright:|ty:|mypy:|pylint:|nosec|fmt:|isort:|ruff:|pragma|flake8|bylaw:|codespell|nosemgrep|yapf:)",
    re.IGNORECASE,
)


def ignores(module: Module, lines: Lines) -> Iterator[TypeEscape]:
    """Every comment that silences a type checker. One that only speaks about such comments is none."""
    if b"ignore" not in module.content or _MENTIONS.search(module.content) is None:
        return
    for comment in module.comments:
        written = module.converter.text(comment)
        at = 0
        while at < len(written) and (at == 0 or _TOOL.match(written, at)):
            if match := _form(written, at):
                start = comment.start_byte + len(written[:at].encode())
                codes = tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip())
                yield TypeEscape(
                    "ignore", Span(start, start + len(match[0].rstrip().encode())), target=_name(match), codes=codes,
                    comment=lines.remarks(start),
                )  # fmt: skip
            elif not _TOOL.match(written, at):
                break
            following = written.find("#", at + 1)
            at = len(written) if following == -1 else following


def _form(written: str, at: int) -> re.Match[str] | None:
    match = _FORM.match(written, at)
    if match is None or (match["checker"] == "mypy") != (match["errors"] is not None):
        return None
    return match


def _name(match: re.Match[str]) -> str:
    return "mypy: ignore-errors" if match["errors"] else f"{match['checker']}: ignore"
