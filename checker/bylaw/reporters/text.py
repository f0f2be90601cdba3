"""For people at a terminal: the code with a caret, what to do, and the related places."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.diagnostics import Diagnostic
from bylaw.reporters import View
from bylaw.reporters.frame import Paint, marked_line, printable
from bylaw.reporters.tally import closing_lines, tally
from bylaw.source import Location

_FIX_LABELS = {"safe": "fix", "unsafe": "unsafe fix", "display": "suggestion"}


def render(view: View) -> str:
    """One block per diagnostic, and a closing line."""
    lines: list[str] = []
    for diagnostic in view.diagnostics:
        lines.extend(_Block(diagnostic, view).lines())
        lines.append("")
    if view.summary:
        lines.extend(closing_lines(tally(view.diagnostics), view.files))
    return "".join(f"{line}\n" for line in lines)


class _Block:
    """One diagnostic on its way to the terminal. All line numbers in it share a margin."""

    def __init__(self, diagnostic: Diagnostic, view: View) -> None:
        self.diagnostic = diagnostic
        self.texts = view.texts
        self.paint = Paint(view.color)
        locations = [diagnostic.location, *(related.location for related in diagnostic.related)]
        self.margin = max(len(str(self.texts.start(location).line)) for location in locations)

    def lines(self) -> Iterator[str]:
        diagnostic = self.diagnostic
        heading = self.paint(f"{diagnostic.severity}[{diagnostic.rule}]", "bold", diagnostic.severity)
        yield f"{heading}: {self.paint(printable(diagnostic.message), 'bold')}"
        if diagnostic.location.path:
            yield self._where(diagnostic.location, "-->")
            yield from self._code(diagnostic.location, "^", diagnostic.severity)
        for related in diagnostic.related:
            yield f"{self._where(related.location, ':::')}: {printable(related.message)}"
            yield from self._code(related.location, "-", "blue")
        if diagnostic.help:
            yield self._note("help", diagnostic.help)
        if diagnostic.fix is not None:
            yield self._note(_FIX_LABELS[diagnostic.fix.applicability], diagnostic.fix.title)

    def _where(self, location: Location, arrow: str) -> str:
        start = self.texts.start(location)
        return f"{' ' * self.margin}{self.paint(arrow, 'blue')} {printable(location.path)}:{start.line}:{start.column}"

    def _code(self, location: Location, mark: str, color: str) -> Iterator[str]:
        start, end = self.texts.range(location.path, location.span)
        source = self.texts[location.path].line_text(start.line)
        if not source.strip():
            return
        shown, marks = marked_line(source, start, end, mark)
        bar = self.paint("|", "blue")
        yield f"{' ' * self.margin} {bar}"
        yield f"{self.paint(str(start.line).rjust(self.margin), 'blue')} {bar} {shown}"
        yield f"{' ' * self.margin} {bar} {self.paint(marks, 'bold', color)}"

    def _note(self, label: str, text: str) -> str:
        return f"{' ' * self.margin} {self.paint('=', 'blue')} {self.paint(label, 'bold')}: {printable(text)}"
