"""Functions stay below a complexity."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw import File, Finding, RuffFinding, RuleOptions, ruff_rule

_MESSAGE = re.compile(r"is too complex \((?P<found>\d+) > \d+\)")


class Options(RuleOptions):
    max: int = 20
    """The highest cyclomatic complexity that a function may have: the number of independent paths through it."""


@ruff_rule(
    summary="No function is more complex than agreed",
    severity="info",
    since="0.1.0",
    codes=("C901",),
    settings=lambda options: {"lint.mccabe.max-complexity": options.max},
    sources=("S4-108",),
)
def max_complexity(found: RuffFinding, file: File, options: Options) -> Iterator[Finding]:
    """A function has no more independent paths through it than the agreed number.

    Every `if`, loop, `except` and `case` adds a path. Past some twenty of them nobody can say any more what the
    function does in all cases, and tests that cover them all are not written. Split it along its decisions: each
    branch becomes a function that has a name.

    ruff measures it (C901); a `# noqa: C901` holds here too. Files that say above their code that a program wrote them
    are left alone.

    Bad:

    ```toml options
    max = 2
    ```

    ```python app/prices.py
    def discount(order):
        if order.is_first:
            return 10
        if order.total > 100:
            return 5
        return 0
    ```

    Good:

    ```toml options
    max = 2
    ```

    ```python app/prices.py
    def discount(order):
        return 10 if order.is_first else volume_discount(order)


    def volume_discount(order):
        return 5 if order.total > 100 else 0
    ```
    """
    if file.facts.generated:
        return
    match = _MESSAGE.search(found.message)
    paths = match["found"] if match else "too many"
    yield Finding(
        file.at(found.span),
        f"`{file.text(found.span)}` has {paths} paths through it, more than {options.max}",
        help="Move branches into functions with a name of their own.",
    )
