"""Reporters turn diagnostics into text: one module per output format, each with `render(view) -> str`.

They know diagnostics and the metadata of rules, nothing of the engine. What they write depends on the view alone.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module

import msgspec

from bylaw.diagnostics import Diagnostic
from bylaw.rule import Rule
from bylaw.source import Location, Position, SourceText, Span

_HELPERS = frozenset({"frame", "statistics", "tally"})


class Texts:
    """The texts of the checked files, loaded when first asked for. A file that cannot be read any more is empty."""

    def __init__(self, load: Callable[[str], bytes]) -> None:
        self._load = load
        self._loaded: dict[str, SourceText] = {}

    def __getitem__(self, path: str) -> SourceText:
        text = self._loaded.get(path)
        if text is None:
            text = self._loaded[path] = SourceText(path, self._content(path))
        return text

    def _content(self, path: str) -> bytes:
        try:
            return self._load(path) if path else b""
        except OSError:
            return b""

    def range(self, path: str, span: Span) -> tuple[Position, Position]:
        """Where a span starts and ends (the end is the place after its last character)."""
        text = self[path]
        return text.position(span.start), text.position(span.end)

    def start(self, location: Location) -> Position:
        return self[location.path].position(location.span.start)


class View(msgspec.Struct, frozen=True):
    """All that a reporter may know.

    `files` is the number of files checked, `meanings` explains the engine's own diagnostics, `prefix` is the path from
    the top of the repository to the root (posix, '' or ending in '/'), for formats whose readers stand there. `summary`
    asks for a closing line.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int
    texts: Texts
    rules: Mapping[str, Rule] = msgspec.field(default_factory=dict)
    meanings: Mapping[str, str] = msgspec.field(default_factory=dict)
    prefix: str = ""
    color: bool = False
    summary: bool = True


def formats() -> list[str]:
    """The names of all output formats: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _HELPERS)


def render(name: str, view: View) -> str:
    """The report in the named format; ends with a newline unless it is empty."""
    module = import_module(f"{__name__}.{name}")
    text: str = module.render(view)
    return text
