"""no-any"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bylaw import File, Finding, file_rule


@dataclass(frozen=True)
class Options:
    allow_nested: bool = False
    """Spare Any as a type argument (`dict[str, Any]`)."""


@file_rule(
    summary="No explicit Any in an annotation",
    severity="error",
    since="0.1.0",
    sources=("S0-65", "S1-61", "S1-96", "S2-133", "S4-09", "S4-85"),
)
def no_any(file: File, options: Options) -> Iterator[Finding]:
    """`Any` switches the type checker off for everything that touches it."""
    for escape in file.facts.escapes:
        if escape.kind == "any" and not (escape.nested and options.allow_nested):
            yield Finding(file.at(escape.span), f"`Any` in a {escape.position}")
