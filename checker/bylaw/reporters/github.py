"""Workflow commands: GitHub shows each diagnostic at its line of the pull request."""

from __future__ import annotations

from bylaw.diagnostics import Diagnostic
from bylaw.reporters import View

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(view: View) -> str:
    """One command per diagnostic. Paths start at the top of the repository."""
    return "".join(f"{_command(diagnostic, view)}\n" for diagnostic in view.diagnostics)


def _command(diagnostic: Diagnostic, view: View) -> str:
    properties = {"title": f"bylaw ({diagnostic.rule})"}
    where = ""
    if diagnostic.location.path:
        start, end = view.texts.range(diagnostic.location.path, diagnostic.location.span)
        path = view.prefix + diagnostic.location.path
        properties.update(file=path, line=str(start.line), endLine=str(end.line))
        if start.line == end.line:  # columns are only understood within one line
            properties.update(col=str(start.column), endColumn=str(end.column))
        where = f"{path}:{start.line}:{start.column}: "
    body = f"{where}{diagnostic.rule}: {diagnostic.message}" + (f"\n{diagnostic.help}" if diagnostic.help else "")
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {written}::{_data(body)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
