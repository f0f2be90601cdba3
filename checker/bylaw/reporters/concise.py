"""One line per diagnostic, in the form that editors and grep understand."""

from __future__ import annotations

from bylaw.reporters import View
from bylaw.reporters.frame import Paint, printable
from bylaw.reporters.tally import closing_lines, tally


def render(view: View) -> str:
    """`path:line:column: severity[rule] message` per diagnostic, and a closing line."""
    paint = Paint(view.color)
    lines = []
    for diagnostic in view.diagnostics:
        at = view.texts.start(diagnostic.location)
        where = f"{printable(diagnostic.location.path)}:{at.line}:{at.column}: " if diagnostic.location.path else ""
        label = paint(f"{diagnostic.severity}[{diagnostic.rule}]", diagnostic.severity)
        lines.append(f"{where}{label} {printable(diagnostic.message)}")
    if view.summary:
        lines.extend(closing_lines(tally(view.diagnostics), view.files))
    return "".join(f"{line}\n" for line in lines)
