"""How many diagnostics each rule gives, instead of the diagnostics themselves."""

from __future__ import annotations

from bylaw.reporters import View
from bylaw.reporters.tally import closing_lines, tally


def render(view: View) -> str:
    """A table: count, rule, what the rule demands; the most frequent first."""
    counts = tally(view.diagnostics)
    ordered = sorted(counts.rules.items(), key=lambda item: (-item[1], item[0]))
    number = max((len(str(count)) for _, count in ordered), default=0)
    name = max((len(rule) for rule, _ in ordered), default=0)
    lines = [f"{count:>{number}}  {rule:<{name}}  {_summary(rule, view)}".rstrip() for rule, count in ordered]
    if view.summary:
        lines.extend(closing_lines(counts, view.files))
    return "".join(f"{line}\n" for line in lines)


def _summary(rule: str, view: View) -> str:
    return view.rules[rule].summary if rule in view.rules else view.meanings.get(rule, "").partition(". ")[0]
