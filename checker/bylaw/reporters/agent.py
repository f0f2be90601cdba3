"""For language models: few characters, nothing twice. By file; how to repair comes once per rule, at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from bylaw.diagnostics import Diagnostic
from bylaw.patterns import regex
from bylaw.reporters import View
from bylaw.reporters.frame import printable
from bylaw.reporters.tally import plural, tally

_LINE = 75
"""Characters of a line about a finding."""
_PLACES = 6
"""Lines that are listed for one message in one file."""
_WAYS = 3
"""Ways to repair that are told of one rule."""
_NAMES = regex("`[^`]*`")
_MARKS = {"error": "", "warning": " w", "info": " i"}


def render(view: View) -> str:
    """Findings by file, then how to repair each rule's."""
    if not view.diagnostics:
        return f"No findings; {plural(view.files, 'file')} checked.\n"
    lines = [_heading(view)]
    for path, group in groupby(view.diagnostics, key=lambda diagnostic: diagnostic.location.path):
        lines.append(printable(path) or "(no file)")
        lines.extend(_findings(list(group), view))
    lines.append("Repair:")
    lines.extend(_repairs(view))
    return "".join(f"{line}\n" for line in lines)


def _heading(view: View) -> str:
    counts = tally(view.diagnostics)
    heading = f"{plural(counts.total, 'finding')}; {plural(view.files, 'file')} checked"
    marks = [
        f"{_MARKS[severity].strip()} = {severity}" for severity in ("warning", "info") if counts.severities[severity]
    ]
    return f"{heading}; {', '.join(marks)}." if marks else f"{heading}."


def _findings(diagnostics: list[Diagnostic], view: View) -> Iterator[str]:
    places: dict[tuple[str, str, str], list[int]] = {}
    for diagnostic in diagnostics:
        line = view.texts.start(diagnostic.location).line
        places.setdefault((diagnostic.rule, diagnostic.severity, diagnostic.message), []).append(line)
    for (rule, severity, message), found in places.items():
        numbers = list(dict.fromkeys(found))
        more = f"+{len(numbers) - _PLACES}" if len(numbers) > _PLACES else ""
        at = ",".join(map(str, numbers[:_PLACES])) + more
        yield _shortened(f" {at}{_MARKS[severity]} {rule}: {printable(message)}", _LINE)


def _repairs(view: View) -> Iterator[str]:
    counts = tally(view.diagnostics)
    for rule in counts.rules:
        first, *others = _repair(rule, (d for d in view.diagnostics if d.rule == rule), view)
        yield f" {rule}: {first}"
        yield from (f"   or: {other}" for other in others)
    if counts.safe or counts.unsafe:
        safe = f"`bylaw check --fix` repairs {counts.safe}" if counts.safe else ""
        unsafe = f"`bylaw check --unsafe-fixes` {'all ' if counts.safe else 'repairs '}{counts.safe + counts.unsafe}"
        yield "; ".join(part for part in (safe, unsafe if counts.unsafe else "") if part) + "."
    yield "More on a rule: `bylaw explain RULE`."


def _repair(rule: str, diagnostics: Iterable[Diagnostic], view: View) -> list[str]:
    """How to repair the findings of one rule: an example of each way that the helps tell, the commonest first.

    Helps that differ in their names alone (what stands in backticks) tell of one way.
    """
    ways: dict[str, list[str]] = {}
    for diagnostic in diagnostics:
        if diagnostic.help:
            ways.setdefault(_NAMES.sub("`", diagnostic.help), []).append(diagnostic.help)
    if not ways:
        return [view.rules[rule].summary if rule in view.rules else view.meanings.get(rule, "see the message")]
    commonest = sorted(ways.values(), key=lambda helps: (-len(helps), helps))[:_WAYS]
    return [
        ("for example: " if len(set(helps)) > 1 else "") + printable(min(helps, key=lambda text: (len(text), text)))
        for helps in commonest
    ]


def _shortened(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    cut = text[: size - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > size // 2 else cut) + "…"
