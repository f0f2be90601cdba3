"""no-any"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw import File, Finding, Fix, Replace, RuleOptions, file_rule
from bylaw.facts.code import TypeEscape

_HELP = (
    "Say what it really is: a class, a TypedDict, a Protocol or a type variable; `object` where anything is accepted."
)
_CODES = r"noqa[ \t]*:[ \t]*([A-Z]+\d+(?:[ \t,]+[A-Z]+\d+)*)"
_ON_LINE = rf"(?:^|#)[ \t]*{_CODES}"
_IN_FILE = rf"^[ \t]*#[ \t]*(?:ruff|flake8)[ \t]*:[ \t]*{_CODES}"
_PLACES = {
    "parameter": "the parameter `{}`",
    "*args": "`*{}`",
    "**kwargs": "`**{}`",
    "return": "the return type of `{}`",
    "variable": "the variable `{}`",
    "attribute": "the attribute `{}`",
    "field": "the field `{}`",
    "alias": "the type alias `{}`",
    "base class": "a base class of `{}`",
    "type parameter": "the type variable `{}`",
}


class Options(RuleOptions):
    allow_paths: tuple[str, ...] = (
        "tests/**", "**/tests/**", "test/**", "**/test/**", "test_*.py", "**/test_*.py", "*_test.py", "**/*_test.py",
        "conftest.py", "**/conftest.py",
    )  # fmt: skip
    """Files (globs from the root) in which Any is allowed."""
    allow_nested: bool = False
    """Spare Any as a type argument (`dict[str, Any]`, `Callable[..., Any]`), but not alone or in a union."""
    flag_bare_generics: bool = False
    """Also report containers without arguments (`dict`, `list`), whose contents are Any. Off unless asked for: nobody
    wrote `Any` there, and type checkers have a switch of their own for it (`disallow_any_generics`)."""
    justification: str = "# any: <reason>"
    """A comment that excuses an annotation, on its line or right above: what stands before `<`, and a reason."""


@file_rule(
    summary="No explicit Any in annotations and type aliases",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S0-65", "S1-61", "S1-96", "S2-133", "S4-09", "S4-85"),
)
def no_any(file: File, options: Options) -> Iterator[Finding]:
    """`Any` switches the type checker off for everything that touches it, and nobody sees where that ends.

    Every type expression counts: parameters, returns, variables, fields, aliases, bounds, base classes, type comments,
    in quotes or not, under whatever name `Any` was imported. An annotation is reported once. Not reported are
    `*args: Any` and `**kwargs: Any` of a function that does nothing but hand them on, files that a program generated,
    the target of `cast(Any, x)`, of which no-unsafe-cast speaks, and lines on which ruff is told that an Any is meant:
    `# noqa: ANN401` there, or `# ruff: noqa: ANN401` for all of the file. A `# noqa` without that very code means
    anything, and excuses nothing.

    Write the type that is meant. Where a value really may be anything, `object` says so and keeps the checker awake:
    it asks for an `isinstance` before the value is used.

    Bad:

    ```python app/service.py
    from typing import Any


    def load(raw: Any) -> dict[str, Any]: ...
    ```

    Good:

    ```python app/service.py
    from pydantic import BaseModel


    class Payload(BaseModel):
        name: str


    def load(raw: object) -> Payload: ...
    ```
    """
    found = [escape for escape in file.facts.escapes if _counts(escape, options) and not _is_excused(escape, options)]
    if found and not file.facts.generated and not file.matches(options.allow_paths):
        if _means_any(file):
            found = [escape for escape in found if escape.kind != "any"]
        yield from (_finding(file, escape) for escape in found)


def _counts(escape: TypeEscape, options: Options) -> bool:
    if escape.kind == "bare-generic":
        return options.flag_bare_generics
    return escape.kind == "any" and not escape.forwarding and not (escape.nested and options.allow_nested)


def _is_excused(escape: TypeEscape, options: Options) -> bool:
    """Whether a comment gives a reason, or ruff's word for it. `# any: <reason>` and `any: <reason>` are the same."""
    if escape.kind == "any" and "ANN401" in escape.comment and _names_any(escape.comment, _ON_LINE):
        return True
    marker = options.justification.partition("<")[0].lstrip("#").strip().casefold()
    remarks = (remark.casefold() for remark in escape.comment.split("\n"))
    return bool(marker) and any(remark.startswith(marker) and remark[len(marker) :].strip() for remark in remarks)


def _means_any(file: File) -> bool:
    """Whether a comment says so for the whole file."""
    content = file.source.content
    return b"ANN401" in content and _names_any(content.decode("utf-8", "replace"), _IN_FILE)


def _names_any(text: str, form: str) -> bool:
    """`form` is compiled when it is needed, which is seldom."""
    found = re.finditer(form, text, re.IGNORECASE | re.MULTILINE)
    return any("ANN401" in re.findall(r"[A-Z]+\d+", match[1].upper()) for match in found)


def _finding(file: File, escape: TypeEscape) -> Finding:
    place = _PLACES[escape.position].format(escape.target)
    if escape.kind == "bare-generic":
        written = file.text(escape.span)
        return Finding(
            file.at(escape.span), f"{place} is a `{written}` of anything", help=f"Say what is in it: `{written}[…]`."
        )
    says = f"{place} contains `Any`" if escape.nested else f"{place} is `Any`"
    fix = None
    if escape.position == "parameter" and not escape.nested and not escape.opened:
        edit = Replace(file.path, escape.span, "object")
        fix = Fix(f"Annotate `{escape.target}` with `object`", (edit,), "unsafe")
    return Finding(file.at(escape.span), f"{says}: nothing that touches it is checked", help=_HELP, fix=fix)
