"""no-unsafe-cast"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from bylaw import File, Finding, Fix, Related, Replace, RuleOptions, file_rule
from bylaw.facts.code import TypeEscape

_HELP = "Check the value instead: `isinstance`, or `TypeAdapter(T).validate_python(value)` where data enters."
_TOOLS = re.compile(r"(?:type|pyright|mypy|ty|noqa|pylint|ruff|pragma|fmt|nosec|isort|bylaw)\b\s*:?", re.IGNORECASE)
_BLANKET = frozenset({"type: ignore", "pyright: ignore", "ty: ignore", "mypy: ignore-errors"})


class Options(RuleOptions):
    mode: Literal["ban-any-and-double", "ban-all"] = "ban-any-and-double"
    """`ban-any-and-double`: casts to Any, to object, and casts of a cast. `ban-all`: every cast."""
    allow_paths: tuple[str, ...] = ()
    """Files (globs from the root) in which casts and ignore comments are allowed: adapters, tests."""
    require_reason_comment: bool = False
    """Ask the casts that are allowed for a comment, on their line or right above, that says why. Off unless asked for:
    a cast that `mode` lets pass is no mistake by itself."""
    forbid_blanket_ignore: bool = True
    """Report `# type: ignore` and `# pyright: ignore` without a code, `# mypy: ignore-errors`, and `@no_type_check`."""


@file_rule(
    summary="No cast to Any or object, no cast of a cast, no blanket ignore",
    severity="error",
    since="0.1.0",
    fix="safe",
    sources=("S1-04", "S1-65", "S1-97", "S2-133", "S4-92"),
)
def no_unsafe_cast(file: File, options: Options) -> Iterator[Finding]:
    """`cast` checks nothing: it tells the type checker what to believe, also when that is wrong.

    A cast to `Any` or `object` throws a type away, and a cast of a cast (`cast(User, cast(object, row))`, also through
    a variable) turns any type into any other without a word from strict type checkers. A blanket `# type: ignore` or
    `@no_type_check` hides every error of its place, those of tomorrow included. `sqlalchemy.cast` and methods that are
    called `cast` are none of this.

    Look at the value instead: `isinstance`, a match statement, or validation where data enters. An ignore comment names
    the one error that it means: `# type: ignore[arg-type]`.

    Bad:

    ```python app/service.py
    from typing import Any, cast


    def load(row: object) -> str:
        return cast(str, cast(Any, row))
    ```

    Good:

    ```python app/service.py
    def load(row: object) -> str:
        if not isinstance(row, str):
            raise TypeError("a name is text")
        return row
    ```
    """
    if file.facts.generated or not file.facts.escapes:
        return
    allowed = file.matches(options.allow_paths)
    inside = {escape.inner_span for escape in file.facts.escapes if escape.inner_span == escape.value_span}
    for escape in file.facts.escapes:
        if escape.kind == "cast" and escape.span not in inside:
            yield from _cast(file, escape, options, allowed=allowed)
        elif options.forbid_blanket_ignore and not allowed:
            yield from _ignore(file, escape)


def _cast(file: File, escape: TypeEscape, options: Options, *, allowed: bool) -> Iterator[Finding]:
    where, target = file.at(escape.span), escape.target.strip("\"'")
    if not allowed and escape.inner_span is not None:
        yield _double(file, escape)
    elif not allowed and escape.target_kind:
        yield Finding(where, f"the cast to `{target}` throws the type away", help=_HELP)
    elif not allowed and options.mode == "ban-all":
        yield Finding(where, f"the cast to `{target}` is not checked by anything", help=_HELP)
    elif options.require_reason_comment and not _gives_reason(escape):
        yield Finding(
            where,
            f"the cast to `{target}` gives no reason",
            help="Say in a comment on the same line or above why the value has this type.",
        )


def _double(file: File, escape: TypeEscape) -> Finding:
    where = file.at(escape.span)
    if escape.inner_span == escape.value_span and _same(escape.target, escape.inner_target):
        inner = file.text(escape.inner_span) if escape.inner_span is not None else ""
        fix = Fix("Drop the outer cast", (Replace(file.path, escape.span, inner),), "safe")
        return Finding(where, f"the value is cast to `{escape.target}` twice", help="Cast it once.", fix=fix)
    related: tuple[Related, ...] = ()
    if escape.inner_span is not None and escape.inner_span != escape.value_span:
        related = (Related(file.at(escape.inner_span), f"it was cast to `{escape.inner_target}` here"),)
    message = f"the cast of a cast, from `{escape.inner_target}` to `{escape.target}`, turns any type into any other"
    return Finding(where, message, help=_HELP, related=related)


def _same(first: str, second: str) -> bool:
    return first.split() == second.split()


def _gives_reason(escape: TypeEscape) -> bool:
    """Whether a comment says something to people, not to a tool."""
    return any(remark and not _TOOLS.match(remark) for remark in escape.comment.split("\n"))


def _ignore(file: File, escape: TypeEscape) -> Iterator[Finding]:
    if escape.kind == "no-type-check":
        message = f"`@no_type_check` hides every error in `{escape.target}`"
        yield Finding(file.at(escape.span), message, help="Remove it, and ignore single errors by their code.")
    elif escape.kind == "ignore" and not escape.codes and escape.target in _BLANKET:
        what = "this file" if escape.target == "mypy: ignore-errors" else "this line"
        yield Finding(
            file.at(escape.span),
            f"`# {escape.target}` hides every error of {what}, also those to come",
            help=f"Name the error: `# {escape.target}[code]`."
            if what == "this line"
            else "Ignore single errors by code.",
        )
