"""For people at a terminal: the code with a caret, what to do, and the related places."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.diagnostics import Diagnostic
from bylaw.reporters import View
from bylaw.reporters.frame import Paint, marked_line, printable
from bylaw.reporters.tally import closing_lines, tally
from bylaw.source import Location


def render(view: View) -> str:
    """One block per diagnostic, and a closing line."""
    paint = Paint(view.color)
    lines: list[str] = []
    for diagnostic in view.diagnostics:
        lines.extend(_block(diagnostic, view, paint))
        lines.append("")
    if view.summary:
        lines.extend(closing_lines(tally(view.diagnostics), view.files))
    return "".join(f"{line}\n" for line in lines)


def _block(diagnostic: Diagnostic, view: View, paint: Paint) -> Iterator[str]:
    heading = paint(f"{diagnostic.severity}[{diagnostic.rule}]", "bold", diagnostic.severity)
    yield f"{heading}: {paint(printable(diagnostic.message), 'bold')}"
    margin = _margin(diagnostic, view)
    if diagnostic.location.path:
        yield from _place(diagnostic.location, "-->", "^", "", view, paint, margin)
    for related in diagnostic.related:
        yield from _place(related.location, ":::", "-", related.message, view, paint, margin)
    notes = [("help", diagnostic.help)] if diagnostic.help else []
    if diagnostic.fix is not None:
        notes.append((_fix_label(diagnostic.fix.applicability), diagnostic.fix.title))
    for label, note in notes:
        yield f"{' ' * margin} {paint('=', 'blue')} {paint(label, 'bold')}: {printable(note)}"


def _fix_label(applicability: str) -> str:
    return {"safe": "fix", "unsafe": "unsafe fix"}.get(applicability, "suggestion")


def _margin(diagnostic: Diagnostic, view: View) -> int:
    locations = [diagnostic.location, *(related.location for related in diagnostic.related)]
    return max(len(str(view.texts.start(location).line)) for location in locations)


def _place(
    location: Location, arrow: str, mark: str, message: str, view: View, paint: Paint, margin: int
) -> Iterator[str]:
    start, end = view.texts.range(location.path, location.span)
    where = f"{printable(location.path)}:{start.line}:{start.column}"
    yield f"{' ' * margin}{paint(arrow, 'blue')} {where}{': ' + printable(message) if message else ''}"
    source = view.texts[location.path].line_text(start.line)
    if not source.strip():
        return
    shown, marks = marked_line(source, start, end, mark)
    bar = paint("|", "blue")
    yield f"{' ' * margin} {bar}"
    yield f"{paint(str(start.line).rjust(margin), 'blue')} {bar} {shown}"
    yield f"{' ' * margin} {bar} {paint(marks, 'bold', 'error' if mark == '^' else 'blue')}"
